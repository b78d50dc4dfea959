#include "apps/zeroshot_index.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"
#include "data/hdf5_file.h"

namespace clamp::apps {
namespace {

constexpr char kFormat[] = "clamp-index";
constexpr int64_t kVersion = 1;

void write_rows(data::Hdf5File& file, const std::string& name, const torch::Tensor& rows) {
  const auto values = rows.to(torch::kCPU, torch::kFloat64).contiguous();
  auto array = file.create_array<double>(name, {static_cast<uint64_t>(rows.size(1))});
  array.append(std::vector<double>(values.data_ptr<double>(), values.data_ptr<double>() + values.numel()));
}

torch::Tensor read_rows(const data::Hdf5File& file, const std::string& name, int64_t dim) {
  const auto array = file.open_array(name, dim);
  const auto values = array.read_all<double>();
  return torch::tensor(values, torch::kFloat64).view({array.rows(), dim}).to(torch::kFloat32);
}

}  // namespace

void save_index(const std::string& path, const RetrievalIndex& index, const std::string& encoders_sha256) {
  const std::string temporary = path + ".part";
  auto file = data::Hdf5File::create(temporary);
  file.set_attribute("/", "format", std::string(kFormat));
  file.set_attribute("/", "format_version", kVersion);
  file.set_attribute("/", "encoders", encoders_sha256);
  file.set_attribute("/", "dim", index.crystals.size(1));
  write_rows(file, "/crystals", index.crystals);
  file.write_strings("/names", index.names);
  if (!index.texts.empty()) {
    write_rows(file, "/texts", index.text_embeddings);
    file.write_strings("/text_names", index.texts);
  }
  file.close();
  std::filesystem::rename(temporary, path);
}

RetrievalIndex load_index(const std::string& path, const std::string& encoders_sha256) {
  const auto file = data::Hdf5File::open(path);
  if (!file.has_attribute("/", "format") || file.string_attribute("/", "format") != kFormat ||
      file.integer_attribute("/", "format_version") != kVersion) {
    fail(fmt::format("{}: is no index of format version {}; make one with --save-index", path, kVersion));
  }
  if (file.string_attribute("/", "encoders") != encoders_sha256) {
    fail(fmt::format("{}: was made with other encoders; make it anew with --save-index", path));
  }
  const int64_t dim = file.integer_attribute("/", "dim");
  if (dim < 1 || dim > 65536) fail(fmt::format("{}: dim is {}, expected 1 to 65536", path, dim));
  RetrievalIndex index;
  index.crystals = read_rows(file, "/crystals", dim);
  index.names = file.read_strings("/names");
  index.text_embeddings = torch::empty({0, dim});
  if (file.has("/texts")) {
    index.text_embeddings = read_rows(file, "/texts", dim);
    index.texts = file.read_strings("/text_names");
  }
  if (static_cast<int64_t>(index.names.size()) != index.crystals.size(0) ||
      static_cast<int64_t>(index.texts.size()) != index.text_embeddings.size(0)) {
    fail(fmt::format("{}: the arrays do not fit one another", path));
  }
  return index;
}

std::vector<Hit> nearest(const torch::Tensor& query, const torch::Tensor& candidates,
                         const std::vector<std::string>& names, int64_t top) {
  const int64_t n = std::min(top, candidates.size(0));
  const auto scores = at::mv(candidates, query);  // [n]
  const auto [values, rows] = scores.topk(n);
  std::vector<Hit> hits;
  for (int64_t i = 0; i < n; ++i) {
    hits.push_back({names[static_cast<size_t>(rows[i].item<int64_t>())], values[i].item<double>()});
  }
  return hits;
}

}  // namespace clamp::apps
