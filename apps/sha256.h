// SHA-256 (FIPS 180-4), to name files by their content in results: the same digest as sha256sum gives.
#pragma once

#include <string>

namespace clamp::apps {

/// 64 hexadecimal digits.
std::string sha256(const std::string& bytes);

/// Of a file's content. Throws clamp::Error where it cannot be read.
std::string sha256_of_file(const std::string& path);

}  // namespace clamp::apps
