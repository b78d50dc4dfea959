// The gated neighbour sum of CGCNN (Xie and Grossman, PRL 2018, 120, 145301, equation 5), fused.
//
// z_ij = a_i + b_j + W u_ij, split in two halves f and s; the result is sum_j sigmoid(f_ij) * softplus(s_ij).
// W_self h_i and W_neighbor h_j are computed once an atom, not once a pair as in the paper's concatenated
// form, which is the same sum. Forward and backward work through blocks of atoms that stay in the cache, and
// z is computed again in the backward instead of being kept.
#pragma once

#include <torch/types.h>

namespace clamp::encoders {

/// @param self       [n, 2 f] the centre's part, bias included
/// @param neighbor   [n, 2 f] the neighbours' part
/// @param edge       [n, k, g] edge features; receives a gradient only where it requires one
/// @param weight     [2 f, g] of the edge features
/// @param neighbors  [n, k] int64, rows of `neighbor`
/// @param mask       [n, k] same dtype as `self`: 1 for a neighbour, 0 for none
/// @return           [n, f]
torch::Tensor gated_neighbor_sum(const torch::Tensor& self, const torch::Tensor& neighbor,
                                 const torch::Tensor& edge, const torch::Tensor& weight,
                                 const torch::Tensor& neighbors, const torch::Tensor& mask);

}  // namespace clamp::encoders
