// The structures of the training data, small enough to be kept with a checkpoint: is a result one of them?
//
// File (safetensors): asymmetric units in the standardised primitive cell, ragged with int32 offsets; cells
// as lengths and angles (float32), coordinates as multiples of 2^-16 of the cell (two bytes, low first): on
// average 7 bytes and a half an atom of the asymmetric unit, and places are good to about 1e-4 Å. Compared by
// the structure match of evaluate/duplicates.h on all atoms.
#pragma once

#include <torch/types.h>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "core/asymmetric_unit.h"
#include "evaluate/duplicates.h"
#include "nn/checkpoint.h"

namespace clamp::sampler {

/// Name of the file in a checkpoint's folder.
constexpr const char* kKnownStructuresFile = "known_structures.safetensors";

class KnownStructures {
 public:
  /// `unit` is an exactly symmetric structure; its bonds are not kept. `id` is one line of text.
  void add(const std::string& id, const AsymmetricUnit& unit);

  /// Throws clamp::Error (path, what is wrong) for anything malformed.
  static KnownStructures load(const std::string& path);
  /// `metadata` is kept beside the format's own keys.
  void save(const std::string& path, const nn::Metadata& metadata) const;

  int64_t size() const { return static_cast<int64_t>(ids_.size()); }
  const std::string& id(int64_t index) const { return ids_[static_cast<size_t>(index)]; }
  const nn::Metadata& metadata() const { return metadata_; }
  /// All atoms of the primitive cell.
  Crystal crystal(int64_t index) const;

  struct Match {
    int64_t index = 0;
    double rms = 0;  ///< as evaluate::match_rms()
  };
  /// The first structure that is the same one, compared with all of its reduced formula. Thread-safe.
  std::optional<Match> find(const evaluate::Fingerprint& crystal) const;

 private:
  void check(const std::string& path) const;
  /// Atoms by element in the whole cell, as a reduced formula.
  std::string composition(int64_t index) const;

  std::vector<std::string> ids_;
  std::vector<uint8_t> space_group_;         // [n]
  std::vector<float> cells_;                 // [n, 6] Å and degrees
  std::vector<int32_t> slot_offsets_ = {0};  // [n + 1]
  std::vector<uint8_t> slot_element_;        // [n_slots]
  std::vector<uint8_t> slot_copies_;         // [n_slots] atoms of the primitive cell that a slot stands for
  std::vector<uint8_t> slot_coords_;         // [n_slots, 6]
  std::map<std::string, std::vector<int64_t>> by_formula_;
  nn::Metadata metadata_;
};

}  // namespace clamp::sampler
