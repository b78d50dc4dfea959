// The chemistries of training structures with their CLAMP embeddings, in one safetensors file.
//
// File: ragged arrays as int32 tensors with offsets (space_group, slot_*, stabiliser, bonds),
// framework_dimension, volume (float32, Å^3), embeddings (float16, [n, dim]) and text (UTF-8 bytes: one line
// "id <tab> linkers" an entry).
#pragma once

#include <torch/types.h>

#include <string>
#include <vector>

#include "core/asymmetric_unit.h"
#include "nn/checkpoint.h"
#include "sampler/constraints.h"

namespace clamp::sampler {

struct LibraryEntry {
  std::string id;
  std::string linkers;  ///< names or SMILES as the data set gives them, may be empty
  Chemistry chemistry;  ///< bond shifts are not kept
  int framework_dimension = 0;
  double volume = 0;  ///< Å^3, of the primitive cell
};

class ChemistryLibrary {
 public:
  /// @param embeddings  [n, dim] of the entries' crystals, L2-normalised
  static ChemistryLibrary build(const std::vector<LibraryEntry>& entries, const torch::Tensor& embeddings);
  /// Throws clamp::Error (path, what is wrong) for anything malformed: every index is checked.
  static ChemistryLibrary load(const std::string& path);
  /// `metadata` is kept beside the format's own keys.
  void save(const std::string& path, const nn::Metadata& metadata) const;

  int64_t size() const { return static_cast<int64_t>(ids_.size()); }
  LibraryEntry entry(int64_t index) const;
  const std::string& id(int64_t index) const { return ids_[static_cast<size_t>(index)]; }
  const CandidateFacts& facts(int64_t index) const { return facts_[static_cast<size_t>(index)]; }
  const torch::Tensor& embeddings() const { return embeddings_; }  ///< [n, dim] float32, CPU
  const nn::Metadata& metadata() const { return metadata_; }

 private:
  using Ints = std::vector<int32_t>;
  void append(const LibraryEntry& entry);
  void check(const std::string& path) const;
  CandidateFacts compute_facts(int64_t index) const;

  std::vector<std::string> ids_;
  std::vector<std::string> linkers_;
  Ints space_group_;               // [n]
  Ints framework_dimension_;       // [n]
  std::vector<float> volume_;      // [n]
  Ints slot_offsets_ = {0};        // [n + 1]
  Ints slot_element_;              // [n_slots]
  Ints slot_parent_;               // [n_slots]
  Ints stabiliser_offsets_ = {0};  // [n_slots + 1]
  Ints stabiliser_;                // [k, 4]: operation, shift; the identity is left out
  Ints bond_offsets_ = {0};        // [n + 1]
  Ints bonds_;                     // [n_bonds, 4]: slot i, slot j, operation, 1 inside the asymmetric unit
  torch::Tensor embeddings_;
  std::vector<CandidateFacts> facts_;
  nn::Metadata metadata_;
};

}  // namespace clamp::sampler
