#include "core/atomic_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <system_error>
#include <utility>

#include "core/error.h"

namespace clamp {
namespace {

namespace fs = std::filesystem;

// Closes a file descriptor when it goes out of scope, unless it was closed with a check before.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }
  bool close() { return ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

[[noreturn]] void fail_errno(const char* action, const std::string& path, int error) {
  fail(fmt::format("{}: cannot {}: {}", path, action, std::strerror(error)));
}

// Links are followed, so that the file they point to is replaced and not the link.
fs::path real_target(const std::string& path) {
  if (path.empty()) fail("cannot write a file: its path is empty");
  std::error_code error;
  const fs::file_status status = fs::status(path, error);
  if (fs::exists(status) && !fs::is_regular_file(status))
    fail(fmt::format("{}: cannot write: not a regular file", path));
  if (!fs::exists(status)) return path;
  const fs::path real = fs::canonical(path, error);
  return error ? fs::path(path) : real;
}

// An empty file of our own beside `target`; the process number and a count keep concurrent writers apart.
fs::path reserve_temporary(const fs::path& target, const std::string& path) {
  const fs::path folder = target.has_parent_path() ? target.parent_path() : fs::path(".");
  // Names are limited to 255 bytes: the target's name is only a hint for people.
  const std::string hint = target.filename().string().substr(0, 200);
  for (int attempt = 0; attempt < 10000; ++attempt) {
    const fs::path temporary = folder / fmt::format(".{}.{}-{}.tmp", hint, ::getpid(), attempt);
    const int fd = ::open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd >= 0) {
      ::close(fd);
      return temporary;
    }
    if (errno != EEXIST) fail_errno("write", path, errno);
  }
  fail(fmt::format("{}: cannot write: too many temporary files beside it", path));
}

void flush_to_disk(const fs::path& file, const std::string& path) {
  Descriptor descriptor(::open(file.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) fail_errno("write", path, errno);
  // File systems without fsync (EINVAL, EROFS on special mounts) have nothing to flush.
  if (::fsync(descriptor.get()) != 0 && errno != EINVAL && errno != EROFS) fail_errno("flush", path, errno);
  if (!descriptor.close()) fail_errno("close", path, errno);
}

void write_bytes(const std::string& file, const std::string& content, const std::string& path) {
  Descriptor descriptor(::open(file.c_str(), O_WRONLY | O_TRUNC | O_CLOEXEC));
  if (descriptor.get() < 0) fail_errno("write", path, errno);
  size_t done = 0;
  while (done < content.size()) {
    const ssize_t n = ::write(descriptor.get(), content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno("write", path, errno);
    done += static_cast<size_t>(n);
  }
  if (!descriptor.close()) fail_errno("close", path, errno);
}

}  // namespace

void write_file_atomically(const std::string& path, const std::function<void(const std::string&)>& write) {
  const fs::path target = real_target(path);
  const fs::path temporary = reserve_temporary(target, path);
  try {
    write(temporary.string());
    flush_to_disk(temporary, path);
    struct stat existing {};
    if (::stat(target.c_str(), &existing) == 0) ::chmod(temporary.c_str(), existing.st_mode & 07777);
    if (::rename(temporary.c_str(), target.c_str()) != 0) fail_errno("rename to", path, errno);
  } catch (...) {
    ::unlink(temporary.c_str());
    throw;
  }
}

void write_file_atomically(const std::string& path, const std::string& content) {
  write_file_atomically(path, [&](const std::string& temporary) { write_bytes(temporary, content, path); });
}

std::string read_file(const std::string& path) {
  Descriptor descriptor(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (descriptor.get() < 0) fail_errno("read", path, errno);
  struct stat info {};
  if (::fstat(descriptor.get(), &info) != 0) fail_errno("read", path, errno);
  std::string content;
  size_t done = 0;
  // One byte more than the size, so that the end is seen without growing; pipes have no size and grow.
  content.resize(static_cast<size_t>(std::max<off_t>(info.st_size, 0)) + 1);
  for (;;) {
    if (done == content.size()) content.resize(content.size() * 2 + 65536);
    const ssize_t n = ::read(descriptor.get(), content.data() + done, content.size() - done);
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) fail_errno("read", path, errno);
    if (n == 0) break;
    done += static_cast<size_t>(n);
  }
  content.resize(done);
  return content;
}

void require_absent(const std::string& path, bool force) {
  struct stat info {};
  if (!force && ::lstat(path.c_str(), &info) == 0)
    fail_usage(fmt::format("{} exists; pass --force to replace it", path));
}

}  // namespace clamp
