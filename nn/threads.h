// Threads of the linear algebra behind LibTorch.
#pragma once

namespace clamp::nn {

/// `n` threads for this thread's tensor operations. Where LibTorch multiplies with OpenBLAS, that stays on
/// one thread: at::set_num_threads does not reach its own pool, whose waiting threads hold up those of
/// LibTorch (1,000 crystals embedded on two cores: 4.8 s, 7.5 s with both pools).
void use_threads(int n);

}  // namespace clamp::nn
