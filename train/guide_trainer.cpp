#include "train/guide_trainer.h"

#include <ATen/Functions.h>
#include <fmt/format.h>
#include <torch/utils.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "diffusion/pair_features.h"
#include "encoders/contrastive.h"
#include "nn/random.h"
#include "train/encoder_data.h"
#include "train/training_loop.h"
#include "train/training_state.h"

namespace clamp::train {
namespace {

constexpr char kStateFormat[] = "clamp-guide-training-1";
constexpr int64_t kGroup = 100;
constexpr int64_t kRounds = 10;
constexpr int64_t kLevels = 8;
constexpr uint64_t kValidationSeed = 20231;
constexpr size_t kCrystalsAtOnce = 64;

void read(YamlMap& map, GuideTraining& config) {
  read(map, static_cast<UpdateConfig&>(config));
  map.get("captions", config.captions, 1, 1000);
  map.get("crystal_share", config.crystal_share, 0.0, 1.0);
  map.get("masked_share", config.masked_share, 0.0, 1.0);
}

/// The atoms of a padded batch [B, N, ...] one after the other.
torch::Tensor unpadded(const torch::Tensor& padded, const torch::Tensor& mask) {
  return padded.flatten(0, 1).index_select(0, mask.flatten().nonzero().squeeze(-1));
}

/// Species of the slots, some masked: a uniform share of the slots of `share` of the structures.
torch::Tensor with_masked(const torch::Tensor& elements, double share, Rng& rng) {
  auto numbers = elements.clone();
  auto* const z = numbers.data_ptr<int64_t>();
  for (int64_t b = 0; b < numbers.size(0); ++b) {
    const double level = rng.uniform() < share ? rng.uniform() : 0.0;
    for (int64_t s = 0; s < numbers.size(1); ++s) {
      if (level > 0 && rng.uniform() < level) z[b * numbers.size(1) + s] = 0;
    }
  }
  return numbers;
}

nlohmann::json to_json(const std::vector<GuideLevel>& levels) {
  auto list = nlohmann::json::array();
  for (const auto& level : levels) {
    list.push_back({{"t", level.t},
                    {"candidates", level.matching.group},
                    {"crystal_to_text", level.matching.crystal_to_text},
                    {"text_to_crystal", level.matching.text_to_crystal},
                    {"control_crystal_to_text", level.control.crystal_to_text},
                    {"control_text_to_crystal", level.control.text_to_crystal}});
  }
  return {{"levels", list}};
}

}  // namespace

std::string GuideRun::yaml() const {
  const auto& t = training;
  return "guide:\n  model:\n" + encoders::to_yaml(model, 4) + "  training:\n" + to_yaml(t, 4) +
         fmt::format("    captions: {}\n    crystal_share: {}\n    masked_share: {}\n", t.captions,
                     t.crystal_share, t.masked_share);
}

GuideRun read_guide_run(const std::string& path) {
  GuideRun run;
  auto map = path.empty() ? YamlMap::from_text("", "defaults") : YamlMap::from_file(path);
  map.section("guide", [&](YamlMap& guide) {
    guide.section("model", [&](YamlMap& section) { encoders::read(section, run.model); });
    guide.section("training", [&](YamlMap& section) { read(section, run.training); });
  });
  allow_other_sections(map);
  map.finish();
  return run;
}

GuideTrainer::GuideTrainer(const GuideRun& run, const diffusion::GeometryModelConfig& geometry,
                           GeometrySet train, GeometrySet val, uint64_t seed, torch::Device device)
    : run_(run),
      geometry_(geometry),
      train_(std::move(train)),
      val_(std::move(val)),
      train_embeddings_(std::move(train_.embeddings)),
      val_embeddings_(std::move(val_.embeddings)),
      seed_(seed),
      device_(device),
      encoder_(run.model),
      order_(train_, {run.training.batch_size, 0}, seed) {
  TORCH_CHECK(train_embeddings_.defined() && train_embeddings_.size(2) == run.model.dim,
              "the training set needs embeddings of ", run.model.dim, " dimensions");
  encoder_->to(device_);
  optimizer_ =
      std::make_unique<nn::AdamW>(nn::decay_groups(*encoder_, run_.training.weight_decay), nn::AdamWConfig());
  ema_ = std::make_unique<nn::Ema>(*encoder_, run_.training.ema_decay);
}

encoders::NoisyCrystals GuideTrainer::noised(const GeometrySet& set, const std::vector<int64_t>& indices,
                                             const torch::Tensor& t, uint64_t seed, Rng* rng) const {
  GeometryTraining plain;
  plain.captions = 0;
  const auto clean = clean_batch(set, draw_examples(set, indices, plain, nullptr), geometry_);
  auto generator = nn::make_generator(seed);
  diffusion::GeometryNoise noise;
  noise.t = t;
  noise.coords = at::randn(clean.coords.sizes(), generator, clean.coords.options());
  noise.lattice = at::randn(clean.lattice.sizes(), generator, clean.lattice.options());
  const auto state = diffusion::add_noise(geometry_.config(), clean, noise);
  const auto& chemistry = clean.chemistry;
  const auto numbers =
      rng == nullptr ? chemistry.elements : with_masked(chemistry.elements, run_.training.masked_share, *rng);
  const auto of_atom = numbers.gather(1, chemistry.atom_slot);  // [B, N]
  const auto rows =
      at::arange(numbers.size(0), at::kLong).unsqueeze(1).expand_as(of_atom).contiguous();  // [B, N]
  const auto& mask = chemistry.atom_mask;
  encoders::NoisyCrystals crystals;
  crystals.species = encoders::one_hot_species(unpadded(of_atom, mask)).to(device_);
  crystals.frac = unpadded(diffusion::atom_coordinates(chemistry, state.coords), mask).to(device_);
  crystals.cells = geometry_.cells(state.lattice, chemistry).to(device_);
  crystals.crystal_of = unpadded(rows, mask).to(device_);
  crystals.t = t.to(device_);
  return crystals;
}

double GuideTrainer::step() {
  const int64_t index = steps_done();
  const uint64_t step_seed = derive_seed(derive_seed(seed_, 1), static_cast<uint64_t>(index));
  Rng rng(step_seed);
  const auto indices = order_.batch(index);
  const auto b = static_cast<int64_t>(indices.size());
  auto generator = nn::make_generator(derive_seed(step_seed, 1));
  const auto t = at::rand({b}, generator, at::TensorOptions(at::kFloat));
  std::vector<torch::Tensor> targets;
  for (const int64_t i : indices) {
    const bool crystal = rng.uniform() < run_.training.crystal_share;
    const auto which = crystal ? 0 : 1 + static_cast<int64_t>(rng.below(run_.training.captions));
    targets.push_back(train_embeddings_[i][which]);
  }
  encoder_->train();
  optimizer_->zero_grad();
  const auto found = encoder_->forward(noised(train_, indices, t, derive_seed(step_seed, 2), &rng));
  const auto loss = encoders::contrastive_loss(found, at::stack(targets).to(device_), encoder_->scale(),
                                               at::zeros({b, b}, at::kBool).to(device_));
  loss.backward();
  const double value = loss.item<double>();
  apply_update(*optimizer_, *ema_, *encoder_, run_.training, {{"loss", value}});
  return value;
}

std::vector<GuideLevel> GuideTrainer::validate() {
  const torch::NoGradGuard no_grad;
  encoders::NoiseAwareEncoder averaged(run_.model);
  averaged->to(device_);
  nn::load_state(*averaged, ema_->shadow(), "", "averaged weights");
  averaged->eval();
  std::vector<std::string> keys;
  for (const auto& example : val_.examples) keys.push_back(example.id);
  const auto captions = val_embeddings_.select(1, 1);
  Rng rng(kValidationSeed);
  const auto order = permutation(val_.size(), rng);
  const auto permuted = captions.index_select(0, torch::tensor(order, at::kLong));
  std::vector<GuideLevel> levels;
  for (int64_t level = 0; level <= kLevels; ++level) {
    GuideLevel result;
    result.t = static_cast<double>(level) / kLevels;
    std::vector<torch::Tensor> parts;
    for (size_t begin = 0; begin < order.size(); begin += kCrystalsAtOnce) {
      std::vector<int64_t> indices;
      for (size_t i = begin; i < std::min(begin + kCrystalsAtOnce, order.size()); ++i)
        indices.push_back(static_cast<int64_t>(i));
      const auto t = at::full({static_cast<int64_t>(indices.size())}, result.t, at::kFloat);
      const auto seed = derive_seed(kValidationSeed, begin * (kLevels + 1) + static_cast<size_t>(level));
      parts.push_back(averaged->forward(noised(val_, indices, t, seed, nullptr)).to(at::kCPU));
    }
    const auto crystals = at::cat(parts);
    result.matching = match_rates(crystals, captions, keys, kGroup, kRounds, kValidationSeed);
    result.control = match_rates(crystals, permuted, keys, kGroup, kRounds, kValidationSeed);
    levels.push_back(result);
  }
  return levels;
}

nn::Metadata GuideTrainer::identity() const {
  return {{"format", kStateFormat},
          {"config", run_.yaml()},
          {"geometry", diffusion::to_json(geometry_.config())},
          {"seed", std::to_string(seed_)},
          {"train_data", train_.fingerprint()},
          {"val_data", val_.fingerprint()}};
}

void GuideTrainer::save_state(const std::string& path) const {
  save_training_state(path, *encoder_, *optimizer_, *ema_, identity());
}

void GuideTrainer::restore_state(const std::string& path) {
  restore_training_state(path, *encoder_, *optimizer_, *ema_, identity());
}

void GuideTrainer::save_model(const std::string& path, const std::string& metrics) const {
  encoders::save_noise_aware(path, run_.model, ema_->shadow(),
                             {{"training", run_.yaml()},
                              {"geometry", diffusion::to_json(geometry_.config())},
                              {"step", std::to_string(steps_done())},
                              {"seed", std::to_string(seed_)},
                              {"train_data", train_.fingerprint()},
                              {"metrics", metrics}});
}

bool run_guide_training(GuideTrainer& trainer, const std::string& directory, const TrainingHooks& hooks,
                        Logger& logger) {
  TrainingLoop loop = loop_of("guide", directory + "/guide_metrics.jsonl", trainer);
  loop.step = [&]() -> nlohmann::json { return {{"loss", trainer.step()}}; };
  loop.validate = [&] {
    auto found = to_json(trainer.validate());
    logger.info(fmt::format("step {}: {}", trainer.steps_done(), found.dump()));
    return found;
  };
  loop.save_model = [&](const std::string& found) {
    trainer.save_model(directory + "/" + encoders::kGuideFile, found);
  };
  loop.save_state = [&] { trainer.save_state(directory + "/" + kGuideStateFile); };
  return run_training(loop, hooks, Processes::alone(), logger);
}

}  // namespace clamp::train
