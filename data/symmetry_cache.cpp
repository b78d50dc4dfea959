#include "data/symmetry_cache.h"

#include <fmt/format.h>

#include <Eigen/LU>
#include <cmath>
#include <utility>

#include "core/elements.h"
#include "core/error.h"
#include "data/schema.h"

namespace clamp::data {
namespace {

Vec3i shift_at(const std::vector<int32_t>& values, size_t k) {
  return {values[3 * k], values[3 * k + 1], values[3 * k + 2]};
}

[[noreturn]] void damaged(const std::string& what, const std::string& found) {
  fail(fmt::format("{}: {}; the file is damaged", what, found));
}

}  // namespace

SymmetryCache::SymmetryCache(const Hdf5File& file, int64_t n)
    : symprec_(file.double_attribute(schema::kSymmetry, "symprec")),
      space_group_(file.open_array(schema::kSpaceGroup, 1).read_all<int32_t>()),
      fallback_(file.open_array(schema::kFallback, 1).read_all<uint8_t>()),
      cells_(file.open_array(schema::kPrimitiveCell, 9).read_all<double>()),
      atomic_number_(file.open_array(schema::kSlotAtomicNumber, 1)),
      parent_(file.open_array(schema::kSlotParent, 1)),
      frac_coords_(file.open_array(schema::kSlotFracCoords, 3)),
      operation_(file.open_array(schema::kStabiliserOperation, 1)),
      shift_(file.open_array(schema::kStabiliserShift, 3)),
      bond_slots_(file.open_array(schema::kBondSlots, 2)),
      bond_operation_(file.open_array(schema::kBondOperation, 1)),
      bond_shift_(file.open_array(schema::kBondShift, 3)),
      bond_intra_(file.open_array(schema::kBondIntra, 1)),
      slot_offsets_(read_offsets(file, schema::kSlotOffsets, n, atomic_number_.rows())),
      bond_offsets_(read_offsets(file, schema::kBondOffsets, n, bond_operation_.rows())),
      stabiliser_offsets_(
          read_offsets(file, schema::kStabiliserOffsets, atomic_number_.rows(), operation_.rows())) {
  expect_rows(parent_, atomic_number_.rows());
  expect_rows(frac_coords_, atomic_number_.rows());
  expect_rows(shift_, operation_.rows());
  expect_rows(bond_slots_, bond_operation_.rows());
  expect_rows(bond_shift_, bond_operation_.rows());
  expect_rows(bond_intra_, bond_operation_.rows());
  if (static_cast<int64_t>(space_group_.size()) != n || static_cast<int64_t>(cells_.size()) != 9 * n ||
      fallback_.size() != space_group_.size()) {
    fail(fmt::format("{}: {}: {} space groups for {} structures", file.path(), schema::kSymmetry,
                     space_group_.size(), n));
  }
}

SymmetryColumns SymmetryCache::columns() const {
  return {symprec_, {space_group_.begin(), space_group_.end()}, fallback_};
}

AsymmetricUnit SymmetryCache::read(int64_t index, const std::string& what) const {
  const int number = space_group_[static_cast<size_t>(index)];
  if (number < 1 || number > 230) damaged(what, fmt::format("space group {}", number));
  const SpaceGroup& group = clamp::space_group(number);
  AsymmetricUnit unit;
  unit.chemistry.space_group = number;
  unit.cell = matrix_at(cells_, index);
  if (!unit.cell.allFinite() || !(std::abs(unit.cell.determinant()) > 0))
    damaged(what, "cell without volume");
  read_slots(index, group, what, unit);
  read_bonds(index, group, what, unit);
  return unit;
}

void SymmetryCache::read_slots(int64_t index, const SpaceGroup& group, const std::string& what,
                               AsymmetricUnit& unit) const {
  const auto n_operations = static_cast<int>(group.operations.size());
  const auto k = static_cast<size_t>(index);
  const int64_t first = slot_offsets_[k], count = slot_offsets_[k + 1] - first;
  if (count == 0) damaged(what, "an asymmetric unit without atoms");
  const auto numbers = atomic_number_.read<uint8_t>(first, count);
  const auto parents = parent_.read<int32_t>(first, count);
  const auto x = frac_coords_.read<double>(first, count);
  const int64_t begin = stabiliser_offsets_[static_cast<size_t>(first)];
  const int64_t end = stabiliser_offsets_[static_cast<size_t>(first + count)];
  const auto operations = operation_.read<int32_t>(begin, end - begin);
  const auto shifts = shift_.read<int32_t>(begin, end - begin);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] < 1 || numbers[i] > kMaxAtomicNumber)
      damaged(what, fmt::format("atomic number {}", numbers[i]));
    if (parents[i] < -1 || parents[i] >= static_cast<int64_t>(i))
      damaged(what, fmt::format("slot {} has parent {}", i, parents[i]));
    std::vector<int> ops;
    std::vector<Vec3i> moves;
    const auto from = static_cast<size_t>(stabiliser_offsets_[static_cast<size_t>(first) + i] - begin);
    const auto to = static_cast<size_t>(stabiliser_offsets_[static_cast<size_t>(first) + i + 1] - begin);
    for (size_t j = from; j < to; ++j) {
      if (operations[j] < 0 || operations[j] >= n_operations) {
        damaged(what, fmt::format("operation {} of {}", operations[j], n_operations));
      }
      ops.push_back(operations[j]);
      moves.push_back(shift_at(shifts, j));
    }
    if (ops.empty() || ops.size() > group.operations.size()) {
      damaged(what, fmt::format("a stabiliser of {} operations", ops.size()));
    }
    Slot slot;
    slot.atomic_number = numbers[i];
    slot.parent = parents[i];
    slot.site = make_site(group, std::move(ops), std::move(moves));
    unit.chemistry.slots.push_back(std::move(slot));
    unit.frac_coords.emplace_back(x[3 * i], x[3 * i + 1], x[3 * i + 2]);
    if (!unit.frac_coords.back().allFinite()) damaged(what, "a coordinate is not finite");
  }
}

void SymmetryCache::read_bonds(int64_t index, const SpaceGroup& group, const std::string& what,
                               AsymmetricUnit& unit) const {
  const auto k = static_cast<size_t>(index);
  const int64_t first = bond_offsets_[k], count = bond_offsets_[k + 1] - first;
  const auto slots = bond_slots_.read<int32_t>(first, count);
  const auto operations = bond_operation_.read<int32_t>(first, count);
  const auto shifts = bond_shift_.read<int32_t>(first, count);
  const auto intra = bond_intra_.read<uint8_t>(first, count);
  const auto n_slots = static_cast<int>(unit.chemistry.slots.size());
  for (size_t b = 0; b < operations.size(); ++b) {
    SlotBond bond;
    bond.i = slots[2 * b];
    bond.j = slots[2 * b + 1];
    bond.op = operations[b];
    bond.shift = shift_at(shifts, b);
    bond.intra = intra[b] != 0;
    if (bond.i < 0 || bond.i >= n_slots || bond.j < 0 || bond.j >= n_slots || bond.op < 0 ||
        bond.op >= static_cast<int>(group.operations.size())) {
      damaged(what, fmt::format("a bond of slots {} and {} by operation {}", bond.i, bond.j, bond.op));
    }
    unit.chemistry.bonds.push_back(bond);
  }
}

}  // namespace clamp::data
