#include "evaluate/quality.h"

#include <gtest/gtest.h>

#include <cmath>
#include <nlohmann/json.hpp>

#include "tests/support/crystals.h"

namespace clamp::evaluate {
namespace {

std::vector<QualityInput> real_structures() {
  std::vector<QualityInput> inputs;
  for (const tests::QmofSample& sample : tests::qmof_samples()) {
    QualityInput input;
    input.crystal = read_crystal(std::string(CLAMP_TEST_DATA) + "/qmof/" + sample.id + ".cif");
    input.intended_dimension = sample.framework_dimension;
    input.reference_volume = input.crystal.volume();
    inputs.push_back(input);
  }
  return inputs;
}

// Published worked values: 81 of 263 gives 0.2553-0.3662 (Newcombe, Stat. Med. 1998, 17, 857, Wilson without
// continuity correction); 0 of 20 gives 0-0.1611.
TEST(WilsonShare, MatchesPublishedIntervals) {
  const Share share = wilson_share(81, 263);
  EXPECT_NEAR(share.low, 0.2553, 1e-4);
  EXPECT_NEAR(share.high, 0.3662, 1e-4);
  EXPECT_NEAR(wilson_share(0, 20).high, 0.1611, 1e-4);
  EXPECT_EQ(wilson_share(0, 20).low, 0);
  EXPECT_EQ(wilson_share(0, 0).total, 0);
}

TEST(QualityRow, RealStructuresAreMostlySane) {
  const QualityRow row = quality_row("real", real_structures());
  EXPECT_EQ(row.total, 18);
  for (const std::string& name : quality_share_names()) ASSERT_EQ(row.shares.count(name), 1U) << name;
  for (const char* all :
       {"no_overlaps", "metals_bonded", "dimension_as_intended", "volume_within_25_percent"}) {
    EXPECT_EQ(row.shares.at(all).count, 18) << all;
  }
  EXPECT_GE(row.shares.at("valid").count, 12);
  EXPECT_LE(row.shares.at("sound").count, row.shares.at("valid").count);
  EXPECT_NEAR(row.quantiles.at("density_error_90"), 0, 1e-9);
  EXPECT_LE(row.quantiles.at("worst_contact_05"), row.quantiles.at("worst_contact_50"));
}

TEST(QualityRow, CompressionShows) {
  auto inputs = real_structures();
  for (QualityInput& input : inputs) input.crystal.cell *= 0.8;
  const QualityRow row = quality_row("compressed", inputs);
  EXPECT_EQ(row.shares.at("volume_within_25_percent").count, 0);
  EXPECT_EQ(row.shares.at("sound").count, 0);
  EXPECT_NEAR(row.quantiles.at("volume_ratio_50"), 0.512, 1e-6);
  EXPECT_NEAR(row.quantiles.at("density_error_50"), 1 / 0.512 - 1, 1e-6);
}

// Each structure matches itself, and none the next one, which has another composition.
TEST(QualityRow, MatchesCountAgainstTheReference) {
  auto inputs = real_structures();
  inputs.resize(4);
  EXPECT_EQ(quality_row("no reference", inputs).shares.at("match").total, 0);
  for (QualityInput& input : inputs) input.reference = input.crystal;
  EXPECT_EQ(quality_row("itself", inputs).shares.at("match").count, 4);
  for (size_t k = 0; k < inputs.size(); ++k) inputs[k].reference = inputs[(k + 1) % inputs.size()].crystal;
  EXPECT_EQ(quality_row("next", inputs).shares.at("match").count, 0);
  inputs[1].match_among_tried = true;
  EXPECT_EQ(quality_row("next", inputs).shares.at("match").count, 0);
  EXPECT_EQ(quality_row("next", inputs).shares.at("match_among_tried").count, 1);
}

TEST(Quality, TablesListEveryRow) {
  const std::vector<QualityRow> rows = {quality_row("real", real_structures()), quality_row("none", {})};
  const std::string text = quality_markdown(rows);
  EXPECT_NE(text.find("| | real (18) | none (0) |\n|---|---|---|\n"), std::string::npos);
  EXPECT_NE(text.find("| no overlapping atoms | 100 % (82-100) | - |"), std::string::npos);
  const auto json = nlohmann::json::parse(quality_json(rows));
  EXPECT_EQ(json["schema_version"], 1);
  EXPECT_EQ(json["rows"][0]["shares"]["no_overlaps"]["count"], 18);
  EXPECT_TRUE(json["rows"][1]["quantiles"]["worst_contact_50"].is_null());
}

}  // namespace
}  // namespace clamp::evaluate
