// What a user demands of a structure beside the prompt: hard limits, never traded against likeness to the
// prompt.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "evaluate/building_blocks.h"

namespace clamp::sampler {

/// Atomic number -> count, in the primitive cell or reduced.
using Composition = std::map<int, int64_t>;

struct AtomRange {
  int64_t min = 1;
  int64_t max = std::numeric_limits<int64_t>::max();
};

struct Constraints {
  std::optional<AtomRange> atoms;          ///< in the primitive cell
  std::vector<int> allowed_elements;       ///< atomic numbers; empty: all
  std::vector<int> required_elements;      ///< atomic numbers, each at least once
  Composition formula;                     ///< up to a common factor; empty: any
  std::optional<int> space_group;          ///< 1..230
  std::optional<int> framework_dimension;  ///< 0..3
  std::vector<std::string> linkers;        ///< SMILES, each molecule at least once; charges do not matter
  std::vector<Composition> nodes;          ///< metals and heavy bridging atoms, each node at least once
};

/// What a candidate is judged by.
struct CandidateFacts {
  int64_t n_atoms = 0;
  Composition composition;
  int space_group = 1;
  int framework_dimension = 0;
};

/// One demand, in words ("elements among Zn, C, H, O"), and whether a candidate meets it.
struct Demand {
  std::string text;
  bool (*met)(const Constraints&, const CandidateFacts&);
};
/// The demands that `constraints` really makes; empty where it makes none.
std::vector<Demand> demands(const Constraints& constraints);

/// "Zn" or "zn" -> 30. Throws clamp::UsageError for what is no element; `option` names where it was given.
int parse_element(const std::string& symbol, const std::string& option);
/// "Zn4C24H12O13", parentheses and spaces allowed. Throws clamp::UsageError.
Composition parse_formula(const std::string& text);
/// "Zn4O", a metal node as evaluate::MetalNode::formula has it. Throws clamp::UsageError, also without a
/// metal.
Composition parse_node(const std::string& text);
/// Whether each wanted node is among `nodes`.
bool holds_nodes(const std::vector<Composition>& wanted, const std::vector<evaluate::MetalNode>& nodes);
/// "Zn4O".
std::string formula_text(const Composition& composition);
/// "64" or "20:64". Throws clamp::UsageError.
AtomRange parse_atom_range(const std::string& text);
/// Divided by the greatest common divisor of the counts.
Composition reduced(const Composition& composition);

}  // namespace clamp::sampler
