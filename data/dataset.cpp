#include "data/dataset.h"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <cmath>
#include <mutex>

#include "core/elements.h"
#include "core/error.h"
#include "data/hdf5_file.h"
#include "data/schema.h"

namespace clamp::data {
namespace {

using Offsets = std::vector<int64_t>;

/// Reads offsets [n + 1] and checks that they run from 0 to `end` without falling.
Offsets read_offsets(const Hdf5File& file, const std::string& name, int64_t n, int64_t end) {
  const Offsets offsets = file.open_array(name, 1).read_all<int64_t>();
  const std::string what = fmt::format("{}: {}", file.path(), name);
  if (n >= 0 && static_cast<int64_t>(offsets.size()) != n + 1) {
    fail(fmt::format("{}: {} offsets, expected {}", what, offsets.size(), n + 1));
  }
  if (offsets.empty() || offsets.front() != 0 || offsets.back() != end ||
      !std::is_sorted(offsets.begin(), offsets.end())) {
    fail(fmt::format("{}: offsets do not run from 0 to {}; the file is damaged", what, end));
  }
  return offsets;
}

void expect_rows(const Hdf5Array& array, int64_t rows) {
  if (array.rows() != rows) fail(fmt::format("{}: {} rows, expected {}", array.name(), array.rows(), rows));
}

Mat3 matrix_at(const std::vector<double>& values, int64_t index) {
  Mat3 m;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) m(i, j) = values[static_cast<size_t>(9 * index + 3 * i + j)];
  }
  return m;
}

std::string text_of(const Hdf5Array& bytes, int64_t begin, int64_t end) {
  const std::vector<uint8_t> raw = bytes.read<uint8_t>(begin, end - begin);
  return {raw.begin(), raw.end()};
}

struct LabelColumn {
  Offsets offsets;
  Hdf5Array bytes;
};

/// The arrays of /symmetry.
struct SymmetryCache {
  explicit SymmetryCache(const Hdf5File& file, int64_t n)
      : space_group(file.open_array(schema::kSpaceGroup, 1).read_all<int32_t>()),
        cells(file.open_array(schema::kPrimitiveCell, 9).read_all<double>()),
        atomic_number(file.open_array(schema::kSlotAtomicNumber, 1)),
        parent(file.open_array(schema::kSlotParent, 1)),
        frac_coords(file.open_array(schema::kSlotFracCoords, 3)),
        operation(file.open_array(schema::kStabiliserOperation, 1)),
        shift(file.open_array(schema::kStabiliserShift, 3)),
        bond_slots(file.open_array(schema::kBondSlots, 2)),
        bond_operation(file.open_array(schema::kBondOperation, 1)),
        bond_shift(file.open_array(schema::kBondShift, 3)),
        bond_intra(file.open_array(schema::kBondIntra, 1)),
        slot_offsets(read_offsets(file, schema::kSlotOffsets, n, atomic_number.rows())),
        bond_offsets(read_offsets(file, schema::kBondOffsets, n, bond_operation.rows())),
        stabiliser_offsets(
            read_offsets(file, schema::kStabiliserOffsets, atomic_number.rows(), operation.rows())) {
    expect_rows(parent, atomic_number.rows());
    expect_rows(frac_coords, atomic_number.rows());
    expect_rows(shift, operation.rows());
    expect_rows(bond_slots, bond_operation.rows());
    expect_rows(bond_shift, bond_operation.rows());
    expect_rows(bond_intra, bond_operation.rows());
    if (static_cast<int64_t>(space_group.size()) != n || static_cast<int64_t>(cells.size()) != 9 * n) {
      fail(fmt::format("{}: {}: {} space groups for {} structures", file.path(), schema::kSymmetry,
                       space_group.size(), n));
    }
  }

  std::vector<int32_t> space_group;
  std::vector<double> cells;
  Hdf5Array atomic_number, parent, frac_coords, operation, shift, bond_slots, bond_operation, bond_shift,
      bond_intra;
  Offsets slot_offsets, bond_offsets, stabiliser_offsets;
};

Vec3i shift_at(const std::vector<int32_t>& values, size_t k) {
  return {values[3 * k], values[3 * k + 1], values[3 * k + 2]};
}

}  // namespace

struct Dataset::Impl {
  explicit Impl(const std::string& path) : file(Hdf5File::open(path)) {
    check_version();
    atomic_numbers = file.open_array(schema::kAtomicNumbers, 1);
    frac_coords = file.open_array(schema::kFracCoords, 3);
    expect_rows(frac_coords, atomic_numbers.rows());
    ids = file.read_strings(schema::kId);
    n = static_cast<int64_t>(ids.size());
    splits = file.read_strings(schema::kSplit);
    sources = file.read_strings(schema::kSource);
    atom_offsets = read_offsets(file, schema::kAtomOffsets, n, atomic_numbers.rows());
    cells = file.open_array(schema::kCell, 9).read_all<double>();
    if (static_cast<int64_t>(splits.size()) != n || static_cast<int64_t>(sources.size()) != n ||
        static_cast<int64_t>(cells.size()) != 9 * n) {
      fail(fmt::format("{}: /structures: {} ids, {} splits, {} sources, {} cells", path, n, splits.size(),
                       sources.size(), cells.size() / 9));
    }
    text_bytes = file.open_array(schema::kTextBytes, 1);
    text_byte_offsets = read_offsets(file, schema::kTextByteOffsets, -1, text_bytes.rows());
    text_offsets =
        read_offsets(file, schema::kTextOffsets, n, static_cast<int64_t>(text_byte_offsets.size()) - 1);
    open_columns();
    if (file.has(schema::kSymmetry)) symmetry.emplace(file, n);
  }

  void check_version() const {
    if (!file.has_attribute("/", "format") || !file.has_attribute("/", "format_version")) {
      fail(
          fmt::format("{}: HDF5 file without the attribute format = {}; expected a dataset written by "
                      "clamp-data import",
                      file.path(), schema::kFormat));
    }
    const std::string format = file.string_attribute("/", "format");
    if (format != schema::kFormat) {
      fail(fmt::format("{}: format is '{}', expected '{}'", file.path(), format, schema::kFormat));
    }
    const int64_t version = file.integer_attribute("/", "format_version");
    if (version != schema::kVersion) {
      fail(fmt::format("{}: format version {}, this program reads version {}; import the sources again",
                       file.path(), version, schema::kVersion));
    }
  }

  void open_columns() {
    for (const std::string& name : file.members(schema::kProperties)) {
      const std::string object = fmt::format("{}/{}", schema::kProperties, name);
      const Hdf5Array array = file.open_array(object, 1);
      expect_rows(array, n);
      properties[name] = array.read_all<double>();
      units[name] =
          file.has_attribute(object, "unit") ? file.string_attribute(object, "unit") : std::string();
    }
    for (const std::string& name : file.members(schema::kLabels)) {
      const std::string object = fmt::format("{}/{}", schema::kLabels, name);
      LabelColumn column;
      column.bytes = file.open_array(object + "/bytes", 1);
      column.offsets = read_offsets(file, object + "/offsets", n, column.bytes.rows());
      labels.emplace(name, std::move(column));
    }
  }

  void check_index(int64_t index) const {
    if (index < 0 || index >= n) {
      fail(fmt::format("{}: structure {} asked for, the file has {}", file.path(), index, n));
    }
  }

  [[noreturn]] void damaged(int64_t index, const std::string& found) const {
    fail(fmt::format("{}: structure {} ({}): {}; the file is damaged", file.path(), index,
                     ids[static_cast<size_t>(index)], found));
  }

  Crystal crystal(int64_t index) const {
    const auto k = static_cast<size_t>(index);
    const int64_t first = atom_offsets[k], count = atom_offsets[k + 1] - first;
    Crystal crystal;
    crystal.name = ids[k];
    crystal.cell = matrix_at(cells, index);
    if (count == 0) damaged(index, "no atoms");
    if (!crystal.cell.allFinite() || !(crystal.volume() > 0)) damaged(index, "cell without volume");
    for (const uint8_t z : atomic_numbers.read<uint8_t>(first, count)) {
      if (z < 1 || z > kMaxAtomicNumber) damaged(index, fmt::format("atomic number {}", z));
      crystal.atomic_numbers.push_back(z);
    }
    const std::vector<double> x = frac_coords.read<double>(first, count);
    for (size_t i = 0; i < x.size(); i += 3) {
      crystal.frac_coords.emplace_back(x[i], x[i + 1], x[i + 2]);
      if (!crystal.frac_coords.back().allFinite()) damaged(index, "a coordinate is not finite");
    }
    return crystal;
  }

  AsymmetricUnit unit(int64_t index) const;
  void read_slots(int64_t index, const SpaceGroup& group, AsymmetricUnit& unit) const;
  void read_bonds(int64_t index, const SpaceGroup& group, AsymmetricUnit& unit) const;

  Hdf5File file;
  int64_t n = 0;
  std::vector<std::string> ids, splits, sources;
  Offsets atom_offsets, text_offsets, text_byte_offsets;
  std::vector<double> cells;
  Hdf5Array atomic_numbers, frac_coords, text_bytes;
  std::map<std::string, std::vector<double>> properties;
  std::map<std::string, std::string> units;
  std::map<std::string, LabelColumn> labels;
  std::optional<SymmetryCache> symmetry;
  mutable std::mutex mutex;
};

AsymmetricUnit Dataset::Impl::unit(int64_t index) const {
  const int number = symmetry->space_group[static_cast<size_t>(index)];
  if (number < 1 || number > 230) damaged(index, fmt::format("space group {}", number));
  const SpaceGroup& group = space_group(number);
  AsymmetricUnit unit;
  unit.chemistry.space_group = number;
  unit.cell = matrix_at(symmetry->cells, index);
  if (!unit.cell.allFinite() || !(std::abs(unit.cell.determinant()) > 0))
    damaged(index, "cell without volume");
  read_slots(index, group, unit);
  read_bonds(index, group, unit);
  return unit;
}

void Dataset::Impl::read_slots(int64_t index, const SpaceGroup& group, AsymmetricUnit& unit) const {
  const SymmetryCache& s = *symmetry;
  const auto n_operations = static_cast<int>(group.operations.size());
  const auto k = static_cast<size_t>(index);
  const int64_t first = s.slot_offsets[k], count = s.slot_offsets[k + 1] - first;
  if (count == 0) damaged(index, "an asymmetric unit without atoms");
  const auto numbers = s.atomic_number.read<uint8_t>(first, count);
  const auto parents = s.parent.read<int32_t>(first, count);
  const auto x = s.frac_coords.read<double>(first, count);
  const int64_t begin = s.stabiliser_offsets[static_cast<size_t>(first)];
  const int64_t end = s.stabiliser_offsets[static_cast<size_t>(first + count)];
  const auto operations = s.operation.read<int32_t>(begin, end - begin);
  const auto shifts = s.shift.read<int32_t>(begin, end - begin);
  for (size_t i = 0; i < numbers.size(); ++i) {
    if (numbers[i] < 1 || numbers[i] > kMaxAtomicNumber)
      damaged(index, fmt::format("atomic number {}", numbers[i]));
    if (parents[i] < -1 || parents[i] >= static_cast<int64_t>(i))
      damaged(index, fmt::format("slot {} has parent {}", i, parents[i]));
    std::vector<int> ops;
    std::vector<Vec3i> moves;
    const auto from = static_cast<size_t>(s.stabiliser_offsets[static_cast<size_t>(first) + i] - begin);
    const auto to = static_cast<size_t>(s.stabiliser_offsets[static_cast<size_t>(first) + i + 1] - begin);
    for (size_t j = from; j < to; ++j) {
      if (operations[j] < 0 || operations[j] >= n_operations) {
        damaged(index, fmt::format("operation {} of {}", operations[j], n_operations));
      }
      ops.push_back(operations[j]);
      moves.push_back(shift_at(shifts, j));
    }
    if (ops.empty() || ops.size() > group.operations.size()) {
      damaged(index, fmt::format("a stabiliser of {} operations", ops.size()));
    }
    Slot slot;
    slot.atomic_number = numbers[i];
    slot.parent = parents[i];
    slot.site = make_site(group, std::move(ops), std::move(moves));
    unit.chemistry.slots.push_back(std::move(slot));
    unit.frac_coords.emplace_back(x[3 * i], x[3 * i + 1], x[3 * i + 2]);
    if (!unit.frac_coords.back().allFinite()) damaged(index, "a coordinate is not finite");
  }
}

void Dataset::Impl::read_bonds(int64_t index, const SpaceGroup& group, AsymmetricUnit& unit) const {
  const SymmetryCache& s = *symmetry;
  const auto k = static_cast<size_t>(index);
  const int64_t first = s.bond_offsets[k], count = s.bond_offsets[k + 1] - first;
  const auto slots = s.bond_slots.read<int32_t>(first, count);
  const auto operations = s.bond_operation.read<int32_t>(first, count);
  const auto shifts = s.bond_shift.read<int32_t>(first, count);
  const auto intra = s.bond_intra.read<uint8_t>(first, count);
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
      damaged(index, fmt::format("a bond of slots {} and {} by operation {}", bond.i, bond.j, bond.op));
    }
    unit.chemistry.bonds.push_back(bond);
  }
}

Dataset::Dataset(std::unique_ptr<Impl> impl) : impl_(std::move(impl)) {}
Dataset::Dataset(Dataset&&) noexcept = default;
Dataset::~Dataset() = default;

Dataset Dataset::open(const std::string& path) { return Dataset(std::make_unique<Impl>(path)); }

int64_t Dataset::size() const { return impl_->n; }

Record Dataset::read(int64_t index) const {
  impl_->check_index(index);
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  const auto k = static_cast<size_t>(index);
  Record record;
  record.id = impl_->ids[k];
  record.split = impl_->splits[k];
  record.source = impl_->sources[k];
  record.crystal = impl_->crystal(index);
  for (int64_t t = impl_->text_offsets[k]; t < impl_->text_offsets[k + 1]; ++t) {
    const auto j = static_cast<size_t>(t);
    record.texts.push_back(
        text_of(impl_->text_bytes, impl_->text_byte_offsets[j], impl_->text_byte_offsets[j + 1]));
  }
  for (const auto& [name, values] : impl_->properties) {
    if (std::isfinite(values[k])) record.numbers[name] = values[k];
  }
  for (const auto& [name, column] : impl_->labels) {
    if (column.offsets[k + 1] > column.offsets[k]) {
      record.labels[name] = text_of(column.bytes, column.offsets[k], column.offsets[k + 1]);
    }
  }
  return record;
}

Crystal Dataset::read_crystal(int64_t index) const {
  impl_->check_index(index);
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  return impl_->crystal(index);
}

int64_t Dataset::n_atoms(int64_t index) const {
  impl_->check_index(index);
  const auto k = static_cast<size_t>(index);
  return impl_->atom_offsets[k + 1] - impl_->atom_offsets[k];
}

const std::string& Dataset::id(int64_t index) const {
  impl_->check_index(index);
  return impl_->ids[static_cast<size_t>(index)];
}

const std::string& Dataset::split(int64_t index) const {
  impl_->check_index(index);
  return impl_->splits[static_cast<size_t>(index)];
}

std::vector<int64_t> Dataset::indices(const std::string& split, int64_t max_atoms) const {
  std::vector<int64_t> found;
  for (int64_t i = 0; i < impl_->n; ++i) {
    if (impl_->splits[static_cast<size_t>(i)] == split && n_atoms(i) <= max_atoms) found.push_back(i);
  }
  return found;
}

std::map<std::string, std::string> Dataset::units() const { return impl_->units; }

std::optional<AsymmetricUnit> Dataset::asymmetric_unit(int64_t index) const {
  impl_->check_index(index);
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  if (!impl_->symmetry || impl_->symmetry->space_group[static_cast<size_t>(index)] == 0) return std::nullopt;
  return impl_->unit(index);
}

}  // namespace clamp::data
