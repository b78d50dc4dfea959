#include "apps/prompt_parts.h"

#include <gtest/gtest.h>

namespace clamp::apps {
namespace {

using Linkers = std::vector<std::string>;

const char* const kTerephthalicAcid = "O=C(O)c1ccc(C(=O)O)cc1";
const char* const kBipyridine = "c1cc(-c2ccncc2)ccn1";

TEST(PartsNamed, AreMetalsAndLinkers) {
  const auto parts = parts_named("Zinc and Cu framework with terephthalate and 4,4'-bipyridine linkers");
  EXPECT_EQ(parts.metals, (std::vector<int>{29, 30}));
  EXPECT_EQ(parts.linkers, (Linkers{kBipyridine, kTerephthalicAcid}));
  EXPECT_EQ(parts_named("H2BDC").linkers, (Linkers{kTerephthalicAcid}));
  EXPECT_TRUE(parts_named("porous framework for CO2 capture").empty());
}

TEST(PartsNamed, OfDerivativesAreNotTheParent) {
  EXPECT_EQ(parts_named("Zn-terephthalate").linkers, (Linkers{kTerephthalicAcid}));
  for (const auto* text : {"Zn nitroterephthalate", "Zn nitro-terephthalate", "Zn 2,3-terephthalate"})
    EXPECT_TRUE(parts_named(text).linkers.empty()) << text;
}

TEST(PartsNamed, AreNotDemandedWhereTheWordsLeaveThemOpen) {
  for (const auto* text :
       {"zinc or copper framework", "a framework without zinc", "No Cu, terephthalate",
        "cobalt instead of nickel", "lead-free framework with bipyridine", "non-zinc terephthalate"})
    EXPECT_TRUE(parts_named(text).empty()) << text;
  EXPECT_FALSE(parts_named("porous zinc framework for freezing nodes").empty());  // no whole word
}

}  // namespace
}  // namespace clamp::apps
