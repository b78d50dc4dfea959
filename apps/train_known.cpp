#include "apps/train_known.h"

namespace clamp::apps {

sampler::KnownStructures collect_known(const data::Dataset& dataset, const std::string& split,
                                       int64_t max_atoms) {
  sampler::KnownStructures known;
  for (const auto index : dataset.indices(split, max_atoms)) {
    const auto unit = dataset.asymmetric_unit(index);
    known.add(dataset.id(index), unit ? *unit : make_asymmetric_unit(dataset.read_crystal(index), 1, {}));
  }
  return known;
}

}  // namespace clamp::apps
