// Which token may come next: the grammar of composer_tokens.h together with what the user demands.
//
// A demand is kept by never allowing a token that would break it; the end is allowed only once everything
// demanded is there. A sequence that has no way on is given up (dead_end) and drawn again.
#pragma once

#include <array>
#include <bitset>
#include <map>
#include <vector>

#include "diffusion/composer_tokens.h"

namespace clamp::diffusion {

using ElementSet = std::bitset<104>;

struct ComposerDemands {
  int space_group = 0;           ///< 0: any
  int framework_dimension = -1;  ///< -1: any
  int64_t min_atoms = 1;         ///< of the primitive cell
  int64_t max_atoms = 64;
  ElementSet allowed;  ///< none set: all
  ElementSet required;
  std::map<int, int64_t> formula;               ///< reduced; empty: any
  std::vector<std::vector<int32_t>> molecules;  ///< each group: one of these forms must occur
};

/// What a form brings, for each space group that it fits.
class FormFacts {
 public:
  explicit FormFacts(const ComposerDictionary& dictionary);
  /// Atoms of the primitive cell.
  int64_t n_atoms(int32_t form, int space_group) const;
  /// Element -> atoms of the primitive cell, added to `counts` (sign +1 or -1).
  void add(int32_t form, int space_group, std::map<int, int64_t>& counts) const;
  const ElementSet& elements(int32_t form) const { return elements_[static_cast<size_t>(form)]; }
  bool has_donors(int32_t form) const { return has_donors_[static_cast<size_t>(form)] != 0; }
  /// Fewest atoms that `form` can add in this space group.
  const ComposerDictionary& dictionary() const { return *dictionary_; }

 private:
  const ComposerDictionary* dictionary_;
  std::vector<ElementSet> elements_;
  std::vector<char> has_donors_;
  std::vector<int64_t> unit_atoms_;  // general forms: atoms of the asymmetric unit
  std::vector<std::map<int, int64_t>>
      composition_;  // general forms: of the asymmetric unit; else of the cell
};

class ComposerGrammar {
 public:
  ComposerGrammar(const FormFacts& facts, const ComposerDemands& demands);
  /// 1 where a token may come next; all 0: a dead end. [n_tokens]
  void allowed(std::vector<uint8_t>& mask) const;
  void push(int32_t next);
  bool finished() const { return finished_; }
  int64_t n_atoms() const { return n_atoms_; }

 private:
  enum class State {
    kBegin,
    kSpaceGroup,
    kDimension,
    kElement,
    kMetal,
    kMetalBond,
    kMolecule,
    kGrip,
    kGripAtom
  };
  void allow_parts(std::vector<uint8_t>& mask) const;
  void allow_metals(std::vector<uint8_t>& mask) const;
  void allow_forms(std::vector<uint8_t>& mask) const;
  bool space_group_fits(int number) const;
  bool form_fits(int32_t form) const;
  bool complete() const;
  bool formula_holds(const std::map<int, int64_t>& counts) const;
  ElementSet missing() const;

  const FormFacts& facts_;
  const ComposerDemands& demands_;
  State state_ = State::kBegin;
  bool finished_ = false;
  int space_group_ = 0;
  int64_t n_operations_ = 1;
  int64_t n_atoms_ = 0;
  int64_t n_molecules_ = 0;
  int element_ = 0;
  int32_t form_ = -1;
  std::vector<int32_t> metal_sites_;
  ElementSet present_;
  std::map<int, int64_t> counts_;
  std::vector<char> met_;  // demanded molecules
};

}  // namespace clamp::diffusion
