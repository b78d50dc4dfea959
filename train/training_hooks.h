// What a program asks of a running training loop.
#pragma once

#include <functional>

namespace clamp::train {

struct TrainingHooks {
  std::function<bool()> stop;      ///< asked after each update: end early, with everything saved
  std::function<bool()> save_due;  ///< asked after each update: save now, beside every save_every updates
};

}  // namespace clamp::train
