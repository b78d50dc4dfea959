#include "sampler/chemistry_library.h"

#include <fmt/format.h>

#include <algorithm>
#include <sstream>

#include "core/elements.h"
#include "core/error.h"

namespace clamp::sampler {
namespace {

const char* const kFormat = "clamp-library";
const char* const kVersion = "1";

std::string one_line(std::string text) {
  std::replace_if(
      text.begin(), text.end(), [](unsigned char c) { return c < 0x20; }, ' ');
  return text;
}

torch::Tensor int_tensor(const std::vector<int32_t>& values, int64_t width) {
  auto tensor = torch::empty({static_cast<int64_t>(values.size())}, torch::kInt32);
  std::copy(values.begin(), values.end(), tensor.data_ptr<int32_t>());
  return width == 1 ? tensor : tensor.reshape({-1, width});
}

torch::Tensor byte_tensor(const std::string& text) {
  auto tensor = torch::empty({static_cast<int64_t>(text.size())}, torch::kUInt8);
  std::copy(text.begin(), text.end(), tensor.data_ptr<uint8_t>());
  return tensor;
}

// Tensors of a file by name, with their type and shape checked.
class Fields {
 public:
  Fields(const nn::TensorFile& file, const std::string& path) : file_(file), path_(path) {}

  torch::Tensor tensor(const std::string& name, torch::ScalarType type, int64_t dims) const {
    const auto found = file_.tensors.find(name);
    if (found == file_.tensors.end()) fail(fmt::format("{}: tensor '{}' is missing", path_, name));
    if (found->second.scalar_type() != type || found->second.dim() != dims) {
      fail(fmt::format("{}: tensor '{}' has another type or number of dimensions than a chemistry library's",
                       path_, name));
    }
    return found->second.contiguous();
  }

  std::vector<int32_t> ints(const std::string& name, int64_t width) const {
    const auto values = tensor(name, torch::kInt32, width == 1 ? 1 : 2);
    if (width > 1 && values.size(1) != width) {
      fail(fmt::format("{}: tensor '{}' has {} columns, expected {}", path_, name, values.size(1), width));
    }
    const auto* begin = values.data_ptr<int32_t>();
    return {begin, begin + values.numel()};
  }

 private:
  const nn::TensorFile& file_;
  const std::string& path_;
};

bool are_offsets(const std::vector<int32_t>& offsets, size_t n, size_t total) {
  return offsets.size() == n + 1 && offsets.front() == 0 && std::is_sorted(offsets.begin(), offsets.end()) &&
         static_cast<size_t>(offsets.back()) == total;
}

bool all_in(const std::vector<int32_t>& values, int32_t min, int32_t max) {
  return std::all_of(values.begin(), values.end(), [=](int32_t v) { return v >= min && v <= max; });
}

}  // namespace

ChemistryLibrary ChemistryLibrary::build(const std::vector<LibraryEntry>& entries,
                                         const torch::Tensor& embeddings) {
  TORCH_CHECK(embeddings.dim() == 2 && embeddings.size(0) == static_cast<int64_t>(entries.size()),
              "embeddings must be [", entries.size(), ", dim], got ", embeddings.sizes());
  ChemistryLibrary library;
  for (const auto& entry : entries) library.append(entry);
  // Through half precision as in the file, so that a library acts the same before saving and after loading.
  library.embeddings_ = embeddings.to(torch::kCPU, torch::kHalf).to(torch::kFloat32).contiguous();
  for (int64_t i = 0; i < library.size(); ++i) library.facts_.push_back(library.compute_facts(i));
  return library;
}

void ChemistryLibrary::append(const LibraryEntry& entry) {
  const auto& chemistry = entry.chemistry;
  ids_.push_back(one_line(entry.id));
  linkers_.push_back(one_line(entry.linkers));
  space_group_.push_back(chemistry.space_group);
  framework_dimension_.push_back(entry.framework_dimension);
  volume_.push_back(static_cast<float>(entry.volume));
  for (const auto& slot : chemistry.slots) {
    slot_element_.push_back(slot.atomic_number);
    slot_parent_.push_back(slot.parent);
    for (size_t k = 0; k < slot.site.operations.size(); ++k) {
      if (slot.site.operations[k] == 0) continue;
      const auto& shift = slot.site.shifts[k];
      stabiliser_.insert(stabiliser_.end(), {slot.site.operations[k], shift[0], shift[1], shift[2]});
    }
    stabiliser_offsets_.push_back(static_cast<int32_t>(stabiliser_.size() / 4));
  }
  slot_offsets_.push_back(static_cast<int32_t>(slot_element_.size()));
  for (const auto& bond : chemistry.bonds) {
    bonds_.insert(bonds_.end(), {bond.i, bond.j, bond.op, bond.intra ? 1 : 0});
  }
  bond_offsets_.push_back(static_cast<int32_t>(bonds_.size() / 4));
}

void ChemistryLibrary::save(const std::string& path, const nn::Metadata& metadata) const {
  std::string text;
  for (size_t i = 0; i < ids_.size(); ++i) text += ids_[i] + "\t" + linkers_[i] + "\n";
  auto volume = torch::empty({size()}, torch::kFloat32);
  std::copy(volume_.begin(), volume_.end(), volume.data_ptr<float>());
  auto header = metadata;
  header["format"] = kFormat;
  header["format_version"] = kVersion;
  nn::save_tensors(path,
                   {{"bond_offsets", int_tensor(bond_offsets_, 1)},
                    {"bonds", int_tensor(bonds_, 4)},
                    {"embeddings", embeddings_.to(torch::kHalf)},
                    {"framework_dimension", int_tensor(framework_dimension_, 1)},
                    {"slot_element", int_tensor(slot_element_, 1)},
                    {"slot_offsets", int_tensor(slot_offsets_, 1)},
                    {"slot_parent", int_tensor(slot_parent_, 1)},
                    {"space_group", int_tensor(space_group_, 1)},
                    {"stabiliser", int_tensor(stabiliser_, 4)},
                    {"stabiliser_offsets", int_tensor(stabiliser_offsets_, 1)},
                    {"text", byte_tensor(text)},
                    {"volume", volume}},
                   header);
}

ChemistryLibrary ChemistryLibrary::load(const std::string& path) {
  auto file = nn::load_tensors(path);
  if (file.metadata["format"] != kFormat || file.metadata["format_version"] != kVersion) {
    fail(fmt::format(
        "{}: found format '{}' version '{}', expected '{}' version '{}' (clamp-train library writes it)",
        path, file.metadata["format"], file.metadata["format_version"], kFormat, kVersion));
  }
  const Fields fields(file, path);
  ChemistryLibrary library;
  library.metadata_ = file.metadata;
  library.space_group_ = fields.ints("space_group", 1);
  library.framework_dimension_ = fields.ints("framework_dimension", 1);
  library.slot_offsets_ = fields.ints("slot_offsets", 1);
  library.slot_element_ = fields.ints("slot_element", 1);
  library.slot_parent_ = fields.ints("slot_parent", 1);
  library.stabiliser_offsets_ = fields.ints("stabiliser_offsets", 1);
  library.stabiliser_ = fields.ints("stabiliser", 4);
  library.bond_offsets_ = fields.ints("bond_offsets", 1);
  library.bonds_ = fields.ints("bonds", 4);
  const auto volume = fields.tensor("volume", torch::kFloat32, 1);
  library.volume_.assign(volume.data_ptr<float>(), volume.data_ptr<float>() + volume.numel());
  library.embeddings_ = fields.tensor("embeddings", torch::kHalf, 2).to(torch::kFloat32);
  const auto bytes = fields.tensor("text", torch::kUInt8, 1);
  std::istringstream text(std::string(bytes.data_ptr<uint8_t>(), bytes.data_ptr<uint8_t>() + bytes.numel()));
  for (std::string line; std::getline(text, line);) {
    const auto tab = std::min(line.find('\t'), line.size());
    library.ids_.push_back(line.substr(0, tab));
    library.linkers_.push_back(tab < line.size() ? line.substr(tab + 1) : std::string());
  }
  library.check(path);
  for (int64_t i = 0; i < library.size(); ++i) library.facts_.push_back(library.compute_facts(i));
  return library;
}

void ChemistryLibrary::check(const std::string& path) const {
  const auto n = ids_.size();
  const auto require = [&](bool good, const char* what) {
    if (!good) fail(fmt::format("{}: the chemistry library is damaged: {}", path, what));
  };
  require(n > 0, "it holds no entry");
  require(space_group_.size() == n && framework_dimension_.size() == n && volume_.size() == n &&
              embeddings_.size(0) == static_cast<int64_t>(n),
          "its columns differ in length");
  require(are_offsets(slot_offsets_, n, slot_element_.size()) &&
              slot_parent_.size() == slot_element_.size() &&
              are_offsets(stabiliser_offsets_, slot_element_.size(), stabiliser_.size() / 4) &&
              are_offsets(bond_offsets_, n, bonds_.size() / 4),
          "offsets do not fit the arrays");
  require(all_in(space_group_, 1, 230), "a space group is outside 1..230");
  require(all_in(framework_dimension_, 0, 3), "a framework dimension is outside 0..3");
  require(all_in(slot_element_, 1, kMaxAtomicNumber), "an atomic number is outside the periodic table");
  require(std::all_of(volume_.begin(), volume_.end(), [](float v) { return v > 0 && v < 1e9f; }),
          "a volume is no positive number");
  require(embeddings_.isfinite().all().item<bool>(), "an embedding is no number");
  for (size_t i = 0; i < n; ++i) {
    const auto n_slots = slot_offsets_[i + 1] - slot_offsets_[i];
    const auto n_operations = static_cast<int32_t>(space_group(space_group_[i]).operations.size());
    require(n_slots > 0, "an entry has no atoms");
    for (auto s = slot_offsets_[i]; s < slot_offsets_[i + 1]; ++s) {
      require(slot_parent_[s] >= -1 && slot_parent_[s] < s - slot_offsets_[i],
              "a slot's parent does not precede it");
      require(n_operations % (stabiliser_offsets_[s + 1] - stabiliser_offsets_[s] + 1) == 0,
              "a stabiliser is no subgroup");
      for (auto k = stabiliser_offsets_[s]; k < stabiliser_offsets_[s + 1]; ++k) {
        require(stabiliser_[4 * k] > 0 && stabiliser_[4 * k] < n_operations,
                "an operation is not in its space group");
      }
    }
    for (auto b = bond_offsets_[i]; b < bond_offsets_[i + 1]; ++b) {
      const auto* bond = &bonds_[4 * static_cast<size_t>(b)];
      require(std::min(bond[0], bond[1]) >= 0 && std::max(bond[0], bond[1]) < n_slots && bond[2] >= 0 &&
                  bond[2] < n_operations && (bond[3] == 0 || bond[3] == 1),
              "a bond names a slot or an operation that is not there");
    }
  }
}

CandidateFacts ChemistryLibrary::compute_facts(int64_t index) const {
  const auto i = static_cast<size_t>(index);
  CandidateFacts facts;
  facts.space_group = space_group_[i];
  facts.framework_dimension = framework_dimension_[i];
  const auto order = static_cast<int64_t>(space_group(facts.space_group).operations.size());
  for (auto s = slot_offsets_[i]; s < slot_offsets_[i + 1]; ++s) {
    const auto multiplicity = order / (stabiliser_offsets_[s + 1] - stabiliser_offsets_[s] + 1);
    facts.composition[slot_element_[s]] += multiplicity;
    facts.n_atoms += multiplicity;
  }
  return facts;
}

LibraryEntry ChemistryLibrary::entry(int64_t index) const {
  TORCH_CHECK(index >= 0 && index < size(), "library entry ", index, " of ", size());
  const auto i = static_cast<size_t>(index);
  LibraryEntry entry;
  entry.id = ids_[i];
  entry.linkers = linkers_[i];
  entry.framework_dimension = framework_dimension_[i];
  entry.volume = volume_[i];
  entry.chemistry.space_group = space_group_[i];
  const auto& group = space_group(entry.chemistry.space_group);
  for (auto s = slot_offsets_[i]; s < slot_offsets_[i + 1]; ++s) {
    std::vector<int> operations = {0};
    std::vector<Vec3i> shifts = {Vec3i::Zero()};
    for (auto k = stabiliser_offsets_[s]; k < stabiliser_offsets_[s + 1]; ++k) {
      const auto* row = &stabiliser_[4 * static_cast<size_t>(k)];
      operations.push_back(row[0]);
      shifts.emplace_back(row[1], row[2], row[3]);
    }
    Slot slot;
    slot.atomic_number = slot_element_[s];
    slot.parent = slot_parent_[s];
    slot.site = make_site(group, std::move(operations), std::move(shifts));
    entry.chemistry.slots.push_back(std::move(slot));
  }
  for (auto b = bond_offsets_[i]; b < bond_offsets_[i + 1]; ++b) {
    const auto* row = &bonds_[4 * static_cast<size_t>(b)];
    entry.chemistry.bonds.push_back({row[0], row[1], row[2], Vec3i::Zero(), row[3] == 1});
  }
  return entry;
}

}  // namespace clamp::sampler
