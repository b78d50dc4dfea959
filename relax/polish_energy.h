// Objective of the polish and its exact gradient with respect to site coordinates and strain.
//
// Terms: bonds and 1-3 distances, zero between the usual extremes of broad distributions and harmonic about
// the mean of narrow ones, with a constant pull at long range; heights of planar three-coordinate centres;
// repulsion below the usual contacts of atoms three bonds apart and more; the learned packing of those
// further apart (relax/packing_potential.h); optionally a volume. Only terms at one representative of each
// slot are computed, times its multiplicity.
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
  double packing = 0;          ///< factor on the packing potential, whose nats are of contacts an atom
  double volume = 0;           ///< weight an atom of (ln V / target)^2
  double target_volume = 0;    ///< Å^3 of the primitive cell
  double flatness = 0;         ///< 1/Å^2, pull of the fourth coordinates towards zero
};

class PolishEnergy {
 public:
  PolishEnergy(SymmetricState& state, const GeometryTable& table);

  /// Rebuilds all terms for these bonds of the primitive cell.
  void set_bonds(const std::vector<Bond>& bonds);
  void set_weights(const StageWeights& weights);
  /// Lets the atoms move in a fourth dimension (one coordinate a slot, the same for all its copies), in which
  /// they can pass by one another: variables become [state, fourth], distances are those in four dimensions.
  /// `fourth` [n_slots] Å.
  void open_fourth(bool open) { fourth_open_ = open; }
  int64_t n_variables() const {
    return state_.n_variables() + (fourth_open_ ? static_cast<int64_t>(state_.n_slots()) : 0);
  }
  /// Objective at `w` (the state moves there), with its gradient. Infinite, without a gradient, for a cell
  /// that has collapsed (a height under kLeastHeight, or under kLeastVolume of the volume at construction).
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
    double distance;                         ///< Å below which the pair repels, before the stage's factor
    const PackingPotential::Curve* packing;  ///< null for none
  };

  void add_pairs(const Topology& topology, int slot);
  void add_height(const Topology& topology, int slot);
  void set_contact_distances(const Topology& topology);
  /// Å, within which a contact of this distance has an energy.
  double contact_reach(double distance) const;
  void find_contacts();
  bool contacts_outdated() const;
  /// From a slot to an atom's image, in four dimensions.
  struct Span {
    Vec3 frac, cart;
    double apart;  ///< Å, in the fourth dimension
    double squared_length() const { return cart.squaredNorm() + apart * apart; }
  };
  Span span(int slot, int atom, const Vec3& shift) const;
  /// Adds the gradient of a pair energy whose slope, times the multiplicity, over the length is `pull`.
  void add_pull(int slot, const Span& span, double pull, std::vector<Vec3>& slot_cart, Mat3& cell_gradient);
  double pair_energy(std::vector<Vec3>& slot_cart, Mat3& cell_gradient);
  double height_energy(std::vector<Vec3>& slot_frac, Mat3& cell_gradient) const;
  double contact_energy(std::vector<Vec3>& slot_cart, Mat3& cell_gradient);
  double packing_energy(std::vector<Vec3>& slot_cart, Mat3& cell_gradient);

  SymmetricState& state_;
  const GeometryTable& table_;
  StageWeights weights_;
  std::vector<PairTerm> pairs_;
  std::vector<HeightTerm> heights_;
  std::vector<std::vector<Separation>> near_;            ///< [n_slots]
  std::vector<int> contact_kind_;                        ///< [n_atoms]
  Eigen::MatrixXd far_distance_, three_bond_distance_;   ///< [kinds, kinds] Å
  std::vector<const PackingPotential::Curve*> packing_;  ///< [kinds * kinds]
  std::vector<Contact> contacts_;
  std::vector<Vec3> listed_coords_;  ///< slot coordinates that the contacts were found at
  Mat3 listed_cell_ = Mat3::Zero();
  double least_volume_ = 0;  ///< Å^3
  double least_height_ = 0;  ///< Å
  bool fourth_open_ = false;
  Mat3 to_cart_ = Mat3::Identity();
  std::vector<double> fourth_;           ///< [n_slots] Å
  std::vector<double> fourth_gradient_;  ///< [n_slots]
};

}  // namespace clamp::relax
