// A real structure whose chemistry is given to the geometry model: what is asked for and what it is judged
// by.
#pragma once

#include <string>

#include "core/asymmetric_unit.h"
#include "evaluate/quality.h"
#include "sampler/composer.h"

namespace clamp::apps {

struct GivenStructure {
  sampler::ComposedChemistry composed;  ///< its volume and dimension are the real ones
  Crystal crystal;
  AsymmetricUnit unit;
};

GivenStructure given_structure(const AsymmetricUnit& unit, const std::string& id);

/// `made`, to be judged as a structure of that chemistry.
evaluate::QualityInput quality_input(const GivenStructure& given, Crystal made);

/// Stands for a result that is no structure: all atoms in one place, so that no check passes.
Crystal collapsed(const Crystal& real);

}  // namespace clamp::apps
