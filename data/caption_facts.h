// What the columns of a record say, each fact with the ways to word it. caption.cpp makes sentences of them.
#pragma once

#include <string>
#include <vector>

#include "data/dataset.h"

namespace clamp::data {

enum class FactKind {
  kPorosity,
  kDensityWord,
  kGapWord,
  kDimension,
  kInterpenetration,
  kSystem,
  kMetal,
  kLinker,
  kLinkerKind,
  kLigand,
  kAnion,
  kSolvent,
  kGuest,
  kCoordination,
  kOpenSites,
  kTopology,
  kPoreLimit,
  kCavity,
  kVoid,
  kSurface,
  kGap,
  kDensity,
  kSpaceGroup,
  kFormula,
  kAtoms,
  kName,
};

/// One true statement. Each list holds alternatives; an empty one means that the fact has no such form.
struct Fact {
  FactKind kind;
  double weight;                      ///< relative chance of being mentioned
  std::string key;                    ///< "metal", "linker": for attribute lists
  std::vector<std::string> keywords;  ///< "Zn", "PLD 5.2 Å"
  std::vector<std::string> before;    ///< in front of the noun: "zinc", "three-dimensional"
  std::vector<std::string> after;     ///< behind it: "with pcu topology"
};

std::vector<Fact> facts_of(const Record& record);

/// Nouns that the record allows, most specific first: "metal-organic framework" needs a metal, carbon and a
/// framework of dimension 2 or 3; a chain is a "coordination polymer"; without the columns it is a "crystal
/// structure".
std::vector<std::string> nouns_of(const Record& record);

/// Appends the facts about pores, band gap, density and symmetry (caption_measures.cpp); part of facts_of.
void add_measures(const Record& record, std::vector<Fact>& facts);

}  // namespace clamp::data
