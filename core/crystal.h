// A periodic structure: cell, species, fractional coordinates. The value type that every part exchanges.
#pragma once

#include <Eigen/Core>
#include <cstdint>
#include <string>
#include <vector>

namespace clamp {

using Vec3 = Eigen::Vector3d;
using Mat3 = Eigen::Matrix3d;
using Vec3i = Eigen::Vector3i;
using Mat3i = Eigen::Matrix3i;

/// Cell lengths in Å and angles in degrees.
struct CellParameters {
  double a = 0, b = 0, c = 0;
  double alpha = 90, beta = 90, gamma = 90;
};

struct Crystal {
  std::string name;
  Mat3 cell = Mat3::Identity();     ///< rows are the lattice vectors a, b, c in Å
  std::vector<int> atomic_numbers;  ///< [n_atoms]
  std::vector<Vec3> frac_coords;    ///< [n_atoms], any real value

  int64_t n_atoms() const { return static_cast<int64_t>(atomic_numbers.size()); }
  /// Cell volume in Å^3 (positive for left-handed cells too).
  double volume() const;
  /// Mass density in g/cm^3.
  double density() const;
  CellParameters cell_parameters() const;
};

/// Standard orientation (a along x, b in the xy plane); rows are lattice vectors in Å.
Mat3 cell_from_parameters(const CellParameters& parameters);
CellParameters parameters_from_cell(const Mat3& cell);

/// Formula of the atoms as given, Hill order, spaces between elements: "C14 H24 Cu2 N4 O6".
std::string formula(const std::vector<int>& atomic_numbers);
/// The same divided by the greatest common divisor of the counts.
std::string reduced_formula(const std::vector<int>& atomic_numbers);

}  // namespace clamp
