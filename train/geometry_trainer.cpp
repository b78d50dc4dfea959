#include "train/geometry_trainer.h"

#include <ATen/Functions.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>

#include "core/error.h"
#include "nn/mixed_precision.h"
#include "nn/random.h"
#include "train/training_loop.h"
#include "train/training_state.h"

namespace clamp::train {
namespace {

constexpr char kStateFormat[] = "clamp-geometry-training-1";
constexpr uint64_t kValidationSeed = 20231;  // the same noise in every run, so that runs can be compared
constexpr int64_t kValidationBatch = 48;
constexpr double kGuessShare = 0.5;  // of the updates in which self-conditioning is given a guess

nn::TensorMap as_half(const nn::TensorMap& tensors) {
  nn::TensorMap halves;
  for (const auto& [name, tensor] : tensors) {
    halves["denoiser." + name] = tensor.dim() >= 2 ? tensor.to(at::kHalf) : tensor;
  }
  return halves;
}

}  // namespace

GeometryTrainer::GeometryTrainer(const GeometryRun& run, GeometrySet train, GeometrySet val, uint64_t seed,
                                 torch::Device device, const Processes& processes)
    : run_(run),
      train_(std::move(train)),
      val_(std::move(val)),
      seed_(seed),
      device_(device),
      processes_(processes),
      model_(run.model),
      order_(train_, {run.training.batch_size, run.training.batch_atoms}, seed) {
  if (order_.smallest_batch() < processes_.size()) {
    fail_usage(
        fmt::format("batches may have {} structures, for {} processes: each needs at least one; raise "
                    "batch_size or batch_atoms or start fewer processes",
                    order_.smallest_batch(), processes_.size()));
  }
  model_.denoiser()->to(device_);
  model_.denoiser()->set_low_precision(device_.is_cpu() && nn::cpu_multiplies_bfloat16());
  optimizer_ = std::make_unique<nn::AdamW>(nn::decay_groups(*model_.denoiser(), run_.training.weight_decay),
                                           nn::AdamWConfig());
  std::string all;
  for (const auto& [key, value] : identity()) all += value;
  processes_.require_same(all, "configuration, data or seed");
  processes_.broadcast(model_.denoiser()->parameters());
  ema_ = std::make_unique<nn::Ema>(*model_.denoiser(), run_.training.ema_decay);
}

diffusion::GeometryNoise GeometryTrainer::draw_noise(int64_t b, int64_t slots, uint64_t seed) const {
  auto generator = nn::make_generator(seed);
  const at::TensorOptions options(at::kFloat);
  diffusion::GeometryNoise noise;
  const auto uniform = at::rand({b}, generator, options);
  const auto focused = at::rand({b}, generator, options) < run_.training.focus_share;
  const double low = run_.training.focus_low, high = run_.training.focus_high;
  noise.t = at::where(focused, low + (high - low) * uniform, uniform);
  noise.coords = at::randn({b, slots, 3}, generator, options);
  noise.lattice = at::randn({b, 6}, generator, options);
  return noise;
}

namespace {

void move(diffusion::CleanBatch& batch, diffusion::GeometryNoise& noise, torch::Device device) {
  batch.chemistry = batch.chemistry.to(device);
  for (torch::Tensor* t : {&batch.coords, &batch.lattice, &batch.embedding, &batch.has_embedding,
                           &batch.relation, &noise.t, &noise.coords, &noise.lattice}) {
    *t = t->to(device);
  }
}

/// Rows of the noise of a whole batch, for structures padded to `slots`.
diffusion::GeometryNoise select(const diffusion::GeometryNoise& noise, const std::vector<int64_t>& rows,
                                int64_t slots) {
  const auto index = torch::tensor(rows, at::kLong);
  return {noise.t.index_select(0, index), noise.coords.index_select(0, index).narrow(1, 0, slots),
          noise.lattice.index_select(0, index)};
}

}  // namespace

GeometryStep GeometryTrainer::step() {
  const int64_t index = steps_done();
  const uint64_t step_seed = derive_seed(derive_seed(seed_, 1), static_cast<uint64_t>(index));
  Rng rng(step_seed);
  const auto indices = order_.batch(index);
  const auto b = static_cast<int64_t>(indices.size());
  const auto draws = draw_examples(train_, indices, run_.training, &rng);
  const auto rows = processes_.rows_of(b);
  std::vector<ExampleDraw> own;
  for (const int64_t row : rows) own.push_back(draws[static_cast<size_t>(row)]);
  auto batch = clean_batch(train_, own, model_);
  auto noise = select(draw_noise(b, most_slots(train_, indices), step_seed), rows, batch.coords.size(1));
  move(batch, noise, device_);

  model_.denoiser()->train();
  optimizer_->zero_grad();
  const auto& training = run_.training;
  diffusion::LossTerms terms;
  terms.guess = Rng(derive_seed(step_seed, 1)).uniform() < kGuessShare;
  terms.distances = training.distance_weight > 0;
  terms.images = training.image_weight > 0;
  terms.copies = training.copy_weight > 0;
  const auto loss = diffusion::geometry_loss(model_, batch, noise, terms);
  const auto mean = [&](const torch::Tensor& values) {
    return values.defined() ? values.sum() / b : at::zeros({}, loss.coords.options());
  };
  const auto parts = at::stack(
      {mean(loss.coords), mean(loss.lattice), mean(loss.distances), mean(loss.images), mean(loss.copies)});
  const auto weights = torch::tensor(
      {1.0, training.lattice_weight, training.distance_weight, training.image_weight, training.copy_weight},
      parts.options());
  // Every structure counts alike, however many its batch has.
  ((parts * weights).sum() * (static_cast<double>(b) / order_.mean_batch())).backward();
  const auto losses = parts.detach().to(at::kCPU, at::kDouble);
  processes_.sum(optimizer_->gradients());
  processes_.sum({losses});
  GeometryStep record;
  record.structures = b;
  record.coords = losses[0].item<double>();
  record.lattice = losses[1].item<double>();
  record.distances = losses[2].item<double>();
  record.images = losses[3].item<double>();
  record.copies = losses[4].item<double>();
  const auto update = apply_update(*optimizer_, *ema_, *model_.denoiser(), run_.training,
                                   {{"coordinate loss", record.coords}, {"lattice loss", record.lattice}});
  record.gradient_norm = update.gradient_norm;
  record.learning_rate = update.learning_rate;
  return record;
}

diffusion::GeometryModel GeometryTrainer::averaged_model() const {
  diffusion::GeometryModel averaged(run_.model);
  averaged.denoiser()->to(device_);
  nn::load_state(*averaged.denoiser(), ema_->shadow(), "", "averaged weights");
  averaged.denoiser()->eval();
  return averaged;
}

GeometryValidation GeometryTrainer::validate() {
  const torch::NoGradGuard no_grad;
  auto averaged = averaged_model();
  GeometryValidation result;
  result.coords_by_level.assign(kNoiseLevels, 0);
  result.lattice_by_level.assign(kNoiseLevels, 0);
  for (int64_t begin = 0; begin < val_.size(); begin += kValidationBatch) {
    std::vector<int64_t> indices;
    for (int64_t k = begin; k < std::min(begin + kValidationBatch, val_.size()); ++k) indices.push_back(k);
    for (int64_t level = 0; level < kNoiseLevels; ++level) {
      auto batch = clean_batch(val_, draw_examples(val_, indices, run_.training, nullptr), averaged);
      const uint64_t seed = derive_seed(kValidationSeed, static_cast<uint64_t>(begin * kNoiseLevels + level));
      auto noise = draw_noise(batch.coords.size(0), batch.coords.size(1), seed);
      auto generator = nn::make_generator(derive_seed(seed, 1));
      noise.t =
          (at::rand({batch.coords.size(0)}, generator, batch.coords.options()) + static_cast<double>(level)) /
          kNoiseLevels;
      move(batch, noise, device_);
      const auto loss = diffusion::geometry_loss(averaged, batch, noise);
      result.coords_by_level[level] += loss.coords.sum().item<double>() / static_cast<double>(val_.size());
      result.lattice_by_level[level] += loss.lattice.sum().item<double>() / static_cast<double>(val_.size());
    }
  }
  for (int64_t level = 0; level < kNoiseLevels; ++level) {
    result.coords += result.coords_by_level[level] / kNoiseLevels;
    result.lattice += result.lattice_by_level[level] / kNoiseLevels;
  }
  return result;
}

nn::Metadata GeometryTrainer::identity() const {
  return {{"format", kStateFormat},
          {"config", run_.yaml()},
          {"model", diffusion::to_json(run_.model)},
          {"seed", std::to_string(seed_)},
          {"train_data", train_.fingerprint()},
          {"val_data", val_.fingerprint()}};
}

void GeometryTrainer::save_state(const std::string& path) const {
  auto& denoiser = const_cast<diffusion::GeometryModel&>(model_).denoiser();
  save_training_state(path, *denoiser, *optimizer_, *ema_, identity());
}

void GeometryTrainer::restore_state(const std::string& path) {
  restore_training_state(path, *model_.denoiser(), *optimizer_, *ema_, identity());
}

void GeometryTrainer::start_from(const std::string& path) {
  auto [tensors, metadata] = nn::load_tensors(path);
  const auto other = diffusion::geometry_config_from_json(metadata.at("config"), path);
  if (other.predict_clean_coords != run_.model.predict_clean_coords ||
      other.predict_clean_lattice != run_.model.predict_clean_lattice) {
    fail(
        fmt::format("{}: its heads give other targets than this run's (predict_clean_coords {}, "
                    "predict_clean_lattice {}); set them alike",
                    path, other.predict_clean_coords, other.predict_clean_lattice));
  }
  // What this run's network has beyond the other's starts as it is.
  for (const auto& [name, tensor] : nn::state_of(*model_.denoiser(), "denoiser.")) {
    for (const char* part : {".guess_in.", ".image_head.", ".copy_head."}) {
      if (name.find(part) != std::string::npos) tensors.emplace(name, tensor);
    }
  }
  nn::load_state(*model_.denoiser(), tensors, "denoiser.", path);
  ema_ = std::make_unique<nn::Ema>(*model_.denoiser(), run_.training.ema_decay);
}

void GeometryTrainer::save_model(const std::string& path, const std::string& metrics) const {
  nn::save_tensors(path, as_half(ema_->shadow()),
                   {{"format", diffusion::kGeometryFormat},
                    {"config", diffusion::to_json(run_.model)},
                    {"training", run_.yaml()},
                    {"step", std::to_string(steps_done())},
                    {"seed", std::to_string(seed_)},
                    {"train_data", train_.fingerprint()},
                    {"metrics", metrics}});
}

namespace {

nlohmann::json to_json(const GeometryStep& record) {
  return {{"structures", record.structures},
          {"coords", record.coords},
          {"lattice", record.lattice},
          {"distances", record.distances},
          {"images", record.images},
          {"copies", record.copies},
          {"gradient_norm", record.gradient_norm},
          {"learning_rate", record.learning_rate}};
}

nlohmann::json to_json(const GeometryValidation& v) {
  return {{"val_coords", v.coords},
          {"val_lattice", v.lattice},
          {"val_coords_by_level", v.coords_by_level},
          {"val_lattice_by_level", v.lattice_by_level}};
}

/// Of the weights in geometry.safetensors that a resumed run left; none for a new run.
std::optional<double> kept_quality(const GeometryTrainer& trainer, const std::string& path) {
  if (trainer.steps_done() == 0 || !std::filesystem::exists(path)) return std::nullopt;
  const auto metadata = nn::load_metadata(path);
  const auto found = metadata.find("metrics");
  if (found == metadata.end()) return std::nullopt;
  const auto metrics = nlohmann::json::parse(found->second, nullptr, false);
  if (!metrics.is_object() || !metrics.contains("quality")) return std::nullopt;
  return metrics.at("quality").get<double>();
}

}  // namespace

bool run_geometry_training(GeometryTrainer& trainer, const std::string& directory, const TrainingHooks& hooks,
                           Logger& logger, const QualityCheck& quality) {
  const std::string model_path = directory + "/" + kGeometryFile;
  TrainingLoop loop = loop_of("geometry", directory + "/geometry_metrics.jsonl", trainer);
  loop.step = [&] { return to_json(trainer.step()); };
  loop.shown = [](const nlohmann::json& record) {
    return fmt::format("loss {:.3f} + {:.3f}", record.at("coords").get<double>(),
                       record.at("lattice").get<double>());
  };
  loop.validate = [&] {
    if (!trainer.has_validation()) return nlohmann::json::object();
    const auto v = trainer.validate();
    logger.info(fmt::format("step {}: validation loss of coordinates {:.4f}, lattice {:.4f}",
                            trainer.steps_done(), v.coords, v.lattice));
    auto found = to_json(v);
    if (quality) found.update(quality(trainer.averaged_model()));
    return found;
  };
  loop.best_quality = kept_quality(trainer, model_path);
  loop.save_model = [&](const std::string& found) { trainer.save_model(model_path, found); };
  loop.save_state = [&] { trainer.save_state(directory + "/" + kGeometryStateFile); };
  return run_training(loop, hooks, trainer.processes(), logger);
}

}  // namespace clamp::train
