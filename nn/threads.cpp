#include "nn/threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace clamp::nn {

void use_single_threaded_products() {
  at::set_num_threads(1);
  // OpenBLAS has a thread pool of its own that at::set_num_threads does not reach; other BLAS do not have the
  // symbol.
  using SetThreads = void (*)(int);
  if (auto* symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) reinterpret_cast<SetThreads>(symbol)(1);
}

}  // namespace clamp::nn
