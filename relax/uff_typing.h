// UFF and UFF4MOF atom types of a crystal, from its bond graph and the present shape of its metal nodes.
#pragma once

#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "relax/uff_graph.h"
#include "relax/uff_parameters.h"

namespace clamp::relax {

/// Ideal polyhedron of a metal's non-metal neighbours.
enum class Coordination {
  kNone,  ///< no metal, or one neighbour
  kLinear,
  kTrigonal,
  kTetrahedral,
  kSquare,     ///< square plane or pyramid
  kBipyramid,  ///< trigonal
  kOctahedral,
  kIrregular,  ///< none of these: seven and more neighbours, prisms, chelates with small bites
};

struct UffTyping {
  std::vector<const UffType*> types;       ///< [n_atoms]
  BondOrders bonds;                        ///< those to metals set
  std::vector<Coordination> coordination;  ///< [n_atoms]
  std::map<std::string, int64_t> counts;   ///< approximations by kind: number of atoms
};

/// Metals: the type of the element whose polyhedron is the present one; where the element has none, the type
/// of the nearest polyhedron, counted as "nearest_type". Irregular metals are counted as
/// "irregular_metal". Throws clamp::Error for an element without any type.
UffTyping assign_uff_types(const UffGraph& graph, size_t n_bonds);

/// The polyhedron of these unit vectors.
Coordination classify_coordination(const std::vector<Vec3>& directions);

}  // namespace clamp::relax
