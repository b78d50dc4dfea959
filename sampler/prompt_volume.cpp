#include "sampler/prompt_volume.h"

#include <ATen/Functions.h>

#include <cmath>

namespace clamp::sampler {
namespace {

constexpr int64_t kNeighbours = 30;
constexpr double kTemperature = 0.05;  // of the cosine

}  // namespace

PromptVolume::PromptVolume(const ChemistryLibrary& library, const relax::GeometryTable& table)
    : embeddings_(library.embeddings()), log_ratios_(at::zeros({library.size()}, at::kDouble)) {
  auto ratios = log_ratios_.accessor<double, 1>();
  for (int64_t i = 0; i < library.size(); ++i) {
    const LibraryEntry entry = library.entry(i);
    ratios[i] = std::log(entry.volume / table.predicted_volume(entry.chemistry));
  }
}

double PromptVolume::factor(const torch::Tensor& prompt) const {
  const auto similarities = at::mv(embeddings_, prompt);  // [n]
  const auto nearest = at::topk(similarities, std::min(kNeighbours, similarities.size(0)));
  const auto weights = at::softmax(std::get<0>(nearest).to(at::kDouble) / kTemperature, 0);
  return std::exp(at::dot(weights, log_ratios_.index_select(0, std::get<1>(nearest))).item<double>());
}

}  // namespace clamp::sampler
