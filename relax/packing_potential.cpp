#include "relax/packing_potential.h"

namespace clamp::relax {
namespace {

std::string key_of(const std::string& a, const std::string& b) { return a <= b ? a + " " + b : b + " " + a; }

}  // namespace

PackingPotential::Value PackingPotential::at(const Curve& curve, double distance) {
  if (distance >= kReach) return {};
  if (distance <= kFirst) return {curve[0], 0};
  const double place = (distance - kFirst) / kStep;
  const auto k = static_cast<size_t>(place);
  const double here = curve[k], next = k + 1 < kKnots ? curve[k + 1] : 0;
  return {here + (place - static_cast<double>(k)) * (next - here), (next - here) / kStep};
}

const PackingPotential::Curve* PackingPotential::find(const std::string& a, const std::string& b) const {
  const auto it = curves_.find(key_of(a, b));
  return it == curves_.end() ? nullptr : &it->second;
}

void PackingPotential::set(const std::string& a, const std::string& b, const Curve& curve) {
  curves_[key_of(a, b)] = curve;
}

}  // namespace clamp::relax
