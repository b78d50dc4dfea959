#include "nn/threads.h"

#include <ATen/Parallel.h>
#include <dlfcn.h>

namespace clamp::nn {

void use_threads(int n) {
  at::set_num_threads(n);
  // Other BLAS do not have the symbol.
  using SetThreads = void (*)(int);
  if (auto* symbol = dlsym(RTLD_DEFAULT, "openblas_set_num_threads")) reinterpret_cast<SetThreads>(symbol)(1);
}

}  // namespace clamp::nn
