// Derived random seeds: child streams by hashing, so that neighbouring run seeds do not overlap.
#pragma once

#include <cstdint>

namespace clamp {

/// Seed of stream `stream` of a run (splitmix64 finaliser; Steele et al., OOPSLA 2014).
uint64_t derive_seed(uint64_t seed, uint64_t stream);

/// Small portable generator for choices outside torch (splitmix64): the same numbers on every platform.
class Rng {
 public:
  explicit Rng(uint64_t seed) : state_(seed) {}
  uint64_t next();
  double uniform();            ///< in [0, 1)
  uint64_t below(uint64_t n);  ///< in [0, n)
  double normal();             ///< standard normal (Box-Muller)

 private:
  uint64_t state_;
};

}  // namespace clamp
