#include "core/error.h"

namespace clamp {

void fail(const std::string& message) { throw Error(message); }

void fail_usage(const std::string& message) { throw UsageError(message); }

}  // namespace clamp
