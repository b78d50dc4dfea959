#include "diffusion/composer_blocks.h"

#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <numeric>
#include <tuple>

#include "core/elements.h"
#include "core/error.h"
#include "diffusion/composer_canonical.h"

namespace clamp::diffusion {
namespace {

// Bonds inside the asymmetric unit and metals as roots.
struct Parts {
  std::vector<int> molecule;  // [n_slots] index of the molecule, -1 for a metal
  int n_molecules = 0;
};

// Molecules: slots without metals connected by any bonds, in the order of their first slot.
Parts find_molecules(const Chemistry& chemistry) {
  const size_t n = chemistry.slots.size();
  std::vector<int> leader(n);
  std::iota(leader.begin(), leader.end(), 0);
  const auto find = [&](int a) {
    while (leader[static_cast<size_t>(a)] != a) a = leader[static_cast<size_t>(a)];
    return a;
  };
  const auto metal = [&](int s) { return is_metal(chemistry.slots[static_cast<size_t>(s)].atomic_number); };
  for (const SlotBond& bond : chemistry.bonds) {
    if (metal(bond.i) || metal(bond.j)) continue;
    const int a = find(bond.i), b = find(bond.j);
    leader[static_cast<size_t>(std::max(a, b))] = std::min(a, b);
  }
  Parts parts;
  parts.molecule.assign(n, -1);
  std::map<int, int> index;
  for (int s = 0; s < static_cast<int>(n); ++s) {
    if (metal(s)) continue;
    const auto it = index.emplace(find(s), static_cast<int>(index.size())).first;
    parts.molecule[static_cast<size_t>(s)] = it->second;
  }
  parts.n_molecules = static_cast<int>(index.size());
  return parts;
}

SiteKey key_of(const Site& site) {
  SiteKey key;
  std::vector<size_t> order(site.operations.size());
  std::iota(order.begin(), order.end(), 0);
  std::sort(order.begin(), order.end(),
            [&](size_t a, size_t b) { return site.operations[a] < site.operations[b]; });
  for (const size_t k : order) {
    if (site.operations[k] == 0) continue;
    key.push_back(site.operations[k]);
    for (int c = 0; c < 3; ++c) key.push_back(site.shifts[k][c]);
  }
  return key;
}

// Blocks with the slots that they came from.
struct Indexed {
  Blocks blocks;
  std::vector<int> place;  // [n_slots] metal index, or atom index in its molecule
};

void append_bonds(const Chemistry& chemistry, const Parts& parts, Indexed& out) {
  const SpaceGroup& group = space_group(chemistry.space_group);
  const auto site_of = [&](int s) -> const SiteKey& {
    const int m = parts.molecule[static_cast<size_t>(s)];
    const auto p = static_cast<size_t>(out.place[static_cast<size_t>(s)]);
    return m < 0 ? out.blocks.metals[p].site
                 : out.blocks.molecules[static_cast<size_t>(m)].form.atoms[p].site;
  };
  for (const SlotBond& bond : chemistry.bonds) {
    if (bond.op < 0) fail("a bond names no copy (op -1)");
    const int mi = parts.molecule[static_cast<size_t>(bond.i)],
              mj = parts.molecule[static_cast<size_t>(bond.j)];
    const int pi = out.place[static_cast<size_t>(bond.i)], pj = out.place[static_cast<size_t>(bond.j)];
    int op = bond.op;
    int from = bond.i, to = bond.j;
    // The molecule's atom holds the metal; within a block the later atom holds the earlier.
    const bool swap = mi < 0 && mj < 0 ? pi < pj : (mi < 0 || (mj >= 0 && pi < pj));
    if (swap) {
      std::swap(from, to);
      op = inverse_operation(group, op);
    }
    if (bond.intra) {
      op = -1;
    } else {
      op = smallest_operation(group, site_of(from), op, site_of(to), bond.i == bond.j);
    }
    const BlockBond block{out.place[static_cast<size_t>(from)], out.place[static_cast<size_t>(to)], op};
    const int m = parts.molecule[static_cast<size_t>(from)];
    if (m < 0) {
      out.blocks.metal_bonds.push_back(block);
    } else if (parts.molecule[static_cast<size_t>(to)] < 0) {
      out.blocks.molecules[static_cast<size_t>(m)].grips.push_back(block);
    } else {
      out.blocks.molecules[static_cast<size_t>(m)].form.bonds.push_back(block);
    }
  }
}

}  // namespace

bool BlockBond::operator<(const BlockBond& o) const {
  return std::tie(from, to, op) < std::tie(o.from, o.to, o.op);
}

std::vector<int> MoleculeForm::content() const {
  std::vector<int> numbers = {space_group, static_cast<int>(atoms.size())};
  for (const BlockAtom& atom : atoms) {
    numbers.push_back(atom.atomic_number);
    numbers.push_back(static_cast<int>(atom.site.size()));
    numbers.insert(numbers.end(), atom.site.begin(), atom.site.end());
  }
  numbers.push_back(static_cast<int>(bonds.size()));
  for (const BlockBond& bond : bonds) numbers.insert(numbers.end(), {bond.from, bond.to, bond.op});
  return numbers;
}

MoleculeForm molecule_form(const std::vector<int>& content) {
  size_t at = 0;
  const auto next = [&](int low, int high) {
    if (at >= content.size() || content[at] < low || content[at] > high)
      fail(fmt::format("molecule form: number {} of {} is not from {} to {}", at, content.size(), low, high));
    return content[at++];
  };
  MoleculeForm form;
  form.space_group = next(0, 230);
  const int operations =
      form.space_group == 0 ? 1 : static_cast<int>(clamp::space_group(form.space_group).operations.size());
  const int n_atoms = next(1, 10000);
  for (int a = 0; a < n_atoms; ++a) {
    BlockAtom atom;
    atom.atomic_number = next(1, kMaxAtomicNumber);
    const int size = next(0, 4 * operations);
    for (int k = 0; k < size; ++k) atom.site.push_back(k % 4 == 0 ? next(1, operations - 1) : next(-64, 64));
    if (size % 4 != 0) fail("molecule form: a site is cut short");
    form.atoms.push_back(std::move(atom));
  }
  const int n_bonds = next(0, 100000);
  for (int b = 0; b < n_bonds; ++b) {
    BlockBond bond;
    bond.from = next(0, n_atoms - 1);
    bond.to = next(0, n_atoms - 1);
    bond.op = next(-1, operations - 1);
    form.bonds.push_back(bond);
  }
  if (at != content.size()) fail("molecule form: numbers are left over");
  return form;
}

Blocks to_blocks(const Chemistry& chemistry) {
  const Parts parts = find_molecules(chemistry);
  const SpaceGroup& group = space_group(chemistry.space_group);
  Indexed out;
  out.blocks.space_group = chemistry.space_group;
  out.blocks.molecules.resize(static_cast<size_t>(parts.n_molecules));
  out.place.resize(chemistry.slots.size());
  for (size_t s = 0; s < chemistry.slots.size(); ++s) {
    const Slot& slot = chemistry.slots[s];
    BlockAtom atom{slot.atomic_number, key_of(slot.site)};
    auto& atoms = parts.molecule[s] < 0
                      ? out.blocks.metals
                      : out.blocks.molecules[static_cast<size_t>(parts.molecule[s])].form.atoms;
    out.place[s] = static_cast<int>(atoms.size());
    atoms.push_back(std::move(atom));
  }
  append_bonds(chemistry, parts, out);
  for (BlockAtom& metal : out.blocks.metals) reduce_sites(group, {&metal.site});
  for (MoleculeBlock& molecule : out.blocks.molecules) {
    std::vector<SiteKey*> sites;
    bool general = true;
    for (BlockAtom& atom : molecule.form.atoms) {
      sites.push_back(&atom.site);
      general &= atom.site.empty();
    }
    reduce_sites(group, sites);
    for (const BlockBond& bond : molecule.form.bonds) general &= bond.op < 0;
    molecule.form.space_group = general ? 0 : chemistry.space_group;
    canonicalise(group, molecule);
  }
  order_blocks(out.blocks);
  return out.blocks;
}

int multiplicity(int number, const SiteKey& site) {
  return static_cast<int>(space_group(number).operations.size() / (1 + site.size() / 4));
}

bool is_point(int number, const SiteKey& site) {
  const SpaceGroup& group = space_group(number);
  Mat3 sum = Mat3::Identity();
  for (size_t k = 0; k < site.size(); k += 4)
    sum += group.operations[static_cast<size_t>(site[k])].rotation.cast<double>();
  return sum.cwiseAbs().maxCoeff() < 1e-9;  // the mean rotation projects on what is left fixed
}

}  // namespace clamp::diffusion
