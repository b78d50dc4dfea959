// Captions: sentences as users type prompts, made from what the columns of a record say and from nothing
// else.
#pragma once

#include <string>

#include "core/seed.h"
#include "data/dataset.h"

namespace clamp::data {

/// How a caption is worded.
enum class CaptionStyle {
  kKeywords,      ///< "Zn, BDC, pcu topology, 3D"
  kPhrase,        ///< "three-dimensional zinc framework with terephthalate linkers"
  kSentence,      ///< "This porous zinc MOF is built from BDC and ..."
  kTitle,         ///< "A Three-Dimensional Zinc Framework Based on Terephthalate"
  kQuestion,      ///< "Is there a zinc MOF with pcu topology?"
  kRequest,       ///< "Generate a zinc framework with pores wider than 5 Å"
  kFormulaFirst,  ///< "C8H4O5Zn: a 3D framework with ..."
  kProperties,    ///< "Band gap 2.1 eV, density 1.20 g/cm3, zinc MOF"
  kAttributes,    ///< "metal: Zn; linker: BDC; topology: pcu"
  kNotation,      ///< "Zn-BDC MOF, pcu net"
};
constexpr int kCaptionStyles = 10;

/// A caption of a random style with a random subset of the record's facts. Columns that are missing are not
/// mentioned; a record without any usable column is "a crystal structure". The same `rng` state gives the
/// same caption.
std::string make_caption(const Record& record, Rng& rng);
std::string make_caption(const Record& record, CaptionStyle style, Rng& rng);

}  // namespace clamp::data
