// Learning-rate schedule: linear warm-up, then half a cosine down to a floor.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>

namespace clamp::nn {

struct LrSchedule {
  double peak = 1e-3;
  int64_t warmup_steps = 100;
  int64_t total_steps = 1000;
  double floor_fraction = 0.02;  ///< of `peak`, reached at total_steps and kept afterwards
};

/// Learning rate of update `step` (from 0).
inline double learning_rate(const LrSchedule& schedule, int64_t step) {
  constexpr double kPi = 3.14159265358979323846;
  if (step < schedule.warmup_steps) {
    return schedule.peak * static_cast<double>(step + 1) / static_cast<double>(schedule.warmup_steps);
  }
  const double span = static_cast<double>(std::max<int64_t>(1, schedule.total_steps - schedule.warmup_steps));
  const double part = std::min(1.0, static_cast<double>(step - schedule.warmup_steps) / span);
  const double cosine = 0.5 * (1 + std::cos(kPi * part));
  return schedule.peak * (schedule.floor_fraction + (1 - schedule.floor_fraction) * cosine);
}

}  // namespace clamp::nn
