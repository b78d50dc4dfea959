#include "data/hdf5_file.h"

#include <fmt/format.h>
#include <hdf5.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <utility>

#include "core/error.h"
#include "data/hdf5_calls.h"

namespace clamp::data {
namespace {

static_assert(sizeof(hid_t) == sizeof(int64_t), "identifiers are kept as int64_t");

constexpr hsize_t kChunkBytes = 1 << 18;
constexpr size_t kCacheBytes = size_t{64} << 20;
constexpr unsigned kDeflateLevel = 4;
/// Deflate packs at most 1032 : 1; an array that claims more than this of the file's size has been tampered
/// with.
constexpr int64_t kLargestRatio = 1100;
constexpr int64_t kSlackBytes = 1 << 20;
constexpr hsize_t kMostMembers = 4096;

template <class T>
hid_t native_type();
template <>
hid_t native_type<uint8_t>() {
  return H5T_NATIVE_UINT8;
}
template <>
hid_t native_type<int16_t>() {
  return H5T_NATIVE_INT16;
}
template <>
hid_t native_type<int32_t>() {
  return H5T_NATIVE_INT32;
}
template <>
hid_t native_type<int64_t>() {
  return H5T_NATIVE_INT64;
}
template <>
hid_t native_type<double>() {
  return H5T_NATIVE_DOUBLE;
}

/// No error printing, and no filter plugins: a file must not choose code to load.
void prepare_library() {
  H5Eset_auto2(H5E_DEFAULT, nullptr, nullptr);
  H5PLset_loading_state(0);
}

Hdf5Handle creation_list(size_t row_bytes, const std::vector<uint64_t>& row_shape, size_t chunk_rows) {
  Hdf5Handle list = checked(H5Pcreate(H5P_DATASET_CREATE), close_list, "HDF5 property list");
  std::vector<hsize_t> chunk{std::max<hsize_t>(1, kChunkBytes / std::max<size_t>(1, row_bytes))};
  if (chunk_rows > 0) chunk[0] = std::min<hsize_t>(chunk[0], chunk_rows);
  chunk.insert(chunk.end(), row_shape.begin(), row_shape.end());
  check(H5Pset_chunk(list.id(), static_cast<int>(chunk.size()), chunk.data()), "HDF5 chunk");
  check(H5Pset_shuffle(list.id()), "HDF5 shuffle");
  check(H5Pset_deflate(list.id(), kDeflateLevel), "HDF5 deflate");
  check(H5Pset_fletcher32(list.id()), "HDF5 checksum");
  // The clock stays out of the file: the same input gives the same bytes.
  check(H5Pset_obj_track_times(list.id(), false), "HDF5 times");
  return list;
}

Hdf5Handle access_list() {
  Hdf5Handle list = checked(H5Pcreate(H5P_DATASET_ACCESS), close_list, "HDF5 property list");
  check(H5Pset_chunk_cache(list.id(), 4099, kCacheBytes, H5D_CHUNK_CACHE_W0_DEFAULT), "HDF5 cache");
  return list;
}

}  // namespace

Hdf5Handle::Hdf5Handle(Hdf5Handle&& other) noexcept
    : id_(std::exchange(other.id_, -1)), closer_(other.closer_) {}

Hdf5Handle& Hdf5Handle::operator=(Hdf5Handle&& other) noexcept {
  if (this != &other) {
    close();
    id_ = std::exchange(other.id_, -1);
    closer_ = other.closer_;
  }
  return *this;
}

bool Hdf5Handle::close() {
  if (id_ < 0) return true;
  return closer_(std::exchange(id_, -1)) >= 0;
}

template <class T>
std::vector<T> Hdf5Array::read(int64_t first, int64_t count) const {
  if (first < 0 || count < 0 || first > rows_ - count) {
    fail(fmt::format("{}: rows {} to {} asked for, the array has {}", name_, first, first + count, rows_));
  }
  std::vector<T> out(static_cast<size_t>(count * width_));
  if (out.empty()) return out;
  std::vector<hsize_t> start(1 + row_shape_.size(), 0), size(1, static_cast<hsize_t>(count));
  start[0] = static_cast<hsize_t>(first);
  size.insert(size.end(), row_shape_.begin(), row_shape_.end());
  const Hdf5Handle space = checked(H5Dget_space(dataset_.id()), close_space, name_);
  check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr), name_);
  const Hdf5Handle memory =
      checked(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), close_space, name_);
  const herr_t status =
      H5Dread(dataset_.id(), native_type<T>(), memory.id(), space.id(), H5P_DEFAULT, out.data());
  if (status < 0)
    fail(fmt::format("{}: rows cannot be read, the file is damaged ({})", name_, library_reason()));
  return out;
}

template <class T>
void Hdf5Array::append(const std::vector<T>& values) {
  const int64_t count = static_cast<int64_t>(values.size()) / width_;
  if (count == 0) return;
  std::vector<hsize_t> extent(1, static_cast<hsize_t>(rows_ + count));
  std::vector<hsize_t> start(1 + row_shape_.size(), 0), size(1, static_cast<hsize_t>(count));
  start[0] = static_cast<hsize_t>(rows_);
  extent.insert(extent.end(), row_shape_.begin(), row_shape_.end());
  size.insert(size.end(), row_shape_.begin(), row_shape_.end());
  check(H5Dset_extent(dataset_.id(), extent.data()), name_);
  const Hdf5Handle space = checked(H5Dget_space(dataset_.id()), close_space, name_);
  check(H5Sselect_hyperslab(space.id(), H5S_SELECT_SET, start.data(), nullptr, size.data(), nullptr), name_);
  const Hdf5Handle memory =
      checked(H5Screate_simple(static_cast<int>(size.size()), size.data(), nullptr), close_space, name_);
  check(H5Dwrite(dataset_.id(), native_type<T>(), memory.id(), space.id(), H5P_DEFAULT, values.data()),
        name_);
  rows_ += count;
}

Hdf5File Hdf5File::open(const std::string& path, bool writable) {
  prepare_library();
  std::ifstream stream(path, std::ios::binary | std::ios::ate);
  if (!stream) fail(fmt::format("{}: cannot be opened: {}", path, std::strerror(errno)));
  Hdf5File file;
  file.path_ = path;
  file.file_size_ = static_cast<int64_t>(stream.tellg());
  stream.close();
  if (H5Fis_hdf5(path.c_str()) <= 0) {
    fail(
        fmt::format("{}: no HDF5 file ({} bytes without an HDF5 signature); expected a dataset written by "
                    "clamp-data import",
                    path, file.file_size_));
  }
  const Hdf5Handle list = checked(H5Pcreate(H5P_FILE_ACCESS), close_list, path);
  check(H5Pset_fclose_degree(list.id(), H5F_CLOSE_STRONG), path);
  check(H5Pset_libver_bounds(list.id(), H5F_LIBVER_V110, H5F_LIBVER_LATEST), path);
  const hid_t id = H5Fopen(path.c_str(), writable ? H5F_ACC_RDWR : H5F_ACC_RDONLY, list.id());
  if (id < 0) {
    fail(fmt::format("{}: HDF5 file of {} bytes cannot be read, it is truncated or damaged ({})", path,
                     file.file_size_, library_reason()));
  }
  file.file_ = {id, close_file};
  return file;
}

Hdf5File Hdf5File::create(const std::string& path) {
  prepare_library();
  Hdf5File file;
  file.path_ = path;
  const Hdf5Handle list = checked(H5Pcreate(H5P_FILE_ACCESS), close_list, path);
  check(H5Pset_fclose_degree(list.id(), H5F_CLOSE_STRONG), path);
  check(H5Pset_libver_bounds(list.id(), H5F_LIBVER_V110, H5F_LIBVER_LATEST), path);
  const Hdf5Handle creation = checked(H5Pcreate(H5P_FILE_CREATE), close_list, path);
  check(H5Pset_obj_track_times(creation.id(), false), path);
  file.file_ = checked(H5Fcreate(path.c_str(), H5F_ACC_TRUNC, creation.id(), list.id()), close_file,
                       path + ": cannot be created");
  return file;
}

bool Hdf5File::has(const std::string& object) const {
  for (size_t end = object.find('/', 1);; end = object.find('/', end + 1)) {
    if (H5Lexists(file_.id(), object.substr(0, end).c_str(), H5P_DEFAULT) <= 0) return false;
    if (end == std::string::npos) break;
  }
  return H5Oexists_by_name(file_.id(), object.c_str(), H5P_DEFAULT) > 0;
}

bool Hdf5File::has_attribute(const std::string& object, const std::string& name) const {
  return H5Aexists_by_name(file_.id(), object.c_str(), name.c_str(), H5P_DEFAULT) > 0;
}

void Hdf5File::make_group(const std::string& group) {
  const Hdf5Handle list = checked(H5Pcreate(H5P_GROUP_CREATE), close_list, "HDF5 property list");
  check(H5Pset_obj_track_times(list.id(), false), "HDF5 times");
  const hid_t id = H5Gcreate2(file_.id(), group.c_str(), H5P_DEFAULT, list.id(), H5P_DEFAULT);
  checked(id, close_group, fmt::format("{}: {}", path_, group));
}

std::vector<std::string> Hdf5File::members(const std::string& group) const {
  const std::string what = fmt::format("{}: {}", path_, group);
  const Hdf5Handle handle = checked(H5Gopen2(file_.id(), group.c_str(), H5P_DEFAULT), close_group, what);
  H5G_info_t info;
  check(H5Gget_info(handle.id(), &info), what);
  if (info.nlinks > kMostMembers) {
    fail(fmt::format("{}: {} members, at most {} expected", what, info.nlinks, kMostMembers));
  }
  std::vector<std::string> names;
  const auto visit = [](hid_t, const char* name, const H5L_info_t*, void* data) -> herr_t {
    static_cast<std::vector<std::string>*>(data)->emplace_back(name);
    return 0;
  };
  // In the file's order: for another one HDF5 1.10.8 builds a table, and frees it unfilled where the file is
  // damaged.
  check(H5Literate(handle.id(), H5_INDEX_NAME, H5_ITER_NATIVE, nullptr, visit, &names), what);
  std::sort(names.begin(), names.end());
  return names;
}

template <class T>
Hdf5Array Hdf5File::create_array(const std::string& name, const std::vector<uint64_t>& row_shape,
                                 int64_t chunk_rows) {
  Hdf5Array array;
  array.name_ = fmt::format("{}: {}", path_, name);
  array.row_shape_ = row_shape;
  std::vector<hsize_t> size(1, 0), most(1, H5S_UNLIMITED);
  for (const uint64_t n : row_shape) {
    array.width_ *= static_cast<int64_t>(n);
    size.push_back(n);
    most.push_back(n);
  }
  const Hdf5Handle space = checked(H5Screate_simple(static_cast<int>(size.size()), size.data(), most.data()),
                                   close_space, array.name_);
  const Hdf5Handle creation = creation_list(sizeof(T) * static_cast<size_t>(array.width_), row_shape,
                                            static_cast<size_t>(chunk_rows));
  array.dataset_ = checked(H5Dcreate2(file_.id(), name.c_str(), native_type<T>(), space.id(), H5P_DEFAULT,
                                      creation.id(), H5P_DEFAULT),
                           close_dataset, array.name_);
  return array;
}

namespace {

/// Dimensions of a dataset, refused where they claim more than the file could hold.
std::vector<hsize_t> dataset_shape(int64_t dataset, int64_t file_size, const std::string& what) {
  const Hdf5Handle space = checked(H5Dget_space(dataset), close_space, what);
  const int rank = H5Sget_simple_extent_ndims(space.id());
  if (rank < 1 || rank > 3)
    fail(fmt::format("{}: expected an array of 1 to 3 dimensions, found {}", what, rank));
  std::vector<hsize_t> shape(static_cast<size_t>(rank));
  check(H5Sget_simple_extent_dims(space.id(), shape.data(), nullptr), what);
  const Hdf5Handle type = checked(H5Dget_type(dataset), close_type, what);
  double bytes = static_cast<double>(H5Tget_size(type.id()));
  for (const hsize_t n : shape) bytes *= static_cast<double>(n);
  const double most = static_cast<double>(file_size) * static_cast<double>(kLargestRatio) + kSlackBytes;
  if (bytes > most) {
    fail(fmt::format("{}: claims {:.3g} bytes, the file has {}; it is damaged", what, bytes, file_size));
  }
  return shape;
}

H5O_info_t object_info(int64_t object, const char* name, const std::string& what) {
  H5O_info_t info;
  check(H5Oget_info_by_name2(object, name, &info, H5O_INFO_BASIC, H5P_DEFAULT), what);
  return info;
}

/// Opens a dataset that lies in the file itself: links to other files and data kept outside are refused.
Hdf5Handle open_dataset(int64_t file, const std::string& name, const std::string& what) {
  if (H5Oexists_by_name(file, name.c_str(), H5P_DEFAULT) <= 0) {
    fail(fmt::format("{}: missing; expected in every clamp dataset", what));
  }
  const Hdf5Handle access = access_list();
  Hdf5Handle dataset = checked(H5Dopen2(file, name.c_str(), access.id()), close_dataset, what);
  const Hdf5Handle creation = checked(H5Dget_create_plist(dataset.id()), close_list, what);
  const H5O_info_t own = object_info(file, "/", what), found = object_info(dataset.id(), ".", what);
  if (own.fileno != found.fileno || H5Pget_layout(creation.id()) == H5D_VIRTUAL ||
      H5Pget_external_count(creation.id()) > 0) {
    fail(fmt::format("{}: is kept in another file; expected the data itself", what));
  }
  return dataset;
}

}  // namespace

Hdf5Array Hdf5File::open_array(const std::string& name, int64_t width) const {
  Hdf5Array array;
  array.name_ = fmt::format("{}: {}", path_, name);
  array.dataset_ = open_dataset(file_.id(), name, array.name_);
  const std::vector<hsize_t> shape = dataset_shape(array.dataset_.id(), file_size_, array.name_);
  const Hdf5Handle type = checked(H5Dget_type(array.dataset_.id()), close_type, array.name_);
  const H5T_class_t kind = H5Tget_class(type.id());
  if (kind != H5T_INTEGER && kind != H5T_FLOAT) {
    fail(fmt::format("{}: expected numbers, found another type (HDF5 class {})", array.name_,
                     static_cast<int>(kind)));
  }
  array.rows_ = static_cast<int64_t>(shape[0]);
  for (size_t i = 1; i < shape.size(); ++i) {
    array.row_shape_.push_back(shape[i]);
    array.width_ *= static_cast<int64_t>(shape[i]);
  }
  if (array.width_ != width) {
    fail(fmt::format("{}: {} numbers a row, expected {}", array.name_, array.width_, width));
  }
  return array;
}

void Hdf5File::write_strings(const std::string& name, const std::vector<std::string>& values) {
  const std::string what = fmt::format("{}: {}", path_, name);
  size_t width = 1;
  for (const std::string& value : values) width = std::max(width, value.size());
  if (width > kLongestString) {
    fail(fmt::format("{}: a string of {} bytes, at most {} are stored here", what, width, kLongestString));
  }
  const Hdf5Handle type = string_type(width);
  const hsize_t size = values.size(), most = H5S_UNLIMITED;
  const Hdf5Handle space = checked(H5Screate_simple(1, &size, &most), close_space, what);
  const Hdf5Handle creation = creation_list(width, {}, values.size());
  const Hdf5Handle dataset = checked(
      H5Dcreate2(file_.id(), name.c_str(), type.id(), space.id(), H5P_DEFAULT, creation.id(), H5P_DEFAULT),
      close_dataset, what);
  std::string packed(width * values.size(), '\0');
  for (size_t i = 0; i < values.size(); ++i) {
    std::copy(values[i].begin(), values[i].end(), packed.begin() + static_cast<std::ptrdiff_t>(i * width));
  }
  if (!values.empty()) {
    check(H5Dwrite(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, packed.data()), what);
  }
}

std::vector<std::string> Hdf5File::read_strings(const std::string& name) const {
  const std::string what = fmt::format("{}: {}", path_, name);
  const Hdf5Handle dataset = open_dataset(file_.id(), name, what);
  const std::vector<hsize_t> shape = dataset_shape(dataset.id(), file_size_, what);
  const Hdf5Handle type = checked(H5Dget_type(dataset.id()), close_type, what);
  const size_t width = H5Tget_size(type.id());
  if (H5Tget_class(type.id()) != H5T_STRING || H5Tis_variable_str(type.id()) != 0 || shape.size() != 1 ||
      width == 0 || width > kLongestString) {
    fail(fmt::format("{}: expected a list of strings of fixed length", what));
  }
  std::string packed(width * shape[0], '\0');
  if (!packed.empty() && H5Dread(dataset.id(), type.id(), H5S_ALL, H5S_ALL, H5P_DEFAULT, packed.data()) < 0) {
    fail(fmt::format("{}: cannot be read, the file is damaged ({})", what, library_reason()));
  }
  std::vector<std::string> values(shape[0]);
  for (size_t i = 0; i < values.size(); ++i) {
    values[i] = packed.substr(i * width, width);
    values[i].resize(std::min(values[i].find('\0'), width));
  }
  return values;
}

void Hdf5File::copy_from(const Hdf5File& other, const std::string& object) {
  check(H5Ocopy(other.file_.id(), object.c_str(), file_.id(), object.c_str(), H5P_DEFAULT, H5P_DEFAULT),
        fmt::format("{}: {} cannot be copied from {}", path_, object, other.path_));
}

void Hdf5File::close() {
  const bool flushed = H5Fflush(file_.id(), H5F_SCOPE_GLOBAL) >= 0;
  const std::string reason = flushed ? "" : library_reason();
  if (!file_.close() || !flushed) {
    fail(fmt::format("{}: cannot be written to the end ({}); is the disk full?", path_, reason));
  }
}

#define CLAMP_ARRAY_OF(T)                                             \
  template std::vector<T> Hdf5Array::read<T>(int64_t, int64_t) const; \
  template void Hdf5Array::append<T>(const std::vector<T>&);          \
  template Hdf5Array Hdf5File::create_array<T>(const std::string&, const std::vector<uint64_t>&, int64_t);
CLAMP_ARRAY_OF(uint8_t)
CLAMP_ARRAY_OF(int16_t)
CLAMP_ARRAY_OF(int32_t)
CLAMP_ARRAY_OF(int64_t)
CLAMP_ARRAY_OF(double)
#undef CLAMP_ARRAY_OF

}  // namespace clamp::data
