# Which of c10d's process groups LibTorch has headers and symbols for. Debian's needs libgloo-dev; wheels may lack the
# headers of Gloo, and have those of NCCL where the NCCL wheel is in the include path.
# Sets CLAMP_HAS_GLOO and CLAMP_HAS_NCCL (cached).
include(CheckCXXSourceCompiles)
include(CMakePushCheckState)

function(clamp_check_group name macro)
  cmake_push_check_state()
  set(CMAKE_REQUIRED_FLAGS "${TORCH_CXX_FLAGS} -std=c++17")
  set(CMAKE_REQUIRED_DEFINITIONS -D${macro} -DUSE_DISTRIBUTED)
  set(CMAKE_REQUIRED_LIBRARIES ${TORCH_LIBRARIES})
  set(CMAKE_REQUIRED_QUIET ON)
  check_cxx_source_compiles("#include <torch/csrc/distributed/c10d/ProcessGroup${name}.hpp>
    int main() { return c10d::ProcessGroup${name}::Options::create() ? 0 : 1; }" CLAMP_HAS_${macro})
  cmake_pop_check_state()
endfunction()

clamp_check_group(Gloo USE_C10D_GLOO)
set(CLAMP_HAS_GLOO ${CLAMP_HAS_USE_C10D_GLOO})
set(CLAMP_HAS_NCCL "")
if(TORCH_CUDA_LIBRARIES)
  clamp_check_group(NCCL USE_C10D_NCCL)
  set(CLAMP_HAS_NCCL ${CLAMP_HAS_USE_C10D_NCCL})
endif()
message(STATUS "Processes: Gloo ${CLAMP_HAS_GLOO}, NCCL ${CLAMP_HAS_NCCL}")

# clamp_use_groups(<target>): the definitions that train/c10d_compat.h reads
function(clamp_use_groups target)
  if(CLAMP_HAS_GLOO)
    target_compile_definitions(${target} PRIVATE CLAMP_HAS_GLOO USE_C10D_GLOO)
  endif()
  if(CLAMP_HAS_NCCL)
    target_compile_definitions(${target} PRIVATE CLAMP_HAS_NCCL USE_C10D_NCCL)
  endif()
endfunction()
