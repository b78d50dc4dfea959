// The options of clamp-generate and what they mean to sampler::generate.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/cli.h"
#include "relax/potential.h"
#include "sampler/generate.h"

namespace clamp::apps {

struct GenerateOptions {
  std::vector<std::string> prompts;
  std::string prompt_file;
  std::string atoms;
  std::vector<std::string> elements;
  std::vector<std::string> require_elements;
  std::string formula;
  int64_t space_group = 0;           ///< 0: any
  int64_t framework_dimension = -1;  ///< -1: any
  std::vector<std::string> linkers;  ///< SMILES
  std::vector<std::string> nodes;    ///< formulas
  std::string composer = "auto";     ///< "model", "library" or "auto": the model where there is one
  int64_t chemistries = 0;           ///< 0: best_of with the model, 1 with the library
  double compose_guidance = 2;       ///< of the composer model
  double compose_classifier = 0;     ///< scale of the composer model's classifier guidance
  std::string named = "demand";      ///< or "steer": what the metals and linkers of a prompt do
  int64_t fold_starts = 8;           ///< that its chemistries must fold by
  double temperature = 0;            ///< of the composer; 0: its default
  std::string relax = "polish";
  std::string shard = "0/1";
  std::string checkpoint;
  std::string out = "generated";
  sampler::GenerateConfig config;
};

void add_generate_options(Program& program, GenerateOptions& options);

/// The settings of the run, with prompts read and demands parsed. Throws clamp::UsageError.
sampler::GenerateConfig generate_config(const GenerateOptions& options, const CommonOptions& common);

/// What --relax asks for after the polish; nothing for none and polish. Throws clamp::UsageError for a file
/// that is not there, clamp::Error for one that is no potential.
std::unique_ptr<relax::PotentialFactory> generate_potential(const GenerateOptions& options);

}  // namespace clamp::apps
