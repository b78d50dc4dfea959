#include "apps/init_composer.h"

#include <fmt/format.h>

#include <limits>

#include "apps/symmetric_unit.h"
#include "core/cif.h"
#include "core/error.h"
#include "data/source_files.h"

namespace clamp::apps {
namespace {

constexpr double kSymprec = 0.05;     // Å, as clamp-data import takes it
constexpr int64_t kMostAtoms = 1000;  // memory grows with the square

sampler::ComposedChemistry start_from(const Crystal& crystal, const std::string& source,
                                      const std::string& id) {
  sampler::ComposedChemistry composed;
  composed.start = symmetric_unit(crystal, kSymprec);
  composed.chemistry = composed.start->chemistry;
  composed.source = source;
  composed.library_id = id;
  composed.similarity = std::numeric_limits<double>::quiet_NaN();
  const Crystal whole = expand(*composed.start);
  composed.framework_dimension = framework_dimension(whole.atomic_numbers, expand_bonds(*composed.start));
  composed.reference_volume = whole.volume();
  composed.expected_volume = composed.reference_volume;
  return composed;
}

}  // namespace

FileComposer::FileComposer(const std::string& path) {
  data::SourceFiles files({path});
  for (data::SourceFile file; files.next(file);) {
    if (file.path != file.origin && is_p1_copy(file.path)) continue;
    const auto reason =
        file.is_dataset ? "a dataset; clamp-data export writes its structures as CIF" : file.skip_reason;
    if (!reason.empty()) fail(fmt::format("--init {}: {}", file.path, reason));
    for (const CifEntry& entry : read_cif_text(file.content, file.path)) {
      if (!entry.error.empty()) fail(fmt::format("--init {}: {}", file.path, entry.error));
      if (entry.crystal.n_atoms() > kMostAtoms) {
        fail(fmt::format("--init {}: {} atoms in the cell, expected at most {}", file.path,
                         entry.crystal.n_atoms(), kMostAtoms));
      }
      starts_.push_back(start_from(entry.crystal, "file", entry.block_name));
    }
  }
  if (starts_.empty())
    fail(fmt::format("--init {}: no structure there; expected a CIF file or a folder of them", path));
}

sampler::ComposedChemistry FileComposer::compose(const sampler::ComposeRequest&, uint64_t,
                                                 int64_t index) const {
  return starts_[static_cast<size_t>(index) % starts_.size()];
}

NearestComposer::NearestComposer(std::unique_ptr<sampler::Composer> library, sampler::KnownStructures known)
    : library_(std::move(library)), known_(std::move(known)) {
  for (int64_t k = 0; k < known_.size(); ++k) by_id_.emplace(known_.id(k), k);
}

sampler::ComposedChemistry NearestComposer::compose(const sampler::ComposeRequest& request, uint64_t seed,
                                                    int64_t index) const {
  const auto found = library_->compose(request, seed, index);
  const auto at = by_id_.find(found.library_id);
  if (at == by_id_.end()) {
    fail(fmt::format(
        "--init nearest: the structure {} of the library is not among the checkpoint's known structures; "
        "make both anew with clamp-train library",
        found.library_id));
  }
  auto composed = start_from(known_.crystal(at->second), "nearest", found.library_id);
  composed.similarity = found.similarity;
  composed.linkers = found.linkers;
  return composed;
}

}  // namespace clamp::apps
