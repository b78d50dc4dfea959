#include "diffusion/composer_coordination.h"

#include <algorithm>
#include <set>

#include "core/elements.h"
#include "diffusion/composer_canonical.h"

namespace clamp::diffusion {
int n_bonded_copies(int number, const SiteKey& from, const SiteKey& to, int op, bool self) {
  const SpaceGroup& group = space_group(number);
  const int by = std::max(0, op);
  if (!self && to.empty()) return static_cast<int>(1 + from.size() / 4);
  if (!self && from.empty()) return 1;
  std::set<int> bonded;  // each copy by the smallest operation that leads to it
  for (const int towards : {by, self ? inverse_operation(group, by) : by}) {
    for (const int s : operations_of(from)) {
      const int moved = group.product[static_cast<size_t>(s)][static_cast<size_t>(towards)];
      bonded.insert(smallest_operation(group, {}, moved, to, /*self=*/false));
    }
  }
  return static_cast<int>(bonded.size());
}

std::vector<int> molecule_coordination(const MoleculeForm& form) {
  std::vector<int> bonds(form.atoms.size(), 0);
  const int number = std::max(1, form.space_group);
  const SpaceGroup& group = space_group(number);
  for (const BlockBond& bond : form.bonds) {
    const auto from = static_cast<size_t>(bond.from), to = static_cast<size_t>(bond.to);
    const SiteKey &x = form.atoms[from].site, &y = form.atoms[to].site;
    bonds[from] += n_bonded_copies(number, x, y, bond.op, from == to);
    if (from == to) continue;
    bonds[to] += n_bonded_copies(number, y, x, inverse_operation(group, std::max(0, bond.op)));
  }
  return bonds;
}

void ComposerCoordination::push_metal(int atomic_number, const SiteKey& site) {
  metals_.push_back({atomic_number, site, 0});
}

void ComposerCoordination::push_form(int32_t form) {
  molecule_.clear();
  const auto& atoms = dictionary_->form(form).atoms;
  const auto bonds = molecule_coordination(dictionary_->form(form));
  for (size_t a = 0; a < atoms.size(); ++a)
    molecule_.push_back({atoms[a].atomic_number, atoms[a].site, bonds[a]});
}

const ComposerCoordination::Atom& ComposerCoordination::source(int from) const {
  return molecule_.empty() ? metals_.back() : molecule_[static_cast<size_t>(from)];
}

bool ComposerCoordination::depends_on_operation(const Atom& x, const Atom& y) const {
  return &x == &y || (!x.site.empty() && !y.site.empty());
}

std::pair<int, int> ComposerCoordination::new_bonds(const Atom& x, const Atom& y, int op) const {
  const bool self = &x == &y;
  const int back =
      depends_on_operation(x, y) ? inverse_operation(space_group(space_group_), std::max(0, op)) : 0;
  return {n_bonded_copies(space_group_, x.site, y.site, op, self),
          n_bonded_copies(space_group_, y.site, x.site, back, self)};
}

bool ComposerCoordination::has_room(int from, int metal, int op) const {
  const Atom& x = source(from);
  const Atom& y = metals_[static_cast<size_t>(metal)];
  const auto [of_x, of_y] = new_bonds(x, y, op);
  return x.n_bonds + of_x <= largest_coordination(x.atomic_number) &&
         y.n_bonds + of_y <= largest_coordination(y.atomic_number);
}

bool ComposerCoordination::has_room(int from, int metal) const {
  const auto operations = static_cast<int>(space_group(space_group_).operations.size());
  const bool alike = !depends_on_operation(source(from), metals_[static_cast<size_t>(metal)]);
  for (int op = 0; op < (alike ? 1 : operations); ++op) {
    if (has_room(from, metal, op)) return true;
  }
  return false;
}

void ComposerCoordination::push_bond(int from, int metal, int op) {
  Atom& y = metals_[static_cast<size_t>(metal)];
  Atom& x = molecule_.empty() ? metals_.back() : molecule_[static_cast<size_t>(from)];
  const auto [of_x, of_y] = new_bonds(x, y, op);
  x.n_bonds += of_x;
  if (&x != &y) y.n_bonds += of_y;
}

}  // namespace clamp::diffusion
