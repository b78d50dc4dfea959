#include "relax/symmetric_state.h"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <Eigen/QR>
#include <cmath>

namespace clamp::relax {
namespace {

constexpr double kBondScale = 1.5;  // Å, distance over which a strain unit acts

using Matrix6 = Eigen::Matrix<double, 6, 6>;

/// Orthonormal basis of all symmetric matrices.
std::vector<Mat3> symmetric_basis() {
  std::vector<Mat3> basis;
  for (int i = 0; i < 3; ++i) {
    for (int j = i; j < 3; ++j) {
      Mat3 b = Mat3::Zero();
      b(i, j) = b(j, i) = i == j ? 1.0 : std::sqrt(0.5);
      basis.push_back(b);
    }
  }
  return basis;
}

Mat3 symmetric_function(const Mat3& m, double (*f)(double)) {
  const Eigen::SelfAdjointEigenSolver<Mat3> solver(m);
  return solver.eigenvectors() * solver.eigenvalues().unaryExpr(f).asDiagonal() *
         solver.eigenvectors().transpose();
}

/// dE/dS from dE/d exp(S): the derivative of the exponential in the eigenbasis of S (divided differences).
Mat3 through_exponential(const Mat3& strain, const Mat3& gradient) {
  const Eigen::SelfAdjointEigenSolver<Mat3> solver(strain);
  const Vec3 lambda = solver.eigenvalues();
  const Mat3& v = solver.eigenvectors();
  Mat3 inner = v.transpose() * (0.5 * (gradient + gradient.transpose())) * v;
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) {
      const double gap = lambda[i] - lambda[j];
      const double middle = 0.5 * (lambda[i] + lambda[j]);
      // (e^a - e^b) / (a - b) = e^((a + b) / 2) sinh(g / 2) / (g / 2)
      const double ratio = std::abs(gap) < 1e-6 ? 1.0 : std::sinh(0.5 * gap) / (0.5 * gap);
      inner(i, j) *= std::exp(middle) * ratio;
    }
  }
  return v * inner * v.transpose();
}

}  // namespace

std::vector<Mat3> invariant_strains(const std::vector<Mat3>& rotations) {
  const std::vector<Mat3> basis = symmetric_basis();
  Matrix6 projector = Matrix6::Zero();
  for (int a = 0; a < 6; ++a) {
    Mat3 mean = Mat3::Zero();
    for (const Mat3& q : rotations) mean += q * basis[a] * q.transpose();
    mean /= static_cast<double>(rotations.size());
    for (int b = 0; b < 6; ++b) projector(b, a) = mean.cwiseProduct(basis[b]).sum();
  }
  const Eigen::SelfAdjointEigenSolver<Matrix6> solver(0.5 * (projector + projector.transpose()));
  std::vector<Mat3> invariant;
  for (int k = 0; k < 6; ++k) {
    if (solver.eigenvalues()[k] < 0.5) continue;
    Mat3 m = Mat3::Zero();
    for (int a = 0; a < 6; ++a) m += solver.eigenvectors()(a, k) * basis[a];
    invariant.push_back(m);
  }
  return invariant;
}

SymmetricState::SymmetricState(const AsymmetricUnit& unit, bool relax_cell)
    : group_(&space_group(unit.chemistry.space_group)),
      slots_(unit.chemistry.slots),
      atoms_(expand_atoms(unit.chemistry)),
      multiplicity_(slots_.size(), 0) {
  for (const int slot : atoms_.slot) ++multiplicity_[slot];
  const PointGroupFrame& frame = point_group_frame(unit.chemistry.space_group);
  metric_root_ = frame.metric_root;
  const std::vector<Mat3> allowed = invariant_strains(frame.cartesian_rotations);
  if (relax_cell) strain_basis_ = allowed;
  strain_scale_ = 1 / (kBondScale * std::sqrt(static_cast<double>(atoms_.slot.size())));

  const Mat3 inverse_root = metric_root_.inverse();
  const Mat3 metric = inverse_root * unit.cell * unit.cell.transpose() * inverse_root;
  const Mat3 strain = 0.5 * symmetric_function(metric, [](double x) { return std::log(x); });
  Mat3 projected = Mat3::Zero();
  for (const Mat3& b : allowed) projected += b.cwiseProduct(strain).sum() * b;
  set_strain(projected);
  for (size_t s = 0; s < slots_.size(); ++s) {
    const Site& site = slots_[s].site;
    coords_.push_back(site.projector() * unit.frac_coords[s] + site.offset);
  }
  place_atoms();
  set_reference();
}

void SymmetricState::set_strain(const Mat3& strain) {
  strain_ = strain;
  cell_ = metric_root_ * symmetric_function(strain, [](double x) { return std::exp(x); });
}

void SymmetricState::place_atoms() {
  atoms_frac_.resize(atoms_.slot.size());
  for (size_t a = 0; a < atoms_.slot.size(); ++a) {
    const auto& op = group_->operations[static_cast<size_t>(atoms_.op[a])];
    atoms_frac_[a] =
        op.rotation.cast<double>() * coords_[static_cast<size_t>(atoms_.slot[a])] + op.translation;
  }
}

void SymmetricState::set_reference() {
  reference_strain_ = strain_;
  reference_coords_ = coords_;
  moves_.assign(slots_.size(), Mat3::Zero());
  first_.assign(slots_.size(), 0);
  n_variables_ = 0;
  std::vector<double> reach;
  for (size_t s = 0; s < slots_.size(); ++s) {
    const Site& site = slots_[s].site;
    first_[s] = n_variables_;
    if (site.dimension == 0) continue;
    // Orthonormal Cartesian directions of the site: L^T A = Q R, fractional displacement A R^-1.
    const Eigen::MatrixXd a = site.basis.leftCols(site.dimension);
    const Eigen::HouseholderQR<Eigen::MatrixXd> qr(cell_.transpose() * a);
    const Eigen::MatrixXd r = qr.matrixQR().topRows(site.dimension).triangularView<Eigen::Upper>();
    const double scale = 1 / std::sqrt(multiplicity_[s]);
    moves_[s].leftCols(site.dimension) = scale * (a * r.inverse());
    n_variables_ += site.dimension;
    reach.insert(reach.end(), static_cast<size_t>(site.dimension), scale);
  }
  for (size_t k = 0; k < strain_basis_.size(); ++k) {
    ++n_variables_;
    reach.push_back(strain_scale_ * kBondScale);
  }
  reach_ = Eigen::Map<Eigen::VectorXd>(reach.data(), static_cast<Eigen::Index>(reach.size()));
}

void SymmetricState::apply(const Eigen::VectorXd& w) {
  for (size_t s = 0; s < slots_.size(); ++s) {
    const int n = slots_[s].site.dimension;
    coords_[s] = reference_coords_[s];
    if (n > 0) coords_[s] += moves_[s].leftCols(n) * w.segment(first_[s], n);
  }
  Mat3 strain = reference_strain_;
  const int64_t first = n_variables_ - static_cast<int64_t>(strain_basis_.size());
  for (size_t k = 0; k < strain_basis_.size(); ++k) {
    strain += strain_scale_ * w[first + static_cast<int64_t>(k)] * strain_basis_[k];
  }
  if (!strain_basis_.empty()) set_strain(strain);
  place_atoms();
}

Eigen::VectorXd SymmetricState::pull_back(const std::vector<Vec3>& slot_gradient,
                                          const Mat3& cell_gradient) const {
  Eigen::VectorXd gradient(n_variables_);
  for (size_t s = 0; s < slots_.size(); ++s) {
    const int n = slots_[s].site.dimension;
    if (n > 0) gradient.segment(first_[s], n) = moves_[s].leftCols(n).transpose() * slot_gradient[s];
  }
  if (strain_basis_.empty()) return gradient;
  const Mat3 by_strain = through_exponential(strain_, metric_root_.transpose() * cell_gradient);
  const int64_t first = n_variables_ - static_cast<int64_t>(strain_basis_.size());
  for (size_t k = 0; k < strain_basis_.size(); ++k) {
    gradient[first + static_cast<int64_t>(k)] =
        strain_scale_ * strain_basis_[k].cwiseProduct(by_strain).sum();
  }
  return gradient;
}

void SymmetricState::shift_slot(size_t slot, const Vec3i& shift) {
  const Site& site = slots_[slot].site;
  if (site.dimension == 0) return;
  Vec3 along = site.coordinates * shift.cast<double>();
  for (int k = 0; k < 3; ++k) along[k] = std::round(along[k]);
  coords_[slot] += site.basis * along;
  place_atoms();
  set_reference();
}

void SymmetricState::set_slot(size_t slot, const Vec3& frac_coords) {
  const Site& site = slots_[slot].site;
  coords_[slot] = site.projector() * frac_coords + site.offset;
  place_atoms();
  set_reference();
}

}  // namespace clamp::relax
