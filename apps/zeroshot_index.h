// Index of embedded structures and texts in one HDF5 file, for retrieval in both directions.
//
// Arrays /crystals [n, dim] and /texts [m, dim] (float64 on disk), strings /names [n], /text_names [m];
// attributes format "clamp-index", format_version and encoders (SHA-256 of encoders.safetensors).
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

namespace clamp::apps {

struct RetrievalIndex {
  std::vector<std::string> names;  ///< [n] structures
  torch::Tensor crystals;          ///< [n, dim]
  std::vector<std::string> texts;  ///< [m]
  torch::Tensor text_embeddings;   ///< [m, dim]
};

void save_index(const std::string& path, const RetrievalIndex& index, const std::string& encoders_sha256);

/// Throws clamp::Error for a file that is no index, is damaged or was made with other encoders.
RetrievalIndex load_index(const std::string& path, const std::string& encoders_sha256);

struct Hit {
  std::string name;
  double score = 0;  ///< cosine
};

/// The `top` rows of `candidates` [n, dim] nearest to `query` [dim], best first.
std::vector<Hit> nearest(const torch::Tensor& query, const torch::Tensor& candidates,
                         const std::vector<std::string>& names, int64_t top);

}  // namespace clamp::apps
