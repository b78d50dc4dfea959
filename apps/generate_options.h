// The options of clamp-generate and what they mean to sampler::generate.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "apps/cli.h"
#include "apps/composer_options.h"
#include "relax/potential.h"
#include "sampler/generate.h"

namespace clamp::apps {

constexpr const char* kNearest = "nearest";  ///< of --init

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
  ComposerOptions composer;
  std::string init;         ///< structure file, folder or kNearest; empty: chemistries are composed
  int64_t chemistries = 0;  ///< 0: best_of with the model, 1 with the library
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
