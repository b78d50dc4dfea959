// Typical bond lengths, 1-3 distances, planarity, contacts and volumes, measured on training data.
//
// Every question is answered by the most specific key that was seen often enough; at last by radii.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/asymmetric_unit.h"
#include "relax/packing_potential.h"
#include "relax/topology.h"

namespace clamp::relax {

/// Mean and standard deviation in Å, and the quantiles that most values lie between.
struct Typical {
  double mean = 0;
  double spread = 0;
  double low = 0;   ///< 3 % quantile
  double high = 0;  ///< 97 % quantile
};

class GeometryTable {
 public:
  /// Gathers statistics over fully bonded structures (expanded bonds of each unit).
  static GeometryTable measure(const std::vector<AsymmetricUnit>& units);
  /// JSON text, version-tagged; load throws clamp::Error for anything malformed.
  std::string to_json() const;
  static GeometryTable from_json(const std::string& text, const std::string& source);

  /// Bond between elements `za`, `zb` of degrees `da`, `db`; falls back to less specific keys, at last to
  /// covalent radii.
  Typical bond(int za, int da, int zb, int db) const;
  Typical bond(const AtomType& a, const AtomType& b) const;
  /// Distance a...b across the centre c. spread is large where the distribution is broad or has several
  /// peaks.
  Typical one_three(int za, int zc, int dc, int zb) const;
  /// The same for atoms of known types; `ring` is the size of the smallest ring through a-c-b (3..6), 0 for
  /// none.
  Typical one_three(const AtomType& a, const AtomType& c, const AtomType& b, int ring) const;
  /// Root mean square height (Å) of a three-coordinate centre over the plane of its neighbours; the fallback
  /// (0.5) stands for "not planar".
  double height(const AtomType& centre) const;
  /// Shortest usual distance between atoms three bonds apart (`three_bonds`) or more, Å.
  double contact(const AtomType& a, const AtomType& b, bool three_bonds) const;
  /// Expected volume of the primitive cell, Å^3: a sum over its atoms.
  double predicted_volume(const Chemistry& chemistry) const;

  /// Learned contacts, empty in a table that was only measured.
  const PackingPotential& packing() const { return packing_; }
  void set_packing(const PackingPotential& packing) { packing_ = packing; }

  size_t size() const { return entries_.size(); }

 private:
  const Typical* find(const std::string& key) const;

  std::unordered_map<std::string, Typical> entries_;
  std::vector<double> volumes_;  ///< [atomic number] Å^3, 0 where unknown
  PackingPotential packing_;
};

}  // namespace clamp::relax
