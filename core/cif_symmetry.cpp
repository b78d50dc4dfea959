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

#include "core/error.h"

namespace clamp::cif {
namespace {

constexpr double kSnap = 0.0035;         // 0.33 for 1/3, 0.17 for 1/6
constexpr size_t kMaxOperations = 1536;  // 192 of Fm-3m in a cell doubled along each axis

double wrap(double x) {
  const double wrapped = x - std::floor(x);
  return wrapped < 1.0 ? wrapped : 0.0;
}

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

std::vector<SymmetryOperation> operations_of(const SpaceGroupNames& names, const CellParameters& cell,
                                             bool& ambiguous) {
  // Hall's symbol names the setting in full, Hermann-Mauguin's nearly so, the number least.
  ambiguous = false;
  const gemmi::SpaceGroup* group = find_by_hall(names.hall);
  if (group == nullptr) {
    group = find_by_hermann_mauguin(names.hermann_mauguin, cell);
    ambiguous =
        group != nullptr && group->ext != '\0' && names.hermann_mauguin.find(':') == std::string::npos;
  }
  if (group == nullptr && names.hermann_mauguin.empty() && names.hall.empty() && names.number >= 1 &&
      names.number <= 230) {
    group = &gemmi::get_spacegroup_reference_setting(names.number);
    ambiguous = names.number > 1;
  }
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

}  // namespace clamp::cif
