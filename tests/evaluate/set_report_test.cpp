#include "evaluate/set_report.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "evaluate/distributions.h"
#include "evaluate/linker_smiles.h"
#include "evaluate/molecule.h"
#include "evaluate/prompt_metals.h"
#include "evaluate/svg_plot.h"
#include "tests/support/crystals.h"
#include "tests/support/random_crystal.h"
#include "tests/support/settings.h"

namespace clamp::evaluate {
namespace {

Share share_of(const SetReport& report, const std::string& name) {
  for (const auto& [key, share] : report.shares) {
    if (key == name) return share;
  }
  ADD_FAILURE() << name;
  return {};
}

StructureFacts facts(const Crystal& crystal, const std::string& prompt) {
  StructureFacts f = structure_facts(crystal, {});
  f.prompt = prompt;
  return f;
}

// Shifted by one: distance one. A point against two: the mean distance to it.
TEST(Wasserstein, MatchesClosedForms) {
  EXPECT_DOUBLE_EQ(wasserstein({1, 2, 3}, {2, 3, 4}), 1);
  EXPECT_DOUBLE_EQ(wasserstein({0}, {-1, 3}), 2);
  EXPECT_DOUBLE_EQ(wasserstein({2, 1}, {1, 2, 2, 1}), 0);
  EXPECT_TRUE(std::isnan(wasserstein({}, {1})));
}

TEST(TotalVariation, MatchesClosedForms) {
  EXPECT_DOUBLE_EQ(total_variation({{1, 1}, {2, 1}}, {{1, 2}, {2, 2}}), 0);
  EXPECT_DOUBLE_EQ(total_variation({{1, 3}}, {{2, 5}}), 1);
  EXPECT_DOUBLE_EQ(total_variation({{1, 1}, {2, 1}}, {{1, 1}}), 0.5);
  EXPECT_TRUE(std::isnan(total_variation({}, {{1, 1}})));
}

TEST(MetalsInPrompt, KnowsNamesAndSymbols) {
  EXPECT_EQ(metals_in_prompt("a Zinc framework with copper paddlewheels"), (std::vector<int>{29, 30}));
  EXPECT_EQ(metals_in_prompt("Zn4O nodes"), (std::vector<int>{30}));
  EXPECT_EQ(metals_in_prompt("Zr-terephthalate, C8H4O4"), (std::vector<int>{40}));
  EXPECT_EQ(metals_in_prompt("ZnO"), (std::vector<int>{30}));
  EXPECT_EQ(metals_in_prompt("V(OH) chains"), (std::vector<int>{23}));
  EXPECT_TRUE(
      metals_in_prompt("In this framework, a porous solid is tuned; No metal is named, I think").empty());
  EXPECT_TRUE(metals_in_prompt("wide pores lead to uptake").empty());
  EXPECT_EQ(metals_in_prompt("a lead terephthalate"), (std::vector<int>{82}));
  EXPECT_TRUE(metals_in_prompt("").empty());
}

TEST(SetReport, KeepsFailuresInTheDenominator) {
  const Crystal crystal = tests::load_qmof("qmof-7501cda");
  std::vector<StructureFacts> set = {facts(crystal, ""), facts(tests::another_setting(crystal, 2, true), ""),
                                     facts(tests::load_qmof("qmof-82f44d0"), ""), StructureFacts()};
  SetReference reference;
  reference.index.add(fingerprint(tests::load_qmof("qmof-82f44d0")));
  for (const char* id : {"qmof-82f44d0", "qmof-c26f09c"})
    reference.facts.push_back(facts(tests::load_qmof(id), ""));
  const SetReport report = set_report(set, &reference);
  EXPECT_EQ(report.total, 4);
  EXPECT_EQ(share_of(report, "made").count, 3);
  EXPECT_EQ(share_of(report, "unique").count, 2);
  EXPECT_EQ(share_of(report, "novel").count, 2);
  EXPECT_EQ(share_of(report, "passes_has_metal").count, 3);
  for (const auto& [name, share] : report.shares) {
    if (name.rfind("metals_of", 0) == 0 || name.rfind("linkers_", 0) == 0) continue;
    EXPECT_EQ(share.total, 4) << name;
  }
}

TEST(SetReport, MeasuresAdherenceBesideItsControl) {
  const Crystal zinc = tests::load_qmof("qmof-317320a");
  ASSERT_GT(std::count(zinc.atomic_numbers.begin(), zinc.atomic_numbers.end(), 30), 0);
  ASSERT_EQ(std::count(zinc.atomic_numbers.begin(), zinc.atomic_numbers.end(), 47), 0);
  std::vector<StructureFacts> set = {facts(zinc, "zinc framework"), facts(zinc, "silver chain"),
                                     facts(zinc, "no metal named"), StructureFacts()};
  set.back().prompt = "Zn framework";
  const SetReport report = set_report(set, nullptr);
  EXPECT_EQ(share_of(report, "metals_of_prompt").count, 1);
  EXPECT_EQ(share_of(report, "metals_of_prompt").total, 3);
  // The silver one has the zinc of another's prompt; the first lacks silver; the failed one has nothing.
  EXPECT_EQ(share_of(report, "metals_of_other_prompt").count, 1);
  EXPECT_EQ(share_of(report, "metals_of_other_prompt").total, 3);
}

TEST(SetReport, MeasuresLinkersOfPromptsAndDemands) {
  StructureFacts terephthalate, oxalate, failed;
  terephthalate.made = oxalate.made = true;
  terephthalate.molecules = {"O=C(O)c1ccc(C(=O)O)cc1", "O"};
  oxalate.molecules = {"O=C(O)C(=O)O"};
  terephthalate.prompt_linkers = oxalate.prompt_linkers = {"O=C(O)c1ccc(C(=O)O)cc1"};
  failed.prompt_linkers = {"O=C(O)C(=O)O"};
  for (auto* facts : {&terephthalate, &oxalate}) facts->demanded_linkers = {"O"};
  const SetReport report = set_report({terephthalate, oxalate, failed}, nullptr);
  EXPECT_EQ(share_of(report, "linkers_of_prompt").count, 1);
  EXPECT_EQ(share_of(report, "linkers_of_prompt").total, 3);
  // The oxalate has what the failed one's prompt names; the terephthalate has not.
  EXPECT_EQ(share_of(report, "linkers_of_other_prompt").count, 1);
  EXPECT_EQ(share_of(report, "linkers_of_other_prompt").total, 3);
  EXPECT_EQ(share_of(report, "linkers_demanded").count, 1);
  EXPECT_EQ(share_of(report, "linkers_demanded").total, 2);
}

TEST(SetReport, ComparesARelaxedSetWithTheRelaxedReference) {
  StructureFacts low = facts(tests::load_qmof("qmof-7501cda"), ""), high = low;
  low.energy_per_atom = 0.1;
  high.energy_per_atom = 0.4;
  low.relaxed = true;
  SetReference reference;
  reference.relaxed_facts = {low, low};
  const SetReport report = set_report({low, high}, &reference, true);
  EXPECT_EQ(share_of(report, "relaxed").count, 1);
  for (const SetDistance& d : report.distances) {
    if (d.name != "energy_per_atom") continue;
    EXPECT_NEAR(d.distance, 0.15, 1e-12);
    EXPECT_EQ(d.control, 0);
    EXPECT_EQ(d.set_quantiles[2], 0.4);
    EXPECT_EQ(d.reference_quantiles[1], 0.1);
    return;
  }
  ADD_FAILURE() << "no energies";
}

TEST(SetReport, HasNoEnergiesWithoutAPotential) {
  SetReference reference;
  for (int k = 0; k < 2; ++k) reference.facts.push_back(facts(tests::load_qmof("qmof-7501cda"), ""));
  for (const SetDistance& d : set_report(reference.facts, &reference).distances)
    EXPECT_NE(d.name, "energy_per_atom");
}

TEST(SetReport, GivesQuantilesOfValues) {
  std::vector<StructureFacts> set(21);
  for (size_t k = 0; k < set.size(); ++k) {
    set[k].made = true;
    set[k].checks.density = static_cast<double>((k * 8) % 21);  // 0 to 20, each once
  }
  SetReference reference;
  reference.facts = {set[0], set[0]};
  const SetReport report = set_report(set, &reference);
  const SetDistance& density = report.distances.front();
  ASSERT_EQ(density.name, "density");
  EXPECT_EQ(density.set_quantiles, (std::array<double, 3>{1, 10, 19}));
  EXPECT_EQ(density.reference_quantiles, (std::array<double, 3>{0, 0, 0}));
  EXPECT_TRUE(std::isnan(report.distances.back().set_quantiles[1]));  // elements are counts
  EXPECT_NE(set_report_markdown(report).find("| 1.000, 10.000, 19.000 | 0.000, 0.000, 0.000 |"),
            std::string::npos);
  const auto json = nlohmann::json::parse(set_report_json(report));
  EXPECT_EQ(json["distances"]["density"]["set_quantiles"], nlohmann::json::parse("[1.0, 10.0, 19.0]"));
  EXPECT_TRUE(json["distances"]["elements"]["set_quantiles"][0].is_null());
}

TEST(SetReport, CountsContactsAndDimensions) {
  std::vector<StructureFacts> set(4);
  for (size_t k = 0; k < 3; ++k) set[k].made = true;  // the fourth failed
  set[0].checks.worst_contact = 0.64;
  set[1].checks.worst_contact = 0.65;
  set[2].checks.worst_contact = 0.9;
  set[2].checks.framework_dimension = 3;
  EXPECT_EQ(share_of(set_report(set, nullptr), "contacts").count, 2);
  EXPECT_EQ(counts_of(set, "framework_dimension"), (std::map<int, double>{{0, 2}, {3, 1}}));
  EXPECT_EQ(values_of(set, "worst_contact"), (std::vector<double>{0.64, 0.65, 0.9}));
}

TEST(LinkerSmiles, AreNeutralCanonicalAndKnownByName) {
  EXPECT_EQ(linker_smiles("terephthalate"), neutral_smiles("[O-]C(=O)c1ccc(cc1)C(=O)[O-]"));
  EXPECT_EQ(linker_smiles("isonicotinate"), neutral_smiles("O=C([O-])c1ccncc1"));
  EXPECT_EQ(linker_smiles("no such linker"), "");
}

TEST(StructureFacts, HoldTheMoleculesOfTheStructure) {
  EXPECT_EQ(structure_facts(tests::rock_salt(), {}).molecules, std::set<std::string>{"Cl"});  // neutral: HCl
  int64_t structures = 0;
  for (const tests::QmofSample& sample : tests::qmof_samples())
    structures += structure_facts(tests::load_qmof(sample.id), {}).molecules.empty() ? 0 : 1;
  EXPECT_GE(structures, 15);
}

TEST(SetReport, OfTheReferenceItselfHasNoDistance) {
  SetReference reference;
  for (const tests::QmofSample& sample : tests::qmof_samples()) {
    reference.facts.push_back(facts(tests::load_qmof(sample.id), ""));
    reference.index.add(reference.facts.back().print);
  }
  const SetReport report = set_report(reference.facts, &reference);
  EXPECT_EQ(share_of(report, "novel").count, 0);
  EXPECT_EQ(share_of(report, "unique").count, 18);
  for (const SetDistance& d : report.distances) {
    if (d.name == "lcd" || d.name == "pld") continue;  // not measured here
    EXPECT_EQ(d.distance, 0) << d.name;
    if (d.name == "framework_dimension") continue;  // few values: the halves may agree
    EXPECT_GT(d.control, 0) << d.name;
  }
  ASSERT_FALSE(report.reference_shares.empty());
  for (const auto& [name, share] : report.reference_shares)
    EXPECT_EQ(share.count, share_of(report, name).count) << name;
  const auto json = nlohmann::json::parse(set_report_json(report));
  EXPECT_EQ(json["shares"]["novel"]["total"], 18);
  EXPECT_EQ(json["reference_shares"]["valid"], json["shares"]["valid"]);
  EXPECT_TRUE(json["distances"]["lcd"]["distance"].is_null());
  EXPECT_NE(set_report_markdown(report).find("| unique | 18 of 18, 100.0 % |"), std::string::npos);
}

size_t times_in(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

TEST(SvgPlot, HasABarABin) {
  const std::string svg = svg_histogram({"Density <1", "g/cm3"}, {{"", {1, 2, 3}, {1, 1.5}}});
  EXPECT_EQ(svg.rfind("<svg", 0), 0U);
  EXPECT_NE(svg.find("Density &lt;1"), std::string::npos);
  EXPECT_EQ(times_in(svg, "fill-opacity"), 48U);
  EXPECT_NE(svg_bars({"t", "a"}, {"Zn"}, {{"", {1}, {}}}).find(">Zn</text>"), std::string::npos);
}

// Four samples of one value each: the range is that of all, so the relaxed ones fill the last bins.
TEST(SvgPlot, PanelsHaveOneAxis) {
  const std::string svg =
      svg_histogram({"Density", "g/cm3"}, {{"as they are", {1}, {2}}, {"relaxed", {3}, {}}});
  EXPECT_EQ(times_in(svg, "fill-opacity"), 72U);  // no reference in the second panel
  EXPECT_EQ(times_in(svg, ">as they are</text>"), 1U);
  EXPECT_EQ(times_in(svg, ">relaxed</text>"), 1U);
  EXPECT_EQ(times_in(svg, ">1</text>"), 2U);
  EXPECT_EQ(times_in(svg, ">3</text>"), 2U);
  EXPECT_EQ(times_in(svg, "height=\"224.0\""), 3U);  // of 224 pixels: a share of 100 %
  const std::string bars =
      svg_bars({"t", "a"}, {"4", "6"}, {{"", {0.5, 0.5}, {1, 0}}, {"relaxed", {0, 1}, {0, 1}}});
  EXPECT_EQ(times_in(bars, "fill-opacity"), 8U);
  EXPECT_EQ(times_in(bars, ">reference</text>"), 1U);
}

TEST(SvgPlot, AFailedSetHasNoBars) {
  EXPECT_EQ(times_in(svg_histogram({"Density", "g/cm3"}, {{"", {}, {1}}}), "fill-opacity"), 24U);
  EXPECT_EQ(times_in(svg_histogram({"Density", "g/cm3"}, {{"", {}, {}}}), "fill-opacity"), 0U);
}

}  // namespace
}  // namespace clamp::evaluate
