// Threads of the linear algebra behind LibTorch.
#pragma once

namespace clamp::nn {

/// One thread for this thread's tensor operations and, where LibTorch multiplies with OpenBLAS, for its
/// products in the whole process: for programs that work on several structures at once (measured: twice as
/// fast on two cores).
void use_single_threaded_products();

}  // namespace clamp::nn
