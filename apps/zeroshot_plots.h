// SVG pictures of clamp-zeroshot: confusion matrix and map of the embeddings.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <string>
#include <vector>

namespace clamp::apps {

/// Rows are the true classes, columns those found; the shade is the share of the row.
std::string confusion_svg(const std::vector<std::vector<int64_t>>& matrix,
                          const std::vector<std::string>& labels);

/// The two main components of the structures' embeddings, coloured by class, with the labels' texts in place.
/// @param crystals  [n, dim];  @param classes [n];  @param texts [k, dim]
std::string map_svg(const torch::Tensor& crystals, const std::vector<int64_t>& classes,
                    const torch::Tensor& texts, const std::vector<std::string>& labels);

}  // namespace clamp::apps
