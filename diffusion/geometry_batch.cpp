#include "diffusion/geometry_batch.h"

#include <ATen/Functions.h>

#include <algorithm>
#include <queue>

namespace clamp::diffusion {
namespace {

template <int R, int C>
void append(std::vector<float>& out, const Eigen::Matrix<double, R, C>& m) {
  for (int r = 0; r < R; ++r) {
    for (int c = 0; c < C; ++c) out.push_back(static_cast<float>(m(r, c)));
  }
}

/// Neighbours in the primitive cell's graph modulo lattice translations, from the bonds with known copies.
std::vector<std::vector<int>> quotient_graph(const Chemistry& chemistry, const ExpandedAtoms& atoms,
                                             const SpaceGroup& group, bool symmetry_bonds) {
  std::vector<std::vector<int>> neighbors(atoms.slot.size());
  for (const SlotBond& bond : chemistry.bonds) {
    if (bond.op < 0 || (!bond.intra && !symmetry_bonds)) continue;
    for (size_t h = 0; h < group.operations.size(); ++h) {
      const int i = atoms.atom_of[bond.i][h];
      const int j = atoms.atom_of[bond.j][group.product[h][static_cast<size_t>(bond.op)]];
      neighbors[i].push_back(j);
      neighbors[j].push_back(i);
    }
  }
  return neighbors;
}

/// Marks every (representative, atom) copy of a bond.
void mark_bond(const SlotBond& bond, const ExpandedAtoms& atoms, const SpaceGroup& group, Relation relation,
               GeometryInput& input) {
  for (size_t h = 0; h < group.operations.size(); ++h) {
    const int i = atoms.atom_of[bond.i][h];
    const int j = atoms.atom_of[bond.j][group.product[h][static_cast<size_t>(bond.op)]];
    for (const auto& [from, to] : {std::make_pair(i, j), std::make_pair(j, i)}) {
      const int slot = atoms.slot[from];
      if (atoms.atom_of[slot][0] != from) continue;
      input.relation[static_cast<size_t>(slot * input.n_atoms + to)] = static_cast<uint8_t>(relation);
    }
  }
}

void fill_relations(const Chemistry& chemistry, const ExpandedAtoms& atoms, const SpaceGroup& group,
                    bool known_copies, GeometryInput& input) {
  const auto neighbors = quotient_graph(chemistry, atoms, group, known_copies);
  input.relation.assign(static_cast<size_t>(input.n_slots * input.n_atoms),
                        static_cast<uint8_t>(Relation::kFar));
  for (int64_t s = 0; s < input.n_slots; ++s) {
    const int root = atoms.atom_of[s][0];
    std::vector<int> distance(static_cast<size_t>(input.n_atoms), -1);
    std::queue<int> queue;
    distance[root] = 0;
    queue.push(root);
    while (!queue.empty()) {
      const int atom = queue.front();
      queue.pop();
      if (distance[atom] == 3) break;
      for (const int next : neighbors[atom]) {
        if (distance[next] >= 0) continue;
        distance[next] = distance[atom] + 1;
        queue.push(next);
      }
    }
    for (int64_t a = 0; a < input.n_atoms; ++a) {
      auto& relation = input.relation[static_cast<size_t>(s * input.n_atoms + a)];
      if (distance[a] == 2) relation = static_cast<uint8_t>(Relation::kSecond);
      if (distance[a] == 3) relation = static_cast<uint8_t>(Relation::kThird);
      if (distance[a] == 0) relation = static_cast<uint8_t>(Relation::kSelf);
    }
  }
  for (const SlotBond& bond : chemistry.bonds) {
    if (bond.intra) {
      mark_bond(bond, atoms, group, Relation::kIntraBond, input);
    } else if (known_copies && bond.op >= 0) {
      mark_bond(bond, atoms, group, Relation::kSymmetryBond, input);
    } else {
      for (const auto& [slot, other] : {std::make_pair(bond.i, bond.j), std::make_pair(bond.j, bond.i)}) {
        for (int64_t a = 0; a < input.n_atoms; ++a) {
          auto& relation = input.relation[static_cast<size_t>(slot * input.n_atoms + a)];
          if (atoms.slot[a] == other && relation != static_cast<uint8_t>(Relation::kIntraBond)) {
            relation = static_cast<uint8_t>(Relation::kPossibleBond);
          }
        }
      }
    }
  }
}

void fill_degrees(const Chemistry& chemistry, bool known_copies, GeometryInput& input) {
  input.degree.assign(static_cast<size_t>(input.n_slots), 0);
  for (int64_t s = 0; s < input.n_slots; ++s) {
    for (int64_t a = 0; a < input.n_atoms; ++a) {
      const auto relation = static_cast<Relation>(input.relation[static_cast<size_t>(s * input.n_atoms + a)]);
      if (relation == Relation::kIntraBond || relation == Relation::kSymmetryBond) ++input.degree[s];
    }
  }
  for (const SlotBond& bond : chemistry.bonds) {
    if (bond.intra || (known_copies && bond.op >= 0)) continue;
    ++input.degree[bond.i];
    ++input.degree[bond.j];
  }
}

/// A tensor [b, shape...] filled from one vector a structure, each laid out with its own leading sizes.
template <class T>
void copy_rows(torch::Tensor& out, int64_t b, const std::vector<T>& values, int64_t rows) {
  const int64_t row = rows == 0 ? 0 : static_cast<int64_t>(values.size()) / rows;
  T* target = out.data_ptr<T>() + b * out.stride(0);
  std::copy(values.begin(), values.begin() + rows * row, target);
}

}  // namespace

GeometryInput make_geometry_input(const Chemistry& chemistry, bool known_copies) {
  const SpaceGroup& group = space_group(chemistry.space_group);
  const ExpandedAtoms atoms = expand_atoms(chemistry);
  GeometryInput input;
  input.n_slots = static_cast<int64_t>(chemistry.slots.size());
  input.n_atoms = static_cast<int64_t>(atoms.slot.size());
  input.n_operations = static_cast<int64_t>(group.operations.size());
  input.space_group = chemistry.space_group;
  for (const Slot& slot : chemistry.slots) {
    input.elements.push_back(slot.atomic_number);
    input.site_dimension.push_back(slot.site.dimension);
    const auto order = slot.site.operations.empty() ? 1 : static_cast<int64_t>(slot.site.operations.size());
    input.multiplicity.push_back(static_cast<float>(input.n_operations / order));
    append(input.basis, slot.site.basis);
    append(input.coordinates, slot.site.coordinates);
    append<3, 1>(input.offset, slot.site.offset);
  }
  for (size_t a = 0; a < atoms.slot.size(); ++a) {
    const auto& op = group.operations[static_cast<size_t>(atoms.op[a])];
    input.atom_slot.push_back(atoms.slot[a]);
    append<3, 3>(input.rotation, op.rotation.cast<double>());
    append<3, 1>(input.translation, op.translation);
  }
  fill_relations(chemistry, atoms, group, known_copies, input);
  fill_degrees(chemistry, known_copies, input);
  append(input.lattice_projector, lattice_projector(chemistry.space_group));
  append<3, 3>(input.metric_root, point_group_frame(chemistry.space_group).metric_root);
  Mat3 polar = Mat3::Zero();
  for (const SymmetryOperation& op : group.operations) polar += op.rotation.cast<double>();
  append<3, 3>(input.polar_projector, polar / static_cast<double>(group.operations.size()));
  return input;
}

GeometryBatch GeometryBatch::to(torch::Device device) const {
  GeometryBatch moved = *this;
  for (torch::Tensor* t : {&moved.elements,     &moved.site_dimension,  &moved.degree,
                           &moved.slot_mask,    &moved.multiplicity,    &moved.basis,
                           &moved.coordinates,  &moved.offset,          &moved.freedom,
                           &moved.atom_slot,    &moved.atom_mask,       &moved.rotation,
                           &moved.translation,  &moved.relation,        &moved.lattice_projector,
                           &moved.metric_root,  &moved.polar_projector, &moved.n_atoms,
                           &moved.n_operations, &moved.space_group}) {
    *t = t->to(device);
  }
  return moved;
}

namespace {

/// Sizes that all of `inputs` are padded to: {S, N}.
std::pair<int64_t, int64_t> padded_sizes(const std::vector<const GeometryInput*>& inputs) {
  TORCH_CHECK(!inputs.empty(), "collate needs at least one structure");
  int64_t s = 0;
  int64_t n = 0;
  for (const GeometryInput* input : inputs) {
    s = std::max(s, input->n_slots);
    n = std::max(n, input->n_atoms);
  }
  return {s, (n + 3) / 4 * 4};
}

}  // namespace

torch::Tensor collate_relations(const std::vector<const GeometryInput*>& inputs) {
  const auto [s, n] = padded_sizes(inputs);
  auto relations = at::zeros({static_cast<int64_t>(inputs.size()), s, n}, torch::kUInt8);
  uint8_t* row = relations.data_ptr<uint8_t>();
  for (const GeometryInput* input : inputs) {
    for (int64_t r = 0; r < input->n_slots; ++r) {
      std::copy_n(input->relation.begin() + r * input->n_atoms, input->n_atoms, row + r * n);
    }
    row += s * n;
  }
  return relations;
}

GeometryBatch collate(const std::vector<const GeometryInput*>& inputs) {
  const auto [s, n] = padded_sizes(inputs);
  const auto b = static_cast<int64_t>(inputs.size());
  const auto f = torch::kFloat32;
  const auto i = torch::kInt64;
  GeometryBatch batch;
  batch.elements = at::zeros({b, s}, i);
  batch.site_dimension = at::zeros({b, s}, i);
  batch.degree = at::zeros({b, s}, i);
  batch.slot_mask = at::zeros({b, s}, f);
  batch.multiplicity = at::zeros({b, s}, f);
  batch.basis = at::zeros({b, s, 3, 3}, f);
  batch.coordinates = at::zeros({b, s, 3, 3}, f);
  batch.offset = at::zeros({b, s, 3}, f);
  batch.atom_slot = at::zeros({b, n}, i);
  batch.atom_mask = at::zeros({b, n}, f);
  batch.rotation = at::zeros({b, n, 3, 3}, f);
  batch.translation = at::zeros({b, n, 3}, f);
  batch.relation = collate_relations(inputs);
  batch.lattice_projector = at::zeros({b, 6, 6}, f);
  batch.metric_root = at::zeros({b, 3, 3}, f);
  batch.polar_projector = at::zeros({b, 3, 3}, f);
  batch.n_atoms = at::zeros({b}, i);
  batch.n_operations = at::zeros({b}, i);
  batch.space_group = at::zeros({b}, i);
  for (int64_t k = 0; k < b; ++k) {
    const GeometryInput& in = *inputs[static_cast<size_t>(k)];
    copy_rows(batch.elements, k, in.elements, in.n_slots);
    copy_rows(batch.site_dimension, k, in.site_dimension, in.n_slots);
    copy_rows(batch.degree, k, in.degree, in.n_slots);
    copy_rows(batch.multiplicity, k, in.multiplicity, in.n_slots);
    copy_rows(batch.basis, k, in.basis, in.n_slots);
    copy_rows(batch.coordinates, k, in.coordinates, in.n_slots);
    copy_rows(batch.offset, k, in.offset, in.n_slots);
    copy_rows(batch.atom_slot, k, in.atom_slot, in.n_atoms);
    copy_rows(batch.rotation, k, in.rotation, in.n_atoms);
    copy_rows(batch.translation, k, in.translation, in.n_atoms);
    copy_rows(batch.lattice_projector, k, in.lattice_projector, 1);
    copy_rows(batch.metric_root, k, in.metric_root, 1);
    copy_rows(batch.polar_projector, k, in.polar_projector, 1);
    std::fill_n(batch.slot_mask.data_ptr<float>() + k * s, in.n_slots, 1.0F);
    std::fill_n(batch.atom_mask.data_ptr<float>() + k * n, in.n_atoms, 1.0F);
    batch.n_atoms.data_ptr<int64_t>()[k] = in.n_atoms;
    batch.n_operations.data_ptr<int64_t>()[k] = in.n_operations;
    batch.space_group.data_ptr<int64_t>()[k] = in.space_group;
  }
  const auto component = at::arange(3, i).view({1, 1, 3});
  batch.freedom = (component < batch.site_dimension.unsqueeze(-1)).to(f) * batch.slot_mask.unsqueeze(-1);
  return batch;
}

torch::Tensor collate_coordinates(const std::vector<const std::vector<Vec3>*>& frac_coords) {
  size_t s = 0;
  for (const auto* coords : frac_coords) s = std::max(s, coords->size());
  auto out =
      at::zeros({static_cast<int64_t>(frac_coords.size()), static_cast<int64_t>(s), 3}, torch::kFloat32);
  float* target = out.data_ptr<float>();
  for (size_t b = 0; b < frac_coords.size(); ++b) {
    for (size_t k = 0; k < frac_coords[b]->size(); ++k) {
      for (int c = 0; c < 3; ++c) target[(b * s + k) * 3 + c] = static_cast<float>((*frac_coords[b])[k][c]);
    }
  }
  return out;
}

}  // namespace clamp::diffusion
