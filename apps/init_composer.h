// --init of clamp-generate: chemistries of known structures, with these as what the geometry model starts
// from.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include "sampler/composer.h"
#include "sampler/known_structures.h"

namespace clamp::apps {

/// Sample k starts from structure k (of n: k modulo n) of a file, folder or archive. Throws clamp::Error,
/// naming it, for what cannot be read or has more than 1,000 atoms.
class FileComposer : public sampler::Composer {
 public:
  explicit FileComposer(const std::string& path);
  sampler::ComposedChemistry compose(const sampler::ComposeRequest& request, uint64_t seed,
                                     int64_t index) const override;

 private:
  std::vector<sampler::ComposedChemistry> starts_;
};

/// Sample k starts from the known structure that `library`, a composer of known chemistries, gives for it.
class NearestComposer : public sampler::Composer {
 public:
  NearestComposer(std::unique_ptr<sampler::Composer> library, sampler::KnownStructures known);
  /// Throws clamp::Error where the structure of the chemistry is not among the known ones.
  sampler::ComposedChemistry compose(const sampler::ComposeRequest& request, uint64_t seed,
                                     int64_t index) const override;

 private:
  std::unique_ptr<sampler::Composer> library_;
  sampler::KnownStructures known_;
  std::map<std::string, int64_t> by_id_;
};

}  // namespace clamp::apps
