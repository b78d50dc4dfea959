#include "encoders/crystal_descriptors.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "core/bond_graph.h"
#include "core/elements.h"
#include "core/space_group_number.h"
#include "encoders/pore_field.h"

namespace clamp::encoders {
namespace {

constexpr double kSymprec = 0.1;  // Å
constexpr int kHydrogen = 1;
constexpr uint64_t kAnyMetal = 1000;  // first label of a metal where metals are alike
constexpr int kFragmentRounds = 8;    // bonds that a fragment's hash looks from each atom

using Labels = std::vector<uint64_t>;
using Adjacency = std::vector<std::vector<int64_t>>;

/// splitmix64's mixing step.
uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15u;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
  return x ^ (x >> 31);
}

/// One round: each label takes in the sorted labels of the neighbours.
Labels refined(const Labels& labels, const Adjacency& neighbors) {
  Labels result(labels.size());
  Labels around;
  for (size_t i = 0; i < labels.size(); ++i) {
    around.clear();
    for (const int64_t j : neighbors[i]) around.push_back(labels[static_cast<size_t>(j)]);
    std::sort(around.begin(), around.end());
    uint64_t hash = mixed(labels[i]);
    for (const uint64_t label : around) hash = mixed(hash ^ label);
    result[i] = hash;
  }
  return result;
}

/// Writes the parts one after the other.
class Writer {
 public:
  Writer() { values_.reserve(static_cast<size_t>(kDescriptors)); }
  /// A new part of zeros; set() counts from its start.
  void part(int64_t size) {
    start_ = values_.size();
    values_.resize(start_ + static_cast<size_t>(size), 0.0f);
  }
  float& at(int64_t i) { return values_[start_ + static_cast<size_t>(i)]; }
  void root() {
    for (size_t i = start_; i < values_.size(); ++i) values_[i] = std::sqrt(values_[i]);
  }
  std::vector<float> take() { return std::move(values_); }

 private:
  std::vector<float> values_;
  size_t start_ = 0;
};

struct Bonded {
  std::vector<Bond> bonds;
  Adjacency all, without_metals;
};

Bonded bonded(const Crystal& crystal) {
  const auto& z = crystal.atomic_numbers;
  Bonded result{perceive_bonds(crystal), Adjacency(z.size()), Adjacency(z.size())};
  for (const Bond& bond : result.bonds) {
    const auto i = static_cast<size_t>(bond.i), j = static_cast<size_t>(bond.j);
    result.all[i].push_back(bond.j);
    result.all[j].push_back(bond.i);
    if (is_metal(z[i]) || is_metal(z[j])) continue;
    result.without_metals[i].push_back(bond.j);
    result.without_metals[j].push_back(bond.i);
  }
  return result;
}

void add_composition(const std::vector<int>& z, Writer& writer) {
  const float share = 1.0f / static_cast<float>(z.size());
  writer.part(DescriptorLayout::kElements);
  for (const int number : z) writer.at(number - 1) += share;
  writer.root();
  writer.part(DescriptorLayout::kPresence);
  for (const int number : z) writer.at(number - 1) = 1;
}

void add_hashed(const std::vector<int>& z, const Labels& labels, int64_t places, Writer& writer) {
  writer.part(places);
  const auto heavy = std::count_if(z.begin(), z.end(), [](int number) { return number != kHydrogen; });
  for (size_t i = 0; i < z.size(); ++i) {
    if (z[i] == kHydrogen) continue;
    writer.at(static_cast<int64_t>(labels[i] % static_cast<uint64_t>(places))) +=
        1.0f / static_cast<float>(heavy);
  }
  writer.root();
}

void add_environments(const std::vector<int>& z, const Bonded& graph, Writer& writer) {
  Labels exact(z.size()), alike(z.size());
  for (size_t i = 0; i < z.size(); ++i) {
    exact[i] = mixed(static_cast<uint64_t>(z[i]));
    alike[i] = mixed(is_metal(z[i]) ? kAnyMetal : static_cast<uint64_t>(z[i]));
  }
  add_hashed(z, refined(exact, graph.all), DescriptorLayout::kEnvironments1, writer);
  const Labels two = refined(refined(alike, graph.all), graph.all);
  add_hashed(z, two, DescriptorLayout::kEnvironments2, writer);
  add_hashed(z, refined(two, graph.all), DescriptorLayout::kEnvironments3, writer);
}

/// Connected parts of the non-metal atoms, each by one hash of all its atoms' refined labels.
void add_fragments(const std::vector<int>& z, const Bonded& graph, Writer& writer) {
  Labels labels(z.size());
  for (size_t i = 0; i < z.size(); ++i) labels[i] = mixed(static_cast<uint64_t>(z[i]));
  for (int round = 0; round < kFragmentRounds; ++round) labels = refined(labels, graph.without_metals);
  Labels found;
  std::vector<char> seen(z.size(), 0);
  for (size_t root = 0; root < z.size(); ++root) {
    if (seen[root] || is_metal(z[root])) continue;
    std::vector<int64_t> stack = {static_cast<int64_t>(root)};
    seen[root] = 1;
    Labels inside;
    while (!stack.empty()) {
      const auto atom = static_cast<size_t>(stack.back());
      stack.pop_back();
      inside.push_back(labels[atom]);
      for (const int64_t other : graph.without_metals[atom]) {
        if (seen[static_cast<size_t>(other)]) continue;
        seen[static_cast<size_t>(other)] = 1;
        stack.push_back(other);
      }
    }
    std::sort(inside.begin(), inside.end());
    // Distinct labels only: a fragment that goes on through the cell looks the same in a supercell.
    inside.erase(std::unique(inside.begin(), inside.end()), inside.end());
    uint64_t hash = 0;
    for (const uint64_t label : inside) hash = mixed(hash ^ label);
    found.push_back(hash);
  }
  writer.part(DescriptorLayout::kFragments);
  for (const uint64_t hash : found) {
    writer.at(static_cast<int64_t>(hash % static_cast<uint64_t>(DescriptorLayout::kFragments))) +=
        1.0f / static_cast<float>(found.size());
  }
  writer.root();
}

void add_framework(const std::vector<int>& z, const Bonded& graph, Writer& writer) {
  writer.part(DescriptorLayout::kCoordination);
  const auto metals = std::count_if(z.begin(), z.end(), [](int number) { return is_metal(number); });
  for (size_t i = 0; i < z.size(); ++i) {
    if (!is_metal(z[i])) continue;
    const auto bonds = static_cast<int64_t>(graph.all[i].size());
    writer.at(std::min(bonds, DescriptorLayout::kCoordination - 1)) += 1.0f / static_cast<float>(metals);
  }
  writer.part(DescriptorLayout::kFramework);
  const int dimension = framework_dimension(z, graph.bonds);
  int64_t nets = 0;
  for (const Component& component : components(z, graph.bonds))
    nets += component.dimension == dimension ? 1 : 0;
  writer.at(dimension) = 1;
  // Molecules multiply in a supercell, periodic nets do not (but for an index that divides them).
  writer.at(4 + (dimension == 0 ? 0 : std::min<int64_t>(nets, 3))) = 1;
}

void add_measures(const Crystal& crystal, Writer& writer) {
  writer.part(DescriptorLayout::kMeasures);
  const auto n = static_cast<double>(crystal.n_atoms());
  const auto heavy = static_cast<double>(std::count_if(
      crystal.atomic_numbers.begin(), crystal.atomic_numbers.end(), [](int z) { return z != kHydrogen; }));
  const double volume = crystal.volume();
  const auto pores = pore_summary(crystal);
  const auto bounded = [](double x) { return static_cast<float>(std::clamp(x, -4.0, 4.0)); };
  writer.at(0) = bounded(crystal.density() / 2);
  writer.at(1) = bounded(std::log(std::max(crystal.density(), 1e-3)));
  writer.at(2) = bounded(std::log(volume / n / 10));
  writer.at(3) = bounded(std::log(volume / std::max(heavy, 1.0) / 20));
  for (size_t k = 0; k < kPoreProbes.size(); ++k) {
    writer.at(4 + static_cast<int64_t>(k)) = bounded(2 * pores.void_fractions[k]);
  }
  writer.at(9) = bounded(pores.largest_cavity / 5);
  writer.at(10) = bounded(pores.pore_limit / 5);
  writer.at(11) = pores.pore_limit > 3.0 ? 1 : 0;
}

int64_t crystal_system(int space_group) {
  constexpr std::array<int, 7> last = {2, 15, 74, 142, 167, 194, 230};
  return std::lower_bound(last.begin(), last.end(), space_group) - last.begin();
}

void add_symmetry(const Crystal& crystal, Writer& writer) {
  const int number = space_group_number(crystal, kSymprec);
  writer.part(DescriptorLayout::kSystems);
  if (number > 0) writer.at(crystal_system(number)) = 1;
  writer.part(DescriptorLayout::kSpaceGroups);
  writer.at(number) = 1;
}

}  // namespace

std::vector<float> crystal_descriptors(const Crystal& crystal) {
  Writer writer;
  const auto graph = bonded(crystal);
  add_composition(crystal.atomic_numbers, writer);
  add_environments(crystal.atomic_numbers, graph, writer);
  add_fragments(crystal.atomic_numbers, graph, writer);
  add_framework(crystal.atomic_numbers, graph, writer);
  add_measures(crystal, writer);
  add_symmetry(crystal, writer);
  return writer.take();
}

}  // namespace clamp::encoders
