#include "diffusion/composer_tokens.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "core/elements.h"
#include "core/error.h"
#include "core/seed.h"
#include "diffusion/composer_canonical.h"
#include "diffusion/composer_grammar.h"
#include "tests/support/units.h"

namespace clamp::diffusion {
namespace {

std::vector<Blocks> sample_blocks() {
  std::vector<Blocks> all;
  for (const AsymmetricUnit& unit : tests::qmof_units()) all.push_back(to_blocks(unit.chemistry));
  return all;
}

// Elements and neighbours to twelve bonds of every atom of the primitive cell, images left out.
std::vector<uint64_t> graph_signature(const Chemistry& chemistry) {
  const SpaceGroup& group = space_group(chemistry.space_group);
  const auto atoms = expand_atoms(chemistry);
  std::vector<uint64_t> colors;
  std::vector<std::vector<size_t>> neighbors(atoms.slot.size());
  for (const int slot : atoms.slot)
    colors.push_back(static_cast<uint64_t>(chemistry.slots[static_cast<size_t>(slot)].atomic_number));
  for (const SlotBond& bond : chemistry.bonds) {
    for (size_t h = 0; h < group.operations.size(); ++h) {
      const auto m = static_cast<size_t>(group.product[h][static_cast<size_t>(bond.op)]);
      const auto i = static_cast<size_t>(atoms.atom_of[static_cast<size_t>(bond.i)][h]);
      const auto j = static_cast<size_t>(atoms.atom_of[static_cast<size_t>(bond.j)][m]);
      neighbors[i].push_back(j);
      neighbors[j].push_back(i);
    }
  }
  for (int round = 0; round < 12; ++round) {
    auto next = colors;
    for (size_t a = 0; a < colors.size(); ++a) {
      std::vector<uint64_t> around;
      for (const size_t other : neighbors[a]) around.push_back(colors[other]);
      std::sort(around.begin(), around.end());
      for (const uint64_t color : around) next[a] = derive_seed(next[a], color);
    }
    colors.swap(next);
  }
  std::sort(colors.begin(), colors.end());
  return colors;
}

TEST(ComposerTokens, ReadBackToTheSameBondGraph) {
  const auto blocks = sample_blocks();
  const auto known = ComposerDictionary::build(blocks, 1);
  const auto spelling = ComposerDictionary::build(blocks, 1000);  // no form is frequent enough
  EXPECT_EQ(spelling.n_forms(), 0);
  const auto units = tests::qmof_units();
  for (size_t k = 0; k < units.size(); ++k) {
    SCOPED_TRACE(units[k].chemistry.space_group);
    for (const auto* dictionary : {&known, &spelling}) {
      std::string reason;
      const auto tokens = encode(blocks[k], 3, *dictionary, &reason);
      ASSERT_TRUE(tokens) << reason;
      const auto decoded = decode(*tokens, *dictionary);
      EXPECT_EQ(decoded.framework_dimension, 3);
      const auto chemistry = to_chemistry(decoded.blocks);
      EXPECT_EQ(graph_signature(chemistry), graph_signature(units[k].chemistry));
      for (size_t s = 0; s < chemistry.slots.size(); ++s)
        EXPECT_LT(chemistry.slots[s].parent, static_cast<int>(s));
    }
  }
}

TEST(ComposerTokens, BlocksDoNotDependOnTheOrderOfSlots) {
  int compared = 0;
  for (const AsymmetricUnit& unit : tests::qmof_units()) {
    SCOPED_TRACE(unit.chemistry.space_group);
    // Reverse the slots of the chemistry as written.
    Chemistry reversed = unit.chemistry;
    const int n = static_cast<int>(reversed.slots.size());
    std::reverse(reversed.slots.begin(), reversed.slots.end());
    for (Slot& slot : reversed.slots) slot.parent = -1;
    for (SlotBond& bond : reversed.bonds) {
      bond.i = n - 1 - bond.i;
      bond.j = n - 1 - bond.j;
    }
    const auto a = to_blocks(unit.chemistry), b = to_blocks(reversed);
    ASSERT_EQ(a.molecules.size(), b.molecules.size());
    for (size_t m = 0; m < a.molecules.size(); ++m) {
      EXPECT_EQ(a.molecules[m].form.content(), b.molecules[m].form.content());
      ++compared;
    }
  }
  EXPECT_GE(compared, 18);
}

TEST(ComposerTokens, DictionaryReadsBackFromItsNumbers) {
  const auto dictionary = ComposerDictionary::build(sample_blocks(), 1);
  const auto numbers = dictionary.to_numbers();
  const auto again = ComposerDictionary::from_numbers(numbers, "test");
  EXPECT_EQ(again.to_numbers(), numbers);
  for (int32_t f = 0; f < dictionary.n_forms(); ++f) EXPECT_EQ(again.form_index(dictionary.form(f)), f);
}

TEST(ComposerTokens, DamagedDictionariesAreRefused) {
  const auto numbers = ComposerDictionary::build(sample_blocks(), 1).to_numbers();
  int refused = 0;
  for (uint64_t seed = 0; seed < 200; ++seed) {
    Rng rng(seed);
    auto damaged = numbers;
    if (seed % 4 == 0) {
      damaged.resize(rng.below(damaged.size()));
    } else {
      damaged[rng.below(damaged.size())] = static_cast<int32_t>(rng.below(2000)) - 1000;
    }
    try {
      ComposerDictionary::from_numbers(damaged, "file");
    } catch (const Error& error) {
      EXPECT_EQ(std::string(error.what()).rfind("file: ", 0), 0U) << error.what();
      ++refused;
    }
  }
  EXPECT_GT(refused, 100);
}

TEST(ComposerTokens, BrokenSequencesAreRefusedWithThePlace) {
  const auto blocks = sample_blocks();
  const auto dictionary = ComposerDictionary::build(blocks, 1);
  auto tokens = *encode(blocks[0], 3, dictionary, nullptr);
  tokens.pop_back();
  try {
    decode(tokens, dictionary);
    FAIL();
  } catch (const Error& error) {
    EXPECT_NE(std::string(error.what()).find("expected END"), std::string::npos) << error.what();
  }
  EXPECT_THROW(decode({}, dictionary), Error);
}

TEST(ComposerCanonical, InverseOperationsUndo) {
  for (const int number : {1, 2, 14, 62, 148, 225}) {
    const SpaceGroup& group = space_group(number);
    for (int op = 0; op < static_cast<int>(group.operations.size()); ++op)
      EXPECT_EQ(group.product[static_cast<size_t>(op)][static_cast<size_t>(inverse_operation(group, op))], 0);
  }
}

TEST(ComposerCanonical, TranslatedSitesReduceToOne) {
  for (const Blocks& blocks : sample_blocks()) {
    const SpaceGroup& group = space_group(blocks.space_group);
    for (const BlockAtom& metal : blocks.metals) {
      for (const Vec3i& w : {Vec3i(1, 0, 0), Vec3i(0, -2, 1), Vec3i(3, 1, -1)}) {
        SiteKey moved = translated(group, metal.site, w);
        reduce_sites(group, {&moved});
        EXPECT_EQ(moved, metal.site) << blocks.space_group;
      }
    }
  }
}

// Element and bonds of every slot, counted over the whole cell.
std::vector<std::pair<int, int>> counted_bonds(const Chemistry& chemistry) {
  const SpaceGroup& group = space_group(chemistry.space_group);
  const ExpandedAtoms atoms = expand_atoms(chemistry);
  std::vector<int> degree(atoms.slot.size(), 0);
  for (const SlotBond& bond : chemistry.bonds) {
    std::set<std::pair<int, int>> copies;
    for (size_t h = 0; h < group.operations.size(); ++h) {
      const int i = atoms.atom_of[static_cast<size_t>(bond.i)][h];
      const auto by = static_cast<size_t>(group.product[h][static_cast<size_t>(std::max(0, bond.op))]);
      copies.insert(std::minmax(i, atoms.atom_of[static_cast<size_t>(bond.j)][by]));
    }
    for (const auto& [i, j] : copies) {
      ++degree[static_cast<size_t>(i)];
      if (i != j) ++degree[static_cast<size_t>(j)];
    }
  }
  std::vector<std::pair<int, int>> bonds;
  for (size_t s = 0; s < chemistry.slots.size(); ++s) {
    const auto first = static_cast<size_t>(atoms.atom_of[s][0]);
    bonds.emplace_back(chemistry.slots[s].atomic_number, degree[first]);
  }
  std::sort(bonds.begin(), bonds.end());
  return bonds;
}

TEST(ComposerCoordination, CountsTheBondsOfTheWholeCell) {
  int special = 0;
  for (const Blocks& blocks : sample_blocks()) {
    SCOPED_TRACE(blocks.space_group);
    const SpaceGroup& group = space_group(blocks.space_group);
    std::vector<int> metals(blocks.metals.size(), 0);
    std::vector<std::pair<int, int>> bonds;
    const auto add = [&](const SiteKey& x, int& of_x, const SiteKey& y, int& of_y, int op) {
      const bool self = &of_x == &of_y;
      of_x += n_bonded_copies(blocks.space_group, x, y, op, self);
      if (!self) of_y += n_bonded_copies(blocks.space_group, y, x, inverse_operation(group, std::max(0, op)));
    };
    for (const BlockBond& bond : blocks.metal_bonds) {
      const auto i = static_cast<size_t>(bond.from), j = static_cast<size_t>(bond.to);
      add(blocks.metals[i].site, metals[i], blocks.metals[j].site, metals[j], bond.op);
    }
    for (const MoleculeBlock& molecule : blocks.molecules) {
      auto atoms = molecule_coordination(molecule.form);
      for (const BlockBond& grip : molecule.grips) {
        const auto a = static_cast<size_t>(grip.from), m = static_cast<size_t>(grip.to);
        add(molecule.form.atoms[a].site, atoms[a], blocks.metals[m].site, metals[m], grip.op);
        special += molecule.form.atoms[a].site.empty() || blocks.metals[m].site.empty() ? 0 : 1;
      }
      for (size_t a = 0; a < atoms.size(); ++a)
        bonds.emplace_back(molecule.form.atoms[a].atomic_number, atoms[a]);
    }
    for (size_t m = 0; m < metals.size(); ++m) bonds.emplace_back(blocks.metals[m].atomic_number, metals[m]);
    std::sort(bonds.begin(), bonds.end());
    EXPECT_EQ(bonds, counted_bonds(to_chemistry(blocks)));
  }
  EXPECT_GT(special, 0);
}

// Whatever is drawn at random under the grammar can be read, and keeps the demands.
TEST(ComposerGrammar, RandomWalksKeepTheDemands) {
  const auto dictionary = ComposerDictionary::build(sample_blocks(), 1);
  const FormFacts facts(dictionary);
  ComposerDemands demands;
  demands.max_atoms = 80;
  demands.min_atoms = 10;
  demands.required.set(30);
  for (const size_t z : {1, 6, 7, 8, 30}) demands.allowed.set(z);
  int finished = 0;
  for (uint64_t seed = 0; seed < 300; ++seed) {
    SCOPED_TRACE(seed);
    Rng rng(seed);
    ComposerGrammar grammar(facts, demands);
    Tokens tokens = {token::kBegin};
    std::vector<uint8_t> allowed;
    while (!grammar.finished() && tokens.size() < 60) {
      grammar.allowed(allowed);
      std::vector<int32_t> choices;
      for (size_t k = 0; k < allowed.size(); ++k) {
        if (allowed[k]) choices.push_back(static_cast<int32_t>(k));
      }
      if (choices.empty()) break;
      tokens.push_back(choices[rng.below(choices.size())]);
      if (allowed[token::kEnd] && rng.uniform() < 0.3) tokens.back() = token::kEnd;
      grammar.push(tokens.back());
    }
    if (!grammar.finished()) continue;
    ++finished;
    const auto chemistry = to_chemistry(decode(tokens, dictionary).blocks);
    const auto atoms = expand_atoms(chemistry);
    EXPECT_EQ(static_cast<int64_t>(atoms.slot.size()), grammar.n_atoms());
    EXPECT_LE(grammar.n_atoms(), 80);
    EXPECT_GE(grammar.n_atoms(), 10);
    bool zinc = false;
    for (const Slot& slot : chemistry.slots) {
      EXPECT_TRUE(demands.allowed[static_cast<size_t>(slot.atomic_number)]) << slot.atomic_number;
      zinc |= slot.atomic_number == 30;
    }
    EXPECT_TRUE(zinc);
    for (const auto& [z, bonds] : counted_bonds(chemistry))
      EXPECT_LE(bonds, largest_coordination(z)) << element_symbol(z);
  }
  EXPECT_GT(finished, 20);
}

TEST(ComposerGrammar, RealSequencesAreAllowed) {
  const auto blocks = sample_blocks();
  const auto dictionary = ComposerDictionary::build(blocks, 1);
  const FormFacts facts(dictionary);
  ComposerDemands demands;
  demands.max_atoms = 1000;
  for (const Blocks& one : blocks) {
    SCOPED_TRACE(one.space_group);
    const auto tokens = *encode(one, 3, dictionary, nullptr);
    ComposerGrammar grammar(facts, demands);
    std::vector<uint8_t> allowed;
    for (size_t k = 1; k < tokens.size(); ++k) {
      grammar.allowed(allowed);
      ASSERT_EQ(allowed[static_cast<size_t>(tokens[k])], 1) << "token " << k << ": " << tokens[k];
      grammar.push(tokens[k]);
    }
    EXPECT_TRUE(grammar.finished());
  }
}

}  // namespace
}  // namespace clamp::diffusion
