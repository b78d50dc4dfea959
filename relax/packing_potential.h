// How contacts between atoms that no few bonds connect lie in real frameworks: a pair potential learned from
// training data (relax/packing_fit.h).
//
// A contact is a pair of atoms four bonds apart or more. Its energy is piecewise linear in the distance, zero
// beyond the reach, one curve for each pair of contact types (AtomType::contact); it knows hydrogen bonds and
// stacking without any of them being named. Unit: nats, the logarithm of odds of a real structure against a
// polished random one, of the sum over the contacts divided by the number of atoms.
#pragma once

#include <array>
#include <map>
#include <string>

namespace clamp::relax {

class PackingPotential {
 public:
  static constexpr size_t kKnots = 7;
  static constexpr double kFirst = 1.0;                      ///< Å, first knot; constant below
  static constexpr double kStep = 0.5;                       ///< Å between knots
  static constexpr double kReach = kFirst + kStep * kKnots;  ///< Å
  using Curve = std::array<double, kKnots>;                  ///< values at the knots

  struct Value {
    double energy = 0;
    double slope = 0;  ///< 1/Å
  };
  static Value at(const Curve& curve, double distance);

  /// The curve of two contact types in either order; null where none was learned.
  const Curve* find(const std::string& a, const std::string& b) const;
  void set(const std::string& a, const std::string& b, const Curve& curve);
  /// Keys are "A B" with A <= B.
  const std::map<std::string, Curve>& curves() const { return curves_; }
  bool empty() const { return curves_.empty(); }

 private:
  std::map<std::string, Curve> curves_;
};

}  // namespace clamp::relax
