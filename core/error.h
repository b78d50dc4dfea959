// Errors a user can cause. A message names the thing, what was found, what was expected and what to do.
#pragma once

#include <stdexcept>
#include <string>

namespace clamp {

/// A failure caused by input, environment or configuration; its text is shown to the user as it is (exit code
/// 1).
class Error : public std::runtime_error {
 public:
  using std::runtime_error::runtime_error;
};

/// Wrong usage or configuration (exit code 2).
class UsageError : public Error {
 public:
  using Error::Error;
};

[[noreturn]] void fail(const std::string& message);
[[noreturn]] void fail_usage(const std::string& message);

}  // namespace clamp
