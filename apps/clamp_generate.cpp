// clamp-generate: prompt in, metal-organic frameworks out.
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <nlohmann/json.hpp>
#include <optional>

#include "apps/cli_torch.h"
#include "apps/generate_options.h"
#include "apps/generate_output.h"
#include "apps/generate_run.h"
#include "sampler/result_json.h"

namespace clamp::apps {
namespace {

struct Tally {
  int64_t asked = 0;
  int64_t done = 0;
  int64_t ok = 0;
  int64_t valid = 0;
  int64_t sound = 0;
  int64_t draws = 0;  ///< of chemistries
  int64_t novel = 0;  ///< chemistries

  void count(const sampler::SampleResult& result) {
    ++done;
    ok += result.ok() ? 1 : 0;
    valid += result.best && result.best->checks.valid ? 1 : 0;
    sound += result.best && result.best->soundness.sound ? 1 : 0;
    draws += result.composed.counts.draws;
    novel += result.composed.novel ? 1 : 0;
  }
};

int64_t asked_of_shard(const sampler::GenerateConfig& config) {
  const int64_t total = config.n * static_cast<int64_t>(config.prompts.size());
  return (total - config.shard + config.n_shards - 1) / config.n_shards;
}

void print_json(const GenerateOutput& output, const Tally& tally, const std::string& folder) {
  auto results = nlohmann::ordered_json::array();
  for (const auto& line : output.lines()) results.push_back(nlohmann::ordered_json::parse(line));
  const nlohmann::ordered_json document = {{"schema_version", sampler::kResultSchema},
                                           {"out", folder},
                                           {"asked", tally.asked},
                                           {"ok", tally.ok},
                                           {"valid", tally.valid},
                                           {"sound", tally.sound},
                                           {"draws", tally.draws},
                                           {"novel_chemistries", tally.novel},
                                           {"results", results}};
  std::cout << document.dump(1) << "\n";
}

int body(int argc, const char* const* argv) {
  Program program(
      "clamp-generate", "Makes metal-organic frameworks from a description in words.",
      "clamp-generate --prompt \"zinc framework with terephthalate linkers\" -n 8 --out generated");
  add_torch_version(program);
  GenerateOptions options;
  add_generate_options(program, options);
  program.parse(argc, argv);
  const auto& common = program.common;
  const auto config = generate_config(options, common);
  const auto potential = generate_potential(options);
  const auto checkpoint = find_checkpoint(options.checkpoint);
  const auto device = use_device(common);
  Logger logger(common.log_level());
  const GenerateRun run(options, config, potential.get(), checkpoint, device);
  GenerateOutput output(options.out, config.symprec, common.force);

  Tally tally;
  tally.asked = asked_of_shard(config);
  const auto start = std::chrono::steady_clock::now();
  {
    Progress progress(logger, "generating", tally.asked, "structures");
    if (!common.json) std::cout << table_header(config.compose_only) << std::endl;
    run.run([&](const sampler::SampleResult& result, const std::optional<sampler::Novelty>& novelty) {
      output.add(result, novelty);
      tally.count(result);
      progress.update(tally.done);
      if (!common.json) std::cout << table_row(result) << std::endl;
    });
    progress.finish();
  }
  output.finish(run_yaml(program, "clamp-generate", checkpoint), tally.asked);
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  if (common.json) print_json(output, tally, options.out);
  if (tally.draws > 0) {
    logger.info(fmt::format("{} chemistries drawn for {} structures, {} of these not in the training data",
                            tally.draws, tally.done, tally.novel));
  }
  logger.info(fmt::format("{} of {} structures in {:.1f} s: {} valid, {} sound; see {}/report.html", tally.ok,
                          tally.asked, seconds, tally.valid, tally.sound, options.out));
  return tally.ok < tally.asked ? kExitFewer : kExitDone;
}

}  // namespace
}  // namespace clamp::apps

int main(int argc, char** argv) {
  return clamp::apps::run_torch_main(argc, argv, [&] { return clamp::apps::body(argc, argv); });
}
