// What the valences of an atom cost and which formal charge they mean; the table behind bond_orders.h.
#pragma once

namespace clamp::evaluate {

struct ValenceState {
  int cost = 0;      ///< 0: usual; compared and added, no unit
  int charge = 0;    ///< formal
  bool sane = true;  ///< false: no chemist would draw it
};

/// The atom with `degree` bonds to non-metals (H included) whose orders sum to `valence`, beside
/// `metal_bonds` bonds to metals.
ValenceState valence_state(int atomic_number, int degree, int valence, int metal_bonds);

/// Largest sum of bond orders that the element can have; `degree` where it forms single bonds only.
int largest_valence(int atomic_number, int degree);

}  // namespace clamp::evaluate
