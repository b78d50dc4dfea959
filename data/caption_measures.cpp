// Facts about pores, electronic structure, density and symmetry.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "core/symmetry.h"
#include "data/caption_columns.h"
#include "data/caption_facts.h"
#include "data/caption_vocabulary.h"

namespace clamp::data {
namespace {

using Words = std::vector<std::string>;

void add_pores(const Record& record, std::vector<Fact>& facts) {
  const double* pld = number_of(record, "pld_A");
  const double* lcd = number_of(record, "lcd_A");
  if (pld != nullptr && *pld >= 1.0) {
    const std::string x = fmt::format("{:.1f}", *pld), n = fmt::format("{:.0f}", std::floor(*pld));
    Fact fact{FactKind::kPoreLimit, *pld >= kNonporousPld ? 1.8 : 0.5, "pore limiting diameter", {}, {}, {}};
    fact.keywords = {"PLD " + x + " Å", "PLD " + x + " A", "pore limiting diameter " + x + " Å"};
    fact.after = {"with a pore limiting diameter of " + x + " Å", "with pore windows of " + x + " Å"};
    if (*pld >= kPorousPld && *pld > std::floor(*pld)) {
      fact.keywords.push_back("PLD > " + n + " Å");
      fact.after.push_back("with pores wider than " + n + " Å");
    }
    facts.push_back(std::move(fact));
  }
  if (lcd != nullptr && *lcd >= 1.0) {
    const std::string x = fmt::format("{:.1f}", *lcd), n = fmt::format("{:.0f}", std::floor(*lcd));
    Fact fact{FactKind::kCavity, *lcd >= kPorousPld ? 1.5 : 0.4, "largest cavity diameter", {}, {}, {}};
    fact.keywords = {"LCD " + x + " Å", "LCD " + x + " A", "largest cavity " + x + " Å"};
    fact.after = {"with a largest cavity of " + x + " Å", "with cavities of " + x + " Å"};
    if (*lcd > std::floor(*lcd) && *lcd >= kPorousPld)
      fact.after.push_back("with cavities larger than " + n + " Å");
    facts.push_back(std::move(fact));
  }
  if (pld != nullptr && *pld < kNonporousPld) {
    facts.push_back({FactKind::kPorosity,
                     0.7,
                     "porosity",
                     {"nonporous"},
                     {"nonporous", "non-porous"},
                     {"without pores"}});
  }
  if (pld == nullptr || *pld < kPorousPld) return;
  Fact porous{FactKind::kPorosity, 2.5, "porosity", {"porous"}, {"porous"}, {"with accessible pores"}};
  if (lcd != nullptr) {
    const char* iupac = *lcd < kMicropore ? "microporous" : "mesoporous";
    porous.before.push_back(iupac);
    porous.keywords.push_back(iupac);
    if (*lcd < kUltramicropore) porous.before.push_back("ultramicroporous");
    if (*lcd < kUltramicropore) porous.after.push_back("with narrow pores");
    if (*lcd >= kLargeCavity) porous.after.push_back("with large pores");
    if (*lcd >= kLargeCavity) porous.keywords.push_back("large pores");
  }
  facts.push_back(std::move(porous));
}

void add_void_and_surface(const Record& record, std::vector<Fact>& facts) {
  const double* fraction = number_of(record, "void_fraction_he");
  if (fraction == nullptr) fraction = number_of(record, "void_fraction");
  if (fraction != nullptr && *fraction >= 0.05) {
    const std::string x = fmt::format("{:.2f}", *fraction), percent = fmt::format("{:.0f}", 100 * *fraction);
    facts.push_back({FactKind::kVoid,
                     0.8,
                     "void fraction",
                     {"void fraction " + x, percent + "% void"},
                     {},
                     {"with a void fraction of " + x, "with " + percent + "% void space"}});
  }
  const double* area = number_of(record, "asa_m2_g");
  if (area != nullptr && *area >= 100) {
    const std::string x = fmt::format("{:.0f}", *area);
    facts.push_back({FactKind::kSurface,
                     0.8,
                     "surface area",
                     {"surface area " + x + " m2/g"},
                     {},
                     {"with a surface area of " + x + " m2/g"}});
  }
  if (label_of(record, "open_metal_sites") == "Yes") {
    facts.push_back(
        {FactKind::kOpenSites, 0.8, "metal sites", {"open metal sites"}, {}, {"with open metal sites"}});
  }
}

void add_gap(const Record& record, std::vector<Fact>& facts) {
  const double* gap = number_of(record, "pbe_band_gap_eV");
  if (gap == nullptr || *gap < 0) return;
  const std::string x = fmt::format("{:.1f}", *gap), xx = fmt::format("{:.2f}", *gap);
  facts.push_back({FactKind::kGap,
                   1.5,
                   "band gap",
                   {"band gap " + x + " eV", "PBE band gap " + xx + " eV"},
                   {},
                   {"with a band gap of " + x + " eV", "with a PBE band gap of " + xx + " eV"}});
  if (*gap < kSmallGap) {
    facts.push_back({FactKind::kGapWord,
                     0.8,
                     "electronic",
                     {"small band gap"},
                     {"small-gap"},
                     {"with a small band gap"}});
  } else if (*gap > kWideGap) {
    facts.push_back(
        {FactKind::kGapWord, 0.8, "electronic", {"wide band gap"}, {"wide-gap"}, {"with a wide band gap"}});
  }
}

void add_density(const Record& record, std::vector<Fact>& facts) {
  const double* density = number_of(record, "density_g_cm3");
  if (density == nullptr || *density <= 0) return;
  const std::string x = fmt::format("{:.2f}", *density);
  facts.push_back({FactKind::kDensity,
                   1.0,
                   "density",
                   {"density " + x + " g/cm3", x + " g/cm³"},
                   {},
                   {"with a density of " + x + " g/cm3", "with a density of " + x + " g/cm³"}});
  if (*density < kLowDensity) {
    facts.push_back({FactKind::kDensityWord,
                     0.8,
                     "weight",
                     {"low density"},
                     {"low-density", "lightweight"},
                     {"of low density"}});
  } else if (*density > kHighDensity) {
    facts.push_back(
        {FactKind::kDensityWord, 0.5, "weight", {"high density"}, {"high-density"}, {"of high density"}});
  }
}

void add_symmetry(const Record& record, std::vector<Fact>& facts) {
  std::string symbol = label_of(record, "space_group");
  int number = 0;
  const size_t bracket = symbol.find(" (");
  if (bracket != std::string::npos) {
    number = std::atoi(symbol.c_str() + bracket + 2);
    symbol.resize(bracket);
  } else if (const double* given = number_of(record, "space_group_number")) {
    number = *given >= 1 && *given <= 230 ? static_cast<int>(*given) : 0;
    symbol = number > 0 ? space_group(number).symbol : "";
  }
  if (!crystal_system(number).empty()) {
    facts.push_back(
        {FactKind::kSystem, 0.8, "crystal system", {crystal_system(number)}, {crystal_system(number)}, {}});
  }
  if (symbol.empty() && number == 0) return;
  Words names;
  if (!symbol.empty()) {
    std::string plain = symbol;
    plain.erase(std::remove(plain.begin(), plain.end(), '_'), plain.end());
    names = {symbol, plain};
  }
  if (number > 0) names.push_back(fmt::format("no. {}", number));
  Fact fact{FactKind::kSpaceGroup, 1.0, "space group", {}, {}, {}};
  for (const std::string& name : names) {
    fact.keywords.push_back("space group " + name);
    fact.after.push_back("in space group " + name);
    fact.after.push_back("that crystallises in space group " + name);
  }
  facts.push_back(std::move(fact));
}

}  // namespace

void add_measures(const Record& record, std::vector<Fact>& facts) {
  add_pores(record, facts);
  add_void_and_surface(record, facts);
  add_gap(record, facts);
  add_density(record, facts);
  add_symmetry(record, facts);
}

}  // namespace clamp::data
