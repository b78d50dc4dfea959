// Files appear whole or not at all: written beside the target, flushed, renamed.
#pragma once

#include <functional>
#include <string>

namespace clamp {

/// Writes `content` to `path` through a temporary file beside it. Throws clamp::Error (path, cause) on any
/// failure, a full disk included, and leaves an existing `path` as it was.
void write_file_atomically(const std::string& path, const std::string& content);

/// The same for writers of their own (HDF5): `write` gets the path of an empty temporary file; rename follows
/// when it returns. Permissions of a replaced file are kept and links are followed.
void write_file_atomically(const std::string& path, const std::function<void(const std::string&)>& write);

/// Whole file as bytes. Throws clamp::Error naming the path and the cause.
std::string read_file(const std::string& path);

/// Throws clamp::UsageError where `path` exists and `force` is false ("... exists; pass --force to replace
/// it").
void require_absent(const std::string& path, bool force);

}  // namespace clamp
