#include "train/encoder_trainer.h"

#include <fmt/format.h>
#include <torch/utils.h>

#include <algorithm>
#include <cmath>

#include "core/error.h"
#include "encoders/encoder_file.h"
#include "train/training_state.h"

namespace clamp::train {
namespace {

constexpr char kStateFormat[] = "clamp-encoder-training";
constexpr char kStateVersion[] = "1";
constexpr int64_t kGroup = 100;
constexpr int64_t kRounds = 10;
constexpr uint64_t kValidationSeed = 20231;  // the same captions in every run, so that runs can be compared
constexpr size_t kCrystalsAtOnce = 64;

/// The loss over consecutive groups of kGroup pairs (of all, where there are fewer).
double grouped_loss(const torch::Tensor& crystals, const torch::Tensor& texts, const torch::Tensor& scale,
                    const std::vector<std::string>& keys) {
  const int64_t n = crystals.size(0), group = std::min(kGroup, n);
  double sum = 0;
  int64_t groups = 0;
  for (int64_t begin = 0; begin + group <= n; begin += group, ++groups) {
    const std::vector<std::string> part(keys.begin() + begin, keys.begin() + begin + group);
    sum += encoders::contrastive_loss(crystals.narrow(0, begin, group), texts.narrow(0, begin, group), scale,
                                      encoders::same_key_mask(part))
               .item<double>();
  }
  return sum / static_cast<double>(groups);
}

struct Embedded {
  torch::Tensor crystals, texts;  ///< each [count, dim]
};

/// Rows begin .. begin + count of a batch.
Embedded embed(encoders::ContrastivePair& pair, const PairBatch& batch, int64_t begin, int64_t count,
               torch::Device device) {
  std::vector<const std::vector<int64_t>*> tokens;
  for (int64_t i = begin; i < begin + count; ++i) tokens.push_back(&batch.tokens[static_cast<size_t>(i)]);
  const bool all = begin == 0 && count == static_cast<int64_t>(batch.tokens.size());
  const auto graphs = all ? batch.graphs : batch.graphs.narrow(begin, count);
  return {pair.embed_crystals(graphs.to(device)), pair.embed_texts(tokens)};
}

/// Matrices that decay and the rest, each new or imported with a text encoder.
std::vector<nn::ParameterGroup> parameter_groups(encoders::ContrastivePair& pair,
                                                 const EncoderTraining& config) {
  std::vector<nn::ParameterGroup> groups;
  const std::string text = "text.";
  for (const auto& group : nn::decay_groups(pair, config.weight_decay)) {
    nn::ParameterGroup fresh = group, imported = group;
    fresh.parameters.clear();
    imported.parameters.clear();
    imported.lr_scale = config.pretrained_rate;
    for (const auto& parameter : group.parameters) {
      const bool of_text = parameter.first.rfind(text, 0) == 0;
      const bool pretrained = of_text && pair.text().is_pretrained(parameter.first.substr(text.size()));
      (pretrained ? imported : fresh).parameters.push_back(parameter);
    }
    for (auto* const part : {&fresh, &imported}) {
      if (!part->parameters.empty()) groups.push_back(std::move(*part));
    }
  }
  return groups;
}

}  // namespace

EncoderTrainer::EncoderTrainer(const EncoderRun& run, const encoders::Tokenizer& tokenizer, PairSet train,
                               PairSet val, uint64_t seed, torch::Device device, const Processes& processes)
    : config_(run.training),
      config_yaml_(run.yaml()),
      tokenizer_(tokenizer),
      train_(std::move(train)),
      val_(std::move(val)),
      seed_(seed),
      device_(device),
      processes_(processes),
      pair_(run.pair) {
  if (train_.size() < 2) {
    fail(fmt::format("{} training structures with at most {} atoms; contrastive training needs 2 or more",
                     train_.size(), config_.max_atoms));
  }
  pair_->to(device_);
  nn::AdamWConfig adamw;
  optimizer_ = std::make_unique<nn::AdamW>(parameter_groups(*pair_, config_), adamw);
  std::string all;
  for (const auto& [key, value] : identity()) all += value;
  processes_.require_same(all, "configuration, data or seed");
  processes_.broadcast(pair_->parameters());
  ema_ = std::make_unique<nn::Ema>(*pair_, config_.ema_decay);
}

torch::Tensor EncoderTrainer::loss_of(const torch::Tensor& crystals, const torch::Tensor& texts,
                                      const PairBatch& batch) const {
  const auto all_crystals = processes_.gather(crystals, batch.total());
  const auto all_texts = processes_.gather(texts, batch.total());
  const auto scale = processes_.shared(pair_->scale());
  if (config_.loss == "soft") return encoders::soft_contrastive_loss(all_crystals, all_texts, scale);
  return encoders::contrastive_loss(all_crystals, all_texts, scale, batch.ignored.to(device_));
}

double EncoderTrainer::backward(const PairBatch& batch) {
  const auto b = static_cast<int64_t>(batch.tokens.size());
  if (config_.chunk_size == 0 || config_.chunk_size >= b) {
    const auto embedded = embed(*pair_, batch, 0, b, device_);
    const auto loss = loss_of(embedded.crystals, embedded.texts, batch);
    loss.backward();
    return loss.item<double>();
  }
  // Gradient caching (Gao et al., arXiv:2101.06983): embed all chunks without a graph, take the loss's
  // gradient with respect to the embeddings, then embed chunk by chunk again and pass it on.
  std::vector<torch::Tensor> crystals, texts;
  for (int64_t begin = 0; begin < b; begin += config_.chunk_size) {
    const torch::NoGradGuard no_grad;
    const auto part = embed(*pair_, batch, begin, std::min(config_.chunk_size, b - begin), device_);
    crystals.push_back(part.crystals);
    texts.push_back(part.texts);
  }
  const auto all_crystals = at::cat(crystals).requires_grad_(), all_texts = at::cat(texts).requires_grad_();
  const auto loss = loss_of(all_crystals, all_texts, batch);
  loss.backward();
  for (int64_t begin = 0; begin < b; begin += config_.chunk_size) {
    const int64_t count = std::min(config_.chunk_size, b - begin);
    const auto part = embed(*pair_, batch, begin, count, device_);
    const auto carried = (part.crystals * all_crystals.grad().narrow(0, begin, count)).sum() +
                         (part.texts * all_texts.grad().narrow(0, begin, count)).sum();
    carried.backward();
  }
  return loss.item<double>();
}

StepRecord EncoderTrainer::step() {
  const int64_t index = steps_done();
  const auto batch = training_batch(train_, tokenizer_, config_, pair_->text().context(), seed_, index,
                                    cut_texts_, processes_);
  pair_->train();
  optimizer_->zero_grad();
  StepRecord record;
  record.loss = backward(batch);
  processes_.sum(optimizer_->gradients());
  const auto update = apply_update(*optimizer_, *ema_, *pair_, config_, {{"loss", record.loss}});
  record.gradient_norm = update.gradient_norm;
  record.learning_rate = update.learning_rate;
  const torch::NoGradGuard no_grad;
  record.scale = pair_->scale().item<double>();
  return record;
}

EncoderValidation EncoderTrainer::validate() {
  const torch::NoGradGuard no_grad;
  auto config = YamlMap::from_text(pair_->config_yaml(), "encoder configuration");
  const auto averaged = encoders::make_contrastive_pair(config, tokenizer_.vocabulary_size());
  averaged->to(device_);
  nn::load_state(*averaged, ema_->shadow(), "", "averaged weights");
  averaged->eval();

  std::vector<torch::Tensor> crystals;
  std::vector<std::vector<int64_t>> tokens;
  std::vector<std::string> keys;
  int64_t cut = 0;
  for (size_t begin = 0; begin < val_.graphs.size(); begin += kCrystalsAtOnce) {
    std::vector<const encoders::CrystalGraph*> rows;
    for (size_t i = begin; i < std::min(begin + kCrystalsAtOnce, val_.graphs.size()); ++i) {
      rows.push_back(&val_.graphs[i]);
      Rng rng(derive_seed(kValidationSeed, i));
      keys.push_back(draw_text(val_.records[i], config_, rng));
      tokens.push_back(tokens_for_training(tokenizer_, keys.back(), averaged->text().context(), cut));
    }
    crystals.push_back(averaged->embed_crystals(encoders::collate(rows).to(device_)));
  }
  std::vector<const std::vector<int64_t>*> rows;
  for (const auto& row : tokens) rows.push_back(&row);
  const auto crystal_rows = at::cat(crystals).to(torch::kCPU),
             text_rows = averaged->embed_texts(rows).to(torch::kCPU);

  EncoderValidation result;
  result.loss = grouped_loss(crystal_rows, text_rows, averaged->scale().to(torch::kCPU), keys);
  result.matching = match_rates(crystal_rows, text_rows, keys, kGroup, kRounds, kValidationSeed);
  Rng rng(kValidationSeed);
  const auto shuffled =
      text_rows.index_select(0, torch::tensor(permutation(val_.size(), rng), torch::kInt64));
  result.control = match_rates(crystal_rows, shuffled, keys, kGroup, kRounds, kValidationSeed);
  return result;
}

nn::Metadata EncoderTrainer::identity() const {
  return {{"format", kStateFormat},
          {"format_version", kStateVersion},
          {"config", config_yaml_},
          {"seed", std::to_string(seed_)},
          {"tokenizer", tokenizer_.fingerprint()},
          {"train_data", train_.fingerprint()},
          {"val_data", val_.fingerprint()}};
}

void EncoderTrainer::save_state(const std::string& path) const {
  save_training_state(path, *pair_, *optimizer_, *ema_, identity());
}

void EncoderTrainer::restore_state(const std::string& path) {
  restore_training_state(path, *pair_, *optimizer_, *ema_, identity());
}

void EncoderTrainer::save_encoders(const std::string& path, const std::string& metrics) const {
  const auto metadata = encoders::encoder_metadata(*pair_, tokenizer_,
                                                   {{"step", std::to_string(steps_done())},
                                                    {"seed", std::to_string(seed_)},
                                                    {"training", config_yaml_},
                                                    {"train_data", train_.fingerprint()},
                                                    {"metrics", metrics}});
  encoders::save_contrastive_pair(path, ema_->shadow(), metadata, /*half=*/true);
}

}  // namespace clamp::train
