// Samples of bond lengths, 1-3 distances, heights and contacts by key, gathered from bonded structures.
#pragma once

#include <string>
#include <unordered_map>
#include <vector>

#include "core/asymmetric_unit.h"
#include "relax/topology.h"

namespace clamp::relax {

/// Keys of the geometry table; the order of the ends does not matter.
std::string pair_key(const char* kind, const std::string& a, const std::string& b);
/// `ring` < 0 stands for any.
std::string triple_key(const char* kind, const std::string& a, const std::string& centre,
                       const std::string& b, int ring);

class GeometrySamples {
 public:
  void add(const AsymmetricUnit& unit);
  const std::unordered_map<std::string, std::vector<float>>& values() const { return values_; }

 private:
  void add_value(const std::string& key, double value);
  void add_bonded(const Topology& topology, const Crystal& crystal, int atom);
  void add_contacts(const Topology& topology, const Crystal& crystal, int atom);

  std::unordered_map<std::string, std::vector<float>> values_;
  std::unordered_map<std::string, uint64_t> offered_;
};

}  // namespace clamp::relax
