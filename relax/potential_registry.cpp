#include "relax/potential_registry.h"

#include <fmt/format.h>

#include <filesystem>

#include "core/error.h"
#include "relax/torchscript_potential.h"
#include "relax/uff_potential.h"

namespace clamp::relax {

std::unique_ptr<PotentialFactory> make_potential(const std::string& name) {
  if (name == "uff") return std::make_unique<UffFactory>();
  if (name == "uff-plain") return std::make_unique<UffFactory>(plain_uff());
  if (!std::filesystem::is_regular_file(name)) {
    fail_usage(
        fmt::format("potential '{}': there is no such file; expected uff, uff-plain or a TorchScript "
                    "file",
                    name));
  }
  return std::make_unique<TorchScriptFactory>(name);
}

}  // namespace clamp::relax
