// Zero-shot classification: the label whose embedding is nearest to the crystal's, without training on
// labels.
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "encoders/clamp_model.h"

namespace clamp::encoders {

/// Sentences that carry a label, `{}` where it stands; their embeddings are averaged.
const std::vector<std::string>& label_templates();

/// L2-normalised mean over the templates, [n_labels, dim]. Throws clamp::UsageError for an empty label.
torch::Tensor embed_labels(const ClampModel& model, const std::vector<std::string>& labels);

/// Softmax of scale x cosine over the labels.
/// @param crystals  [n, dim];  @param labels [n_labels, dim], both L2-normalised
/// @return          [n, n_labels], rows sum to 1
torch::Tensor label_probabilities(const torch::Tensor& crystals, const torch::Tensor& labels, double scale);

}  // namespace clamp::encoders
