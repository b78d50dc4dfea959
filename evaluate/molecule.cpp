#include "evaluate/molecule.h"

#include <GraphMol/Canon.h>
#include <GraphMol/MolDraw2D/MolDraw2DSVG.h>
#include <GraphMol/MolDraw2D/MolDraw2DUtils.h>
#include <GraphMol/MolOps.h>
#include <GraphMol/RWMol.h>
#include <GraphMol/SmilesParse/SmilesParse.h>
#include <GraphMol/SmilesParse/SmilesWrite.h>
#include <GraphMol/new_canon.h>
#include <RDGeneral/RDLog.h>
#include <fmt/format.h>

#include <algorithm>
#include <memory>
#include <numeric>

#include "core/error.h"

namespace clamp::evaluate {
namespace {

constexpr int kHydrogen = 1;
constexpr int kOxygen = 8;
constexpr int kSilicon = 14;
constexpr int kGermanium = 32;
constexpr int kWidth = 300;  // px, of a drawing
constexpr int kHeight = 240;

// RDKit writes to stderr of itself; its verdicts come back as exceptions here.
void silence() {
  static const bool done = [] {
    boost::logging::disable_logs("rdApp.*");
    return true;
  }();
  static_cast<void>(done);
}

// The heavy atoms with the number of hydrogen atoms on each.
struct HeavyGraph {
  MolecularGraph graph;              // heavy atoms only, then hydrogen of no heavy atom
  std::vector<unsigned> n_hydrogen;  // [n_atoms]
};

HeavyGraph without_hydrogen(const MolecularGraph& all) {
  const size_t n = all.atomic_numbers.size();
  std::vector<int> degree(n, 0), carrier(n, -1);
  for (const auto& [i, j] : all.bonds) {
    ++degree[static_cast<size_t>(i)];
    ++degree[static_cast<size_t>(j)];
    if (all.atomic_numbers[static_cast<size_t>(j)] != kHydrogen) carrier[static_cast<size_t>(i)] = j;
    if (all.atomic_numbers[static_cast<size_t>(i)] != kHydrogen) carrier[static_cast<size_t>(j)] = i;
  }
  const auto hidden = [&](int a) {
    const auto k = static_cast<size_t>(a);
    return all.atomic_numbers[k] == kHydrogen && degree[k] == 1 && carrier[k] >= 0 && all.metal_bonds[k] == 0;
  };
  HeavyGraph heavy;
  std::vector<int> index(n, -1);
  for (size_t a = 0; a < n; ++a) {
    if (hidden(static_cast<int>(a))) continue;
    index[a] = static_cast<int>(heavy.graph.atomic_numbers.size());
    heavy.graph.atomic_numbers.push_back(all.atomic_numbers[a]);
    heavy.graph.metal_bonds.push_back(all.metal_bonds[a]);
    heavy.n_hydrogen.push_back(0);
  }
  for (const auto& [i, j] : all.bonds) {
    if (hidden(i)) {
      ++heavy.n_hydrogen[static_cast<size_t>(index[static_cast<size_t>(j)])];
    } else if (hidden(j)) {
      ++heavy.n_hydrogen[static_cast<size_t>(index[static_cast<size_t>(i)])];
    } else {
      heavy.graph.bonds.emplace_back(index[static_cast<size_t>(i)], index[static_cast<size_t>(j)]);
    }
  }
  return heavy;
}

RDKit::RWMol make_mol(const HeavyGraph& heavy, const BondOrders* perceived) {
  static const RDKit::Bond::BondType kTypes[] = {RDKit::Bond::SINGLE, RDKit::Bond::DOUBLE,
                                                 RDKit::Bond::TRIPLE};
  RDKit::RWMol mol;
  for (size_t a = 0; a < heavy.n_hydrogen.size(); ++a) {
    RDKit::Atom atom(heavy.graph.atomic_numbers[a]);
    atom.setNoImplicit(true);
    atom.setNumExplicitHs(heavy.n_hydrogen[a]);
    if (perceived != nullptr) atom.setFormalCharge(perceived->charges[a]);
    mol.addAtom(&atom, true, false);
  }
  for (size_t k = 0; k < heavy.graph.bonds.size(); ++k) {
    const auto [i, j] = heavy.graph.bonds[k];
    const auto order = perceived == nullptr ? 1 : perceived->orders[k];
    mol.addBond(static_cast<unsigned>(i), static_cast<unsigned>(j), kTypes[order - 1]);
  }
  return mol;
}

// The heavy atoms in RDKit's canonical order of the skeleton: perception must not depend on the order given.
HeavyGraph in_canonical_order(const HeavyGraph& heavy) {
  RDKit::RWMol mol = make_mol(heavy, nullptr);
  for (auto* atom : mol.atoms()) atom->calcExplicitValence(false);
  // The number of bonds to metals tells apart what the skeleton does not.
  for (size_t a = 0; a < heavy.n_hydrogen.size(); ++a) {
    mol.getAtomWithIdx(static_cast<unsigned>(a))
        ->setIsotope(static_cast<unsigned>(heavy.graph.metal_bonds[a]));
  }
  mol.getRingInfo()->initialize();
  std::vector<unsigned> ranks;
  RDKit::Canon::rankMolAtoms(mol, ranks, true, false, true);
  HeavyGraph ordered;
  ordered.graph.atomic_numbers.resize(ranks.size());
  ordered.graph.metal_bonds.resize(ranks.size());
  ordered.n_hydrogen.resize(ranks.size());
  for (size_t a = 0; a < ranks.size(); ++a) {
    ordered.graph.atomic_numbers[ranks[a]] = heavy.graph.atomic_numbers[a];
    ordered.graph.metal_bonds[ranks[a]] = heavy.graph.metal_bonds[a];
    ordered.n_hydrogen[ranks[a]] = heavy.n_hydrogen[a];
  }
  for (const auto& [i, j] : heavy.graph.bonds) {
    const auto a = static_cast<int>(ranks[static_cast<size_t>(i)]);
    const auto b = static_cast<int>(ranks[static_cast<size_t>(j)]);
    ordered.graph.bonds.emplace_back(std::min(a, b), std::max(a, b));
  }
  std::sort(ordered.graph.bonds.begin(), ordered.graph.bonds.end());
  return ordered;
}

// The perceived orders on the heavy atoms; the hydrogen atoms count as neighbours.
BondOrders perceive(const HeavyGraph& heavy, DonorCharge donors) {
  MolecularGraph full = heavy.graph;
  for (size_t a = 0; a < heavy.n_hydrogen.size(); ++a) {
    for (unsigned h = 0; h < heavy.n_hydrogen[a]; ++h) {
      full.bonds.emplace_back(static_cast<int>(a), static_cast<int>(full.atomic_numbers.size()));
      full.atomic_numbers.push_back(kHydrogen);
      full.metal_bonds.push_back(0);
    }
  }
  auto orders = assign_bond_orders(full, donors);
  orders.orders.resize(heavy.graph.bonds.size());
  orders.charges.resize(heavy.n_hydrogen.size());
  return orders;
}

// RDKit has no valence for SiF6(2-) and its germanium sister.
bool is_hexacoordinate_silicon(const RDKit::ROMol& mol) {
  for (const auto* atom : mol.atoms()) {
    if ((atom->getAtomicNum() == kSilicon || atom->getAtomicNum() == kGermanium) && atom->getDegree() > 4)
      return true;
  }
  return false;
}

void sanitize(RDKit::RWMol& mol) {
  unsigned failed = 0;
  const auto all = static_cast<unsigned>(RDKit::MolOps::SANITIZE_ALL);
  const auto valences = static_cast<unsigned>(RDKit::MolOps::SANITIZE_PROPERTIES);
  const auto left_out = is_hexacoordinate_silicon(mol) ? valences : 0U;
  RDKit::MolOps::sanitizeMol(mol, failed, all & ~left_out);
}

std::unique_ptr<RDKit::RWMol> parse(const std::string& smiles) {
  silence();
  std::string reason = "it is no SMILES";
  if (!smiles.empty()) {
    try {
      RDKit::SmilesParserParams parameters;
      parameters.sanitize = false;
      parameters.removeHs = false;
      std::unique_ptr<RDKit::RWMol> mol(RDKit::SmilesToMol(smiles, parameters));
      if (mol && mol->getNumAtoms() > 0) {
        sanitize(*mol);
        RDKit::MolOps::removeHs(*mol, false, false, false);
        return mol;
      }
    } catch (const std::exception& error) {
      reason = error.what();
    }
  }
  fail_usage(fmt::format("SMILES '{}': {}", smiles, reason));
}

std::string plain_smiles(const RDKit::ROMol& mol) { return RDKit::MolToSmiles(mol, false); }

// One way to read the bond orders, with what speaks for it.
struct Reading {
  Molecule molecule;
  unsigned n_aromatic = 0;
  bool could_be_aromatic = false;  // unsaturated ring atoms that are not aromatic, and no charged ring oxygen
};

Reading reading(const HeavyGraph& heavy, DonorCharge donors) {
  Reading result;
  auto& molecule = result.molecule;
  const BondOrders orders = perceive(heavy, donors);
  molecule.charge = std::accumulate(orders.charges.begin(), orders.charges.end(), 0);
  molecule.reason = orders.reason;
  RDKit::RWMol mol = make_mol(heavy, &orders);
  try {
    sanitize(mol);
    molecule.smiles = canonical_smiles(plain_smiles(mol));  // what is written must read back
  } catch (const std::exception& error) {
    if (molecule.reason.empty()) molecule.reason = error.what();
  }
  molecule.sane = molecule.reason.empty();
  if (!molecule.sane) return result;
  const auto* rings = mol.getRingInfo();
  bool charged_oxygen = false;
  for (const auto* atom : mol.atoms()) {
    if (atom->getIsAromatic()) ++result.n_aromatic;
    if (rings->numAtomRings(atom->getIdx()) == 0 || atom->getIsAromatic()) continue;
    for (const auto* bond : mol.atomBonds(atom)) {
      result.could_be_aromatic |= bond->getBondType() != RDKit::Bond::SINGLE;
      charged_oxygen |= bond->getOtherAtom(atom)->getAtomicNum() == kOxygen &&
                        bond->getOtherAtom(atom)->getFormalCharge() < 0;
    }
  }
  result.could_be_aromatic &= !charged_oxygen;
  return result;
}

}  // namespace

Molecule perceive_molecule(const MolecularGraph& graph) {
  silence();
  Molecule molecule;
  if (graph.atomic_numbers.empty()) return molecule;
  try {
    const HeavyGraph heavy = in_canonical_order(without_hydrogen(graph));
    auto least = reading(heavy, DonorCharge::kLeast);
    if (least.could_be_aromatic) {
      auto anion = reading(heavy, DonorCharge::kAnions);
      if (anion.molecule.sane && anion.n_aromatic > least.n_aromatic) return anion.molecule;
    }
    return least.molecule;
  } catch (const std::exception& error) {
    molecule.reason = error.what();
  }
  return molecule;
}

std::string canonical_smiles(const std::string& smiles) { return plain_smiles(*parse(smiles)); }

std::string neutral_smiles(const std::string& smiles) {
  const auto mol = parse(smiles);
  for (auto* atom : mol->atoms()) {
    const int charge = atom->getFormalCharge();
    if (charge >= 0) continue;
    bool balanced = false;
    for (const auto* other : mol->atomNeighbors(atom)) balanced |= other->getFormalCharge() > 0;
    if (balanced) continue;  // nitro, N-oxide
    atom->setFormalCharge(0);
    if (atom->getNoImplicit() || atom->getIsAromatic()) {
      atom->setNumExplicitHs(atom->getNumExplicitHs() + static_cast<unsigned>(-charge));
    }
  }
  try {
    mol->updatePropertyCache(false);
    sanitize(*mol);
  } catch (const std::exception&) {
    return canonical_smiles(smiles);  // a charge that hydrogen cannot take up ([BF4-], [SiF6 2-]) is kept
  }
  return canonical_smiles(plain_smiles(*mol));
}

std::string skeleton_smiles(const std::string& smiles) {
  silence();
  std::string reason = "it is no SMILES";
  try {
    // Without sanitisation: programs differ in the valences that they write.
    RDKit::SmilesParserParams parameters;
    parameters.sanitize = false;
    parameters.removeHs = false;
    const std::unique_ptr<RDKit::RWMol> mol(RDKit::SmilesToMol(smiles, parameters));
    if (mol) {
      RDKit::RWMol skeleton;
      std::vector<int> index(mol->getNumAtoms(), -1);
      for (const auto* atom : mol->atoms()) {
        if (atom->getAtomicNum() == kHydrogen && mol->getNumAtoms() > 1) continue;
        RDKit::Atom bare(atom->getAtomicNum());
        bare.setNoImplicit(true);
        index[atom->getIdx()] = static_cast<int>(skeleton.addAtom(&bare, true, false));
      }
      for (const auto* bond : mol->bonds()) {
        const int i = index[bond->getBeginAtomIdx()], j = index[bond->getEndAtomIdx()];
        if (i < 0 || j < 0) continue;
        skeleton.addBond(static_cast<unsigned>(i), static_cast<unsigned>(j), RDKit::Bond::SINGLE);
      }
      for (auto* atom : skeleton.atoms()) atom->calcExplicitValence(false);
      RDKit::MolOps::findSSSR(skeleton);
      return plain_smiles(skeleton);
    }
  } catch (const std::exception& error) {
    reason = error.what();
  }
  fail_usage(fmt::format("SMILES '{}': {}", smiles, reason));
}

MoleculeSize molecule_size(const std::string& smiles) {
  MoleculeSize size;
  const auto mol = parse(smiles);
  for (const auto* atom : mol->atoms()) {
    size.n_atoms += 1 + static_cast<int>(atom->getTotalNumHs());
    size.charge += atom->getFormalCharge();
  }
  return size;
}

std::map<int, int> heavy_atoms(const std::string& smiles) {
  std::map<int, int> counts;
  const auto mol = parse(smiles);
  for (const auto* atom : mol->atoms()) {
    if (atom->getAtomicNum() != kHydrogen) ++counts[atom->getAtomicNum()];
  }
  return counts;
}

std::string molecule_svg(const std::string& smiles, const std::string& caption) {
  const auto mol = parse(smiles);
  RDKit::MolDraw2DSVG drawer(kWidth, kHeight);
  RDKit::MolDraw2DUtils::prepareAndDrawMolecule(drawer, *mol, caption);
  drawer.finishDrawing();
  return drawer.getDrawingText();
}

}  // namespace clamp::evaluate
