// The little of HDF5 that the dataset needs: files, groups, attributes and growing 1-D or 2-D arrays.
//
// hdf5.h stays in hdf5_file.cpp. Every failure is a clamp::Error with path and object name; the HDF5
// library's own error printing is off. Files are written in the library's 1.10 layout, whose metadata carries
// checksums, and every array carries a Fletcher-32 checksum a chunk, so that damage is noticed and not
// parsed.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clamp::data {

/// Owns one HDF5 identifier.
class Hdf5Handle {
 public:
  using Closer = int (*)(int64_t);
  Hdf5Handle() = default;
  Hdf5Handle(int64_t id, Closer closer) : id_(id), closer_(closer) {}
  Hdf5Handle(Hdf5Handle&& other) noexcept;
  Hdf5Handle& operator=(Hdf5Handle&& other) noexcept;
  Hdf5Handle(const Hdf5Handle&) = delete;
  Hdf5Handle& operator=(const Hdf5Handle&) = delete;
  ~Hdf5Handle() { close(); }
  int64_t id() const { return id_; }
  bool valid() const { return id_ >= 0; }
  /// True where closing (and so flushing) worked.
  bool close();

 private:
  int64_t id_ = -1;
  Closer closer_ = nullptr;
};

/// An open array of rows [rows, columns...]; T is one of uint8_t, int16_t, int32_t, int64_t, double.
class Hdf5Array {
 public:
  Hdf5Array() = default;
  int64_t rows() const { return rows_; }
  /// Values a row (1 for a 1-D array).
  int64_t width() const { return width_; }
  const std::string& name() const { return name_; }
  /// Reads `count` rows from row `first`; converts from the stored number type.
  template <class T>
  std::vector<T> read(int64_t first, int64_t count) const;
  template <class T>
  std::vector<T> read_all() const {
    return read<T>(0, rows_);
  }
  /// Adds rows at the end; `values` holds whole rows.
  template <class T>
  void append(const std::vector<T>& values);

 private:
  friend class Hdf5File;
  std::string name_;  ///< "file.h5: /atoms/frac_coords"
  Hdf5Handle dataset_;
  int64_t rows_ = 0;
  int64_t width_ = 1;
  std::vector<uint64_t> row_shape_;
};

class Hdf5File {
 public:
  /// Throws clamp::Error for a missing, foreign, truncated or damaged file.
  static Hdf5File open(const std::string& path, bool writable = false);
  static Hdf5File create(const std::string& path);

  const std::string& path() const { return path_; }
  bool has(const std::string& object) const;
  bool has_attribute(const std::string& object, const std::string& name) const;
  void make_group(const std::string& group);
  /// Names in a group, sorted.
  std::vector<std::string> members(const std::string& group) const;

  void set_attribute(const std::string& object, const std::string& name, const std::string& value);
  void set_attribute(const std::string& object, const std::string& name, int64_t value);
  void set_attribute(const std::string& object, const std::string& name, double value);
  std::string string_attribute(const std::string& object, const std::string& name) const;
  int64_t integer_attribute(const std::string& object, const std::string& name) const;
  double double_attribute(const std::string& object, const std::string& name) const;

  /// A new empty array that grows by rows of shape `row_shape` ({} for scalars). Chunks hold at most
  /// `chunk_rows` rows (0: as many as go into the default size), so that small arrays do not unpack to a
  /// large chunk.
  template <class T>
  Hdf5Array create_array(const std::string& name, const std::vector<uint64_t>& row_shape,
                         int64_t chunk_rows = 0);
  /// An existing array whose rows hold `width` numbers. Throws where kind or shape differ.
  Hdf5Array open_array(const std::string& name, int64_t width) const;

  /// NUL-padded UTF-8 strings of the longest one's length.
  void write_strings(const std::string& name, const std::vector<std::string>& values);
  std::vector<std::string> read_strings(const std::string& name) const;

  /// Copies a group or array of another file to the same name here, without unpacking it.
  void copy_from(const Hdf5File& other, const std::string& object);

  /// Flushes and closes. Throws where the disk refused (full).
  void close();

 private:
  std::string path_;
  int64_t file_size_ = 0;
  Hdf5Handle file_;
};

}  // namespace clamp::data
