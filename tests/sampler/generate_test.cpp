#include "sampler/generate.h"

#include <Eigen/LU>
#include <cmath>
#include <limits>
#include <nlohmann/json.hpp>
#include <set>

#include "core/seed.h"
#include "sampler/library_composer.h"
#include "sampler/result_json.h"
#include "tests/sampler/sample_library.h"

namespace clamp::sampler {
namespace {

using test::error_of;

const test::RealStructure& structure_with(const Chemistry& chemistry) {
  const auto numbers = atomic_numbers_of(chemistry);
  for (const auto& structure : test::real_structures()) {
    const auto& other = structure.unit.chemistry;
    if (other.space_group == chemistry.space_group && atomic_numbers_of(other) == numbers) return structure;
  }
  throw Error("no real structure has this chemistry");
}

// Gives the real structure of a chemistry in a cell stretched a little by the seed, so that results differ by
// seed and by nothing else.
class FakeGeometry : public GeometrySampler {
 public:
  std::vector<AsymmetricUnit> sample(const std::vector<GeometryRequest>& requests,
                                     const GeometryOptions&) override {
    largest_batch = std::max(largest_batch, requests.size());
    std::vector<AsymmetricUnit> units;
    for (const GeometryRequest& request : requests) {
      auto unit = structure_with(request.chemistry).unit;
      unit.cell *= 1 + 0.02 * Rng(request.seed).uniform();
      if (broken) unit.cell(0, 0) = std::numeric_limits<double>::quiet_NaN();
      units.push_back(unit);
    }
    return units;
  }
  std::vector<double> surprise(const std::vector<AsymmetricUnit>& units) override {
    return std::vector<double>(units.size(), 0.5);
  }
  size_t largest_batch = 0;
  bool broken = false;
};

struct Fixture {
  LibraryComposer composer{test::sample_library(), LibraryComposerConfig{}};
  FakeGeometry geometry;
  Pipeline pipeline;
  GenerateConfig config;

  Fixture() {
    pipeline.composer = &composer;
    pipeline.geometry = &geometry;
    pipeline.encode_texts = [](const std::vector<std::string>& texts) {
      std::vector<torch::Tensor> rows;
      for (const auto& text : texts) rows.push_back(test::unit_rows(1, std::hash<std::string>()(text))[0]);
      return torch::stack(rows) * (1 + 1e-3 * static_cast<double>(texts.size()));  // padding rounds
    };
    pipeline.encode_crystals = [](const std::vector<Crystal>& crystals) {
      return test::unit_rows(static_cast<int64_t>(crystals.size()), 5);
    };
    config.prompts = {"a zinc framework"};
    config.n = 6;
    config.best_of = 2;
    config.polish = false;
    config.coarse_starts = 0;
    config.seed = 11;
  }

  /// results.jsonl lines by index.
  std::map<int64_t, std::string> lines() {
    std::map<int64_t, std::string> by_index;
    generate(
        pipeline, config,
        [&](const SampleResult& r) { by_index[r.index] = result_json(r, config.symprec, {}); },
        [] { return false; });
    return by_index;
  }
};

TEST(Generate, ResultsDependOnNeitherBatchSizeNorThreads) {
  Fixture a, b;
  a.config.batch_size = 1;
  b.config.batch_size = 100;
  EXPECT_EQ(a.lines(), b.lines());
  Fixture threads;
  threads.config.n_threads = 3;
  EXPECT_EQ(threads.lines(), b.lines());
  EXPECT_EQ(a.geometry.largest_batch, 2u);  // best_of geometries of one sample stay together
  EXPECT_EQ(b.geometry.largest_batch, 12u);
}

TEST(Generate, ShardsTogetherAreTheWholeRun) {
  Fixture whole;
  std::map<int64_t, std::string> joined;
  for (int64_t shard = 0; shard < 4; ++shard) {
    Fixture part;
    part.config.shard = shard;
    part.config.n_shards = 4;
    for (const auto& [index, line] : part.lines()) {
      EXPECT_EQ(index % 4, shard);
      joined[index] = line;
    }
  }
  EXPECT_EQ(joined, whole.lines());
}

TEST(Generate, APromptGivesTheSameAloneAndAmongOthers) {
  Fixture alone, among;
  among.config.prompts = {"copper paddle wheel", "a zinc framework"};
  const auto single = alone.lines();
  const auto both = among.lines();
  ASSERT_EQ(both.size(), 12u);
  for (const auto& [index, line] : single) {
    auto expected = nlohmann::json::parse(line), found = nlohmann::json::parse(both.at(index + 6));
    EXPECT_EQ(found["index"], index + 6);
    expected.erase("index");
    found.erase("index");
    EXPECT_EQ(found, expected);
  }
}

TEST(Generate, AnotherSeedGivesOtherResults) {
  Fixture a, b;
  b.config.seed = 12;
  EXPECT_NE(a.lines(), b.lines());
}

TEST(Generate, RealStructuresComeOutAsIntended) {
  Fixture f;
  f.config.n = f.composer.library().size();
  generate(
      f.pipeline, f.config,
      [&](const SampleResult& r) {
        SCOPED_TRACE(r.composed.library_id);
        EXPECT_TRUE(r.ok());
        ASSERT_TRUE(r.best);
        EXPECT_EQ(r.best->crystal.n_atoms(),
                  static_cast<int64_t>(atomic_numbers_of(r.composed.chemistry).size()));
        EXPECT_EQ(r.geometries_tried, 2);
        ASSERT_TRUE(r.clamp_score);
        EXPECT_LE(std::abs(*r.clamp_score), 1 + 1e-6);
        // A uniformly stretched cell keeps its symmetry.
        if (r.composed.chemistry.space_group > 1) {
          ASSERT_TRUE(r.symmetric);
          EXPECT_EQ(r.symmetric->number, r.composed.chemistry.space_group);
        }
      },
      [] { return false; });
}

// The verdict is of the crystal that is written, in its own cell.
TEST(Generate, ChecksAreOfTheWrittenCell) {
  Candidate candidate;
  Crystal skewed = expand(test::real_structures().front().unit);
  skewed.cell.row(2) += 2 * skewed.cell.row(0);
  for (Vec3& x : skewed.frac_coords) x[0] -= 2 * x[2];
  candidate.crystal = skewed;
  judge_as_written(candidate, {});
  EXPECT_LT(candidate.crystal.cell.rowwise().norm().maxCoeff(), skewed.cell.rowwise().norm().maxCoeff());
  const auto expected = evaluate::check_mof(candidate.crystal);
  EXPECT_FALSE(candidate.checks.flags.empty());
  EXPECT_EQ(candidate.checks.flags, expected.flags);
  EXPECT_EQ(candidate.checks.valid, expected.valid);
}

TEST(Generate, ComposeOnlyMakesNoGeometry) {
  Fixture f;
  f.config.compose_only = true;
  f.pipeline.geometry = nullptr;
  const auto lines = f.lines();
  ASSERT_EQ(lines.size(), 6u);
  const auto json = nlohmann::json::parse(lines.at(0));
  EXPECT_EQ(json["status"], "ok");
  EXPECT_EQ(json["chemistry_novel"], false);
  EXPECT_TRUE(json["cell"].is_null());
  EXPECT_FALSE(json["library_id"].is_null());
  EXPECT_FALSE(json["formula"].get<std::string>().empty());
}

std::vector<std::string> stages(const std::vector<TrajectoryFrame>& frames) {
  std::vector<std::string> found;
  for (const auto& frame : frames) {
    if (found.empty() || found.back() != frame.stage) found.push_back(frame.stage);
  }
  return found;
}

TEST(Generate, TrajectoriesEndAtTheResultAndChangeNothing) {
  std::vector<AsymmetricUnit> units;
  for (const auto& structure : test::real_structures()) units.push_back(structure.unit);
  const auto table = relax::GeometryTable::measure(units);
  for (const bool searched : {false, true}) {
    Fixture plain, traced;
    for (Fixture* f : {&plain, &traced}) {
      f->pipeline.table = &table;
      f->config.polish = true;
      f->config.coarse_starts = searched ? 2 : 0;
    }
    traced.config.trajectory = true;
    EXPECT_EQ(traced.lines(), plain.lines());
    generate(
        traced.pipeline, traced.config,
        [&](const SampleResult& r) {
          ASSERT_FALSE(r.trajectory.empty());
          const auto expected = expand(r.best->unit);
          EXPECT_EQ(r.trajectory.back().crystal.cell, expected.cell);
          EXPECT_EQ(r.trajectory.back().crystal.frac_coords, expected.frac_coords);
          const auto found = stages(r.trajectory);
          const bool from_model = !r.best->from_search;
          EXPECT_EQ(found, from_model ? (std::vector<std::string>{"diffusion", "polish"})
                                      : std::vector<std::string>{"polish"});
        },
        [] { return false; });
  }
}

TEST(Generate, AGeometryWithoutNumbersFailsWithAReason) {
  Fixture f;
  f.geometry.broken = true;
  for (const auto& [index, line] : f.lines()) {
    const auto json = nlohmann::json::parse(line);
    EXPECT_EQ(json["status"], "failed");
    EXPECT_EQ(json["reason"], "the geometry model gave a cell or coordinates that are no finite numbers");
    EXPECT_TRUE(json["valid"].is_null());
  }
}

TEST(Generate, StopsBetweenBatchesAndKeepsWhatIsDone) {
  Fixture f;
  f.config.batch_size = 2;
  std::vector<int64_t> done;
  generate(
      f.pipeline, f.config, [&](const SampleResult& r) { done.push_back(r.index); },
      [&] { return done.size() >= 3; });
  EXPECT_EQ(done, (std::vector<int64_t>{0, 1, 2}));
}

TEST(Generate, ResultLinesHaveTheContractsKeys) {
  Fixture f;
  const auto json = nlohmann::json::parse(f.lines().at(0));
  for (const char* key : {"index",
                          "seed",
                          "prompt",
                          "status",
                          "reason",
                          "formula",
                          "n_atoms",
                          "space_group_number",
                          "space_group",
                          "symprec_A",
                          "cell",
                          "density_g_cm3",
                          "valid",
                          "flags",
                          "lcd_A",
                          "pld_A",
                          "void_fraction",
                          "linkers",
                          "framework_dimension",
                          "framework_dimension_intended",
                          "worst_contact",
                          "chemistry_novel",
                          "novel",
                          "known_structure",
                          "duplicate_of",
                          "usual_coordination",
                          "volume_per_atom_A3",
                          "clamp_score",
                          "relax",
                          "files"}) {
    EXPECT_TRUE(json.contains(key)) << key;
  }
  for (const char* key : {"a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg", "volume_A3"}) {
    EXPECT_GT(json["cell"][key].get<double>(), 0) << key;
  }
}

TEST(Generate, WrongSettingsAreNamed) {
  Fixture f;
  f.config.shard = 2;
  f.config.n_shards = 2;
  EXPECT_EQ(error_of([&] { f.lines(); }), "--shard 2/2: shards count from 0, so the last of 2 is 1");
  f.config.shard = 0;
  f.config.prompts.clear();
  EXPECT_EQ(error_of([&] { f.lines(); }), "no prompt given; pass --prompt TEXT or --prompt-file FILE");
}

TEST(Generate, ReducedCellsAreRightHandedAndHoldTheSameStructure) {
  Crystal skewed;
  skewed.cell << 5, 0, 0, 14, 6, 0, -9, 11, 7;
  skewed.atomic_numbers = {30, 8, 6};
  skewed.frac_coords = {Vec3(0.1, 0.2, 0.3), Vec3(0.4, 0.9, 0.5), Vec3(0.7, 0.1, 0.8)};
  for (const double sign : {1.0, -1.0}) {
    Crystal given = skewed;
    given.cell.row(0) *= sign;
    for (auto& x : given.frac_coords) x[0] *= sign;
    const Crystal reduced = in_reduced_cell(given);
    EXPECT_GT(reduced.cell.determinant(), 0);
    EXPECT_NEAR(reduced.volume(), given.volume(), 1e-9);
    for (const auto& pair : {std::make_pair(0, 1), std::make_pair(0, 2), std::make_pair(1, 2)}) {
      // The separation is the same up to a lattice vector of the given cell.
      const auto separation = [&](const Crystal& c) -> Vec3 {
        return c.cell.transpose() * (c.frac_coords[pair.second] - c.frac_coords[pair.first]);
      };
      const Vec3 whole = given.cell.transpose().inverse() * (separation(reduced) - separation(given));
      EXPECT_LT((whole - Vec3(whole.array().round())).norm(), 1e-9);
    }
    const auto cell = reduced.cell_parameters();
    for (const double angle : {cell.alpha, cell.beta, cell.gamma}) {
      EXPECT_GT(angle, 55);
      EXPECT_LT(angle, 125);
    }
  }
}

TEST(Better, PutsValidStructuresFirstThenLowerObjectives) {
  Candidate valid, invalid, lower;
  valid.checks.valid = lower.checks.valid = true;
  valid.objective = 2;
  lower.objective = 1;
  EXPECT_TRUE(better(valid, invalid));
  EXPECT_FALSE(better(invalid, valid));
  EXPECT_TRUE(better(lower, valid));
  EXPECT_FALSE(better(valid, valid));
}

TEST(Better, CountsNoRealStructureAsCollapsed) {
  std::vector<AsymmetricUnit> units;
  for (const auto& structure : test::real_structures()) units.push_back(structure.unit);
  const auto table = relax::GeometryTable::measure(units);
  for (const auto& unit : units) {
    EXPECT_GT(std::abs(unit.cell.determinant()), kLeastVolume * table.predicted_volume(unit.chemistry));
  }
}

TEST(Better, PutsCollapsedStructuresLast) {
  Candidate dense, usual;
  dense.checks.valid = true;
  dense.volume_ratio = 0.5;
  usual.objective = 1;
  EXPECT_TRUE(better(usual, dense));
  usual.volume_ratio = 2.5;  // pores are welcome
  EXPECT_TRUE(better(usual, dense));
  usual.checks.valid = true;
  dense.volume_ratio = 0.8;
  EXPECT_TRUE(better(dense, usual));
}

}  // namespace
}  // namespace clamp::sampler
