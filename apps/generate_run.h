// A checkpoint loaded as the options of clamp-generate ask, and its run: generation, relaxation, novelty.
#pragma once

#include <functional>
#include <optional>
#include <string>

#include "apps/generate_options.h"
#include "apps/pipeline.h"
#include "sampler/novelty.h"

namespace clamp::apps {

class GenerateRun {
 public:
  /// `potential`, of --relax, may be null and must outlive the run. Throws as load_model().
  GenerateRun(const GenerateOptions& options, sampler::GenerateConfig config,
              const relax::PotentialFactory* potential, const CheckpointDir& checkpoint,
              torch::Device device);

  using OnResult = std::function<void(const sampler::SampleResult& result,
                                      const std::optional<sampler::Novelty>& novelty)>;
  /// Results in ascending index; ends early where the program is interrupted.
  void run(const OnResult& on_result) const;

 private:
  sampler::GenerateConfig config_;
  std::string relax_stage_;
  const relax::PotentialFactory* potential_;
  LoadedModel model_;
  std::optional<sampler::KnownStructures> known_;
};

/// run.yaml: versions, the checkpoint's digests and the resolved options of the program of this name.
std::string run_yaml(const Program& program, const std::string& name, const CheckpointDir& checkpoint);

}  // namespace clamp::apps
