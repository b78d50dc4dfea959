#include "apps/given_chemistry.h"

namespace clamp::apps {

GivenStructure given_structure(const AsymmetricUnit& unit, const std::string& id) {
  GivenStructure given;
  given.unit = unit;
  given.crystal = expand(unit);
  given.composed.chemistry = unit.chemistry;
  given.composed.source = "given";
  given.composed.library_id = id;
  given.composed.framework_dimension = framework_dimension(given.crystal.atomic_numbers, expand_bonds(unit));
  given.composed.reference_volume = given.crystal.volume();
  return given;
}

evaluate::QualityInput quality_input(const GivenStructure& given, Crystal made) {
  evaluate::QualityInput input;
  input.crystal = std::move(made);
  input.intended_dimension = given.composed.framework_dimension;
  input.reference_volume = given.composed.reference_volume;
  input.reference = given.crystal;
  return input;
}

Crystal collapsed(const Crystal& real) {
  Crystal crystal = real;
  for (auto& x : crystal.frac_coords) x.setZero();
  return crystal;
}

}  // namespace clamp::apps
