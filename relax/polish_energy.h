// Objective of the polish and its exact gradient with respect to site coordinates and strain.
//
// Terms: bonds and 1-3 distances, zero between the usual extremes of broad distributions and harmonic about
// the mean of narrow ones, with a constant pull at long range; heights of planar three-coordinate centres;
// repulsion below the usual contacts of atoms three bonds apart and more; optionally a volume. Only terms at
// one representative of each slot are computed, times its multiplicity.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "relax/geometry_table.h"
#include "relax/symmetric_state.h"

namespace clamp::relax {

/// What changes from stage to stage.
struct StageWeights {
  double stiffness_cap = 400;  ///< 1/Å^2, largest stiffness of a bond (weights are 1 / spread^2 below it)
  double angle = 1;            ///< factor on 1-3 terms
  double planar = 1;           ///< factor on heights
  double repulsion = 60;       ///< 1/Å^2
  double reach = 1;            ///< factor on contact distances
  double volume = 0;           ///< weight an atom of (ln V / target)^2
  double target_volume = 0;    ///< Å^3 of the primitive cell
};

class PolishEnergy {
 public:
  PolishEnergy(SymmetricState& state, const GeometryTable& table) : state_(state), table_(table) {}

  /// Rebuilds all terms for these bonds of the primitive cell.
  void set_bonds(const std::vector<Bond>& bonds);
  void set_weights(const StageWeights& weights);
  /// Objective at `w` (the state moves there), with its gradient.
  double evaluate(const Eigen::VectorXd& w, Eigen::VectorXd& gradient);

 private:
  struct PairTerm {
    int slot;
    int atom;
    Vec3 shift;
    double low, high;  ///< Å, no cost between
    double stiffness;  ///< 1/Å^2
    double tail;       ///< Å beyond which the force is constant
    bool bond;
  };
  struct HeightTerm {
    int slot;
    AtomImage near[3];
    double stiffness;
  };
  struct Contact {
    int slot;
    int atom;
    Vec3 shift;
    double distance;  ///< Å below which the pair repels, before the stage's factor
  };

  void add_pairs(const Topology& topology, int slot);
  void add_height(const Topology& topology, int slot);
  void set_contact_distances(const Topology& topology);
  void find_contacts();
  bool contacts_outdated() const;
  double pair_energy(std::vector<Vec3>& slot_cart, Mat3& cell_gradient) const;
  double height_energy(std::vector<Vec3>& slot_frac, Mat3& cell_gradient) const;
  double contact_energy(std::vector<Vec3>& slot_cart, Mat3& cell_gradient) const;

  SymmetricState& state_;
  const GeometryTable& table_;
  StageWeights weights_;
  std::vector<PairTerm> pairs_;
  std::vector<HeightTerm> heights_;
  std::vector<std::vector<Separation>> near_;           ///< [n_slots]
  std::vector<int> contact_kind_;                       ///< [n_atoms]
  Eigen::MatrixXd far_distance_, three_bond_distance_;  ///< [kinds, kinds] Å
  std::vector<Contact> contacts_;
  std::vector<Vec3> listed_coords_;  ///< slot coordinates that the contacts were found at
  Mat3 listed_cell_ = Mat3::Zero();
};

}  // namespace clamp::relax
