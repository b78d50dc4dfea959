#include "diffusion/pair_features.h"

#include <ATen/Functions.h>
#include <ATen/Parallel.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

#include "core/elements.h"
#include "diffusion/pair_feature_layout.h"

namespace clamp::diffusion {
namespace {

using namespace pair_layout;

static_assert(kAmbiguityOffset < kPairFeatures, "features of a pair exceed the row");

struct BasisTable {
  double spacing;  // of the centres in log distance
  std::array<double, kNearestBasis> falloff;
};

const BasisTable& basis_table() {
  static const BasisTable table = [] {
    BasisTable t{};
    t.spacing = std::log(kLongest / kShortest) / (kNearestBasis - 1);
    for (int k = 0; k < kNearestBasis; ++k) t.falloff[k] = std::exp(-0.5 * k * k);
    return t;
  }();
  return table;
}

/// Adds exp(-(x - k)^2 / 2), k = 0.., with x the log distance in units of the spacing, through two
/// exponentials.
void add_basis(float distance, int count, float weight, float* out) {
  const BasisTable& table = basis_table();
  const double x =
      std::min(std::log(std::max(distance, kLeastDistance) / kShortest) / table.spacing, kLargestBasis);
  const double ratio = std::exp(x);
  double term = weight * std::exp(-0.5 * x * x);
  for (int k = 0; k < count; ++k) {
    out[k] += static_cast<float>(term * table.falloff[k]);
    term *= ratio;
  }
}

struct CellImages {
  std::array<float, kImages> x{}, y{}, z{};
  explicit CellImages(const float* cell) {
    int k = 0;
    for (int a = -1; a <= 1; ++a) {
      for (int b = -1; b <= 1; ++b) {
        for (int c = -1; c <= 1; ++c, ++k) {
          const auto fa = static_cast<float>(a), fb = static_cast<float>(b), fc = static_cast<float>(c);
          x[k] = fa * cell[0] + fb * cell[3] + fc * cell[6];
          y[k] = fa * cell[1] + fb * cell[4] + fc * cell[7];
          z[k] = fa * cell[2] + fb * cell[5] + fc * cell[8];
        }
      }
    }
  }
};

struct PairInput {
  std::array<float, 3> delta;  // wrapped
  Relation relation;
  bool same_slot;
  float radii;  // sum of covalent radii, Å
};

void write_features(const PairInput& pair, const std::array<float, kImages>& d2, int nearest,
                    const float* vector, float* out) {
  const float distance = std::sqrt(d2[nearest]);
  add_basis(distance, kNearestBasis, 1.0F, out);
  float second = std::numeric_limits<float>::infinity();
  for (int k = 0; k < kImages; ++k) {
    if (k == nearest) continue;
    second = std::min(second, d2[k]);
    if (d2[k] >= kImageCutoff * kImageCutoff) continue;
    const float d = std::sqrt(d2[k]);
    const float envelope = 0.5F * (1 + std::cos(static_cast<float>(M_PI / kImageCutoff) * d));
    add_basis(d, kImageBasis, envelope, out + kImageOffset);
  }
  const float inverse = 1 / std::max(distance, kLeastDistance);
  for (int c = 0; c < 3; ++c) {
    out[kDirectionOffset + c] = vector[c] * inverse;
    for (int m = 1; m <= 2; ++m) {
      const float angle = static_cast<float>(2 * M_PI * m) * pair.delta[c];
      out[kFourierOffset + c * 4 + m * 2 - 2] = std::sin(angle);
      out[kFourierOffset + c * 4 + m * 2 - 1] = std::cos(angle);
    }
  }
  if (pair.relation != Relation::kFar) out[kRelationOffset + static_cast<int>(pair.relation) - 1] = 1;
  if (pair.relation == Relation::kIntraBond || pair.relation == Relation::kSymmetryBond) {
    out[kBondOffset] = std::tanh((distance - pair.radii) / kNarrowBond);
    out[kBondOffset + 1] = std::tanh((distance - pair.radii) / kWideBond);
  }
  out[kSameSlotOffset] = pair.same_slot ? 1.0F : 0.0F;
  out[kContactOffset] = std::tanh(2 * (distance / pair.radii - 1.5F));
  out[kAmbiguityOffset] = std::exp(distance - std::sqrt(second));
}

/// Vector to the nearest image, averaged over images that are as near: symmetry makes exact ties (an atom
/// half a lattice vector away), between which rounding would choose.
void nearest_vector(const std::array<float, 3>& base, const CellImages& images,
                    const std::array<float, kImages>& d2, int nearest, float* vector) {
  const float shortest = std::sqrt(d2[nearest]);
  const float limit = (shortest + kTieReach * kTieWidth) * (shortest + kTieReach * kTieWidth);
  float total = 0;
  for (int k = 0; k < kImages; ++k) {
    if (!(d2[k] < limit)) continue;
    const float weight = std::exp((shortest - std::sqrt(d2[k])) / kTieWidth);
    total += weight;
    vector[0] += weight * (base[0] + images.x[k]);
    vector[1] += weight * (base[1] + images.y[k]);
    vector[2] += weight * (base[2] + images.z[k]);
  }
  for (int c = 0; c < 3; ++c) vector[c] /= total;
}

struct RowPointers {
  const float* coords;       // [S, 3] of the structure
  const float* atoms;        // [N, 3]
  const uint8_t* relation;   // [N] of this slot
  const int64_t* atom_slot;  // [N]
  const int64_t* elements;   // [S]
};

/// All pairs of one slot: features [N, F], vector and delta [N, 3].
void slot_row(const RowPointers& in, int64_t slot, int64_t n_atoms, const CellImages& images,
              const float* cell, float* features, float* vectors, float* deltas) {
  const double own_radius = covalent_radius(static_cast<int>(in.elements[slot]));
  for (int64_t a = 0; a < n_atoms; ++a) {
    PairInput pair{};
    for (int c = 0; c < 3; ++c) {
      const float d = in.atoms[a * 3 + c] - in.coords[slot * 3 + c];
      pair.delta[c] = d - std::nearbyint(d);
    }
    pair.relation = static_cast<Relation>(in.relation[a]);
    pair.same_slot = in.atom_slot[a] == slot;
    pair.radii =
        static_cast<float>(own_radius + covalent_radius(static_cast<int>(in.elements[in.atom_slot[a]])));
    std::array<float, 3> base{};
    for (int c = 0; c < 3; ++c) {
      base[c] = pair.delta[0] * cell[c] + pair.delta[1] * cell[3 + c] + pair.delta[2] * cell[6 + c];
    }
    std::array<float, kImages> d2;
    for (int k = 0; k < kImages; ++k) {
      const float x = base[0] + images.x[k], y = base[1] + images.y[k], z = base[2] + images.z[k];
      d2[k] = x * x + y * y + z * z;
    }
    if (pair.relation == Relation::kSelf) d2[kCentre] = std::numeric_limits<float>::infinity();
    const int nearest = static_cast<int>(std::min_element(d2.begin(), d2.end()) - d2.begin());
    float* vector = vectors + a * 3;
    nearest_vector(base, images, d2, nearest, vector);
    std::copy(pair.delta.begin(), pair.delta.end(), deltas + a * 3);
    write_features(pair, d2, nearest, vector, features + a * kPairFeatures);
  }
}

}  // namespace

torch::Tensor atom_coordinates(const GeometryBatch& batch, const torch::Tensor& coords) {
  const auto index = batch.atom_slot.unsqueeze(-1).expand({-1, -1, 3});
  const auto of_slot = coords.gather(1, index);  // [B, N, 3]
  return at::matmul(batch.rotation, of_slot.unsqueeze(-1)).squeeze(-1) + batch.translation;
}

PairGeometry pair_geometry(const GeometryBatch& batch, const torch::Tensor& coords,
                           const torch::Tensor& cells) {
  if (!coords.device().is_cpu()) return pair_geometry_by_operators(batch, coords, cells);
  const auto x = coords.detach().to(at::kFloat).contiguous();
  const auto cell = cells.detach().to(at::kFloat).contiguous();
  const int64_t b = x.size(0), s = x.size(1), n = batch.atom_slot.size(1);
  TORCH_CHECK(cell.sizes() == at::IntArrayRef({b, 3, 3}), "cells must be [", b, ", 3, 3], got ",
              cell.sizes());
  const auto atoms = atom_coordinates(batch, x).contiguous();
  PairGeometry out;
  out.features = at::zeros({b, s, n, kPairFeatures}, at::kFloat);
  out.vector = at::zeros({b, s, n, 3}, at::kFloat);
  out.delta = at::zeros({b, s, n, 3}, at::kFloat);
  const auto* n_atoms = batch.n_atoms.data_ptr<int64_t>();
  const auto* mask = batch.slot_mask.data_ptr<float>();
  const auto* elements = batch.elements.data_ptr<int64_t>();
  const auto* atom_slot = batch.atom_slot.data_ptr<int64_t>();
  const auto* relation = batch.relation.data_ptr<uint8_t>();
  const float* xs = x.data_ptr<float>();
  const float* as = atoms.data_ptr<float>();
  const float* ls = cell.data_ptr<float>();
  float* features = out.features.data_ptr<float>();
  float* vectors = out.vector.data_ptr<float>();
  float* deltas = out.delta.data_ptr<float>();
  at::parallel_for(0, b, 1, [&](int64_t begin, int64_t end) {
    for (int64_t k = begin; k < end; ++k) {
      const CellImages images(ls + k * 9);
      for (int64_t slot = 0; slot < s; ++slot) {
        const int64_t row = k * s + slot;
        if (mask[row] == 0) continue;
        slot_row({xs + k * s * 3, as + k * n * 3, relation + row * n, atom_slot + k * n, elements + k * s},
                 slot, n_atoms[k], images, ls + k * 9, features + row * n * kPairFeatures,
                 vectors + row * n * 3, deltas + row * n * 3);
      }
    }
  });
  return out;
}

}  // namespace clamp::diffusion
