#include "evaluate/valence_states.h"

#include <algorithm>
#include <cstdlib>

namespace clamp::evaluate {
namespace {

constexpr ValenceState kImpossible{400, 0, false};

ValenceState hydrogen(int degree, int metal_bonds) {
  if (degree == 1) return {};
  if (degree == 0 && metal_bonds > 0) return {0, -1, true};  // hydride
  return kImpossible;
}

ValenceState carbon(int degree, int valence, int metal_bonds) {
  const bool bound = metal_bonds > 0;
  switch (valence) {
    case 4:
      return {};
    case 3:
      return {60, -1, bound};
    case 2:
      return {bound && degree > 1 ? 50 : 120, 0, bound};  // carbene
    default:
      return {valence < 2 ? 160 : 400, valence == 1 ? -1 : 0, false};
  }
}

ValenceState nitrogen(int degree, int valence, int metal_bonds) {
  switch (valence) {
    case 3:
      return {};
    case 4:
      return {degree == 2 ? 20 : 8, 1, true};
    case 2:
      return {15, -1, true};
    case 1:
      return {50, -2, metal_bonds > 0};
    case 0:
      return {80, -3, metal_bonds > 0};
    default:
      return kImpossible;
  }
}

ValenceState oxygen(int valence, int metal_bonds) {
  switch (valence) {
    case 2:
      return {};
    case 1:
      return {10, -1, true};
    case 0:
      return {20, -2, metal_bonds > 0};
    case 3:
      return {40, 1, true};
    default:
      return kImpossible;
  }
}

// S, Se, Te
ValenceState chalcogen(int degree, int valence, int metal_bonds) {
  switch (valence) {
    case 0:
      return {20, -2, metal_bonds > 0};
    case 1:
      return {10, -1, true};
    case 2:
      return {0, 0, degree <= 2};
    case 3:
      return {degree == 3 ? 20 : 25, 1, true};
    case 4:
      return {degree >= 3 ? 0 : (degree == 2 ? 8 : 30), 0, true};
    case 5:
      return {40, 1, degree >= 4};
    case 6:
      return {degree >= 4 ? 0 : (degree == 3 ? 5 : 30), 0, true};
    default:
      return kImpossible;
  }
}

// P, As
ValenceState pnictogen(int degree, int valence) {
  switch (valence) {
    case 3:
      return {};
    case 5:
      return {degree >= 4 ? 0 : 10, 0, true};
    case 4:
      return {degree == 4 ? 15 : 25, 1, true};
    case 2:
      return {30, -1, true};
    case 6:
      return {degree == 6 ? 0 : 60, -1, degree == 6};
    case 1:
      return {50, -2, true};
    case 0:
      return {60, -3, true};
    default:
      return kImpossible;
  }
}

// Cl, Br, I
ValenceState halogen(int degree, int valence) {
  if (valence == 0) return {10, -1, true};
  if (valence == 1) return {};
  if (degree == valence && valence % 2 == 0 && degree <= 4) return {20, -1, true};  // triiodide and the like
  if (valence == 7 && degree == 4) return {};
  if (valence == 5 && degree >= 3) return {degree == 3 ? 0 : 20, 0, true};
  if (valence == 3) return {5, 0, true};
  return kImpossible;
}

}  // namespace

ValenceState valence_state(int z, int degree, int valence, int metal_bonds) {
  switch (z) {
    case 1:
      return hydrogen(degree, metal_bonds);
    case 5:
      if (valence == 3) return {};
      return valence == 4 ? ValenceState{0, -1, true} : kImpossible;
    case 6:
      return carbon(degree, valence, metal_bonds);
    case 7:
      return nitrogen(degree, valence, metal_bonds);
    case 8:
      return oxygen(valence, metal_bonds);
    case 9:
      if (valence == 1) return {};
      return valence == 0 ? ValenceState{0, -1, true} : kImpossible;
    case 14:
    case 32:
      if (valence < 4 || valence > 6) return {100, 0, false};
      return {0, 4 - valence, true};
    case 15:
    case 33:
      return pnictogen(degree, valence);
    case 16:
    case 34:
    case 52:
      return chalcogen(degree, valence, metal_bonds);
    case 17:
    case 35:
    case 53:
      return halogen(degree, valence);
    default:
      return {0, 0, degree == 0};
  }
}

int largest_valence(int z, int degree) {
  switch (z) {
    case 6:
      return std::max(degree, 4);
    case 7:
      return std::max(degree, 4);
    case 8:
      return std::max(degree, 3);
    case 15:
    case 33:
      return std::max(degree, 5);
    case 16:
    case 34:
    case 52:
      return std::max(degree, 6);
    case 17:
    case 35:
    case 53:
      return degree >= 2 ? std::max(degree, 7) : degree;
    default:
      return degree;
  }
}

}  // namespace clamp::evaluate
