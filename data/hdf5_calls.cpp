#include "data/hdf5_calls.h"

#include <fmt/format.h>
#include <hdf5.h>

#include "core/error.h"

namespace clamp::data {

int close_file(int64_t id) { return H5Fclose(id); }
int close_group(int64_t id) { return H5Gclose(id); }
int close_dataset(int64_t id) { return H5Dclose(id); }
int close_space(int64_t id) { return H5Sclose(id); }
int close_type(int64_t id) { return H5Tclose(id); }
int close_attribute(int64_t id) { return H5Aclose(id); }
int close_object(int64_t id) { return H5Oclose(id); }
int close_list(int64_t id) { return H5Pclose(id); }

std::string library_reason() {
  std::string reason;
  const auto visit = [](unsigned, const H5E_error2_t* error, void* data) -> herr_t {
    if (error->desc != nullptr) *static_cast<std::string*>(data) = error->desc;
    return 0;
  };
  H5Ewalk2(H5E_DEFAULT, H5E_WALK_DOWNWARD, visit, &reason);
  return reason.empty() ? "no reason given" : reason;
}

Hdf5Handle checked(int64_t id, Hdf5Handle::Closer closer, const std::string& what) {
  if (id < 0) fail(fmt::format("{}: {}", what, library_reason()));
  return {id, closer};
}

void check(int status, const std::string& what) {
  if (status < 0) fail(fmt::format("{}: {}", what, library_reason()));
}

Hdf5Handle string_type(size_t size) {
  Hdf5Handle type = checked(H5Tcopy(H5T_C_S1), close_type, "HDF5 string type");
  check(H5Tset_size(type.id(), size), "HDF5 string type");
  check(H5Tset_strpad(type.id(), H5T_STR_NULLPAD), "HDF5 string type");
  check(H5Tset_cset(type.id(), H5T_CSET_UTF8), "HDF5 string type");
  return type;
}

}  // namespace clamp::data
