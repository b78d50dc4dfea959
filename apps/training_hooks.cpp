#include <chrono>
#include <memory>

#include "apps/train_commands.h"

namespace clamp::apps {
namespace {

using Clock = std::chrono::steady_clock;

double minutes_since(Clock::time_point start) {
  return std::chrono::duration<double, std::ratio<60>>(Clock::now() - start).count();
}

}  // namespace

train::TrainingHooks make_training_hooks(double max_minutes, double save_minutes) {
  const auto start = Clock::now();
  auto last_save = std::make_shared<Clock::time_point>(start);
  train::TrainingHooks hooks;
  hooks.stop = [start, max_minutes] {
    return interrupted() || (max_minutes > 0 && minutes_since(start) >= max_minutes);
  };
  hooks.save_due = [last_save, save_minutes] {
    if (save_minutes <= 0 || minutes_since(*last_save) < save_minutes) return false;
    *last_save = Clock::now();
    return true;
  };
  return hooks;
}

}  // namespace clamp::apps
