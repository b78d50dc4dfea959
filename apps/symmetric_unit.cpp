#include "apps/symmetric_unit.h"

#include "core/error.h"
#include "core/symmetrise.h"

namespace clamp::apps {

AsymmetricUnit symmetric_unit(const Crystal& crystal, double symprec) {
  if (symprec > 0) {
    const auto symmetry = find_symmetry(crystal, symprec);
    if (symmetry && symmetrise_refusal(crystal, symmetry->primitive, symmetry->max_move, symprec).empty()) {
      try {
        return make_asymmetric_unit(symmetry->primitive, symmetry->number,
                                    perceive_bonds(symmetry->primitive));
      } catch (const Error&) {
        // Bonds that lie at the edge of their rules can break the symmetry: P1 then.
      }
    }
  }
  return make_asymmetric_unit(crystal, 1, perceive_bonds(crystal));
}

bool is_p1_copy(const std::string& path) {
  const std::string ending = "_P1.cif";
  return path.size() > ending.size() && path.compare(path.size() - ending.size(), ending.size(), ending) == 0;
}

}  // namespace clamp::apps
