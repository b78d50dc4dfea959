// libFuzzer target for CIF reading: any bytes give entries or clamp::Error, and what is accepted is written
// and read back as itself. Start it with tests/data/cod and tests/data/qmof as corpus.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "core/cif.h"
#include "core/error.h"

namespace {

void require(bool condition) {
  if (!condition) std::abort();
}

void require_round_trip(const clamp::Crystal& crystal) {
  require(crystal.n_atoms() > 0 && std::isfinite(crystal.volume()) && crystal.volume() > 0);
  const auto again = clamp::read_cif_text(clamp::cif_text_p1(crystal), "again");
  require(again.size() == 1);
  // Atoms at just the distance below which they are merged, and cells at the limits, may be refused or merged
  // after rounding to eight decimals.
  if (!again[0].error.empty() || again[0].crystal.n_atoms() != crystal.n_atoms()) return;
  require(again[0].crystal.atomic_numbers == crystal.atomic_numbers);
  require(std::abs(again[0].crystal.volume() - crystal.volume()) < 1e-3 * crystal.volume());
  for (size_t i = 0; i < crystal.frac_coords.size(); ++i)
    require((again[0].crystal.frac_coords[i] - crystal.frac_coords[i]).norm() < 2e-8);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* bytes, size_t size) {
  try {
    for (const auto& entry :
         clamp::read_cif_text(std::string(reinterpret_cast<const char*>(bytes), size), "fuzz"))
      if (entry.error.empty()) require_round_trip(entry.crystal);
  } catch (const clamp::Error&) {
  }
  return 0;
}
