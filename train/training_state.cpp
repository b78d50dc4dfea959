#include "train/training_state.h"

#include <fmt/format.h>

#include <charconv>
#include <cmath>

#include "core/error.h"

namespace clamp::train {

Update apply_update(nn::AdamW& optimizer, nn::Ema& ema, const torch::nn::Module& module,
                    const UpdateConfig& config, const std::vector<std::pair<std::string, double>>& losses) {
  Update update;
  update.gradient_norm = optimizer.clip_grad_norm(config.clip_norm).item<double>();
  bool finite = std::isfinite(update.gradient_norm);
  std::string found;
  for (const auto& [name, value] : losses) {
    finite = finite && std::isfinite(value);
    found += fmt::format("{} {}, ", name, value);
  }
  if (!finite) {
    fail(fmt::format("training diverged at step {}: {}gradient norm {}; lower learning_rate",
                     optimizer.steps(), found, update.gradient_norm));
  }
  update.learning_rate = nn::learning_rate(config.schedule(), optimizer.steps());
  optimizer.step(update.learning_rate);
  ema.update(module);
  return update;
}

void save_training_state(const std::string& path, const torch::nn::Module& module, const nn::AdamW& optimizer,
                         const nn::Ema& ema, nn::Metadata identity) {
  nn::TensorMap tensors = nn::state_of(module, "weights.");
  for (const auto& [name, tensor] : ema.shadow()) tensors["average." + name] = tensor;
  tensors.merge(optimizer.state("adamw."));
  identity["step"] = std::to_string(optimizer.steps());
  identity["average_updates"] = std::to_string(ema.updates());
  nn::save_tensors(path, tensors, identity);
}

void restore_training_state(const std::string& path, torch::nn::Module& module, nn::AdamW& optimizer,
                            nn::Ema& ema, const nn::Metadata& identity) {
  const auto file = nn::load_tensors(path);
  for (const auto& [key, expected] : identity) {
    const auto found = file.metadata.find(key);
    if (found != file.metadata.end() && found->second == expected) continue;
    fail(fmt::format(
        "{}: cannot be resumed: its {} is\n{}\nand this run's is\n{}\nresume with what it was started "
        "with, or start anew in another folder",
        path, key, found == file.metadata.end() ? "missing" : found->second, expected));
  }
  nn::load_state(module, file.tensors, "weights.", path);
  optimizer.restore(file.tensors, "adamw.", path);
  nn::TensorMap averages;
  const std::string prefix = "average.";
  for (const auto& [name, tensor] : file.tensors) {
    if (name.rfind(prefix, 0) == 0) averages[name.substr(prefix.size())] = tensor;
  }
  const auto counted = file.metadata.find("average_updates");
  const std::string digits = counted == file.metadata.end() ? "" : counted->second;
  int64_t updates = 0;
  const auto parsed = std::from_chars(digits.data(), digits.data() + digits.size(), updates);
  if (parsed.ec != std::errc() || parsed.ptr != digits.data() + digits.size() || updates < 0)
    fail(fmt::format("{}: average_updates is '{}', expected a number of updates", path, digits));
  ema.restore(std::move(averages), updates);
}

}  // namespace clamp::train
