// Attributes of HDF5 files.
#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>

#include "core/error.h"
#include "data/hdf5_calls.h"

namespace clamp::data {
namespace {

void write_attribute(int64_t file, const std::string& object, const std::string& name, hid_t type,
                     const void* value, const std::string& what) {
  const Hdf5Handle parent = checked(H5Oopen(file, object.c_str(), H5P_DEFAULT), close_object, what);
  const Hdf5Handle space = checked(H5Screate(H5S_SCALAR), close_space, what);
  const Hdf5Handle attribute =
      checked(H5Acreate2(parent.id(), name.c_str(), type, space.id(), H5P_DEFAULT, H5P_DEFAULT),
              close_attribute, what);
  check(H5Awrite(attribute.id(), type, value), what);
}

/// Opens a scalar attribute of the given class; numbers are converted on reading.
Hdf5Handle open_attribute(int64_t file, const std::string& object, const std::string& name, bool string,
                          const std::string& what) {
  Hdf5Handle attribute = checked(
      H5Aopen_by_name(file, object.c_str(), name.c_str(), H5P_DEFAULT, H5P_DEFAULT), close_attribute, what);
  const Hdf5Handle type = checked(H5Aget_type(attribute.id()), close_type, what);
  const Hdf5Handle space = checked(H5Aget_space(attribute.id()), close_space, what);
  const H5T_class_t kind = H5Tget_class(type.id());
  const bool right = string ? kind == H5T_STRING && H5Tis_variable_str(type.id()) == 0
                            : kind == H5T_INTEGER || kind == H5T_FLOAT;
  if (!right || H5Sget_simple_extent_npoints(space.id()) != 1) {
    fail(fmt::format("{}: expected one {}", what, string ? "string of fixed length" : "number"));
  }
  return attribute;
}

}  // namespace

void Hdf5File::set_attribute(const std::string& object, const std::string& name, const std::string& value) {
  const std::string what = fmt::format("{}: attribute {} of {}", path_, name, object);
  if (value.size() > kLongestString)
    fail(fmt::format("{}: {} bytes, at most {}", what, value.size(), kLongestString));
  const Hdf5Handle type = string_type(std::max<size_t>(1, value.size()));
  write_attribute(file_.id(), object, name, type.id(), value.c_str(), what);
}

void Hdf5File::set_attribute(const std::string& object, const std::string& name, int64_t value) {
  write_attribute(file_.id(), object, name, H5T_NATIVE_INT64, &value,
                  fmt::format("{}: attribute {} of {}", path_, name, object));
}

void Hdf5File::set_attribute(const std::string& object, const std::string& name, double value) {
  write_attribute(file_.id(), object, name, H5T_NATIVE_DOUBLE, &value,
                  fmt::format("{}: attribute {} of {}", path_, name, object));
}

std::string Hdf5File::string_attribute(const std::string& object, const std::string& name) const {
  const std::string what = fmt::format("{}: attribute {} of {}", path_, name, object);
  const Hdf5Handle attribute = open_attribute(file_.id(), object, name, true, what);
  const Hdf5Handle stored = checked(H5Aget_type(attribute.id()), close_type, what);
  const size_t size = H5Tget_size(stored.id());
  if (size == 0 || size > kLongestString) fail(fmt::format("{}: string of {} bytes", what, size));
  std::string value(size, '\0');
  check(H5Aread(attribute.id(), stored.id(), value.data()), what);
  return value.substr(0, value.find('\0'));
}

int64_t Hdf5File::integer_attribute(const std::string& object, const std::string& name) const {
  const std::string what = fmt::format("{}: attribute {} of {}", path_, name, object);
  const Hdf5Handle attribute = open_attribute(file_.id(), object, name, false, what);
  int64_t value = 0;
  check(H5Aread(attribute.id(), H5T_NATIVE_INT64, &value), what);
  return value;
}

double Hdf5File::double_attribute(const std::string& object, const std::string& name) const {
  const std::string what = fmt::format("{}: attribute {} of {}", path_, name, object);
  const Hdf5Handle attribute = open_attribute(file_.id(), object, name, false, what);
  double value = 0;
  check(H5Aread(attribute.id(), H5T_NATIVE_DOUBLE, &value), what);
  return value;
}

}  // namespace clamp::data
