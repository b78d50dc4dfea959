#include "train/text_lines.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <vector>

#include "core/error.h"

namespace clamp::train {
namespace {

constexpr size_t kReadBytes = 1 << 16;

struct ArchiveDeleter {
  void operator()(archive* reader) const { archive_read_free(reader); }
};

}  // namespace

struct TextLines::Impl {
  std::string path;
  std::unique_ptr<archive, ArchiveDeleter> reader;
  std::string buffer;
  size_t position = 0;
  bool at_end = false;

  [[noreturn]] void fail_reading() const {
    const char* const cause = archive_error_string(reader.get());
    fail(fmt::format("{}: cannot be read as text: {}", path, cause == nullptr ? "no cause given" : cause));
  }

  void fill() {
    buffer.erase(0, position);
    position = 0;
    const size_t kept = buffer.size();
    buffer.resize(kept + kReadBytes);
    const auto n = archive_read_data(reader.get(), buffer.data() + kept, kReadBytes);
    if (n < 0) fail_reading();
    buffer.resize(kept + static_cast<size_t>(n));
    at_end = n == 0;
  }
};

TextLines::TextLines(const std::string& path) : impl_(std::make_unique<Impl>()) {
  impl_->path = path;
  std::error_code error;
  if (!std::filesystem::is_regular_file(path, error)) fail(fmt::format("{}: is no readable file", path));
  impl_->reader.reset(archive_read_new());
  auto* const reader = impl_->reader.get();
  archive_read_support_filter_all(reader);
  archive_read_support_format_raw(reader);
  archive_read_support_format_empty(reader);
  if (archive_read_open_filename(reader, path.c_str(), kReadBytes) != ARCHIVE_OK) impl_->fail_reading();
  archive_entry* entry = nullptr;
  const int status = archive_read_next_header(reader, &entry);
  if (status == ARCHIVE_EOF) {
    impl_->at_end = true;
  } else if (status != ARCHIVE_OK) {
    impl_->fail_reading();
  }
}

TextLines::TextLines(TextLines&&) noexcept = default;
TextLines::~TextLines() = default;

bool TextLines::next(std::string& line) {
  auto& state = *impl_;
  size_t searched = state.position;
  size_t end = state.buffer.find('\n', searched);
  while (end == std::string::npos && !state.at_end) {
    searched = state.buffer.size() - state.position;
    state.fill();
    end = state.buffer.find('\n', searched);
  }
  if (end == std::string::npos) {
    if (state.position == state.buffer.size()) return false;
    end = state.buffer.size();
  }
  line.assign(state.buffer, state.position, end - state.position);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  state.position = std::min(end + 1, state.buffer.size());
  return true;
}

}  // namespace clamp::train
