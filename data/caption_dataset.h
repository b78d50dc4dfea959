// Captions of whole datasets.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "data/caption.h"
#include "data/dataset.h"
#include "data/symmetry_pass.h"

namespace clamp::data {

struct CaptionConfig {
  int64_t per_structure = 1;
  std::optional<CaptionStyle> style;  ///< a random one a caption where it is not given
  uint64_t seed = 0;
};

/// Names of the styles, in the order of CaptionStyle: "keywords", "phrase" ...
const std::vector<std::string>& caption_style_names();

/// Captions of one structure; they depend on the seed and the structure's place in the file, not on other
/// structures.
std::vector<std::string> captions_of(const Record& record, int64_t index, const CaptionConfig& config);

/// Copies the dataset `path` to `out` with captions added to the texts; cached symmetry is copied as it is.
void write_captioned(const std::string& path, const std::string& out, const CaptionConfig& config,
                     const Provenance& provenance, const ProgressCallback& progress);

}  // namespace clamp::data
