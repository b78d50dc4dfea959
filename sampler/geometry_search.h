// From chemistries to checked geometries: coarse starts, the geometry model, the polish, the checks.
//
// What the geometry model knows well lies below about 1 Å of noise. The fold above it (which image each bond
// goes to, the dimension of the framework) is found faster by search: a random start with its polish costs
// about 20 ms. So the model begins from the best of several such starts, noised
// to GeometryOptions::strength, instead of from pure noise (a truncated diffusion: Zheng et al.,
// arXiv:2202.09671).
#pragma once

#include <vector>

#include "sampler/generate.h"

namespace clamp::sampler {

struct GeometrySearch {
  GeometryOptions options;
  int64_t coarse_starts =
      kCoarseStarts;   ///< random starts for each geometry; 0: the model starts from pure noise
  bool polish = true;  ///< of the model's results; coarse starts are always polished
  bool keep_starts = true;
  int n_threads = 1;
};

/// One geometry for each request; requests[i].chemistry is composed[i]->chemistry. A start that a request
/// brings takes the place of the search. With keep_starts and the polish the start, polished and judged like
/// the result, is beside it. Result i is a function of (requests[i], *composed[i], search) alone.
std::vector<GeometryOutcome> make_geometries(GeometrySampler& sampler, const relax::GeometryTable* table,
                                             std::vector<GeometryRequest> requests,
                                             const std::vector<const ComposedChemistry*>& composed,
                                             const GeometrySearch& search);

/// `n_starts` polished random starts of each chemistry, one chemistry's after another's.
std::vector<GeometryOutcome> polished_starts(const std::vector<const ComposedChemistry*>& composed,
                                             const std::vector<uint64_t>& seeds,
                                             const relax::GeometryTable& table, int64_t n_starts,
                                             int n_threads);

/// For each chemistry the best, by better(), of `n_starts` polished random starts.
std::vector<GeometryOutcome> search_starts(const std::vector<const ComposedChemistry*>& composed,
                                           const std::vector<uint64_t>& seeds,
                                           const relax::GeometryTable& table, int64_t n_starts,
                                           int n_threads);

}  // namespace clamp::sampler
