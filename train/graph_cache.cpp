#include "train/graph_cache.h"

#include <fmt/format.h>

#include "core/error.h"
#include "nn/checkpoint.h"

namespace clamp::train {
namespace {

constexpr char kFormat[] = "clamp-graphs";
constexpr char kVersion[] = "1";

std::string value_of(const nn::Metadata& metadata, const std::string& key) {
  const auto found = metadata.find(key);
  return found == metadata.end() ? "" : found->second;
}

const torch::Tensor& tensor_of(const nn::TensorFile& file, const std::string& name, int64_t dims,
                               const std::string& path) {
  const auto found = file.tensors.find(name);
  if (found == file.tensors.end() || found->second.dim() != dims) {
    fail(fmt::format("{}: tensor {} is missing or has not {} dimensions", path, name, dims));
  }
  return found->second;
}

}  // namespace

void save_graphs(const std::string& path, const std::vector<encoders::CrystalGraph>& graphs,
                 const std::string& key) {
  TORCH_CHECK(!graphs.empty(), "no graphs to save");
  std::vector<torch::Tensor> numbers, neighbors, distances, descriptors;
  std::vector<int64_t> counts;
  std::vector<double> volumes;
  for (const auto& graph : graphs) {
    numbers.push_back(graph.numbers.to(torch::kInt32));
    neighbors.push_back(graph.neighbors);
    distances.push_back(graph.distances);
    if (graph.descriptors.defined()) descriptors.push_back(graph.descriptors);
    counts.push_back(graph.n_atoms());
    volumes.push_back(graph.volume);
  }
  nn::TensorMap tensors = {{"numbers", at::cat(numbers)},
                           {"neighbors", at::cat(neighbors)},
                           {"distances", at::cat(distances)},
                           {"counts", torch::tensor(counts, torch::kInt64)},
                           {"volumes", torch::tensor(volumes, torch::kFloat64)}};
  if (descriptors.size() == graphs.size()) tensors["descriptors"] = at::stack(descriptors);
  nn::save_tensors(path, tensors, {{"format", kFormat}, {"format_version", kVersion}, {"key", key}});
}

std::vector<encoders::CrystalGraph> load_graphs(const std::string& path, const std::string& key) {
  const auto file = nn::load_tensors(path);
  if (value_of(file.metadata, "format") != kFormat || value_of(file.metadata, "format_version") != kVersion) {
    fail(fmt::format("{}: is no file of graphs of format version {}", path, kVersion));
  }
  if (value_of(file.metadata, "key") != key) {
    fail(fmt::format("{}: holds the graphs of '{}', expected '{}'; remove it to make it anew", path,
                     value_of(file.metadata, "key"), key));
  }
  const auto numbers = tensor_of(file, "numbers", 1, path).to(torch::kInt64);
  const auto& neighbors = tensor_of(file, "neighbors", 2, path);
  const auto& distances = tensor_of(file, "distances", 2, path);
  const auto& counts = tensor_of(file, "counts", 1, path);
  const auto& volumes = tensor_of(file, "volumes", 1, path);
  const int64_t b = counts.size(0);
  const bool described = file.tensors.count("descriptors") > 0;
  const auto descriptors = described ? tensor_of(file, "descriptors", 2, path) : torch::empty({b, 0});
  if (counts.sum().item<int64_t>() != numbers.size(0) || neighbors.size(0) != numbers.size(0) ||
      distances.size(0) != numbers.size(0) || volumes.size(0) != b || descriptors.size(0) != b) {
    fail(fmt::format("{}: the tensors do not fit one another", path));
  }
  std::vector<encoders::CrystalGraph> graphs(static_cast<size_t>(b));
  int64_t begin = 0;
  for (int64_t i = 0; i < b; ++i) {
    auto& graph = graphs[static_cast<size_t>(i)];
    const int64_t n = counts.data_ptr<int64_t>()[i];
    graph.numbers = numbers.narrow(0, begin, n);
    graph.neighbors = neighbors.narrow(0, begin, n);
    graph.distances = distances.narrow(0, begin, n);
    if (described) graph.descriptors = descriptors[i];
    graph.volume = volumes.data_ptr<double>()[i];
    begin += n;
  }
  return graphs;
}

}  // namespace clamp::train
