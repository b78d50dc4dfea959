#include "data/caption_dataset.h"

#include <utility>

#include "core/seed.h"
#include "data/dataset_writer.h"
#include "data/hdf5_file.h"
#include "data/schema.h"

namespace clamp::data {

const std::vector<std::string>& caption_style_names() {
  static const std::vector<std::string> names{"keywords",   "phrase",  "sentence",      "title",
                                              "question",   "request", "formula-first", "properties",
                                              "attributes", "notation"};
  return names;
}

std::vector<std::string> captions_of(const Record& record, int64_t index, const CaptionConfig& config) {
  Rng rng(derive_seed(config.seed, static_cast<uint64_t>(index)));
  std::vector<std::string> captions;
  for (int64_t k = 0; k < config.per_structure; ++k) {
    captions.push_back(config.style ? make_caption(record, *config.style, rng) : make_caption(record, rng));
  }
  return captions;
}

void write_captioned(const std::string& path, const std::string& out, const CaptionConfig& config,
                     const Provenance& provenance, const ProgressCallback& progress) {
  const Dataset dataset = Dataset::open(path);
  DatasetWriter writer(out);
  for (const auto& [name, unit] : dataset.units()) writer.set_unit(name, unit);
  Provenance complete = provenance;
  for (int64_t i = 0; i < dataset.size(); ++i) {
    Record record = dataset.read(i);
    for (std::string& caption : captions_of(record, i, config)) record.texts.push_back(std::move(caption));
    writer.add(record);
    if (!progress(i + 1, dataset.size())) {
      complete.complete = i + 1 == dataset.size();
      break;
    }
  }
  writer.finish(complete);
  if (!dataset.symmetry() || !complete.complete) return;
  const Hdf5File from = Hdf5File::open(path);
  Hdf5File to = Hdf5File::open(out, true);
  to.copy_from(from, schema::kSymmetry);
  to.close();
}

}  // namespace clamp::data
