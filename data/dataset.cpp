#include "data/dataset.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <mutex>

#include "core/elements.h"
#include "core/error.h"
#include "core/symmetry.h"
#include "data/hdf5_file.h"
#include "data/ragged.h"
#include "data/schema.h"
#include "data/symmetry_cache.h"

namespace clamp::data {
namespace {

std::string text_of(const Hdf5Array& bytes, int64_t begin, int64_t end) {
  const std::vector<uint8_t> raw = bytes.read<uint8_t>(begin, end - begin);
  return {raw.begin(), raw.end()};
}

struct LabelColumn {
  Offsets offsets;
  Hdf5Array bytes;
};

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
  const int group = impl_->symmetry ? impl_->symmetry->space_group()[k] : 0;
  if (group >= 1 && group <= 230 && !impl_->symmetry->is_fallback(index) &&
      record.numbers.count("space_group_number") == 0) {
    record.labels.emplace("space_group", fmt::format("{} ({})", space_group(group).symbol, group));
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
  if (!impl_->symmetry || impl_->symmetry->space_group()[static_cast<size_t>(index)] == 0)
    return std::nullopt;
  const std::string what = fmt::format("{}: structure {} ({})", impl_->file.path(), index, id(index));
  return impl_->symmetry->read(index, what);
}

const std::string& Dataset::source(int64_t index) const {
  impl_->check_index(index);
  return impl_->sources[static_cast<size_t>(index)];
}

int64_t Dataset::n_texts(int64_t index) const {
  impl_->check_index(index);
  const auto k = static_cast<size_t>(index);
  return impl_->text_offsets[k + 1] - impl_->text_offsets[k];
}

const std::vector<double>& Dataset::numbers(const std::string& property) const {
  const auto it = impl_->properties.find(property);
  if (it == impl_->properties.end()) fail(fmt::format("{}: no property '{}'", impl_->file.path(), property));
  return it->second;
}

std::vector<std::string> Dataset::label_names() const {
  std::vector<std::string> names;
  for (const auto& [name, column] : impl_->labels) names.push_back(name);
  return names;
}

std::vector<std::string> Dataset::labels(const std::string& name) const {
  const auto it = impl_->labels.find(name);
  if (it == impl_->labels.end()) fail(fmt::format("{}: no label '{}'", impl_->file.path(), name));
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  const LabelColumn& column = it->second;
  const std::string all = text_of(column.bytes, 0, column.bytes.rows());
  std::vector<std::string> values;
  for (size_t k = 0; k + 1 < column.offsets.size(); ++k) {
    const int64_t begin = column.offsets[k];
    values.push_back(
        all.substr(static_cast<size_t>(begin), static_cast<size_t>(column.offsets[k + 1] - begin)));
  }
  return values;
}

Provenance Dataset::provenance() const {
  const std::lock_guard<std::mutex> lock(impl_->mutex);
  const Hdf5File& file = impl_->file;
  Provenance provenance;
  provenance.command = file.string_attribute(schema::kProvenance, "command");
  provenance.version = file.string_attribute(schema::kProvenance, "version");
  provenance.n_skipped = file.integer_attribute(schema::kProvenance, "n_skipped");
  provenance.complete = file.integer_attribute(schema::kProvenance, "complete") != 0;
  provenance.sources = file.read_strings(fmt::format("{}/sources", schema::kProvenance));
  return provenance;
}

std::optional<SymmetryColumns> Dataset::symmetry() const {
  if (!impl_->symmetry) return std::nullopt;
  return impl_->symmetry->columns();
}

}  // namespace clamp::data
