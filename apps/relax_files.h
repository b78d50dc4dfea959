// clamp-relax: structures from files, relaxed one by one, and its output folder.
#pragma once

#include <fstream>
#include <functional>
#include <string>
#include <vector>

#include "apps/cli.h"
#include "data/source_files.h"
#include "relax/geometry_table.h"
#include "relax/potential.h"
#include "relax/relaxer.h"

namespace clamp::apps {

struct RelaxOptions {
  std::vector<std::string> paths;
  std::string potential = "uff";
  std::string optimizer = "lbfgs";
  bool fix_cell = false;
  int64_t max_steps = 1000;
  double fmax = 0.02;      ///< eV/Å
  double smax = 0.02;      ///< GPa
  double max_seconds = 0;  ///< a structure; 0: no limit
  double symprec = 0.01;   ///< Å; 0: P1 as given
  bool trajectory = false;
  std::string checkpoint;
  std::string out = "relaxed";
};

/// A structure of a file and what became of it.
struct RelaxedFile {
  std::string path;   ///< with the block's name where a file holds several
  std::string stem;   ///< of its output files, unique only within a file
  std::string error;  ///< not empty: not relaxed, and why
  int space_group = 1;
  Crystal before, after;
  relax::RelaxRecord record;
  std::string trajectory;  ///< extended XYZ
};

/// What relaxes: `table` for the polish, else `potential`.
struct Relaxing {
  const relax::PotentialFactory* potential = nullptr;
  const relax::GeometryTable* table = nullptr;
};

/// Reads and relaxes all structures of `files` over `n_threads` threads; `on_result` gets them in their
/// order.
void relax_files(data::SourceFiles& files, const RelaxOptions& options, const Relaxing& relaxing,
                 int n_threads, const std::function<void(RelaxedFile&&)>& on_result);

/// The output folder: CIFs, trajectories, structures.extxyz, results.jsonl, run.yaml.
class RelaxOutput {
 public:
  /// Makes the folder. Throws clamp::UsageError where it holds results already and `force` is false.
  RelaxOutput(const RelaxOptions& options, bool force);
  void add(RelaxedFile& result);
  /// Gives results.jsonl and structures.extxyz their names and writes run.yaml.
  void finish(const std::string& run_yaml);
  const std::vector<std::string>& lines() const { return lines_; }  ///< of results.jsonl

 private:
  std::string path(const std::string& name) const { return folder_ + "/" + name; }
  std::string unique_stem(const std::string& stem);
  void append(std::ofstream& file, const std::string& text, const std::string& name);

  std::string folder_;
  double symprec_;
  bool force_;
  std::vector<std::string> lines_;
  std::vector<std::string> stems_;
  std::ofstream results_;
  std::ofstream frames_;
};

std::string relax_table_header();
std::string relax_table_row(const RelaxedFile& result);

}  // namespace clamp::apps
