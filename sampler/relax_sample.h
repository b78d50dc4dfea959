// Relaxation of a finished sample in a potential, after the polish.
#pragma once

#include "relax/potential.h"
#include "sampler/generate.h"

namespace clamp::sampler {

struct RelaxSampleConfig {
  std::string stage = "uff";  ///< name in the record: "uff", or "potential" for one of a file
  double symprec = 0.01;      ///< Å
  std::function<bool()> stop = {};
  bool trajectory = false;  ///< add the states on the way to the result's
};

/// Relaxes `result.best` in its own bonds and space group, judges it anew and adds the record; symmetry,
/// CLAMP score and surprise are those of the relaxed structure. What does not converge keeps its last state,
/// and the record says so; where the potential cannot describe the structure, it stays as it was and the
/// record has the reason.
void relax_sample(SampleResult& result, const relax::PotentialFactory& potential, const Pipeline& pipeline,
                  const RelaxSampleConfig& config);

}  // namespace clamp::sampler
