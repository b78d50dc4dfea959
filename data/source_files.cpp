#include "data/source_files.h"

#include <archive.h>
#include <archive_entry.h>
#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <cstring>
#include <filesystem>
#include <fstream>

#include "core/atomic_file.h"
#include "core/error.h"

namespace clamp::data {
namespace {

namespace fs = std::filesystem;

constexpr size_t kLongestPath = 1024;
constexpr size_t kBlockBytes = 1 << 18;

std::string lower_extension(const std::string& path) {
  std::string extension = fs::path(path).extension().string();
  for (char& c : extension) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return extension;
}

bool is_cif_name(const std::string& path) {
  std::string name = path;
  if (lower_extension(name) == ".gz") name.resize(name.size() - 3);
  return lower_extension(name) == ".cif";
}

std::string first_bytes(const std::string& path, size_t n) {
  std::ifstream stream(path, std::ios::binary);
  std::string bytes(n, '\0');
  stream.read(bytes.data(), static_cast<std::streamsize>(n));
  bytes.resize(static_cast<size_t>(stream.gcount()));
  return bytes;
}

bool is_archive_path(const std::string& path) {
  const std::string start = first_bytes(path, 512);
  const auto starts = [&start](const char* magic, size_t n) { return start.compare(0, n, magic, n) == 0; };
  return starts(
             "\xFD"
             "7zXZ",
             5) ||
         starts("\x1F\x8B", 2) || starts("BZh", 3) || starts("\x28\xB5\x2F\xFD", 4) ||
         starts("PK\x03\x04", 4) || (start.size() > 262 && start.compare(257, 5, "ustar") == 0);
}

struct FreeArchive {
  void operator()(archive* a) const { archive_read_free(a); }
};

/// Printable form of an entry's path, for messages and ids; "" where the path is unusable.
std::string entry_path(archive_entry* entry) {
  const char* utf8 = archive_entry_pathname_utf8(entry);
  const char* raw = utf8 != nullptr ? utf8 : archive_entry_pathname(entry);
  if (raw == nullptr) return "";
  std::string path = raw;
  while (path.compare(0, 2, "./") == 0) path.erase(0, 2);
  if (path.size() > kLongestPath) return "";
  const bool control = std::any_of(path.begin(), path.end(),
                                   [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
  return control ? "" : path;
}

/// One open archive, read as a stream.
class ArchiveStream {
 public:
  ArchiveStream(const std::string& path, const SourceLimits& limits) : path_(path), limits_(limits) {
    handle_.reset(archive_read_new());
    if (!handle_) fail("libarchive: out of memory");
    archive_read_support_filter_all(handle_.get());
    archive_read_support_format_tar(handle_.get());
    archive_read_support_format_zip(handle_.get());
    // A single compressed CIF (x.cif.gz) is a "raw" archive with one entry named "data".
    if (is_cif_name(path)) archive_read_support_format_raw(handle_.get());
    if (archive_read_open_filename(handle_.get(), path.c_str(), kBlockBytes) != ARCHIVE_OK) damaged();
  }

  bool next(SourceFile& file, int64_t& n_other) {
    for (;;) {
      archive_entry* entry = nullptr;
      const int status = archive_read_next_header(handle_.get(), &entry);
      if (status == ARCHIVE_EOF) return false;
      if (status != ARCHIVE_OK && status != ARCHIVE_WARN) damaged();
      if (++n_entries_ > limits_.max_entries) {
        fail(fmt::format("{}: more than {} entries", path_, limits_.max_entries));
      }
      const bool raw = archive_format(handle_.get()) == ARCHIVE_FORMAT_RAW;
      const std::string name = raw ? fs::path(path_).filename().string() : entry_path(entry);
      if (!raw && archive_entry_filetype(entry) == AE_IFDIR) continue;
      if (!name.empty() && !is_cif_name(name)) {
        ++n_other;
        continue;
      }
      file.path = name.empty() ? fmt::format("entry {}", n_entries_) : name;
      if (name.empty()) {
        file.skip_reason =
            fmt::format("its path in {} has control characters or more than {} bytes", path_, kLongestPath);
      } else if (!raw && archive_entry_filetype(entry) != AE_IFREG) {
        file.skip_reason = "a link or device in the archive, not a file";
      } else {
        read(file);
      }
      return true;
    }
  }

 private:
  void read(SourceFile& file) {
    std::vector<char> block(kBlockBytes);
    for (;;) {
      const la_ssize_t n = archive_read_data(handle_.get(), block.data(), block.size());
      if (n == 0) return;
      if (n < 0) damaged();
      n_bytes_ += n;
      if (n_bytes_ > limits_.max_archive_bytes) {
        fail(fmt::format("{}: unpacks to more than {} bytes", path_, limits_.max_archive_bytes));
      }
      if (static_cast<int64_t>(file.content.size()) + n > limits_.max_file_bytes) {
        file.content.clear();
        file.skip_reason = fmt::format("larger than {} bytes", limits_.max_file_bytes);
        return;
      }
      file.content.append(block.data(), static_cast<size_t>(n));
    }
  }

  [[noreturn]] void damaged() const {
    const char* reason = archive_error_string(handle_.get());
    fail(fmt::format("{}: archive is truncated or damaged after {} entries ({})", path_, n_entries_,
                     reason == nullptr ? "no reason given" : reason));
  }

  std::string path_;
  SourceLimits limits_;
  std::unique_ptr<archive, FreeArchive> handle_;
  int64_t n_entries_ = 0;
  int64_t n_bytes_ = 0;
};

}  // namespace

bool is_hdf5_path(const std::string& path) { return first_bytes(path, 8) == "\x89HDF\r\n\x1A\n"; }

struct SourceFiles::Impl {
  std::vector<std::string> paths;
  SourceLimits limits;
  size_t at = 0;  ///< next of `paths`
  std::unique_ptr<ArchiveStream> archive;
  std::vector<std::string> folder_files;  ///< still to come, last first
  std::string origin;
  int64_t n_other = 0;

  void open_folder(const std::string& folder) {
    for (const auto& entry :
         fs::recursive_directory_iterator(folder, fs::directory_options::skip_permission_denied)) {
      if (!entry.is_regular_file()) continue;
      if (is_cif_name(entry.path().string())) {
        folder_files.push_back(entry.path().string());
      } else {
        ++n_other;
      }
    }
    std::sort(folder_files.rbegin(), folder_files.rend());
  }

  void read_plain(const std::string& path, SourceFile& file) const {
    file.path = path;
    std::error_code error;
    const auto size = static_cast<int64_t>(fs::file_size(path, error));
    if (size > limits.max_file_bytes) {
      file.skip_reason = fmt::format("larger than {} bytes", limits.max_file_bytes);
      return;
    }
    try {
      file.content = read_file(path);
    } catch (const Error& e) {
      file.skip_reason = e.what();
    }
  }

  /// A file of a folder or an argument; archives (also x.cif.gz) are opened and give their entries later.
  bool open_file(const std::string& path, SourceFile& file) {
    if (is_hdf5_path(path)) {
      file.path = path;
      file.is_dataset = true;
      return true;
    }
    if (is_archive_path(path)) {
      archive = std::make_unique<ArchiveStream>(path, limits);
      return false;
    }
    read_plain(path, file);
    return true;
  }
};

SourceFiles::SourceFiles(std::vector<std::string> paths, SourceLimits limits)
    : impl_(std::make_unique<Impl>()) {
  for (const std::string& path : paths) {
    if (!fs::exists(path)) fail_usage(fmt::format("{}: no such file or folder", path));
  }
  impl_->paths = std::move(paths);
  impl_->limits = limits;
}
SourceFiles::SourceFiles(SourceFiles&&) noexcept = default;
SourceFiles::~SourceFiles() = default;

int64_t SourceFiles::n_other() const { return impl_->n_other; }

bool SourceFiles::next(SourceFile& file) {
  Impl& s = *impl_;
  for (;;) {
    file = SourceFile();
    if (s.archive) {
      file.origin = s.origin;
      if (s.archive->next(file, s.n_other)) return true;
      s.archive.reset();
      continue;
    }
    std::string path;
    if (!s.folder_files.empty()) {
      path = s.folder_files.back();
      s.folder_files.pop_back();
    } else if (s.at < s.paths.size()) {
      path = s.paths[s.at++];
      s.origin = path;
      if (fs::is_directory(path)) {
        s.open_folder(path);
        continue;
      }
    } else {
      return false;
    }
    file.origin = s.origin;
    if (s.open_file(path, file)) return true;
  }
}

}  // namespace clamp::data
