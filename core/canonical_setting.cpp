#include "core/canonical_setting.h"

#include <Eigen/LU>
#include <algorithm>
#include <array>
#include <cmath>
#include <complex>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <numeric>

#include "core/elements.h"

namespace clamp {
namespace {

constexpr int kLastMonoclinic = 15;
constexpr double kSameTranslation = 1e-6;
constexpr double kSameValue = 1e-7;  // of the largest
constexpr double kTwoPi = 6.283185307179586;
constexpr int kWaveCodes = 125;    // vectors with entries from -2 to 2
constexpr int kSenseCodes = 27;    // vectors with entries from -1 to 1
constexpr int kAxisCodes = 19683;  // matrices with entries from -1 to 1
// Origins differ by these parts of lattice vectors, in 24ths (International Tables A, table 3.5.2.3).
constexpr std::array<int, 12> kParts = {0, 3, 4, 6, 8, 9, 12, 15, 16, 18, 20, 21};

bool whole(const Vec3& x) { return (x - Vec3(x.array().round())).cwiseAbs().maxCoeff() < kSameTranslation; }

int operation_with(const SpaceGroup& group, const Mat3i& rotation) {
  const auto& operations = group.operations;
  const auto it = std::find_if(operations.begin(), operations.end(),
                               [&](const SymmetryOperation& op) { return op.rotation == rotation; });
  return it == operations.end() ? -1 : static_cast<int>(std::distance(operations.begin(), it));
}

Mat3i inverse_of(const Mat3i& rotation) {
  return rotation.cast<double>().inverse().array().round().matrix().cast<int>();
}

/// For each operation the one with its conjugated rotation; empty where there is none.
std::vector<int> conjugates(const SpaceGroup& group, const Mat3i& rotation) {
  const Mat3i inverse = inverse_of(rotation);
  std::vector<int> images;
  for (const SymmetryOperation& op : group.operations) {
    images.push_back(operation_with(group, rotation * op.rotation * inverse));
    if (images.back() < 0) return {};
  }
  return images;
}

bool maps_to_itself(const SpaceGroup& group, const std::vector<int>& conjugate, const SettingChange& change) {
  for (size_t k = 0; k < conjugate.size(); ++k) {
    const SymmetryOperation& image = group.operations[static_cast<size_t>(conjugate[k])];
    const Vec3 translation = change.rotation.cast<double>() * group.operations[k].translation +
                             change.translation - image.rotation.cast<double>() * change.translation;
    if (!whole(translation - image.translation)) return false;
  }
  return true;
}

/// Proper rotations of the lattice that may map the group to itself, one of those that differ by a rotation
/// of the group.
std::vector<Mat3i> axis_changes(const SpaceGroup& group) {
  std::vector<Mat3i> candidates = {Mat3i::Identity()};
  Mat3 metric = Mat3::Zero();
  for (const SymmetryOperation& op : group.operations) {
    const Mat3 rotation = op.rotation.cast<double>();
    metric += rotation.transpose() * rotation;
    if (group.number <= kLastMonoclinic && op.rotation.determinant() < 0) candidates.push_back(-op.rotation);
  }
  for (int code = 0; code < kAxisCodes && group.number > kLastMonoclinic; ++code) {
    Mat3i w;
    for (int k = 0, rest = code; k < 9; ++k, rest /= 3) w(k / 3, k % 3) = rest % 3 - 1;
    if (w.determinant() != 1) continue;
    const Mat3 rotation = w.cast<double>();
    if ((rotation.transpose() * metric * rotation - metric).cwiseAbs().maxCoeff() < kSameTranslation)
      candidates.push_back(w);
  }
  std::vector<Mat3i> chosen;
  for (const Mat3i& w : candidates) {
    if (conjugates(group, w).empty()) continue;
    const bool known = std::any_of(chosen.begin(), chosen.end(), [&](const Mat3i& other) {
      return operation_with(group, inverse_of(other) * w) >= 0;
    });
    if (!known) chosen.push_back(w);
  }
  return chosen;
}

/// The sum of all rotations: zero but for polar directions.
Mat3i rotation_sum(const SpaceGroup& group) {
  Mat3i sum = Mat3i::Zero();
  for (const SymmetryOperation& op : group.operations) sum += op.rotation;
  return sum;
}

/// Waves that do not see polar directions: integer vectors m, one of m and -m, with m . p = 0 for every polar
/// p. Stars of (2, 1, 0) tell axes apart that the group keeps and its lattice exchanges.
std::vector<Vec3i> make_waves(const SpaceGroup& group) {
  const Mat3i seen =
      static_cast<int>(group.operations.size()) * Mat3i::Identity() - rotation_sum(group).transpose().eval();
  std::vector<Vec3i> waves;
  for (int code = 0; code < kWaveCodes; ++code) {
    Vec3i m = seen * Vec3i(code / 25 - 2, code / 5 % 5 - 2, code % 5 - 2);
    const int divisor = std::gcd(std::gcd(m[0], m[1]), m[2]);
    if (divisor == 0) continue;
    m /= divisor;
    const bool known = std::any_of(waves.begin(), waves.end(),
                                   [&](const Vec3i& other) { return other == m || other == -m; });
    if (!known) waves.push_back(m);
  }
  return waves;
}

struct Settings {
  std::vector<SettingChange> changes;
  std::vector<Vec3i> waves;
};

std::vector<SettingChange> make_changes(const SpaceGroup& group) {
  std::vector<SettingChange> changes;
  // Translations along polar directions change nothing: one of them is enough.
  const Mat3 polar = rotation_sum(group).cast<double>() / static_cast<double>(group.operations.size());
  for (const Mat3i& w : axis_changes(group)) {
    const auto conjugate = conjugates(group, w);
    for (const int a : kParts) {
      for (const int b : kParts) {
        for (const int c : kParts) {
          const SettingChange change{w, Vec3(a, b, c) / 24.0};
          if (!maps_to_itself(group, conjugate, change)) continue;
          const bool known = std::any_of(changes.begin(), changes.end(), [&](const SettingChange& other) {
            const Vec3 difference = change.translation - other.translation;
            return other.rotation == w && whole(difference - polar * difference);
          });
          if (!known) changes.push_back(change);
        }
      }
    }
  }
  return changes;
}

const Settings& settings_of(const SpaceGroup& group) {
  static std::mutex mutex;
  static std::map<int, std::unique_ptr<Settings>> cache;
  const std::lock_guard<std::mutex> lock(mutex);
  auto& entry = cache[group.number];
  if (!entry) entry = std::make_unique<Settings>(Settings{make_changes(group), make_waves(group)});
  return *entry;
}

/// Highest at the origin.
double peak(const std::vector<Vec3i>& waves, const Vec3& x) {
  double sum = 0;
  for (const Vec3i& m : waves) sum += std::cos(kTwoPi * m.cast<double>().dot(x)) / m.squaredNorm();
  return sum;
}

/// Without any symmetry: amplitudes and phases follow the golden ratio.
double generic(const std::vector<Vec3i>& waves, const Vec3& x) {
  double sum = 0;
  for (const Vec3i& m : waves) {
    const double phase = 0.618034 * m[0] + 0.381966 * m[1] + 0.236068 * m[2];
    sum += (1 + 0.3 * std::sin(7 * phase)) * std::cos(kTwoPi * (m.cast<double>().dot(x) + phase));
  }
  return sum;
}

/// Changes sign where the sense of an axis does, and does not see the origin: phases of F(m)^2 F(2m)*.
double sense(const Crystal& crystal) {
  double sum = 0;
  for (int code = kSenseCodes / 2 + 1; code < kSenseCodes; ++code) {
    const Vec3 m(code / 9 - 1, code / 3 % 3 - 1, code % 3 - 1);  // one of m and -m
    std::complex<double> once = 0, twice = 0;
    for (size_t a = 0; a < crystal.frac_coords.size(); ++a) {
      const double phase = kTwoPi * m.dot(crystal.frac_coords[a]);
      once += std::polar<double>(crystal.atomic_numbers[a], phase);
      twice += std::polar<double>(crystal.atomic_numbers[a], 2 * phase);
    }
    sum += (1 + std::sin(code)) * std::imag(once * once * std::conj(twice));
  }
  return sum;
}

Crystal changed(const Crystal& crystal, const SettingChange& change) {
  Crystal result = crystal;
  const Mat3 rotation = change.rotation.cast<double>();
  for (Vec3& x : result.frac_coords) {
    x = rotation * x + change.translation;
    x -= Vec3(x.array().floor());
  }
  result.cell = rotation.transpose().inverse() * crystal.cell;
  return result;
}

using Criterion = std::function<double(const Crystal&)>;

/// Leaves those with the highest value.
void keep_best(std::vector<Crystal>& candidates, const Criterion& value_of) {
  std::vector<double> values;
  for (const Crystal& candidate : candidates) values.push_back(value_of(candidate));
  const double best = *std::max_element(values.begin(), values.end());
  std::vector<Crystal> kept;
  for (size_t k = 0; k < values.size(); ++k) {
    if (best - values[k] <= kSameValue * (1 + std::abs(best))) kept.push_back(std::move(candidates[k]));
  }
  candidates = std::move(kept);
}

}  // namespace

const std::vector<SettingChange>& setting_changes(const SpaceGroup& group) {
  return settings_of(group).changes;
}

double landmark(const SpaceGroup& group, const Vec3& frac_coords) {
  return generic(settings_of(group).waves, frac_coords);
}

Crystal in_canonical_setting(const Crystal& primitive, const SpaceGroup& group) {
  const Settings& settings = settings_of(group);
  const auto sum = [&](const Crystal& crystal, const auto& function, bool only_metals) {
    double total = 0;
    for (size_t a = 0; a < crystal.frac_coords.size(); ++a) {
      const int z = crystal.atomic_numbers[a];
      if (!only_metals || is_metal(z)) total += z * function(settings.waves, crystal.frac_coords[a]);
    }
    return total;
  };
  std::vector<Crystal> candidates;
  for (const SettingChange& change : settings.changes) candidates.push_back(changed(primitive, change));
  for (const Criterion& criterion :
       {Criterion([&](const Crystal& c) { return sum(c, peak, true); }),
        Criterion([&](const Crystal& c) { return sum(c, generic, false); }), Criterion(sense)}) {
    if (candidates.size() > 1) keep_best(candidates, criterion);
  }
  return candidates.front();
}

}  // namespace clamp
