# LibTorch, found through CMAKE_PREFIX_PATH or the system; its version and ABI are printed once.
find_package(Torch REQUIRED)
message(STATUS "LibTorch ${Torch_VERSION}: ${TORCH_CXX_FLAGS}")

add_library(clamp_torch INTERFACE)
target_link_libraries(clamp_torch INTERFACE ${TORCH_LIBRARIES})
target_include_directories(clamp_torch SYSTEM INTERFACE ${TORCH_INCLUDE_DIRS})
separate_arguments(CLAMP_TORCH_FLAGS UNIX_COMMAND "${TORCH_CXX_FLAGS}")
target_compile_options(clamp_torch INTERFACE ${CLAMP_TORCH_FLAGS})
