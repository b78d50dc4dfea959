#include "sampler/relax_sample.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "core/error.h"
#include "relax/uff_potential.h"
#include "sampler/result_json.h"
#include "tests/sampler/sample_library.h"

namespace clamp::sampler {
namespace {

// The score of a structure is its volume, so that it tells which structure was scored.
Pipeline volume_pipeline() {
  Pipeline pipeline;
  pipeline.encode_texts = [](const std::vector<std::string>&) {
    return torch::ones({1, 1}, torch::kFloat64);
  };
  pipeline.encode_crystals = [](const std::vector<Crystal>& crystals) {
    return torch::full({1, 1}, crystals.at(0).volume(), torch::kFloat64);
  };
  return pipeline;
}

SampleResult sample_of(const std::string& id) {
  for (const auto& structure : test::real_structures()) {
    if (structure.id != id) continue;
    SampleResult result;
    result.prompt = "a framework";
    result.composed.chemistry = structure.unit.chemistry;
    result.best = judge(structure.unit, result.composed);
    result.best->crystal.name = "clamp_0";
    result.best->relax.push_back({});
    result.best->relax[0].stage = "polish";
    result.raw = result.best;
    result.clamp_score = result.best->crystal.volume();
    return result;
  }
  throw Error("no structure " + id);
}

class NoPotential : public relax::PotentialFactory {
 public:
  std::string name() const override { return "none"; }
  std::unique_ptr<relax::Potential> bind(const Crystal&, const std::vector<Bond>&) const override {
    fail("no parameters for Cu");
  }
};

TEST(RelaxSample, JudgesAndScoresTheRelaxedStructure) {
  for (const std::string id : {"qmof-83a307d", "qmof-7501cda"}) {
    SampleResult result = sample_of(id);
    const double before = result.best->crystal.volume();
    relax_sample(result, relax::UffFactory(), volume_pipeline(), {});
    const double after = result.best->crystal.volume();
    EXPECT_GT(std::abs(after / before - 1), 0.01) << id;
    EXPECT_DOUBLE_EQ(*result.clamp_score, after) << id;
    EXPECT_EQ(result.best->crystal.name, "clamp_0");
    ASSERT_TRUE(result.symmetric) << id;
    EXPECT_EQ(result.symmetric->number, result.composed.chemistry.space_group) << id;
    ASSERT_EQ(result.best->relax.size(), 2U) << id;
    const auto json = nlohmann::json::parse(result_json(result, 0.01, {}));
    EXPECT_EQ(json["relax"][0]["stage"], "polish");
    EXPECT_EQ(json["relax"][1]["stage"], "uff");
    EXPECT_EQ(json["relax"][1]["potential"], "uff4mof");
    EXPECT_EQ(json["relax"][1]["converged"], true);
    EXPECT_LT(json["relax"][1]["energy_eV"], json["relax"][1]["energy_before_eV"]);
    EXPECT_NEAR(json["relax"][1]["volume_change"], after / before - 1, 1e-9);
    EXPECT_NEAR(json["cell"]["volume_A3"], after, 1e-6);
  }
}

TEST(RelaxSample, KeepsAStructureThatThePotentialCannotDescribe) {
  SampleResult result = sample_of("qmof-7501cda");
  const auto before = result.best->crystal;
  relax_sample(result, NoPotential(), volume_pipeline(), {});
  EXPECT_EQ(result.best->crystal.cell, before.cell);
  EXPECT_DOUBLE_EQ(*result.clamp_score, before.volume());
  const auto json = nlohmann::json::parse(result_json(result, 0.01, {}));
  EXPECT_EQ(json["relax"][1]["converged"], false);
  EXPECT_EQ(json["relax"][1]["reason"], "no parameters for Cu");
  EXPECT_TRUE(json["relax"][1]["energy_eV"].is_null());
}

TEST(RelaxSample, LeavesASampleWithoutStructureAlone) {
  SampleResult result;
  result.reason = "no usable structure";
  relax_sample(result, relax::UffFactory(), volume_pipeline(), {});
  EXPECT_FALSE(result.best);
  EXPECT_EQ(result.reason, "no usable structure");
}

}  // namespace
}  // namespace clamp::sampler
