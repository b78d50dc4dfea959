#include "sampler/known_structures.h"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <sstream>

#include "core/elements.h"
#include "core/error.h"

namespace clamp::sampler {
namespace {

const char* const kFormat = "clamp-known";
const char* const kVersion = "1";
constexpr double kSteps = 65536;     // of a coordinate in the cell
constexpr double kSamePlace = 0.05;  // Å, copies of a slot nearer than this are one atom
constexpr size_t kBytesOfCoords = 6;

void append_coordinate(double value, std::vector<uint8_t>& bytes) {
  const auto steps = static_cast<int64_t>(std::llround((value - std::floor(value)) * kSteps)) % 65536;
  bytes.push_back(static_cast<uint8_t>(steps & 255));
  bytes.push_back(static_cast<uint8_t>(steps >> 8));
}

/// Copies of a place by a group's operations, in [0, 1), each place once.
std::vector<Vec3> copies(const SpaceGroup& group, const Mat3& cell, const Vec3& x) {
  std::vector<Vec3> places;
  for (const auto& op : group.operations) {
    Vec3 copy = op.rotation.cast<double>() * x + op.translation;
    for (int k = 0; k < 3; ++k) copy[k] -= std::floor(copy[k]);
    const bool known = std::any_of(places.begin(), places.end(), [&](const Vec3& other) {
      Vec3 delta = copy - other;
      for (int k = 0; k < 3; ++k) delta[k] -= std::round(delta[k]);
      return (cell.transpose() * delta).norm() < kSamePlace;
    });
    if (!known) places.push_back(copy);
  }
  return places;
}

template <typename T>
torch::Tensor tensor_of(const std::vector<T>& values, torch::ScalarType type, int64_t width) {
  auto tensor = torch::empty({static_cast<int64_t>(values.size())}, type);
  std::copy(values.begin(), values.end(), tensor.template data_ptr<T>());
  return width == 1 ? tensor : tensor.reshape({-1, width});
}

/// A tensor of the file as values; its type, dimensions and columns must fit.
template <typename T>
std::vector<T> values_of(const nn::TensorFile& file, const std::string& path, const std::string& name,
                         torch::ScalarType type, int64_t width) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end()) fail(fmt::format("{}: tensor '{}' is missing", path, name));
  const auto tensor = found->second.contiguous();
  const bool shaped = width == 1 ? tensor.dim() == 1 : tensor.dim() == 2 && tensor.size(1) == width;
  if (tensor.scalar_type() != type || !shaped)
    fail(fmt::format("{}: tensor '{}' has another type or shape than known structures have", path, name));
  const T* begin = tensor.template data_ptr<T>();
  return {begin, begin + tensor.numel()};
}

}  // namespace

void KnownStructures::add(const std::string& id, const AsymmetricUnit& unit) {
  const auto& group = space_group(unit.chemistry.space_group);
  const auto p = parameters_from_cell(unit.cell);
  std::string line = id;
  std::replace_if(
      line.begin(), line.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  ids_.push_back(line);
  space_group_.push_back(static_cast<uint8_t>(unit.chemistry.space_group));
  for (const double value : {p.a, p.b, p.c, p.alpha, p.beta, p.gamma})
    cells_.push_back(static_cast<float>(value));
  for (size_t s = 0; s < unit.chemistry.slots.size(); ++s) {
    const Slot& slot = unit.chemistry.slots[s];
    slot_element_.push_back(static_cast<uint8_t>(slot.atomic_number));
    slot_copies_.push_back(static_cast<uint8_t>(group.operations.size() / slot.site.operations.size()));
    for (int k = 0; k < 3; ++k) append_coordinate(unit.frac_coords[s][k], slot_coords_);
  }
  slot_offsets_.push_back(static_cast<int32_t>(slot_element_.size()));
  by_formula_[composition(size() - 1)].push_back(size() - 1);
}

std::string KnownStructures::composition(int64_t index) const {
  const auto i = static_cast<size_t>(index);
  std::vector<int> numbers;
  for (auto s = slot_offsets_[i]; s < slot_offsets_[i + 1]; ++s)
    numbers.insert(numbers.end(), slot_copies_[s], slot_element_[s]);
  return reduced_formula(numbers);
}

Crystal KnownStructures::crystal(int64_t index) const {
  TORCH_CHECK(index >= 0 && index < size(), "known structure ", index, " of ", size());
  const auto i = static_cast<size_t>(index);
  const auto& group = space_group(space_group_[i]);
  const float* p = &cells_[6 * i];
  Crystal crystal;
  crystal.name = ids_[i];
  crystal.cell = cell_from_parameters({p[0], p[1], p[2], p[3], p[4], p[5]});
  for (auto s = slot_offsets_[i]; s < slot_offsets_[i + 1]; ++s) {
    const uint8_t* bytes = &slot_coords_[kBytesOfCoords * static_cast<size_t>(s)];
    Vec3 x;
    for (int k = 0; k < 3; ++k) x[k] = (bytes[2 * k] + 256.0 * bytes[2 * k + 1]) / kSteps;
    for (const Vec3& place : copies(group, crystal.cell, x)) {
      crystal.atomic_numbers.push_back(slot_element_[s]);
      crystal.frac_coords.push_back(place);
    }
  }
  return crystal;
}

std::optional<KnownStructures::Match> KnownStructures::find(const evaluate::Fingerprint& crystal) const {
  const auto same = by_formula_.find(reduced_formula(crystal.primitive.atomic_numbers));
  if (same == by_formula_.end()) return {};
  for (const int64_t index : same->second) {
    evaluate::DuplicateIndex one;
    one.add(evaluate::fingerprint(this->crystal(index)));
    const auto match = one.find(crystal);
    if (match) return Match{index, match->rms};
  }
  return {};
}

void KnownStructures::save(const std::string& path, const nn::Metadata& metadata) const {
  std::string text;
  for (const std::string& id : ids_) text += id + "\n";
  auto header = metadata;
  header["format"] = kFormat;
  header["format_version"] = kVersion;
  nn::save_tensors(path,
                   {{"cells", tensor_of(cells_, torch::kFloat32, 6)},
                    {"ids", tensor_of(std::vector<uint8_t>(text.begin(), text.end()), torch::kUInt8, 1)},
                    {"slot_coords", tensor_of(slot_coords_, torch::kUInt8, kBytesOfCoords)},
                    {"slot_copies", tensor_of(slot_copies_, torch::kUInt8, 1)},
                    {"slot_element", tensor_of(slot_element_, torch::kUInt8, 1)},
                    {"slot_offsets", tensor_of(slot_offsets_, torch::kInt32, 1)},
                    {"space_group", tensor_of(space_group_, torch::kUInt8, 1)}},
                   header);
}

KnownStructures KnownStructures::load(const std::string& path) {
  auto file = nn::load_tensors(path);
  if (file.metadata["format"] != kFormat || file.metadata["format_version"] != kVersion) {
    fail(fmt::format(
        "{}: found format '{}' version '{}', expected '{}' version '{}' (clamp-train library writes it)",
        path, file.metadata["format"], file.metadata["format_version"], kFormat, kVersion));
  }
  KnownStructures known;
  known.metadata_ = file.metadata;
  known.cells_ = values_of<float>(file, path, "cells", torch::kFloat32, 6);
  known.slot_coords_ = values_of<uint8_t>(file, path, "slot_coords", torch::kUInt8, kBytesOfCoords);
  known.slot_copies_ = values_of<uint8_t>(file, path, "slot_copies", torch::kUInt8, 1);
  known.slot_element_ = values_of<uint8_t>(file, path, "slot_element", torch::kUInt8, 1);
  known.slot_offsets_ = values_of<int32_t>(file, path, "slot_offsets", torch::kInt32, 1);
  known.space_group_ = values_of<uint8_t>(file, path, "space_group", torch::kUInt8, 1);
  const auto bytes = values_of<uint8_t>(file, path, "ids", torch::kUInt8, 1);
  std::istringstream lines(std::string(bytes.begin(), bytes.end()));
  for (std::string line; std::getline(lines, line);) known.ids_.push_back(line);
  known.check(path);
  for (int64_t k = 0; k < known.size(); ++k) known.by_formula_[known.composition(k)].push_back(k);
  return known;
}

void KnownStructures::check(const std::string& path) const {
  const size_t n = ids_.size(), slots = slot_element_.size();
  const auto require = [&](bool good, const char* what) {
    if (!good) fail(fmt::format("{}: the known structures are damaged: {}", path, what));
  };
  require(n > 0, "there is none");
  require(space_group_.size() == n && cells_.size() == 6 * n && slot_offsets_.size() == n + 1 &&
              slot_copies_.size() == slots && slot_coords_.size() == kBytesOfCoords * slots,
          "the columns differ in length");
  require(slot_offsets_.front() == 0 && static_cast<size_t>(slot_offsets_.back()) == slots &&
              std::adjacent_find(slot_offsets_.begin(), slot_offsets_.end(), std::greater_equal<>()) ==
                  slot_offsets_.end(),
          "offsets do not rise from 0 to the number of slots");
  for (size_t s = 0; s < slots; ++s) {
    require(slot_element_[s] >= 1 && slot_element_[s] <= kMaxAtomicNumber,
            "an atomic number is outside the periodic table");
  }
  for (size_t i = 0; i < n; ++i) {
    require(space_group_[i] >= 1 && space_group_[i] <= 230, "a space group is outside 1..230");
    const size_t order = space_group(space_group_[i]).operations.size();
    for (auto s = slot_offsets_[i]; s < slot_offsets_[i + 1]; ++s) {
      require(slot_copies_[s] >= 1 && order % slot_copies_[s] == 0,
              "an atom has a number of copies that its space group does not allow");
    }
    const float* p = &cells_[6 * i];
    require(std::all_of(p, p + 3, [](float v) { return v > 0.1f && v < 1e4f; }) &&
                std::all_of(p + 3, p + 6, [](float v) { return v > 1 && v < 179; }),
            "a cell has lengths or angles that no crystal has");
  }
}

}  // namespace clamp::sampler
