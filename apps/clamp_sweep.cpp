// clamp-sweep: generation over guidance scales: which scale gives what was asked for and still makes
// crystals?
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <iostream>
#include <limits>

#include "apps/cli_torch.h"
#include "apps/generate_options.h"
#include "apps/generate_output.h"
#include "apps/generate_run.h"
#include "apps/prompt_linkers.h"
#include "apps/sweep_report.h"
#include "core/atomic_file.h"
#include "core/error.h"

namespace clamp::apps {
namespace {

constexpr const char* kFiles[] = {"sweep.csv", "sweep.svg", "report.html", "run.yaml"};

struct SweepOptions {
  GenerateOptions generate;
  std::vector<double> scales = {0, 1, 2, 4, 8};
  std::vector<double> classifier_scales = {0};
};

void add_options(Program& program, SweepOptions& options) {
  auto& app = program.app();
  options.generate.out = "sweep";
  add_generate_options(program, options.generate);
  for (const char* name :
       {"--shard", "--guidance-scale", "--classifier-scale", "--compose-guidance", "--compose-only"})
    app.remove_option(app.get_option(name));
  app.add_option("--scales", options.scales,
                 "Guidance scales to try, of chemistry and geometry alike: 0 ignores the prompt, 1 is plain")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(number_in(0, 100));
  app.add_option("--classifier-scales", options.classifier_scales,
                 "With each of them these weights of the similarity's gradient in the geometry")
      ->delimiter(',')
      ->allow_extra_args(false)
      ->check(number_in(0, 1000));
}

std::vector<double> ascending(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  values.erase(std::unique(values.begin(), values.end()), values.end());
  return values;
}

evaluate::Share named_share(const evaluate::SetReport& report, const std::string& name) {
  for (const auto& [known, share] : report.shares) {
    if (known == name) return share;
  }
  return evaluate::wilson_share(0, 0);
}

/// Counts the results of one pair of scales.
class PointCounter {
 public:
  void add(const sampler::SampleResult& result, const std::optional<sampler::Novelty>& novelty) {
    evaluate::StructureFacts facts;
    if (result.best) {
      facts = evaluate::structure_facts(result.best->crystal, std::nullopt);
      const double score = result.clamp_score.value_or(0);
      const bool is_new = novelty && novelty->novel.value_or(true);
      const bool is_unique = novelty && !novelty->duplicate_of;
      ++made_;
      sound_ += result.best->soundness.sound ? 1 : 0;
      novel_ += is_new ? 1 : 0;
      score_ += score;
      if (result.best->soundness.sound && is_new && is_unique) {
        ++useful_;
        useful_score_ += score;
      }
    }
    facts.prompt = result.prompt;
    facts.prompt_linkers = linker_molecules_named(result.prompt);
    facts_.push_back(std::move(facts));
  }

  SweepPoint point(double seconds) const {
    const auto report = evaluate::set_report(facts_, nullptr);
    SweepPoint point;
    point.total = static_cast<int64_t>(facts_.size());
    for (const char* name : {"made", "valid"}) point.shares.emplace_back(name, named_share(report, name));
    point.shares.emplace_back("sound", evaluate::wilson_share(sound_, point.total));
    point.shares.emplace_back("unique", named_share(report, "unique"));
    point.shares.emplace_back("novel", evaluate::wilson_share(novel_, point.total));
    for (const char* name : {"metals_of_prompt", "linkers_of_prompt"})
      point.shares.emplace_back(name, named_share(report, name));
    point.shares.emplace_back("useful", evaluate::wilson_share(useful_, point.total));
    const auto total = static_cast<double>(std::max<int64_t>(1, point.total));
    point.score = made_ > 0 ? score_ / static_cast<double>(made_) : std::numeric_limits<double>::quiet_NaN();
    point.useful_score = useful_score_ / total;
    point.seconds = seconds / total;
    return point;
  }

 private:
  std::vector<evaluate::StructureFacts> facts_;
  int64_t made_ = 0, sound_ = 0, novel_ = 0, useful_ = 0;
  double score_ = 0, useful_score_ = 0;
};

int body(int argc, const char* const* argv) {
  Program program(
      "clamp-sweep", "Generates at several guidance scales and says what each of them gives.",
      "clamp-sweep --prompt \"zinc framework with terephthalate linkers\" --scales 0,1,2,4 -n 8 --out sweep");
  add_torch_version(program);
  SweepOptions options;
  add_options(program, options);
  program.parse(argc, argv);
  const auto& common = program.common;
  if (options.scales.empty() || options.classifier_scales.empty()) fail_usage("--scales: no scale was given");
  const auto scales = ascending(options.scales);
  const auto classifier_scales = ascending(options.classifier_scales);
  auto config = generate_config(options.generate, common);
  const auto potential = generate_potential(options.generate);
  const auto checkpoint = find_checkpoint(options.generate.checkpoint);
  const auto device = use_device(common);
  Logger logger(common.log_level());
  const std::string& out = options.generate.out;
  for (const char* name : kFiles) require_absent(out + "/" + name, common.force);
  std::filesystem::create_directories(out);
  const auto settings = run_yaml(program, "clamp-sweep", checkpoint);
  const auto asked = config.n * static_cast<int64_t>(config.prompts.size());
  std::vector<SweepPoint> points;
  int64_t done = 0;
  Progress progress(logger, "sweep", asked * static_cast<int64_t>(scales.size() * classifier_scales.size()),
                    "structures");
  bool fewer = false;
  for (const double classifier_scale : classifier_scales) {
    for (const double scale : scales) {
      if (interrupted()) break;
      auto at_scale = options.generate;
      at_scale.composer.guidance = scale;
      config.geometry.guidance_scale = scale;
      config.geometry.classifier_scale = classifier_scale;
      const std::string folder = fmt::format("scale_{:g}_classifier_{:g}", scale, classifier_scale);
      const GenerateRun run(at_scale, config, potential.get(), checkpoint, device);
      GenerateOutput output(out + "/" + folder, config.symprec, common.force);
      PointCounter counter;
      const auto start = std::chrono::steady_clock::now();
      run.run([&](const sampler::SampleResult& result, const std::optional<sampler::Novelty>& novelty) {
        output.add(result, novelty);
        counter.add(result, novelty);
        progress.update(++done);
        fewer |= !result.ok();
      });
      if (interrupted()) break;  // this pair of scales is not complete
      output.finish(settings, asked);
      points.push_back(
          counter.point(std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count()));
      points.back().scale = scale;
      points.back().classifier_scale = classifier_scale;
      points.back().folder = folder;
    }
  }
  progress.finish();
  if (points.empty()) return kExitInterrupted;
  const auto choice = choose(points);
  write_file_atomically(out + "/sweep.csv", sweep_csv(points, choice));
  const auto plot = sweep_svg(points, choice);
  if (!plot.empty()) write_file_atomically(out + "/sweep.svg", plot);
  write_file_atomically(out + "/report.html", sweep_page(fmt::format("{}", fmt::join(config.prompts, "; ")),
                                                         points, choice, settings));
  write_file_atomically(out + "/run.yaml", settings);
  std::cout << (common.json ? sweep_json(points, choice) + "\n" : sweep_table(points, choice));
  const auto& best = points[choice.recommended];
  logger.info(
      fmt::format("recommended: --compose-guidance {0:g} --guidance-scale {0:g} --classifier-scale {1:g}; "
                  "see {2}/report.html",
                  best.scale, best.classifier_scale, out));
  return fewer ? kExitFewer : kExitDone;
}

}  // namespace
}  // namespace clamp::apps

int main(int argc, char** argv) {
  return clamp::apps::run_torch_main(argc, argv, [&] { return clamp::apps::body(argc, argv); });
}
