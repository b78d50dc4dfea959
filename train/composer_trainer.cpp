#include "train/composer_trainer.h"

#include <ATen/Functions.h>
#include <fmt/format.h>

#include <algorithm>
#include <nlohmann/json.hpp>
#include <numeric>

#include "core/error.h"
#include "nn/mixed_precision.h"
#include "train/training_loop.h"
#include "train/training_state.h"

namespace clamp::train {
namespace {

constexpr char kStateFormat[] = "clamp-composer-training-1";
constexpr uint64_t kValidationSeed = 20231;
constexpr int64_t kSortedTogether = 16;  // batches whose sequences are sorted by length together
constexpr double kSmallestTime = 0.02;   // of the diffusion clock

namespace token = diffusion::token;

template <class T>
void shuffle(std::vector<T>& values, Rng& rng) {
  for (size_t k = values.size(); k > 1; --k) std::swap(values[k - 1], values[rng.below(k)]);
}

}  // namespace

ComposerTrainer::ComposerTrainer(const ComposerRun& run, diffusion::ComposerKnowledge knowledge,
                                 ComposerSet train, ComposerSet val, nn::Metadata metadata, uint64_t seed,
                                 torch::Device device)
    : run_(run),
      train_(std::move(train)),
      val_(std::move(val)),
      metadata_(std::move(metadata)),
      seed_(seed),
      device_(device) {
  if (train_.size() == 0) fail("no training structure is left for the composer");
  run_.model.text_width = train_.texts.states.size(1);
  run_.model.text_dim = train_.texts.embeddings.size(1);
  model_ = std::make_unique<diffusion::ComposerModel>(run_.model, std::move(knowledge));
  model_->network()->to(device_);
  model_->network()->set_low_precision(device_.is_cpu() && nn::cpu_multiplies_bfloat16());
  optimizer_ = std::make_unique<nn::AdamW>(nn::decay_groups(*model_->network(), run_.training.weight_decay),
                                           nn::AdamWConfig());
  ema_ = std::make_unique<nn::Ema>(*model_->network(), run_.training.ema_decay);
}

std::vector<int64_t> ComposerTrainer::batch_of(int64_t step) {
  const auto size = run_.training.batch_size;
  const auto n = train_.size();
  const int64_t per_epoch = std::max<int64_t>(1, n / size);
  const int64_t epoch = step / per_epoch;
  if (epoch != epoch_) {
    epoch_ = epoch;
    Rng rng(derive_seed(derive_seed(seed_, 7), static_cast<uint64_t>(epoch)));
    std::vector<int64_t> order(static_cast<size_t>(n));
    std::iota(order.begin(), order.end(), 0);
    shuffle(order, rng);
    batches_.clear();
    for (int64_t begin = 0; begin < n; begin += kSortedTogether * size) {
      const auto first = order.begin() + begin;
      const auto last = order.begin() + std::min(n, begin + kSortedTogether * size);
      std::stable_sort(first, last, [&](int64_t a, int64_t b) {
        const auto& e = train_.examples;
        return e[static_cast<size_t>(a)].tokens.size() < e[static_cast<size_t>(b)].tokens.size();
      });
    }
    for (int64_t k = 0; k < per_epoch; ++k)
      batches_.emplace_back(order.begin() + k * size, order.begin() + std::min(n, (k + 1) * size));
    shuffle(batches_, rng);
  }
  return batches_[static_cast<size_t>(step % per_epoch)];
}

torch::Tensor ComposerTrainer::loss_of(diffusion::ComposerNetwork& network, const ComposerSet& set,
                                       const std::vector<int64_t>& indices, Rng& rng, bool training) const {
  const bool causal = run_.model.causal;
  const auto b = static_cast<int64_t>(indices.size());
  int64_t length = run_.model.max_length;
  if (causal) {
    length = 1;
    for (const auto i : indices)
      length = std::max(length, static_cast<int64_t>(set.examples[static_cast<size_t>(i)].tokens.size()) - 1);
    length += length % 2;
  }
  std::vector<int64_t> which;
  std::vector<bool> nothing;
  auto inputs = torch::full({b, length}, token::kPad, torch::kInt64);
  auto targets = inputs.clone();
  std::vector<int64_t> rows;
  std::vector<float> weights;
  auto* in = inputs.data_ptr<int64_t>();
  auto* out = targets.data_ptr<int64_t>();
  for (int64_t k = 0; k < b; ++k) {
    const auto& example = set.examples[static_cast<size_t>(indices[static_cast<size_t>(k)])];
    const auto drawn = static_cast<int64_t>(rng.below(static_cast<uint64_t>(set.texts.per_example)));
    which.push_back(training ? drawn : 0);
    nothing.push_back(training && rng.uniform() < run_.training.text_dropout);
    const auto n = static_cast<int64_t>(example.tokens.size());
    const double time = kSmallestTime + (1 - kSmallestTime) * rng.uniform();
    for (int64_t p = 0; p < (causal ? n - 1 : length); ++p) {
      const auto own = p < n ? example.tokens[static_cast<size_t>(p)] : token::kPad;
      in[k * length + p] = own;
      if (causal) {
        if (training && p > 1 && rng.uniform() < run_.training.token_dropout)
          in[k * length + p] = token::kMask;
        out[k * length + p] = example.tokens[static_cast<size_t>(p + 1)];
        rows.push_back(k * length + p);
        weights.push_back(1);
      } else if (p > 0 && rng.uniform() < time) {
        in[k * length + p] = token::kMask;
        out[k * length + p] = own;
        rows.push_back(k * length + p);
        weights.push_back(static_cast<float>(1 / time));
      }
    }
  }
  if (rows.size() % 2 != 0) {
    rows.push_back(rows.back());  // an even number of rows for products in bfloat16
    weights.push_back(0);
  }
  const auto row_index = torch::tensor(rows, torch::kInt64).to(device_);
  const auto weight = torch::tensor(weights).to(device_);
  const auto mask = torch::ones({b, length}, torch::kBool).to(device_);
  auto prompt = composer_prompt(set, indices, which, nothing, training ? run_.training.word_dropout : 0, rng);
  for (auto* t : {&prompt.states, &prompt.mask, &prompt.embedding, &prompt.nothing, &prompt.large})
    *t = t->to(device_);
  const auto text = network->read(prompt);
  const auto states = network->forward(inputs.to(device_), mask, text).reshape({b * length, -1});
  const auto logits = network->logits(states.index_select(0, row_index));  // [rows, tokens]
  const auto wanted = targets.to(device_).view({-1}).index_select(0, row_index);
  const auto losses = at::nll_loss(at::log_softmax(logits, -1), wanted, {}, at::Reduction::None);
  // Diffusion: the bound is a sum over the sequence; a token of it as a scale.
  const double total =
      causal ? static_cast<double>(at::sum(weight).item<float>()) : static_cast<double>(b * (length - 1));
  return (losses * weight).sum() / total;
}

ComposerStep ComposerTrainer::step() {
  const int64_t index = steps_done();
  Rng rng(derive_seed(derive_seed(seed_, 1), static_cast<uint64_t>(index)));
  model_->network()->train();
  optimizer_->zero_grad();
  const auto loss = loss_of(model_->network(), train_, batch_of(index), rng, true);
  loss.backward();
  ComposerStep record;
  record.loss = loss.item<double>();
  const auto update =
      apply_update(*optimizer_, *ema_, *model_->network(), run_.training, {{"loss", record.loss}});
  record.gradient_norm = update.gradient_norm;
  record.learning_rate = update.learning_rate;
  return record;
}

double ComposerTrainer::validate() {
  if (val_.size() == 0) return 0;
  const torch::NoGradGuard no_grad;
  diffusion::ComposerNetwork averaged(run_.model, model_->knowledge().molecule_of_form);
  averaged->to(device_);
  nn::load_state(*averaged, ema_->shadow(), "", "averaged weights");
  averaged->eval();
  Rng rng(kValidationSeed);
  double sum = 0;
  const auto n = val_.size();
  for (int64_t begin = 0; begin < n; begin += run_.training.batch_size) {
    std::vector<int64_t> indices;
    for (int64_t k = begin; k < std::min(n, begin + run_.training.batch_size); ++k) indices.push_back(k);
    sum += loss_of(averaged, val_, indices, rng, false).item<double>() * static_cast<double>(indices.size());
  }
  return sum / static_cast<double>(n);
}

nn::Metadata ComposerTrainer::identity() const {
  uint64_t fingerprint = 0;
  for (const auto* set : {&train_, &val_}) {
    for (const auto& example : set->examples) {
      for (const char c : example.id) fingerprint = derive_seed(fingerprint, static_cast<uint64_t>(c));
      fingerprint = derive_seed(fingerprint, example.tokens.size());
    }
  }
  auto identity = metadata_;
  identity["format"] = kStateFormat;
  identity["config"] = run_.yaml();
  identity["seed"] = std::to_string(seed_);
  identity["data"] = fmt::format("{:016x}", fingerprint);
  return identity;
}

void ComposerTrainer::save_state(const std::string& path) const {
  save_training_state(path, *model_->network(), *optimizer_, *ema_, identity());
}

void ComposerTrainer::restore_state(const std::string& path) {
  restore_training_state(path, *model_->network(), *optimizer_, *ema_, identity());
}

void ComposerTrainer::save_model(const std::string& path, const std::string& metrics) const {
  auto metadata = metadata_;
  metadata["training"] = run_.yaml();
  metadata["step"] = std::to_string(steps_done());
  metadata["seed"] = std::to_string(seed_);
  metadata["metrics"] = metrics;
  model_->save(path, ema_->shadow(), metadata);
}

bool run_composer_training(ComposerTrainer& trainer, const std::string& directory, const TrainingHooks& hooks,
                           Logger& logger) {
  TrainingLoop loop = loop_of("composer", directory + "/composer_metrics.jsonl", trainer);
  loop.step = [&]() -> nlohmann::json {
    const auto record = trainer.step();
    return {{"loss", record.loss},
            {"gradient_norm", record.gradient_norm},
            {"learning_rate", record.learning_rate}};
  };
  loop.validate = [&]() -> nlohmann::json {
    const double found = trainer.validate();
    logger.info(fmt::format("step {}: validation loss {:.4f}", trainer.steps_done(), found));
    return {{"val_loss", found}};
  };
  loop.save_model = [&](const std::string& found) {
    trainer.save_model(directory + "/" + kComposerFile, found);
  };
  loop.save_state = [&] { trainer.save_state(directory + "/" + kComposerStateFile); };
  return run_training(loop, hooks, Processes::alone(), logger);
}

}  // namespace clamp::train
