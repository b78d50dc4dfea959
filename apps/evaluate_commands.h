// The jobs of clamp-evaluate.
#pragma once

#include <string>
#include <vector>

#include "apps/cli.h"
#include "apps/composer_options.h"
#include "sampler/geometry.h"

namespace clamp::apps {

struct EvaluateOptions {
  std::vector<std::string> paths;
  std::string given_chemistry;  ///< dataset whose chemistries are rebuilt
  std::string compose;          ///< dataset whose captions are composed
  ComposerOptions composer;
  int64_t repeats = 8;     ///< compositions a caption
  int64_t demands = 0;     ///< captions that each kind of demand is tried on
  int64_t geometries = 0;  ///< captions that geometries are made for
  std::string split = "val";
  int64_t max_atoms = 64;
  int64_t n = 64;
  int64_t best_of = 1;
  double guidance_scale = 0;
  double classifier_scale = 0;
  int64_t steps = 30;
  int64_t coarse_starts = sampler::kCoarseStarts;
  double strength = 0.65;
  bool start_from_real = false;
  std::string out;  ///< folder for the structures, empty: not written
  std::string checkpoint;
  std::string reference;             ///< dataset for novelty and distributions, empty: none
  std::string reference_split;       ///< empty: all of it
  int64_t reference_n = 500;         ///< structures drawn for the distributions
  std::string plots;                 ///< folder, empty: none
  std::string relax = "none";        ///< or uff, uff-plain, the file of a TorchScript potential
  std::vector<std::string> linkers;  ///< SMILES that every structure should have
  std::string pores = "built-in";
  std::string zeo_program = "network";
};

/// Checks of structures in files, folders and archives: a table or JSON on stdout. Gives the exit code.
int evaluate_files(const EvaluateOptions& options, const CommonOptions& common);

/// The quality table of a model on the chemistries of real structures. Gives the exit code.
int evaluate_given_chemistry(const EvaluateOptions& options, const CommonOptions& common);

/// How a composer answers captions of real structures. Gives the exit code.
int evaluate_compose(const EvaluateOptions& options, const CommonOptions& common);

}  // namespace clamp::apps
