// What the geometry model in training makes of real structures that it has not learnt from.
#pragma once

#include <string>

#include "train/geometry_trainer.h"

namespace clamp::apps {

/// Takes `n` structures of `val`, evenly spread, to about 1 Å of noise, has the model denoise them, polishes
/// and checks them. "quality" is the mean of the shares that are sound and that match the real structure;
/// beside it "sampled_valid", "sampled_sound" and "sampled_match". The same noise in every call. Nothing
/// where `n` is 0 or the set is empty. `table` is the file of the polish. Throws clamp::Error for a missing
/// or damaged table.
train::QualityCheck make_quality_check(const train::GeometrySet& val, int64_t n, const std::string& table,
                                       torch::Device device, int n_threads);

}  // namespace clamp::apps
