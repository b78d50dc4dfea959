#include "data/dataset_writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdio>
#include <limits>
#include <utility>

#include "core/elements.h"
#include "core/error.h"
#include "data/hdf5_file.h"
#include "data/schema.h"

namespace clamp::data {
namespace {

/// An array that collects rows and writes them a chunk at a time; it is made at the first write.
template <class T>
class Column {
 public:
  Column(Hdf5File& file, std::string name, std::vector<uint64_t> row_shape = {})
      : file_(&file), name_(std::move(name)), row_shape_(std::move(row_shape)) {
    for (const uint64_t n : row_shape_) width_ *= n;
  }
  void add(T value) {
    buffer_.push_back(value);
    ++size_;
    if (buffer_.size() >= kBuffer && buffer_.size() % width_ == 0) write(0);
  }
  void add(const std::string& text) {
    for (const char c : text) add(static_cast<T>(static_cast<unsigned char>(c)));
  }
  /// Numbers (not rows) added so far.
  int64_t size() const { return size_; }
  /// Writes what is left, after the last add().
  void flush() { write(std::max<int64_t>(1, static_cast<int64_t>(buffer_.size() / width_))); }

 private:
  void write(int64_t chunk_rows) {
    if (!array_) array_ = file_->create_array<T>(name_, row_shape_, chunk_rows);
    array_->append(buffer_);
    buffer_.clear();
  }

  static constexpr size_t kBuffer = 1 << 15;
  Hdf5File* file_;
  std::string name_;
  std::vector<uint64_t> row_shape_;
  size_t width_ = 1;
  std::optional<Hdf5Array> array_;
  std::vector<T> buffer_;
  int64_t size_ = 0;
};

template <class T>
void write_all(Hdf5File& file, const std::string& name, const std::vector<T>& values,
               const std::vector<uint64_t>& row_shape = {}) {
  size_t rows = values.size();
  for (const uint64_t n : row_shape) rows /= n;
  file.create_array<T>(name, row_shape, std::max<int64_t>(1, static_cast<int64_t>(rows))).append(values);
}

void check_record(const Record& record) {
  const Crystal& crystal = record.crystal;
  if (crystal.n_atoms() == 0) fail(fmt::format("{}: no atoms", record.id));
  if (crystal.atomic_numbers.size() != crystal.frac_coords.size()) {
    fail(fmt::format("{}: {} elements but {} positions", record.id, crystal.atomic_numbers.size(),
                     crystal.frac_coords.size()));
  }
  for (const int z : crystal.atomic_numbers) {
    if (z < 1 || z > kMaxAtomicNumber) {
      fail(fmt::format("{}: atomic number {}, expected 1 to {}", record.id, z, kMaxAtomicNumber));
    }
  }
  if (!crystal.cell.allFinite() || !(crystal.volume() > 0)) {
    fail(fmt::format("{}: cell of volume {} A^3", record.id, crystal.volume()));
  }
  for (const Vec3& x : crystal.frac_coords) {
    if (!x.allFinite()) fail(fmt::format("{}: an atom's position is not finite", record.id));
  }
  if (record.id.empty()) fail("a record has an empty id");
}

void check_column_name(const std::string& name) {
  if (name.empty() || name == "." || name == ".." || name.find('/') != std::string::npos ||
      name.find('\0') != std::string::npos) {
    fail(fmt::format("column '{}': cannot be stored under this name; rename it without '/'", name));
  }
}

struct LabelColumn {
  std::vector<int64_t> offsets;
  Column<uint8_t> bytes;
};

}  // namespace

struct DatasetWriter::Impl {
  explicit Impl(const std::string& path)
      : file(Hdf5File::create(path)),
        groups(make_groups(file)),
        atomic_numbers(file, schema::kAtomicNumbers),
        frac_coords(file, schema::kFracCoords, {3}),
        text_bytes(file, schema::kTextBytes) {}

  static bool make_groups(Hdf5File& file) {
    for (const char* group :
         {"/atoms", "/structures", "/texts", schema::kProperties, schema::kLabels, schema::kProvenance}) {
      file.make_group(group);
    }
    return true;
  }

  std::vector<double>& property(const std::string& name) {
    auto it = properties.find(name);
    if (it == properties.end()) {
      check_column_name(name);
      it = properties.emplace(name, std::vector<double>()).first;
    }
    it->second.resize(ids.size() - 1, std::numeric_limits<double>::quiet_NaN());
    return it->second;
  }

  LabelColumn& label(const std::string& name) {
    auto it = labels.find(name);
    if (it == labels.end()) {
      check_column_name(name);
      file.make_group(fmt::format("{}/{}", schema::kLabels, name));
      const std::string bytes = fmt::format("{}/{}/bytes", schema::kLabels, name);
      it = labels.emplace(name, LabelColumn{{0}, Column<uint8_t>(file, bytes)}).first;
    }
    it->second.offsets.resize(ids.size(), it->second.bytes.size());
    return it->second;
  }

  Hdf5File file;
  bool groups;
  Column<uint8_t> atomic_numbers;
  Column<double> frac_coords;
  Column<uint8_t> text_bytes;
  std::vector<std::string> ids, splits, sources;
  std::vector<int64_t> atom_offsets{0}, text_offsets{0}, text_byte_offsets{0};
  std::vector<double> cells;
  std::map<std::string, std::vector<double>> properties;
  std::map<std::string, LabelColumn> labels;
  std::map<std::string, std::string> units;
};

DatasetWriter::DatasetWriter(const std::string& path) : impl_(std::make_unique<Impl>(path)) {}
DatasetWriter::DatasetWriter(DatasetWriter&&) noexcept = default;
DatasetWriter::~DatasetWriter() = default;

void DatasetWriter::set_unit(const std::string& property, const std::string& unit) {
  impl_->units[property] = unit;
}

int64_t DatasetWriter::size() const { return static_cast<int64_t>(impl_->ids.size()); }

void DatasetWriter::add(const Record& record) {
  check_record(record);
  Impl& w = *impl_;
  w.ids.push_back(record.id);
  w.splits.push_back(record.split);
  w.sources.push_back(record.source);
  for (const int z : record.crystal.atomic_numbers) w.atomic_numbers.add(static_cast<uint8_t>(z));
  for (const Vec3& x : record.crystal.frac_coords) {
    for (int k = 0; k < 3; ++k) w.frac_coords.add(x[k]);
  }
  w.atom_offsets.push_back(w.atomic_numbers.size());
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) w.cells.push_back(record.crystal.cell(i, j));
  }
  for (const std::string& text : record.texts) {
    w.text_bytes.add(text);
    w.text_byte_offsets.push_back(w.text_bytes.size());
  }
  w.text_offsets.push_back(static_cast<int64_t>(w.text_byte_offsets.size()) - 1);
  for (const auto& [name, value] : record.numbers) w.property(name).push_back(value);
  for (const auto& [name, value] : record.labels) {
    LabelColumn& column = w.label(name);
    column.bytes.add(value);
    column.offsets.push_back(column.bytes.size());
  }
}

void DatasetWriter::finish(const Provenance& provenance) {
  Impl& w = *impl_;
  const size_t n = w.ids.size();
  w.atomic_numbers.flush();
  w.frac_coords.flush();
  w.text_bytes.flush();
  w.file.write_strings(schema::kId, w.ids);
  w.file.write_strings(schema::kSplit, w.splits);
  w.file.write_strings(schema::kSource, w.sources);
  write_all(w.file, schema::kAtomOffsets, w.atom_offsets);
  write_all(w.file, schema::kCell, w.cells, {3, 3});
  w.file.set_attribute(schema::kCell, "unit", std::string("A"));
  write_all(w.file, schema::kTextOffsets, w.text_offsets);
  write_all(w.file, schema::kTextByteOffsets, w.text_byte_offsets);
  for (auto& [name, values] : w.properties) {
    values.resize(n, std::numeric_limits<double>::quiet_NaN());
    const std::string object = fmt::format("{}/{}", schema::kProperties, name);
    write_all(w.file, object, values);
    const auto unit = w.units.find(name);
    w.file.set_attribute(object, "unit", unit == w.units.end() ? std::string() : unit->second);
  }
  for (auto& [name, column] : w.labels) {
    column.bytes.flush();
    column.offsets.resize(n + 1, column.bytes.size());
    write_all(w.file, fmt::format("{}/{}/offsets", schema::kLabels, name), column.offsets);
  }
  w.file.set_attribute(schema::kProvenance, "command", provenance.command);
  w.file.set_attribute(schema::kProvenance, "version", provenance.version);
  w.file.set_attribute(schema::kProvenance, "n_skipped", provenance.n_skipped);
  w.file.set_attribute(schema::kProvenance, "complete", int64_t{provenance.complete ? 1 : 0});
  w.file.write_strings(fmt::format("{}/sources", schema::kProvenance), provenance.sources);
  w.file.set_attribute("/", "format", std::string(schema::kFormat));
  w.file.set_attribute("/", "format_version", schema::kVersion);
  w.labels.clear();
  w.file.close();
}

struct SymmetryWriter::Impl {
  Impl(const std::string& path, double symprec)
      : dataset_path(path),
        file(Hdf5File::create(path + ".symmetry")),
        groups(make_groups(file, symprec)),
        atomic_number(file, schema::kSlotAtomicNumber),
        parent(file, schema::kSlotParent),
        frac_coords(file, schema::kSlotFracCoords, {3}),
        operation(file, schema::kStabiliserOperation),
        shift(file, schema::kStabiliserShift, {3}),
        bond_slots(file, schema::kBondSlots, {2}),
        bond_operation(file, schema::kBondOperation),
        bond_shift(file, schema::kBondShift, {3}),
        bond_intra(file, schema::kBondIntra) {}

  static bool make_groups(Hdf5File& file, double symprec) {
    for (const char* group :
         {schema::kSymmetry, "/symmetry/slots", "/symmetry/stabilisers", "/symmetry/bonds"}) {
      file.make_group(group);
    }
    file.set_attribute(schema::kSymmetry, "symprec", symprec);
    return true;
  }
  ~Impl() { std::remove((dataset_path + ".symmetry").c_str()); }

  std::string dataset_path;
  Hdf5File file;
  bool groups;
  Column<uint8_t> atomic_number;
  Column<int32_t> parent;
  Column<double> frac_coords;
  Column<uint8_t> operation;
  Column<int32_t> shift;
  Column<int32_t> bond_slots;
  Column<uint8_t> bond_operation;
  Column<int32_t> bond_shift;
  Column<uint8_t> bond_intra;
  std::vector<int16_t> space_groups;
  std::vector<uint8_t> fallbacks;
  std::vector<double> max_moves, cells;
  std::vector<int64_t> slot_offsets{0}, bond_offsets{0}, stabiliser_offsets{0};
};

SymmetryWriter::SymmetryWriter(const std::string& path, double symprec)
    : impl_(std::make_unique<Impl>(path, symprec)) {}
SymmetryWriter::SymmetryWriter(SymmetryWriter&&) noexcept = default;
SymmetryWriter::~SymmetryWriter() = default;

void SymmetryWriter::add(const std::optional<CachedUnit>& cached) {
  Impl& w = *impl_;
  const AsymmetricUnit empty;
  const AsymmetricUnit& unit = cached ? cached->unit : empty;
  w.space_groups.push_back(static_cast<int16_t>(cached ? unit.chemistry.space_group : 0));
  w.fallbacks.push_back(cached && cached->fallback ? 1 : 0);
  w.max_moves.push_back(cached ? cached->max_move : 0.0);
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) w.cells.push_back(unit.cell(i, j));
  }
  for (const Slot& slot : unit.chemistry.slots) {
    w.atomic_number.add(static_cast<uint8_t>(slot.atomic_number));
    w.parent.add(slot.parent);
    for (size_t k = 0; k < slot.site.operations.size(); ++k) {
      w.operation.add(static_cast<uint8_t>(slot.site.operations[k]));
      for (int d = 0; d < 3; ++d) w.shift.add(slot.site.shifts[k][d]);
    }
    w.stabiliser_offsets.push_back(w.operation.size());
  }
  for (const Vec3& x : unit.frac_coords) {
    for (int d = 0; d < 3; ++d) w.frac_coords.add(x[d]);
  }
  for (const SlotBond& bond : unit.chemistry.bonds) {
    w.bond_slots.add(bond.i);
    w.bond_slots.add(bond.j);
    w.bond_operation.add(static_cast<uint8_t>(bond.op));
    for (int d = 0; d < 3; ++d) w.bond_shift.add(bond.shift[d]);
    w.bond_intra.add(bond.intra ? 1 : 0);
  }
  w.slot_offsets.push_back(w.atomic_number.size());
  w.bond_offsets.push_back(w.bond_operation.size());
}

void SymmetryWriter::finish() {
  Impl& w = *impl_;
  Hdf5File dataset = Hdf5File::open(w.dataset_path, true);
  const auto n = static_cast<int64_t>(w.space_groups.size());
  const int64_t expected = dataset.open_array(schema::kAtomOffsets, 1).rows() - 1;
  if (n != expected)
    fail(fmt::format("{}: {} asymmetric units for {} structures", w.dataset_path, n, expected));
  w.atomic_number.flush();
  w.parent.flush();
  w.frac_coords.flush();
  w.operation.flush();
  w.shift.flush();
  w.bond_slots.flush();
  w.bond_operation.flush();
  w.bond_shift.flush();
  w.bond_intra.flush();
  write_all(w.file, schema::kSpaceGroup, w.space_groups);
  write_all(w.file, schema::kFallback, w.fallbacks);
  write_all(w.file, schema::kMaxMove, w.max_moves);
  w.file.set_attribute(schema::kMaxMove, "unit", std::string("A"));
  write_all(w.file, schema::kPrimitiveCell, w.cells, {3, 3});
  w.file.set_attribute(schema::kPrimitiveCell, "unit", std::string("A"));
  write_all(w.file, schema::kSlotOffsets, w.slot_offsets);
  write_all(w.file, schema::kBondOffsets, w.bond_offsets);
  write_all(w.file, schema::kStabiliserOffsets, w.stabiliser_offsets);
  dataset.copy_from(w.file, schema::kSymmetry);
  w.file.close();
  dataset.close();
}

}  // namespace clamp::data
