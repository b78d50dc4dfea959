#include "relax/random_start.h"

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <cmath>

#include "relax/symmetric_state.h"

namespace clamp::relax {
namespace {

constexpr double kStrainNoise = 0.2;

}  // namespace

AsymmetricUnit random_start(const Chemistry& chemistry, const GeometryTable& table, Rng& rng) {
  AsymmetricUnit unit;
  unit.chemistry = chemistry;
  const PointGroupFrame& frame = point_group_frame(chemistry.space_group);
  Mat3 strain = Mat3::Zero();
  for (const Mat3& b : invariant_strains(frame.cartesian_rotations))
    strain += kStrainNoise * rng.normal() * b;
  const Eigen::SelfAdjointEigenSolver<Mat3> solver(strain);
  const Mat3 stretch = solver.eigenvectors() * solver.eigenvalues().array().exp().matrix().asDiagonal() *
                       solver.eigenvectors().transpose();
  unit.cell = frame.metric_root * stretch;
  unit.cell *= std::cbrt(table.predicted_volume(chemistry) / std::abs(unit.cell.determinant()));
  for (const Slot& slot : chemistry.slots) {
    Vec3 u = Vec3::Zero();
    for (int k = 0; k < slot.site.dimension; ++k) u[k] = rng.uniform();
    unit.frac_coords.push_back(slot.site.basis * u + slot.site.offset);
  }
  return unit;
}

}  // namespace clamp::relax
