#include "diffusion/lattice_frame.h"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <cmath>

namespace clamp::diffusion {
namespace {

Mat3 symmetric_function(const Mat3& m, double (*f)(double)) {
  const Eigen::SelfAdjointEigenSolver<Mat3> solver(0.5 * (m + m.transpose()));
  return solver.eigenvectors() * solver.eigenvalues().unaryExpr(f).asDiagonal() *
         solver.eigenvectors().transpose();
}

double log_volume_reference(const Mat3& metric_root, int64_t n_atoms, const LatticeScale& scale) {
  return std::log(static_cast<double>(n_atoms) * scale.volume_per_atom) - std::log(metric_root.determinant());
}

}  // namespace

Vec6 to_mandel(const Mat3& m) {
  const double r = std::sqrt(2.0);
  Vec6 v;
  v << m(0, 0), m(1, 1), m(2, 2), r * m(1, 2), r * m(0, 2), r * m(0, 1);
  return v;
}

Mat3 from_mandel(const Vec6& v) {
  const double r = 1 / std::sqrt(2.0);
  Mat3 m;
  m << v[0], r * v[5], r * v[4], r * v[5], v[1], r * v[3], r * v[4], r * v[3], v[2];
  return m;
}

Vec6 lattice_from_cell(const Mat3& cell, int space_group, int64_t n_atoms, const LatticeScale& scale) {
  const Mat3& root = point_group_frame(space_group).metric_root;
  const Mat3 inverse = root.inverse();
  const Mat3 reduced = inverse * (cell * cell.transpose()) * inverse;
  const Mat3 log_stretch = 0.5 * symmetric_function(reduced, [](double x) { return std::log(x); });
  const double trace = log_stretch.trace() - log_volume_reference(root, n_atoms, scale);
  const Mat3 deviator = log_stretch - log_stretch.trace() / 3 * Mat3::Identity();
  const Mat3 standardised = deviator / scale.deviator_std +
                            (trace - scale.trace_mean) / scale.trace_std / std::sqrt(3.0) * Mat3::Identity();
  return to_mandel(standardised);
}

Mat3 cell_from_lattice(const Vec6& lattice, int space_group, int64_t n_atoms, const LatticeScale& scale) {
  const Mat3& root = point_group_frame(space_group).metric_root;
  const Mat3 standardised = from_mandel(lattice);
  const Mat3 deviator = standardised - standardised.trace() / 3 * Mat3::Identity();
  const double trace = standardised.trace() / std::sqrt(3.0) * scale.trace_std + scale.trace_mean +
                       log_volume_reference(root, n_atoms, scale);
  const Mat3 log_stretch = deviator * scale.deviator_std + trace / 3 * Mat3::Identity();
  return root * symmetric_function(log_stretch, [](double x) { return std::exp(x); });
}

Mat6 lattice_projector(int space_group) {
  const auto& rotations = point_group_frame(space_group).cartesian_rotations;
  Mat6 projector = Mat6::Zero();
  for (int k = 0; k < 6; ++k) {
    const Mat3 unit = from_mandel(Vec6::Unit(k));
    Mat3 mean = Mat3::Zero();
    for (const Mat3& o : rotations) mean += o.transpose() * unit * o;
    projector.col(k) = to_mandel(mean / static_cast<double>(rotations.size()));
  }
  return projector;
}

}  // namespace clamp::diffusion
