// Cell and site coordinates of an asymmetric unit as free variables: whatever their values, the crystal is
// symmetric.
//
// The cell is L = metric_root exp(S) (rows are lattice vectors), S symmetric and invariant under the point
// group in its orthogonal form (core/symmetry.h); slot coordinates stay in the affine subspace of their site.
// Variables are displacements in Å from a reference, scaled so that all have about the same stiffness.
#pragma once

#include <Eigen/Core>
#include <vector>

#include "core/asymmetric_unit.h"

namespace clamp::relax {

class SymmetricState {
 public:
  /// Brings the cell to the canonical orientation and makes it and the coordinates exactly symmetric.
  SymmetricState(const AsymmetricUnit& unit, bool relax_cell);

  /// Variables at zero are the present state.
  void set_reference();
  /// Moves to the state `w` away from the reference.
  void apply(const Eigen::VectorXd& w);
  /// Gradient with respect to w.
  /// @param slot_gradient  [n_slots] dE/d(fractional coordinates of the slot)
  /// @param cell_gradient  dE/dL at constant fractional coordinates
  Eigen::VectorXd pull_back(const std::vector<Vec3>& slot_gradient, const Mat3& cell_gradient) const;

  /// Adds a lattice vector to a slot's coordinates where its site allows it (the nearest allowed one
  /// otherwise).
  void shift_slot(size_t slot, const Vec3i& shift);
  void set_slot(size_t slot, const Vec3& frac_coords);

  int64_t n_variables() const { return n_variables_; }
  int64_t n_atoms() const { return static_cast<int64_t>(atoms_.slot.size()); }
  size_t n_slots() const { return slots_.size(); }
  const Mat3& cell() const { return cell_; }
  const std::vector<Vec3>& slot_coords() const { return coords_; }      ///< [n_slots] fractional
  const std::vector<Vec3>& atom_coords() const { return atoms_frac_; }  ///< [n_atoms] fractional
  const ExpandedAtoms& atoms() const { return atoms_; }
  const SpaceGroup& group() const { return *group_; }
  const Slot& slot(size_t s) const { return slots_[s]; }
  int representative(size_t slot) const { return atoms_.atom_of[slot][0]; }
  double multiplicity(size_t slot) const { return multiplicity_[slot]; }
  /// Largest distance in Å that an atom moves per unit of each variable, for step limits.
  const Eigen::VectorXd& reach() const { return reach_; }

 private:
  void place_atoms();
  void set_strain(const Mat3& strain);

  const SpaceGroup* group_;
  std::vector<Slot> slots_;
  ExpandedAtoms atoms_;
  std::vector<double> multiplicity_;
  Mat3 metric_root_;
  std::vector<Mat3> strain_basis_;  ///< orthonormal basis of the allowed strains; empty for a fixed cell
  double strain_scale_ = 1;

  Mat3 strain_ = Mat3::Zero();
  Mat3 cell_ = Mat3::Identity();
  std::vector<Vec3> coords_;
  std::vector<Vec3> atoms_frac_;

  Mat3 reference_strain_ = Mat3::Zero();
  std::vector<Vec3> reference_coords_;
  std::vector<Mat3> moves_;     ///< [n_slots] fractional displacement per variable, in the first columns
  std::vector<int64_t> first_;  ///< [n_slots] index of the slot's first variable
  int64_t n_variables_ = 0;
  Eigen::VectorXd reach_;
};

/// Orthonormal basis (Frobenius) of the symmetric matrices S with Q S Q^T = S for every rotation Q.
std::vector<Mat3> invariant_strains(const std::vector<Mat3>& rotations);

}  // namespace clamp::relax
