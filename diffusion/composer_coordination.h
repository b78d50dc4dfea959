// How many bonds the atoms of a half-written chemistry have: composer_grammar.h allows no more than real
// atoms have (core/elements.h: largest_coordination).
#pragma once

#include <cstdint>
#include <utility>
#include <vector>

#include "diffusion/composer_tokens.h"

namespace clamp::diffusion {

/// Copies of the atom `to` that are bonded to one copy of `from`, where `op` (-1: the identity) makes the
/// bond. `self`: both are one slot.
int n_bonded_copies(int space_group, const SiteKey& from, const SiteKey& to, int op, bool self = false);

/// Bonds of each atom of a molecule form to atoms of the molecule. [n_atoms]
std::vector<int> molecule_coordination(const MoleculeForm& form);

class ComposerCoordination {
 public:
  explicit ComposerCoordination(const ComposerDictionary& dictionary) : dictionary_(&dictionary) {}
  void set_space_group(int number) { space_group_ = number; }
  void push_metal(int atomic_number, const SiteKey& site);
  /// From now on bonds begin at the atoms of this form.
  void push_form(int32_t form);
  /// Whether atom `from` of the latest form (without one: the latest metal, whatever `from` is) has room for
  /// a bond to `metal`.
  bool has_room(int from, int metal, int op) const;
  /// By any operation.
  bool has_room(int from, int metal) const;
  void push_bond(int from, int metal, int op);

 private:
  struct Atom {
    int atomic_number = 0;
    SiteKey site;
    int n_bonds = 0;
  };
  const Atom& source(int from) const;
  bool depends_on_operation(const Atom& x, const Atom& y) const;
  /// What a bond adds to x and to y, both equal where they are one slot.
  std::pair<int, int> new_bonds(const Atom& x, const Atom& y, int op) const;

  const ComposerDictionary* dictionary_;
  int space_group_ = 1;
  std::vector<Atom> metals_;
  std::vector<Atom> molecule_;  ///< empty: no form yet
};

}  // namespace clamp::diffusion
