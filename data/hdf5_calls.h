// Calls of the HDF5 library with their errors as exceptions; for hdf5_*.cpp alone.
#pragma once

#include <cstddef>
#include <cstdint>
#include <string>

#include "data/hdf5_file.h"

namespace clamp::data {

constexpr size_t kLongestString = 60000;  // bytes

int close_file(int64_t id);
int close_group(int64_t id);
int close_dataset(int64_t id);
int close_space(int64_t id);
int close_type(int64_t id);
int close_attribute(int64_t id);
int close_object(int64_t id);
int close_list(int64_t id);

/// The innermost message of the library's error stack, to say why.
std::string library_reason();
/// The identifier as a handle. Throws clamp::Error "<what>: <reason>" for a negative one.
Hdf5Handle checked(int64_t id, Hdf5Handle::Closer closer, const std::string& what);
/// Throws clamp::Error "<what>: <reason>" for a negative status.
void check(int status, const std::string& what);
/// UTF-8 strings of `size` bytes, padded with zeros.
Hdf5Handle string_type(size_t size);

}  // namespace clamp::data
