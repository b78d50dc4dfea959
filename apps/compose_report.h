// What composed chemistries are worth, counted: shares with intervals, and distances of distributions.
#pragma once

#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "apps/compose_prompts.h"
#include "sampler/composer.h"

namespace clamp::apps {

/// One chemistry, judged by its bond graph alone.
struct ComposeOutcome {
  bool made = false, passed = false, novel = false;
  sampler::DrawCounts counts;
  std::set<int> metals;
  std::set<std::string> molecules;  ///< neutral SMILES
  int64_t n_atoms = 0, n_elements = 0, linker_atoms = 0;
  int space_group = 1;
  std::map<int, double> elements;  ///< atomic number -> atoms
  std::set<std::string> failed;    ///< names of the checks
};
ComposeOutcome judge_chemistry(const Chemistry& chemistry, int framework_dimension);

/// Name -> (met, asked), in the order of first use.
class Shares {
 public:
  void add(const std::string& name, bool met);
  const std::vector<std::pair<std::string, std::pair<int64_t, int64_t>>>& counts() const { return counts_; }

 private:
  std::vector<std::pair<std::string, std::pair<int64_t, int64_t>>> counts_;
};

/// "<prefix> metal" and, where the words name linkers, "<prefix> linker": all that is named is there.
void add_adherence(const ComposePrompt& prompt, const ComposeOutcome& outcome, const std::string& prefix,
                   Shares& shares);

struct ComposeDistance {
  std::string name, unit;  ///< unit empty: total variation
  double distance = 0;     ///< of the composed from the real
  double control = 0;      ///< of one half of the real from the other (even and odd places)
};
std::vector<ComposeDistance> compose_distances(const std::vector<ComposeOutcome>& composed,
                                               const std::vector<ComposeOutcome>& real);

}  // namespace clamp::apps
