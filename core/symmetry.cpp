#include "core/symmetry.h"

#include <fmt/format.h>
#include <spglib.h>

#include <Eigen/Eigenvalues>
#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <memory>
#include <mutex>

#include "core/canonical_setting.h"
#include "core/error.h"
#include "core/space_group_number.h"

namespace clamp {
namespace {

constexpr int kHallNumbers = 530;
constexpr int kMaxOperations = 192;
// Operations of a standardised structure must map atoms onto atoms within this many times symprec.
constexpr double kMappingFactor = 3;

std::mutex& spglib_mutex() {
  static std::mutex mutex;
  return mutex;
}

/// First Hall number (the standard choice) of each space-group type and its symbol.
struct HallTable {
  std::array<int, 231> hall{};
  std::array<std::string, 231> symbol;
};

const HallTable& hall_table() {
  static const HallTable table = [] {
    HallTable t;
    const std::lock_guard<std::mutex> lock(spglib_mutex());
    for (int hall = kHallNumbers; hall >= 1; --hall) {
      const SpglibSpacegroupType type = spg_get_spacegroup_type(hall);
      t.hall[type.number] = hall;
      t.symbol[type.number] = type.international_short;
    }
    return t;
  }();
  return table;
}

/// Columns of the result are the primitive basis in the conventional one (spglib's documentation,
/// "transformation to a primitive cell"): x_primitive = P^-1 x_conventional.
Mat3 primitive_transformation(char centring) {
  Mat3 p = Mat3::Identity();
  switch (centring) {
    case 'A':
      p << 1, 0, 0, 0, 0.5, -0.5, 0, 0.5, 0.5;
      break;
    case 'C':
      p << 0.5, 0.5, 0, -0.5, 0.5, 0, 0, 0, 1;
      break;
    case 'R':
      p << 2, -1, -1, 1, 1, -2, 1, 1, 1;
      p /= 3;
      break;
    case 'I':
      p << -0.5, 0.5, 0.5, 0.5, -0.5, 0.5, 0.5, 0.5, -0.5;
      break;
    case 'F':
      p << 0, 0.5, 0.5, 0.5, 0, 0.5, 0.5, 0.5, 0;
      break;
    default:
      break;
  }
  return p;
}

/// Snaps to multiples of 1/24 (all translations of the tables are) and wraps into [0, 1).
double wrap_translation(double t) {
  double snapped = std::round(t * 24) / 24;
  snapped -= std::floor(snapped);
  return snapped;
}

std::vector<SymmetryOperation> hall_operations(int hall) {
  int rotations[kMaxOperations][3][3];
  double translations[kMaxOperations][3];
  int n = 0;
  {
    const std::lock_guard<std::mutex> lock(spglib_mutex());
    n = spg_get_symmetry_from_database(rotations, translations, hall);
  }
  std::vector<SymmetryOperation> operations(n);
  for (int k = 0; k < n; ++k) {
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c) operations[k].rotation(r, c) = rotations[k][r][c];
      operations[k].translation[r] = wrap_translation(translations[k][r]);
    }
  }
  return operations;
}

bool same_operation(const SymmetryOperation& p, const SymmetryOperation& q) {
  return p.rotation == q.rotation && (p.translation - q.translation).cwiseAbs().maxCoeff() < 1e-6;
}

void fill_products(SpaceGroup& group) {
  const size_t n = group.operations.size();
  group.product.assign(n, std::vector<int>(n, -1));
  group.product_shift.assign(n, std::vector<Vec3i>(n, Vec3i::Zero()));
  for (size_t g = 0; g < n; ++g) {
    for (size_t h = 0; h < n; ++h) {
      const auto& p = group.operations[g];
      const auto& q = group.operations[h];
      const Mat3i rotation = p.rotation * q.rotation;
      const Vec3 translation = p.rotation.cast<double>() * q.translation + p.translation;
      for (size_t k = 0; k < n; ++k) {
        if (group.operations[k].rotation != rotation) continue;
        const Vec3 difference = translation - group.operations[k].translation;
        const Vec3 rounded = difference.array().round();
        if ((difference - rounded).cwiseAbs().maxCoeff() > 1e-6) continue;
        group.product[g][h] = static_cast<int>(k);
        group.product_shift[g][h] = rounded.cast<int>();
        break;
      }
      if (group.product[g][h] < 0) fail(fmt::format("space group {}: operations do not close", group.number));
    }
  }
}

SpaceGroup build_space_group(int number) {
  SpaceGroup group;
  group.number = number;
  group.symbol = hall_table().symbol[number];
  const Mat3 p = primitive_transformation(group.symbol[0]);
  const Mat3 p_inverse = p.inverse();
  for (const SymmetryOperation& conventional : hall_operations(hall_table().hall[number])) {
    SymmetryOperation op;
    const Mat3 rotation = p_inverse * conventional.rotation.cast<double>() * p;
    op.rotation = rotation.array().round().matrix().cast<int>();
    const Vec3 translation = p_inverse * conventional.translation;
    for (int k = 0; k < 3; ++k) op.translation[k] = wrap_translation(translation[k]);
    const bool known = std::any_of(group.operations.begin(), group.operations.end(),
                                   [&](const SymmetryOperation& q) { return same_operation(op, q); });
    if (!known) group.operations.push_back(op);
  }
  fill_products(group);
  return group;
}

/// A cell in spglib's layout: lattice vectors are columns there, rows here.
struct SpglibCell {
  double lattice[3][3];
  std::vector<std::array<double, 3>> positions;
  std::vector<int> types;

  SpglibCell(const Crystal& crystal, size_t capacity) : positions(capacity), types(capacity) {
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c) lattice[r][c] = crystal.cell(c, r);
    }
    for (int64_t i = 0; i < crystal.n_atoms(); ++i) {
      for (int k = 0; k < 3; ++k) positions[i][k] = crystal.frac_coords[i][k];
      types[i] = crystal.atomic_numbers[i];
    }
  }
  double (*data())[3] { return reinterpret_cast<double(*)[3]>(positions.data()); }
  Crystal crystal(int n, const std::string& name) const {
    Crystal out;
    out.name = name;
    for (int r = 0; r < 3; ++r) {
      for (int c = 0; c < 3; ++c) out.cell(c, r) = lattice[r][c];
    }
    for (int i = 0; i < n; ++i) {
      out.atomic_numbers.push_back(types[i]);
      out.frac_coords.emplace_back(positions[i][0], positions[i][1], positions[i][2]);
    }
    return out;
  }
};

struct Mapping {
  std::vector<std::vector<int64_t>> atom;  ///< [n_operations][n_atoms]
  double worst = 0;                        ///< Å
};

/// Which atom each operation sends each atom to; nothing where an image has no atom within `tolerance` Å.
std::optional<Mapping> map_atoms(const Crystal& crystal, const std::vector<SymmetryOperation>& operations,
                                 double tolerance) {
  Mapping mapping;
  const Mat3 to_cart = crystal.cell.transpose();
  for (const SymmetryOperation& op : operations) {
    std::vector<int64_t> images(crystal.frac_coords.size(), -1);
    std::vector<char> taken(crystal.frac_coords.size(), 0);
    for (size_t i = 0; i < crystal.frac_coords.size(); ++i) {
      const Vec3 image = op.rotation.cast<double>() * crystal.frac_coords[i] + op.translation;
      double best = tolerance;
      for (size_t j = 0; j < crystal.frac_coords.size(); ++j) {
        if (crystal.atomic_numbers[j] != crystal.atomic_numbers[i]) continue;
        Vec3 delta = crystal.frac_coords[j] - image;
        delta -= Vec3(delta.array().round());
        const double distance = (to_cart * delta).norm();
        if (distance < best) {
          best = distance;
          images[i] = static_cast<int64_t>(j);
        }
      }
      if (images[i] < 0 || taken[images[i]]) return std::nullopt;
      taken[images[i]] = 1;
      mapping.worst = std::max(mapping.worst, best);
    }
    mapping.atom.push_back(std::move(images));
  }
  return mapping;
}

/// Averages positions over the group; returns the largest move in Å.
double average_positions(Crystal& crystal, const std::vector<SymmetryOperation>& operations,
                         const Mapping& mapping) {
  const size_t n = crystal.frac_coords.size();
  std::vector<Vec3> sum(n, Vec3::Zero());
  for (size_t g = 0; g < operations.size(); ++g) {
    const Mat3 rotation = operations[g].rotation.cast<double>();
    for (size_t i = 0; i < n; ++i) {
      const Vec3 image = rotation * crystal.frac_coords[i] + operations[g].translation;
      const size_t j = static_cast<size_t>(mapping.atom[g][i]);
      Vec3 delta = image - crystal.frac_coords[j];
      delta -= Vec3(delta.array().round());
      sum[j] += delta;
    }
  }
  double largest = 0;
  for (size_t i = 0; i < n; ++i) {
    const Vec3 move = sum[i] / static_cast<double>(operations.size());
    crystal.frac_coords[i] += move;
    largest = std::max(largest, (crystal.cell.transpose() * move).norm());
  }
  return largest;
}

/// Averages the metric over the rotations and rebuilds the cell in the orientation metric_root * exp(S).
void average_cell(Crystal& crystal, const std::vector<SymmetryOperation>& operations) {
  const Mat3 metric = crystal.cell * crystal.cell.transpose();
  Mat3 mean = Mat3::Zero();
  for (const SymmetryOperation& op : operations) {
    const Mat3 rotation = op.rotation.cast<double>();
    mean += rotation.transpose() * metric * rotation;
  }
  mean /= static_cast<double>(operations.size());
  // G = C C^T with C = old cell * correction keeps the orientation: C = (G_mean G^-1)^(1/2) in the symmetric
  // sense.
  const Mat3 inverse = crystal.cell.inverse();
  const Mat3 strain2 = inverse * mean * inverse.transpose();
  const Eigen::SelfAdjointEigenSolver<Mat3> solver(0.5 * (strain2 + strain2.transpose()));
  crystal.cell = (crystal.cell * solver.operatorSqrt()).eval();
}

struct Standardised {
  Crystal crystal;
  int number = 1;
};

/// spglib's standardised cell, nothing where it finds no symmetry.
std::optional<Standardised> standardise(const Crystal& crystal, double symprec, bool primitive) {
  const std::lock_guard<std::mutex> lock(spglib_mutex());
  const int n_atoms = static_cast<int>(crystal.n_atoms());
  SpglibCell cell(crystal, static_cast<size_t>(n_atoms) * 4);
  const std::unique_ptr<SpglibDataset, decltype(&spg_free_dataset)> dataset(
      spg_get_dataset(cell.lattice, cell.data(), cell.types.data(), n_atoms, symprec), &spg_free_dataset);
  if (!dataset) return std::nullopt;
  Standardised result;
  result.number = dataset->spacegroup_number;
  const int n = spg_standardize_cell(cell.lattice, cell.data(), cell.types.data(), n_atoms, primitive ? 1 : 0,
                                     0, symprec);
  if (n == 0) return std::nullopt;
  result.crystal = cell.crystal(n, crystal.name);
  return result;
}

/// Largest displacement in Å that the operations found in the structure's own cell cause when averaged.
std::optional<double> own_cell_move(const Crystal& crystal, double symprec) {
  std::vector<SymmetryOperation> operations;
  {
    const std::lock_guard<std::mutex> lock(spglib_mutex());
    const int n_atoms = static_cast<int>(crystal.n_atoms());
    SpglibCell cell(crystal, crystal.frac_coords.size());
    const std::unique_ptr<SpglibDataset, decltype(&spg_free_dataset)> dataset(
        spg_get_dataset(cell.lattice, cell.data(), cell.types.data(), n_atoms, symprec), &spg_free_dataset);
    if (!dataset) return std::nullopt;
    operations.resize(dataset->n_operations);
    for (int k = 0; k < dataset->n_operations; ++k) {
      for (int r = 0; r < 3; ++r) {
        for (int c = 0; c < 3; ++c) operations[k].rotation(r, c) = dataset->rotations[k][r][c];
        operations[k].translation[r] = dataset->translations[k][r];
      }
    }
  }
  const auto mapping = map_atoms(crystal, operations, kMappingFactor * symprec);
  if (!mapping) return std::nullopt;
  Crystal copy = crystal;
  return average_positions(copy, operations, *mapping);
}

}  // namespace

const SpaceGroup& space_group(int number) {
  if (number < 1 || number > 230)
    fail(fmt::format("space group {}: expected a number from 1 to 230", number));
  static std::mutex mutex;
  static std::map<int, std::unique_ptr<SpaceGroup>> cache;
  const std::lock_guard<std::mutex> lock(mutex);
  auto& entry = cache[number];
  if (!entry) entry = std::make_unique<SpaceGroup>(build_space_group(number));
  return *entry;
}

const PointGroupFrame& point_group_frame(int number) {
  const SpaceGroup& group = space_group(number);
  static std::mutex mutex;
  static std::map<int, std::unique_ptr<PointGroupFrame>> cache;
  const std::lock_guard<std::mutex> lock(mutex);
  auto& entry = cache[number];
  if (entry) return *entry;
  entry = std::make_unique<PointGroupFrame>();
  Mat3 metric = Mat3::Zero();
  for (const SymmetryOperation& op : group.operations) {
    const Mat3 rotation = op.rotation.cast<double>();
    metric += rotation.transpose() * rotation;
  }
  metric /= static_cast<double>(group.operations.size());
  const Eigen::SelfAdjointEigenSolver<Mat3> solver(metric);
  entry->metric_root = solver.operatorSqrt();
  const Mat3 root_inverse = solver.operatorInverseSqrt();
  for (const SymmetryOperation& op : group.operations) {
    entry->cartesian_rotations.push_back(entry->metric_root * op.rotation.cast<double>() * root_inverse);
  }
  return *entry;
}

std::optional<SymmetryResult> find_symmetry(const Crystal& crystal, double symprec) {
  auto standard = standardise(crystal, symprec, true);
  if (!standard) return std::nullopt;
  const SpaceGroup& group = space_group(standard->number);
  const auto mapping = map_atoms(standard->crystal, group.operations, kMappingFactor * symprec);
  const auto move = own_cell_move(crystal, symprec);
  if (!mapping || !move) return std::nullopt;
  SymmetryResult result;
  result.number = group.number;
  result.symbol = group.symbol;
  result.symprec = symprec;
  result.primitive = std::move(standard->crystal);
  average_positions(result.primitive, group.operations, *mapping);
  average_cell(result.primitive, group.operations);
  result.primitive = in_canonical_setting(result.primitive, group);
  result.max_move = *move;
  return result;
}

std::optional<ConventionalCell> conventional_cell(const Crystal& crystal, double symprec) {
  auto standard = standardise(crystal, symprec, false);
  if (!standard) return std::nullopt;
  ConventionalCell result;
  result.number = standard->number;
  result.symbol = hall_table().symbol[standard->number];
  result.operations = hall_operations(hall_table().hall[standard->number]);
  result.crystal = std::move(standard->crystal);
  const auto mapping = map_atoms(result.crystal, result.operations, kMappingFactor * symprec);
  if (!mapping) return std::nullopt;
  average_positions(result.crystal, result.operations, *mapping);
  average_cell(result.crystal, result.operations);
  std::vector<char> seen(result.crystal.frac_coords.size(), 0);
  for (size_t i = 0; i < seen.size(); ++i) {
    if (seen[i]) continue;
    result.asymmetric_atoms.push_back(static_cast<int64_t>(i));
    for (const auto& images : mapping->atom) seen[static_cast<size_t>(images[i])] = 1;
  }
  return result;
}

int space_group_number(const Crystal& crystal, double symprec) {
  if (crystal.n_atoms() == 0) return 0;
  const std::lock_guard<std::mutex> lock(spglib_mutex());
  const int n_atoms = static_cast<int>(crystal.n_atoms());
  SpglibCell cell(crystal, crystal.frac_coords.size());
  const std::unique_ptr<SpglibDataset, decltype(&spg_free_dataset)> dataset(
      spg_get_dataset(cell.lattice, cell.data(), cell.types.data(), n_atoms, symprec), &spg_free_dataset);
  return dataset ? dataset->spacegroup_number : 0;
}

}  // namespace clamp
