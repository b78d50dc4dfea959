// Lines of a text file, plain or compressed (xz, gz, bz2, zstd), read as a stream.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

namespace clamp::train {

class TextLines {
 public:
  /// Throws clamp::Error naming the path and the cause where it cannot be opened or is damaged.
  explicit TextLines(const std::string& path);
  TextLines(TextLines&&) noexcept;
  ~TextLines();

  /// Fills `line` with the next line, without its end; false at the end of the file. Bytes that are no UTF-8
  /// are left as they are.
  bool next(std::string& line);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace clamp::train
