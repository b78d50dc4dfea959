#include "core/cif_symmetry.h"

#include <fmt/format.h>

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <gemmi/symmetry.hpp>
#include <numeric>
#include <set>
#include <unordered_map>

#include "core/elements.h"
#include "core/error.h"

namespace clamp::cif {
namespace {

constexpr double kSnap = 0.0035;         // 0.33 for 1/3, 0.17 for 1/6
constexpr double kMergeDistance = 0.05;  // Å, between atoms of different sites
constexpr size_t kMaxAtoms = 100000;
constexpr size_t kMaxOperations = 1536;  // 192 of Fm-3m in a cell doubled along each axis

double wrap(double x) {
  const double wrapped = x - std::floor(x);
  return wrapped < 1.0 ? wrapped : 0.0;
}

Vec3 wrap(const Vec3& x) { return {wrap(x[0]), wrap(x[1]), wrap(x[2])}; }

// Nearest 24th for translations written as rounded decimals; others stay.
double snap_translation(double t) {
  const double nearest = std::round(t * 24) / 24;
  return wrap(std::abs(t - nearest) < kSnap ? nearest : t);
}

// One of the three parts of a triplet, by hand: gemmi's parser takes no decimals and overflows on long
// numbers.
class TripletPart {
 public:
  explicit TripletPart(std::string_view text) : rest_(text) {}

  // Adds up terms: [sign] [number [/ number]] [*] [axis] [/ number].
  bool parse(Eigen::RowVector3i& row, double& translation) {
    skip_blank();
    if (rest_.empty()) return false;
    for (bool first = true; !rest_.empty(); first = false)
      if (!parse_term(first, row, translation)) return false;
    return true;
  }

 private:
  void skip_blank() {
    const auto blank = [](char c) { return c == ' ' || c == '\t' || c == '\n' || c == '\r' || c == '_'; };
    while (!rest_.empty() && blank(rest_.front())) rest_.remove_prefix(1);
  }

  bool take(char c) {
    if (rest_.empty() || rest_.front() != c) return false;
    rest_.remove_prefix(1);
    skip_blank();
    return true;
  }

  bool parse_number(double& value) {
    const auto [stop, error] =
        std::from_chars(rest_.data(), rest_.data() + rest_.size(), value, std::chars_format::fixed);
    if (error != std::errc() || std::abs(value) > 1000) return false;
    rest_.remove_prefix(static_cast<size_t>(stop - rest_.data()));
    skip_blank();
    return true;
  }

  bool parse_term(bool first, Eigen::RowVector3i& row, double& translation) {
    double factor = 1;
    if (take('-')) {
      factor = -1;
    } else if (!take('+') && !first) {
      return false;
    }
    bool has_number = false;
    if (!rest_.empty() && (std::isdigit(static_cast<unsigned char>(rest_.front())) || rest_.front() == '.')) {
      double number = 0;
      double divisor = 1;
      if (!parse_number(number)) return false;
      if (take('/') && (!parse_number(divisor) || divisor <= 0)) return false;
      factor *= number / divisor;
      has_number = true;
    }
    if (has_number) take('*');
    if (!rest_.empty() && rest_.front() != '+' && rest_.front() != '-') {
      const char axis = static_cast<char>(std::tolower(static_cast<unsigned char>(rest_.front())));
      if (axis < 'x' || axis > 'z' || factor != std::round(factor)) return false;
      rest_.remove_prefix(1);
      skip_blank();
      row[axis - 'x'] += static_cast<int>(factor);
      return true;
    }
    translation += factor;
    return has_number;
  }

  std::string_view rest_;
};

std::string translation_text(double t) {
  const double n = t * 24;
  const int numerator = static_cast<int>(std::lround(n));
  if (std::abs(n - numerator) > 1e-6) return fmt::format("{:.8f}", t);
  const int divisor = std::gcd(numerator, 24);
  return fmt::format("{}/{}", numerator / divisor, 24 / divisor);
}

// Operation as integers: rotation, then translation in 1/1000 wrapped, for comparison modulo the lattice.
std::array<int, 12> key_of(const SymmetryOperation& op) {
  std::array<int, 12> key{};
  for (int i = 0; i < 3; ++i) {
    for (int j = 0; j < 3; ++j) key[static_cast<size_t>(3 * i + j)] = op.rotation(i, j);
    key[static_cast<size_t>(9 + i)] = static_cast<int>(std::lround(wrap(op.translation[i]) * 1000)) % 1000;
  }
  return key;
}

SymmetryOperation compose(const SymmetryOperation& a, const SymmetryOperation& b) {
  SymmetryOperation product;
  product.rotation = a.rotation * b.rotation;
  const Vec3 t = a.rotation.cast<double>() * b.translation + a.translation;
  for (int i = 0; i < 3; ++i) product.translation[i] = snap_translation(t[i]);
  return product;
}

std::vector<SymmetryOperation> from_gemmi(const gemmi::GroupOps& group) {
  std::vector<SymmetryOperation> operations;
  for (const gemmi::Op& op : group) {
    SymmetryOperation result;
    for (int i = 0; i < 3; ++i) {
      const auto row = static_cast<size_t>(i);
      for (int j = 0; j < 3; ++j)
        result.rotation(i, j) = op.rot[row][static_cast<size_t>(j)] / gemmi::Op::DEN;
      result.translation[i] = wrap(static_cast<double>(op.tran[row]) / gemmi::Op::DEN);
    }
    operations.push_back(result);
  }
  return operations;
}

// Spellings seen in files: "P2_1/c", "P 21/c", "Pna2(1)", "R-3mH", "F d -3 m Z", "Fd-3m O1".
const gemmi::SpaceGroup* find_by_hermann_mauguin(std::string name, const CellParameters& cell) {
  name.erase(
      std::remove_if(name.begin(), name.end(), [](char c) { return c == '_' || c == '(' || c == ')'; }),
      name.end());
  const auto find = [&](const std::string& spelling) {
    return gemmi::find_spacegroup_by_name(spelling, cell.alpha, cell.gamma);
  };
  if (name.empty() || std::isdigit(static_cast<unsigned char>(name[0]))) return nullptr;
  if (const gemmi::SpaceGroup* group = find(name)) return group;
  while (!name.empty() && name.back() == ' ') name.pop_back();
  const std::vector<std::pair<std::string, std::string>> endings = {{"O1", ":1"}, {"O2", ":2"}, {"S", ":1"},
                                                                    {"Z", ":2"},  {"H", ":H"},  {"R", ":R"}};
  for (const auto& [ending, extension] : endings) {
    if (name.size() <= ending.size() + 1 ||
        name.compare(name.size() - ending.size(), ending.size(), ending) != 0)
      continue;
    std::string base = name.substr(0, name.size() - ending.size());
    while (!base.empty() && (base.back() == ' ' || base.back() == ':')) base.pop_back();
    if (const gemmi::SpaceGroup* group = find(base + extension)) return group;
  }
  return nullptr;
}

const gemmi::SpaceGroup* find_by_hall(const std::string& hall) {
  const auto squeezed = [](const std::string& text) {
    std::string result;
    for (const char c : text)
      if (c != ' ' && c != '_') result += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    return result;
  };
  const std::string wanted = squeezed(hall);
  if (wanted.empty()) return nullptr;
  for (const gemmi::SpaceGroup& group : gemmi::spacegroup_tables::main)
    if (squeezed(group.hall) == wanted) return &group;
  return nullptr;
}

Vec3 apply(const SymmetryOperation& op, const Vec3& x) {
  return op.rotation.cast<double>() * x + op.translation;
}

// Displacement from `from` to the nearest lattice image of `to`, correct for displacements far shorter than
// the cell.
Vec3 nearest_delta(const Vec3& from, const Vec3& to) {
  Vec3 delta = to - from;
  for (int i = 0; i < 3; ++i) delta[i] -= std::round(delta[i]);
  return delta;
}

// Indices of the operations that map `x` to within `distance` of itself.
std::vector<size_t> stabiliser(const std::vector<SymmetryOperation>& operations, const Mat3& cell,
                               const Vec3& x, double distance) {
  std::vector<size_t> found;
  for (size_t i = 0; i < operations.size(); ++i)
    if ((nearest_delta(x, apply(operations[i], x)).transpose() * cell).norm() <= distance) found.push_back(i);
  return found;
}

// The site moved exactly onto the symmetry elements near it: the mean of its images under their operations.
// Distances are tried from the longest, until the operations found are exactly those that leave the mean in
// place.
Vec3 project_to_site(const std::vector<SymmetryOperation>& operations, const Mat3& cell, const Vec3& x) {
  for (const double distance : {0.2, 0.1, 0.03}) {
    const std::vector<size_t> near = stabiliser(operations, cell, x, distance);
    if (near.size() == 1) return x;
    Vec3 shift = Vec3::Zero();
    for (const size_t i : near) shift += nearest_delta(x, apply(operations[i], x));
    const Vec3 mean = x + shift / static_cast<double>(near.size());
    if (stabiliser(operations, cell, mean, 1e-3) == near) return mean;
  }
  return x;
}

// Finds atoms within kMergeDistance of a point: bins of the unit cell of about 1 Å.
class CoincidenceIndex {
 public:
  explicit CoincidenceIndex(const Mat3& cell) : cell_(cell) {
    const Mat3 inverse = cell.inverse();
    for (int k = 0; k < 3; ++k) {
      const double height = 1.0 / inverse.col(k).norm();
      margin_[k] = kMergeDistance / height;
      bins_[k] = std::clamp(static_cast<int>(height), 1, 1000);
    }
  }

  // Index of the atom that coincides with `x`, or -1.
  int find(const Vec3& x) const {
    std::array<std::array<int, 3>, 3> candidates{};
    std::array<int, 3> counts{};
    for (int k = 0; k < 3; ++k) {
      const auto axis = static_cast<size_t>(k);
      for (const double offset : {0.0, -margin_[k], margin_[k]}) {
        const int bin = bin_of(x[k] + offset, k);
        const auto end = candidates[axis].begin() + counts[axis];
        if (std::find(candidates[axis].begin(), end, bin) == end)
          candidates[axis][static_cast<size_t>(counts[axis]++)] = bin;
      }
    }
    for (int a = 0; a < counts[0]; ++a)
      for (int b = 0; b < counts[1]; ++b)
        for (int c = 0; c < counts[2]; ++c) {
          const auto found =
              atoms_.find(key({candidates[0][static_cast<size_t>(a)], candidates[1][static_cast<size_t>(b)],
                               candidates[2][static_cast<size_t>(c)]}));
          if (found == atoms_.end()) continue;
          for (const auto& [index, position] : found->second)
            if ((nearest_delta(x, position).transpose() * cell_).norm() <= kMergeDistance) return index;
        }
    return -1;
  }

  void insert(const Vec3& x, int index) {
    atoms_[key({bin_of(x[0], 0), bin_of(x[1], 1), bin_of(x[2], 2)})].emplace_back(index, x);
  }

 private:
  int bin_of(double x, int axis) const {
    return std::min(static_cast<int>(wrap(x) * bins_[axis]), bins_[axis] - 1);
  }
  int64_t key(const Vec3i& bin) const {
    return (static_cast<int64_t>(bin[0]) * bins_[1] + bin[1]) * bins_[2] + bin[2];
  }

  Mat3 cell_;
  Vec3 margin_;
  Vec3i bins_;
  std::unordered_map<int64_t, std::vector<std::pair<int, Vec3>>> atoms_;
};

}  // namespace

SymmetryOperation parse_operation(const std::string& text) {
  const size_t first = text.find(',');
  const size_t second = first == std::string::npos ? first : text.find(',', first + 1);
  SymmetryOperation op;
  op.rotation.setZero();
  bool good = second != std::string::npos && text.find(',', second + 1) == std::string::npos;
  if (good) {
    const std::string_view view = text;
    const std::array<std::string_view, 3> parts = {
        view.substr(0, first), view.substr(first + 1, second - first - 1), view.substr(second + 1)};
    for (int i = 0; i < 3 && good; ++i) {
      Eigen::RowVector3i row = Eigen::RowVector3i::Zero();
      double translation = 0;
      good = TripletPart(parts[static_cast<size_t>(i)]).parse(row, translation);
      op.rotation.row(i) = row;
      op.translation[i] = snap_translation(translation);
    }
  }
  if (good) good = op.rotation.cwiseAbs().maxCoeff() <= 4 && std::abs(op.rotation.determinant()) == 1;
  if (!good)
    fail(fmt::format("symmetry operation '{}' is none, expected one like '1/2+x,-y,z'", text.substr(0, 60)));
  return op;
}

std::string operation_text(const SymmetryOperation& operation) {
  std::string text;
  for (int i = 0; i < 3; ++i) {
    if (i > 0) text += ',';
    std::string part;
    for (int j = 0; j < 3; ++j) {
      const int factor = operation.rotation(i, j);
      if (factor == 0) continue;
      part += factor < 0 ? "-" : (part.empty() ? "" : "+");
      if (std::abs(factor) != 1) part += std::to_string(std::abs(factor)) + "*";
      part += "xyz"[j];
    }
    const double t = wrap(operation.translation[i]);
    if (t > 1e-9 && t < 1 - 1e-9) part += "+" + translation_text(t);
    text += part;
  }
  return text;
}

int space_group_number(const SpaceGroupNames& names) {
  if (names.number != 0) return names.number;
  if (const gemmi::SpaceGroup* group = find_by_hermann_mauguin(names.hermann_mauguin, {}))
    return group->number;
  if (const gemmi::SpaceGroup* group = find_by_hall(names.hall)) return group->number;
  return 0;
}

std::vector<SymmetryOperation> operations_of(const SpaceGroupNames& names, const CellParameters& cell) {
  // Hall's symbol names the setting in full, Hermann-Mauguin's nearly so, the number least.
  const gemmi::SpaceGroup* group = find_by_hall(names.hall);
  if (group == nullptr) group = find_by_hermann_mauguin(names.hermann_mauguin, cell);
  if (group == nullptr && names.hermann_mauguin.empty() && names.hall.empty() && names.number >= 1 &&
      names.number <= 230)
    group = &gemmi::get_spacegroup_reference_setting(names.number);
  if (group == nullptr)
    fail(fmt::format("no symmetry operations, and the space group '{}' is not known",
                     names.hermann_mauguin.empty() ? names.hall : names.hermann_mauguin));
  return from_gemmi(group->operations());
}

std::vector<SymmetryOperation> checked_group(const std::vector<SymmetryOperation>& operations,
                                             const Mat3& cell) {
  std::vector<SymmetryOperation> group = {SymmetryOperation{}};
  std::set<std::array<int, 12>> keys = {key_of(group[0])};
  for (const SymmetryOperation& op : operations)
    if (keys.insert(key_of(op)).second) group.push_back(op);
  if (group.size() > kMaxOperations)
    fail(fmt::format("{} symmetry operations, expected at most {}", group.size(), kMaxOperations));

  const Mat3 metric = cell * cell.transpose();
  for (const SymmetryOperation& op : group) {
    // Rows of the cell are lattice vectors, so that R acts on columns of fractional coordinates with metric A
    // A^T.
    const Mat3 rotation = op.rotation.cast<double>();
    const Mat3 image = rotation.transpose() * metric * rotation;
    for (int i = 0; i < 3; ++i)
      for (int j = 0; j < 3; ++j)
        if (std::abs(image(i, j) - metric(i, j)) > 0.03 * std::sqrt(metric(i, i) * metric(j, j)))
          fail(fmt::format("symmetry operation '{}' does not fit the cell", operation_text(op)));
  }
  for (const SymmetryOperation& a : group)
    for (const SymmetryOperation& b : group)
      if (keys.count(key_of(compose(a, b))) == 0)
        fail(fmt::format("the {} symmetry operations are not closed: '{}' after '{}' is missing",
                         group.size(), operation_text(a), operation_text(b)));
  return group;
}

void expand_sites(const std::vector<ListedSite>& sites, const std::vector<SymmetryOperation>& operations,
                  Crystal& crystal) {
  CoincidenceIndex index(crystal.cell);
  std::vector<const ListedSite*> origin;
  for (const ListedSite& site : sites) {
    const Vec3 position = project_to_site(operations, crystal.cell, site.frac);
    for (const SymmetryOperation& op : operations) {
      const bool identity = &op == &operations.front();
      const Vec3 image = identity ? position : wrap(apply(op, position));
      const int same = index.find(image);
      if (same >= 0) {
        const ListedSite& other = *origin[static_cast<size_t>(same)];
        if (other.atomic_number != site.atomic_number)
          fail(fmt::format("sites '{}' ({}) and '{}' ({}) share a position: mixed occupancy", other.label,
                           element_symbol(other.atomic_number), site.label,
                           element_symbol(site.atomic_number)));
        continue;
      }
      if (origin.size() == kMaxAtoms) fail(fmt::format("more than {} atoms in the cell", kMaxAtoms));
      index.insert(image, static_cast<int>(origin.size()));
      origin.push_back(&site);
      crystal.atomic_numbers.push_back(site.atomic_number);
      crystal.frac_coords.push_back(image);
    }
  }
}

}  // namespace clamp::cif
