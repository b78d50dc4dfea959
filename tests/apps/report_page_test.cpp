#include "apps/report/report_page.h"

#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

#include "apps/report/html.h"
#include "apps/report/report_parts.h"

namespace clamp::apps {
namespace {

using Json = nlohmann::json;

size_t times_in(const std::string& text, const std::string& part) {
  size_t n = 0;
  for (size_t at = text.find(part); at != std::string::npos; at = text.find(part, at + 1)) ++n;
  return n;
}

Json good_line(int64_t index, const std::string& prompt) {
  return {{"index", index},
          {"prompt", prompt},
          {"status", "ok"},
          {"reason", nullptr},
          {"formula", "C8 H4 O4 Zn"},
          {"n_atoms", 17},
          {"composed_space_group_number", 14},
          {"space_group", "P2_1/c"},
          {"cell",
           {{"a_A", 8.0},
            {"b_A", 9.0},
            {"c_A", 10.0},
            {"alpha_deg", 90.0},
            {"beta_deg", 95.0},
            {"gamma_deg", 90.0},
            {"volume_A3", 717.0}}},
          {"valid", true},
          {"sound", true},
          {"failures", Json::array()},
          {"framework_dimension", 3},
          {"framework_dimension_intended", 3},
          {"worst_contact", 0.8},
          {"density_g_cm3", 1.5},
          {"chemistry_novel", true},
          {"clamp_score", 0.7},
          {"molecules",
           {{{"smiles", "O=C([O-])c1ccc(C(=O)[O-])cc1"}, {"count", 1}, {"charge", -2}, {"role", "linker"}}}},
          {"metals", {{{"element", "Zn"}, {"coordination", "O4"}, {"count", 1}}}},
          {"files", {{"cif", std::to_string(index) + ".cif"}}}};
}

Json failed_line(int64_t index, const std::string& prompt) {
  return {{"index", index},          {"prompt", prompt}, {"status", "failed"},
          {"reason", "no <way> on"}, {"formula", ""},    {"n_atoms", 0}};
}

ReportRun run_of(const std::vector<Json>& lines) {
  ReportRun run;
  run.asked = static_cast<int64_t>(lines.size());
  for (const Json& line : lines) {
    const bool ok = line["status"] == "ok";
    run.results.push_back({line.dump(), ok ? R"({"cell":[1],"z":[30],"xyz":[0,0,0],"bonds":[]})" : ""});
  }
  return run;
}

TEST(ReportPage, HasASectionAStructure) {
  const auto page = report_page(run_of({good_line(0, "zinc"), good_line(1, "zinc"), failed_line(2, "zinc")}));
  EXPECT_EQ(times_in(page, "<article id="), 2U);
  EXPECT_EQ(times_in(page, "<figure class=\"view\""), 2U);
  EXPECT_NE(page.find("<h3>1 of 3 failed</h3>"), std::string::npos);
  EXPECT_NE(page.find("2: no &lt;way&gt; on"), std::string::npos);
  EXPECT_NE(page.find("<a href=\"1.cif\">1.cif</a>"), std::string::npos);
  EXPECT_NE(page.find("<strong>2</strong> of 3 made"), std::string::npos);
  EXPECT_EQ(page.rfind("</html>\n"), page.size() - 8);
}

TEST(ReportPage, LoadsNothing) {
  const auto page = report_page(run_of({good_line(0, "zinc")}));
  for (const char* const part :
       {"src=", "@import", "url(", "<link", "href=\"http", "fetch(", "XMLHttpRequest"})
    EXPECT_EQ(times_in(page, part), 0U) << part;
  EXPECT_NE(page.find("default-src 'none'"), std::string::npos);
}

TEST(ReportPage, EscapesWhatTheUserWrote) {
  auto line = good_line(0, "</title><script>alert('1')</script> & \"zinc\"");
  auto run = run_of({line});
  run.run_yaml = "prompt: </pre><script>alert(2)</script>\n";
  const auto page = report_page(run);
  EXPECT_EQ(times_in(page, "<script>alert"), 0U);
  EXPECT_EQ(times_in(page, "</script>"), 2U);  // the views and the script of the page itself
  EXPECT_NE(
      page.find(
          "<h1>&lt;/title&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt; &amp; &quot;zinc&quot;</h1>"),
      std::string::npos);
}

TEST(ReportPage, GroupsResultsByPrompt) {
  const auto page = report_page(run_of({good_line(0, "zinc"), good_line(1, "copper"), good_line(2, "zinc")}));
  EXPECT_EQ(times_in(page, "<section id="), 2U);
  EXPECT_LT(page.find("<h2>zinc</h2>"), page.find("<h2>copper</h2>"));
  EXPECT_LT(page.find("id=\"s2\""), page.find("<h2>copper</h2>"));
}

TEST(ReportPage, TellsThatTheRunWasStopped) {
  auto run = run_of({good_line(0, "zinc")});
  run.asked = 8;
  EXPECT_NE(report_page(run).find("stopped after 1 of 8 results"), std::string::npos);
  EXPECT_NE(report_page(ReportRun()).find("</html>"), std::string::npos);
}

TEST(ReportPage, DrawsEachMoleculeOnce) {
  auto run = run_of({good_line(0, "zinc"), good_line(1, "zinc")});
  run.drawings["O=C([O-])c1ccc(C(=O)[O-])cc1"] =
      "<?xml?><svg width='9' viewBox='0 0 9 7'><path d='M1'/></svg>\n";
  const auto page = report_page(run);
  EXPECT_EQ(times_in(page, "<symbol id=\"m0\" viewBox=\"0 0 9 7\"><path d='M1'/></symbol>"), 1U);
  EXPECT_EQ(times_in(page, "<use href=\"#m0\">"), 2U);
}

TEST(ReportPage, ShowsNoMoreThanItCan) {
  std::vector<Json> lines;
  for (int64_t k = 0; k < 502; ++k) lines.push_back(good_line(k, "zinc"));
  const auto page = report_page(run_of(lines));
  EXPECT_EQ(times_in(page, "<article id="), kMostShown);
  EXPECT_NE(page.find("The first 500 of 502 results"), std::string::npos);
  EXPECT_NE(page.find("<strong>502</strong> of 502 made"), std::string::npos);
}

// Without geometries: what only these have is left out.
TEST(ReportPage, ShowsChemistriesAlone) {
  auto line = good_line(0, "zinc");
  for (const char* key : {"space_group", "cell", "valid", "sound", "framework_dimension", "worst_contact",
                          "density_g_cm3", "clamp_score"})
    line[key] = nullptr;
  auto run = run_of({line});
  run.results[0].view = "";
  const auto page = report_page(run);
  EXPECT_EQ(times_in(page, "<figure class=\"view\""), 0U);
  EXPECT_EQ(times_in(page, "title=\"density\""), 0U);
  EXPECT_NE(page.find("P2<sub>1</sub>/c"), std::string::npos);
}

TEST(ReportPage, SaysWhatIsWrong) {
  auto line = good_line(0, "zinc");
  line["valid"] = line["sound"] = false;
  line["failures"] = {"has_lone_molecule", "has_something_new"};
  line["framework_dimension"] = 2;
  line["worst_contact"] = 0.5;
  const auto page = report_page(run_of({line}));
  EXPECT_NE(page.find("a molecule that is bonded to nothing <code>has_lone_molecule</code>"),
            std::string::npos);
  EXPECT_NE(page.find("has_something_new <code>has_something_new</code>"), std::string::npos);
  EXPECT_NE(page.find("dimension 2, 3 was intended"), std::string::npos);
  EXPECT_NE(page.find("a contact of 0.50"), std::string::npos);
  line["failures"] = Json::array();
  line["framework_dimension"] = 3;
  line["worst_contact"] = 0.8;
  line["valid"] = true;
  EXPECT_NE(report_page(run_of({line})).find("more than 25 % off"), std::string::npos);
}

TEST(Html, LowersNumbersAndMarksAxes) {
  EXPECT_EQ(formula_html("C16 Zn2"), "C<sub>16</sub> Zn<sub>2</sub>");
  EXPECT_EQ(formula_html("N1O4"), "NO<sub>4</sub>");
  EXPECT_EQ(space_group_html("P2_1/c"), "P2<sub>1</sub>/c");
  EXPECT_EQ(space_group_html("R-3m"), "R<span class=\"bar\">3</span>m");
  EXPECT_EQ(script_json("{\"a\":\"</script><!--\"}"), "{\"a\":\"\\u003c/script>\\u003c!--\"}");
}

TEST(DrawingSymbol, RefusesWhatIsNoDrawing) {
  EXPECT_EQ(drawing_symbol("", "m0"), "");
  EXPECT_EQ(drawing_symbol("<svg width='3'></svg>", "m0"), "");
}

}  // namespace
}  // namespace clamp::apps
