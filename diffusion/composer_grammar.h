// Which token may come next: the grammar of composer_tokens.h together with what the user demands.
//
// A demand is kept by never allowing a token that would break it; the end is allowed only once everything
// demanded and carbon is there, every metal has a bond, and (with ComposerCharges) the cell is neutral. No
// atom gets more bonds than real ones have. A sequence that has no way on is given up (dead_end) and drawn
// again.
#pragma once

#include <array>
#include <bitset>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "diffusion/composer_coordination.h"
#include "diffusion/composer_tokens.h"

namespace clamp::diffusion {

using ElementSet = std::bitset<104>;

/// What a sequence needs to end neutral.
struct ComposerCharges {
  /// [n_forms] charge of all copies in the primitive cell, for general forms of one copy; nothing: not known.
  std::vector<std::optional<int>> of_form;
  std::function<const std::vector<int>&(int atomic_number)> oxidation_states;
};

struct ComposerDemands {
  int space_group = 0;           ///< 0: any
  int framework_dimension = -1;  ///< -1: any
  int64_t min_atoms = 1;         ///< of the primitive cell
  int64_t max_atoms = 64;
  ElementSet allowed;  ///< none set: all
  ElementSet required;
  std::map<int, int64_t> formula;               ///< reduced; empty: any
  std::vector<std::vector<int32_t>> molecules;  ///< each group: one of these forms must occur
  const ComposerCharges* charges = nullptr;     ///< null: charges need not balance
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
  const ComposerDictionary& dictionary() const { return *dictionary_; }

 private:
  const ComposerDictionary* dictionary_;
  std::vector<ElementSet> elements_;
  std::vector<int64_t> unit_atoms_;  // general forms: atoms of the asymmetric unit
  std::vector<std::map<int, int64_t>>
      composition_;  // general forms: of the asymmetric unit; else of the cell
};

class ComposerGrammar {
 public:
  ComposerGrammar(const FormFacts& facts, const ComposerDemands& demands);
  /// 1 where a token may come next; all 0: a dead end. [n_tokens]
  void allowed(std::vector<uint8_t>& mask) const;
  /// Molecules that bring an unbalanced sequence nearer to neutral, not beyond. [n_tokens]
  void allowed_to_balance(std::vector<uint8_t>& mask) const;
  /// Some oxidation states of the metals, one an atom of the asymmetric unit, make the cell neutral.
  bool balanced() const;
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
  /// Metals that a bond of the latest form or metal can lead to.
  void allow_bonds(const ComposerCoordination& coordination, std::vector<uint8_t>& mask) const;
  /// The operation of the bond that was begun from `atom`, or what comes next where it has none.
  void allow_operations(int atom, std::vector<uint8_t>& mask) const;
  void allow_metals(std::vector<uint8_t>& mask) const;
  void allow_forms(std::vector<uint8_t>& mask) const;
  bool space_group_fits(int number) const;
  bool form_fits(int32_t form) const;
  bool complete() const;
  /// Of all copies of a form; nothing where not known.
  std::optional<int> charge_of(int32_t form) const;
  void measure_charged_forms();
  /// With this molecule the cell is neutral, or there is room for one more that brings it nearer.
  bool can_balance_with(int32_t form) const;
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
  std::vector<char> bonded_;  // metals that have a bond
  ComposerCoordination coordination_;
  int grip_metal_ = -1, grip_atom_ = 0;  // of the bond that was begun
  ElementSet present_;
  std::map<int, int64_t> counts_;
  std::vector<char> met_;            // demanded molecules
  std::set<int> metal_charges_{0};   // sums that the metals' oxidation states can give
  std::optional<int> molecules_{0};  // charge of all molecules; nothing where not known
  std::map<int, int64_t> room_;      // charge -> atoms of the smallest form that has it in this space group
};

}  // namespace clamp::diffusion
