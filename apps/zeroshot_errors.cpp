#include "apps/zeroshot_errors.h"

#include <algorithm>
#include <nlohmann/json.hpp>

#include "core/seed.h"
#include "data/caption_columns.h"
#include "train/encoder_data.h"

namespace clamp::apps {
namespace {

struct Share {
  int64_t yes = 0, all = 0;
  void add(bool value) {
    yes += value ? 1 : 0;
    ++all;
  }
  nlohmann::json json() const {
    return all > 0 ? nlohmann::json(static_cast<double>(yes) / static_cast<double>(all)) : nlohmann::json();
  }
};

bool same_metals(const MatchFacts& a, const MatchFacts& b) {
  return !a.metals.empty() && a.metals == b.metals;
}
bool same_dimension(const MatchFacts& a, const MatchFacts& b) {
  return a.dimension >= 0 && a.dimension == b.dimension;
}

}  // namespace

MatchFacts match_facts(const data::Record& record, const std::string& text) {
  MatchFacts facts;
  facts.metals = data::label_of(record, "metals");
  facts.dimension = data::dimension_of(record);
  std::string formula = data::label_of(record, "reduced_formula");
  if (formula.empty()) formula = data::label_of(record, "formula");
  for (const bool metals_first : {false, true}) {
    const auto compact = data::compact_formula(formula, metals_first);
    facts.names_formula |= !compact.empty() && text.find(compact) != std::string::npos;
  }
  return facts;
}

std::string match_errors(const torch::Tensor& crystals, const torch::Tensor& texts,
                         const std::vector<MatchFacts>& facts, int64_t group, int64_t rounds, uint64_t seed) {
  const int64_t n = crystals.size(0);
  const auto similarity = at::matmul(crystals, texts.t()).contiguous();  // [n crystals, n texts]
  const auto* s = similarity.data_ptr<float>();
  Rng rng(seed);
  Share with_formula, without_formula, metals, dimension, any_metals, any_dimension;
  for (int64_t round = 0; round < rounds; ++round) {
    const auto order = train::permutation(n, rng);
    for (int64_t begin = 0; begin + group <= n; begin += group) {
      const std::vector<int64_t> rows(order.begin() + begin, order.begin() + begin + group);
      for (const int64_t text : rows) {
        const auto best = *std::max_element(rows.begin(), rows.end(), [&](int64_t a, int64_t b) {
          return s[a * n + text] < s[b * n + text];
        });
        const auto& own = facts[static_cast<size_t>(text)];
        (own.names_formula ? with_formula : without_formula).add(best == text);
        if (best != text) {
          metals.add(same_metals(own, facts[static_cast<size_t>(best)]));
          dimension.add(same_dimension(own, facts[static_cast<size_t>(best)]));
        }
        for (const int64_t other : rows) {
          if (other == text) continue;
          any_metals.add(same_metals(own, facts[static_cast<size_t>(other)]));
          any_dimension.add(same_dimension(own, facts[static_cast<size_t>(other)]));
        }
      }
    }
  }
  const nlohmann::json errors = {{"candidates", group},
                                 {"found_with_formula", with_formula.json()},
                                 {"found_without_formula", without_formula.json()},
                                 {"wrong_same_metals", metals.json()},
                                 {"wrong_same_dimension", dimension.json()},
                                 {"candidates_same_metals", any_metals.json()},
                                 {"candidates_same_dimension", any_dimension.json()}};
  return errors.dump();
}

}  // namespace clamp::apps
