// Token sequences of chemistries, and the dictionary that they need.
//
// BEGIN, space group, framework dimension; each metal: element, site, bonds to earlier metals (metal,
// operation); each molecule: a known form (one token) or its atoms one by one (OPEN; element, site unless
// general, bonds to earlier atoms: atom, operation; CLOSE), then its grips (metal, atom, operation); END.
// An operation is left out where the bond lies inside the asymmetric unit.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "diffusion/composer_blocks.h"

namespace clamp::diffusion {

using Tokens = std::vector<int32_t>;

/// Ranges of token numbers.
namespace token {
constexpr int32_t kPad = 0, kBegin = 1, kEnd = 2, kMask = 3, kOpen = 4, kClose = 5;
constexpr int32_t kSpaceGroup = 6;                 ///< + number - 1
constexpr int32_t kDimension = kSpaceGroup + 230;  ///< + 0..3
constexpr int32_t kElement = kDimension + 4;       ///< + atomic number
constexpr int32_t kSite = kElement + 104;          ///< + index of the site in its space group, 0 general
constexpr int32_t kSites = 320;
constexpr int32_t kAtom = kSite + kSites;  ///< + index in the molecule
constexpr int32_t kAtoms = 300;
constexpr int32_t kMetal = kAtom + kAtoms;  ///< + index
constexpr int32_t kMetals = 100;
constexpr int32_t kOperation = kMetal + kMetals;  ///< + index of the operation
constexpr int32_t kForm = kOperation + 192;       ///< + index of a known molecule form
}  // namespace token

/// Sites by space group and known molecule forms. Indices are a file format.
class ComposerDictionary {
 public:
  /// Sites of all blocks, most frequent first; forms that occur at least `min_count` times.
  static ComposerDictionary build(const std::vector<Blocks>& chemistries, int64_t min_count);
  /// Numbers for a file and back. Throws clamp::Error naming `source`.
  std::vector<int32_t> to_numbers() const;
  static ComposerDictionary from_numbers(const std::vector<int32_t>& numbers, const std::string& source);

  int32_t n_tokens() const { return token::kForm + static_cast<int32_t>(forms_.size()); }
  int32_t n_forms() const { return static_cast<int32_t>(forms_.size()); }
  const MoleculeForm& form(int32_t index) const { return forms_[static_cast<size_t>(index)]; }
  /// Atoms of each form that are bonded to metals somewhere.
  const std::vector<char>& donors(int32_t index) const { return donors_[static_cast<size_t>(index)]; }
  int32_t n_sites(int space_group) const;
  /// -1: not known.
  int32_t site_index(int space_group, const SiteKey& site) const;
  const SiteKey& site(int space_group, int32_t index) const;
  int32_t form_index(const MoleculeForm& form) const;

 private:
  void index();
  std::map<int, std::vector<SiteKey>> sites_;  // by space group; the general one is index 0 and not stored
  std::vector<MoleculeForm> forms_;
  std::vector<std::vector<char>> donors_;
  std::map<std::vector<int>, int32_t> form_of_content_;
};

/// Nothing where a site is not in the dictionary or an index is beyond the tokens, with `reason`.
std::optional<Tokens> encode(const Blocks& blocks, int framework_dimension,
                             const ComposerDictionary& dictionary, std::string* reason);

struct Decoded {
  Blocks blocks;
  int framework_dimension = 0;
};
/// Throws clamp::Error for a sequence that breaks the grammar.
Decoded decode(const Tokens& tokens, const ComposerDictionary& dictionary);

}  // namespace clamp::diffusion
