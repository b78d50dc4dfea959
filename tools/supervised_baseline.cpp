// supervised-baseline TRAIN.csv TEST.csv STEPS SEED DATA.h5 [GRAPHS]: trains a plain CGCNN (encoders/cgcnn.h,
// three convolutions) with cross-entropy on the labels of TRAIN.csv (columns id,label as
// tools/make_ground_truth.py writes them) and judges it on those of TEST.csv, as clamp-zeroshot judges
// zero-shot classes: what the labels themselves are worth. GRAPHS: folder that keeps the neighbour graphs.
#include <fmt/format.h>
#include <torch/nn/functional/loss.h>
#include <torch/utils.h>

#include <exception>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "core/error.h"
#include "data/csv_table.h"
#include "encoders/cgcnn.h"
#include "encoders/zero_shot_metrics.h"
#include "nn/adamw.h"
#include "nn/lr_schedule.h"
#include "train/encoder_data.h"

namespace {

constexpr int64_t kMaxAtoms = 120;  // as the encoders are trained
constexpr int64_t kBatch = 128;
constexpr int64_t kBootstrap = 1000;

using Labels = std::map<std::string, std::string>;

Labels read_labels(const std::string& path) {
  const auto table = clamp::data::read_csv(path);
  Labels labels;
  for (const auto& row : table.rows) labels[row.at(0)] = row.at(1);
  return labels;
}

struct Labelled {
  std::vector<const clamp::encoders::CrystalGraph*> graphs;
  std::vector<int64_t> classes;
};

Labelled labelled(const clamp::train::PairSet& set, const Labels& labels,
                  const std::map<std::string, int64_t>& classes) {
  Labelled found;
  for (size_t i = 0; i < set.records.size(); ++i) {
    const auto label = labels.find(set.records[i].id);
    if (label == labels.end()) continue;
    const auto number = classes.find(label->second);
    if (number == classes.end()) continue;
    found.graphs.push_back(&set.graphs[i]);
    found.classes.push_back(number->second);
  }
  return found;
}

void train(clamp::encoders::Cgcnn& model, const Labelled& set, int64_t steps, uint64_t seed) {
  clamp::nn::AdamW optimizer(clamp::nn::decay_groups(model, 0.01), {});
  clamp::nn::LrSchedule schedule;
  schedule.peak = 3e-3;
  schedule.warmup_steps = 20;
  schedule.total_steps = steps;
  clamp::Rng rng(seed);
  const auto n = static_cast<int64_t>(set.graphs.size());
  std::vector<int64_t> order;
  model.train();
  for (int64_t step = 0; step < steps; ++step) {
    std::vector<const clamp::encoders::CrystalGraph*> graphs;
    std::vector<int64_t> classes;
    for (int64_t k = 0; k < std::min(kBatch, n); ++k) {
      if (order.empty()) order = clamp::train::permutation(n, rng);
      graphs.push_back(set.graphs[static_cast<size_t>(order.back())]);
      classes.push_back(set.classes[static_cast<size_t>(order.back())]);
      order.pop_back();
    }
    optimizer.zero_grad();
    const auto loss = torch::nn::functional::cross_entropy(model.forward(clamp::encoders::collate(graphs)),
                                                           torch::tensor(classes, torch::kInt64));
    loss.backward();
    optimizer.clip_grad_norm(1.0);
    optimizer.step(clamp::nn::learning_rate(schedule, step));
  }
}

clamp::encoders::ScoredLabels score(clamp::encoders::Cgcnn& model, const Labelled& set) {
  const torch::NoGradGuard no_grad;
  model.eval();
  clamp::encoders::ScoredLabels scored;
  scored.labels = set.classes;
  for (size_t begin = 0; begin < set.graphs.size(); begin += kBatch) {
    const size_t end = std::min(begin + static_cast<size_t>(kBatch), set.graphs.size());
    const auto logits = model
                            .forward(clamp::encoders::collate({set.graphs.begin() + static_cast<long>(begin),
                                                               set.graphs.begin() + static_cast<long>(end)}))
                            .to(torch::kFloat64)
                            .contiguous();
    for (int64_t i = 0; i < logits.size(0); ++i) {
      const double* row = logits.data_ptr<double>() + i * logits.size(1);
      scored.scores.emplace_back(row, row + logits.size(1));
    }
  }
  return scored;
}

int run(const std::vector<std::string>& arguments) {
  const auto train_labels = read_labels(arguments[0]), test_labels = read_labels(arguments[1]);
  const int64_t steps = std::stoll(arguments[2]);
  const uint64_t seed = std::stoull(arguments[3]);
  const auto dataset = clamp::data::Dataset::open(arguments[4]);
  const std::string graphs = arguments.size() > 5 ? arguments[5] + "/" : "";
  std::map<std::string, int64_t> classes;  // those of the test table, which names the task
  for (const auto& [id, label] : test_labels) classes.emplace(label, static_cast<int64_t>(classes.size()));
  clamp::encoders::CgcnnConfig config;
  clamp::Logger logger(clamp::LogLevel::kQuiet);
  const auto load = [&](const std::string& split) {
    const auto cache = graphs.empty() ? "" : graphs + "plain_" + split + ".safetensors";
    return clamp::train::load_pairs(dataset, split, kMaxAtoms, config.neighbors, cache, logger);
  };
  const auto train_set = load("train"), test_set = load("val");
  const auto learned = labelled(train_set, train_labels, classes);
  const auto judged = labelled(test_set, test_labels, classes);
  if (learned.graphs.empty() || judged.graphs.empty()) clamp::fail("no labelled structures in train or val");
  torch::manual_seed(seed);
  clamp::encoders::Cgcnn model(config, static_cast<int64_t>(classes.size()));
  train(model, learned, steps, seed);
  const auto report = clamp::encoders::zero_shot_report(score(model, judged), kBootstrap, seed);
  std::cout << fmt::format(
      "{} labelled for training, {} judged, {} classes, {} updates of {}\naccuracy {:.1f} % ({:.1f} to "
      "{:.1f}), "
      "ROC-AUC {:.3f} ({:.3f} to {:.3f}), majority class {:.1f} %\n",
      learned.graphs.size(), judged.graphs.size(), classes.size(), steps, kBatch, 100 * report.accuracy.value,
      100 * report.accuracy.low, 100 * report.accuracy.high, report.auc.value, report.auc.low,
      report.auc.high, 100 * report.majority);
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 6 || argc > 7) {
    std::cerr << "usage: supervised-baseline TRAIN.csv TEST.csv STEPS SEED DATA.h5 [GRAPHS]\n";
    return 2;
  }
  try {
    return run({argv + 1, argv + argc});
  } catch (const std::exception& e) {
    std::cerr << e.what() << "\n";
    return 1;
  }
}
