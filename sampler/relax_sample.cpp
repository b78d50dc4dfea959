#include "sampler/relax_sample.h"

#include <cmath>

#include "core/symmetrise.h"
#include "relax/relaxer.h"

namespace clamp::sampler {

void relax_sample(SampleResult& result, const relax::PotentialFactory& potential, const Pipeline& pipeline,
                  const RelaxSampleConfig& config) {
  if (!result.best) return;
  relax::RelaxerConfig relaxer;
  relaxer.stage = config.stage;
  relaxer.stop = config.stop;
  if (config.trajectory) {
    relaxer.on_frame = [&](const relax::RelaxFrame& frame) {
      result.trajectory.push_back({config.stage, frame.step, frame.crystal, frame.energy});
    };
  }
  const auto relaxed = relax::relax_structure(result.best->unit, potential, relaxer);
  auto records = result.best->relax;
  records.push_back(relaxed.record);
  if (std::isfinite(relaxed.record.energy)) {
    const std::string name = result.best->crystal.name;
    const bool from_search = result.best->from_search;
    result.best = judge(relaxed.unit, result.composed);
    judge_as_written(*result.best, result.composed);
    result.best->crystal.name = name;
    result.best->from_search = from_search;
    if (pipeline.geometry != nullptr)
      result.best->surprise = pipeline.geometry->surprise({result.best->unit})[0];
    result.symmetric = symmetrise(result.best->crystal, config.symprec).cell;
    if (result.clamp_score) {
      const auto crystal = pipeline.encode_crystals({result.best->crystal})[0];  // [dim]
      result.clamp_score = torch::dot(crystal, pipeline.encode_texts({result.prompt})[0]).item<double>();
    }
  }
  result.best->relax = std::move(records);
}

}  // namespace clamp::sampler
