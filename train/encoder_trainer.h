// Contrastive training of the encoders with exact resume.
//
// Everything random in update `step` is a function of (seed, step): a run that was killed and resumed from
// its last saved state gives the same weights, bit for bit on one thread, as one that was not. Several
// processes embed parts of one batch; each compares all embeddings.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "core/logger.h"
#include "encoders/contrastive.h"
#include "encoders/tokenizer.h"
#include "nn/adamw.h"
#include "nn/ema.h"
#include "train/distributed.h"
#include "train/encoder_config.h"
#include "train/encoder_data.h"
#include "train/matching.h"
#include "train/training_hooks.h"

namespace clamp::train {

struct EncoderValidation {
  double loss = 0;      ///< InfoNCE over groups of 100 pairs
  MatchRates matching;  ///< 1 of 100
  MatchRates control;   ///< the same with the texts permuted: what chance gives
};

struct StepRecord {
  double loss = 0;
  double gradient_norm = 0;  ///< before clipping
  double learning_rate = 0;
  double scale = 0;  ///< 1 / temperature
};

class EncoderTrainer {
 public:
  /// `val` may be empty: then nothing is validated. `processes` must outlive the trainer; all of them start
  /// from the weights of the first.
  EncoderTrainer(const EncoderRun& run, const encoders::Tokenizer& tokenizer, PairSet train, PairSet val,
                 uint64_t seed, torch::Device device, const Processes& processes = Processes::alone());

  /// One update. Throws clamp::Error where the loss is not finite.
  StepRecord step();
  int64_t steps_done() const { return optimizer_->steps(); }
  bool finished() const { return steps_done() >= config_.steps; }
  /// With the averaged weights and captions that are always the same.
  EncoderValidation validate();

  /// train_state.safetensors: weights, averages, optimizer, step, configuration, identity of the data.
  void save_state(const std::string& path) const;
  /// Throws clamp::Error for a state of another configuration, data set, seed or format.
  void restore_state(const std::string& path);
  /// encoders.safetensors: averaged weights (float16 matrices) with configuration, step and `metrics` (JSON).
  void save_encoders(const std::string& path, const std::string& metrics) const;

  const EncoderTraining& config() const { return config_; }
  const nn::TensorMap& averaged_weights() const { return ema_->shadow(); }
  const encoders::ContrastivePair& pair() const { return *pair_; }
  bool has_validation() const { return val_.size() > 0; }
  const Processes& processes() const { return processes_; }
  /// Texts of this process so far that were longer than the encoder's context and were cut.
  int64_t cut_texts() const { return cut_texts_; }

 private:
  nn::Metadata identity() const;
  /// Of this process's embeddings beside those of all others.
  torch::Tensor loss_of(const torch::Tensor& crystals, const torch::Tensor& texts,
                        const PairBatch& batch) const;
  /// Gradients of a batch, embedded in chunks where the configuration says so. @return the loss
  double backward(const PairBatch& batch);

  EncoderTraining config_;
  std::string config_yaml_;
  const encoders::Tokenizer& tokenizer_;
  PairSet train_, val_;
  uint64_t seed_;
  torch::Device device_;
  const Processes& processes_;
  std::shared_ptr<encoders::ContrastivePair> pair_;
  std::unique_ptr<nn::AdamW> optimizer_;
  std::unique_ptr<nn::Ema> ema_;
  int64_t cut_texts_ = 0;
};

/// Runs to the last step or until `stop`, writing encoders.safetensors, train_state.safetensors and
/// metrics.jsonl into `directory` (the first process does; all stop where one is asked to). @return whether
/// the last step was reached
bool run_encoder_training(EncoderTrainer& trainer, const std::string& directory, const TrainingHooks& hooks,
                          Logger& logger);

}  // namespace clamp::train
