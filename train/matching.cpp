#include "train/matching.h"

#include <algorithm>

#include "core/seed.h"
#include "train/encoder_data.h"

namespace clamp::train {
namespace {

/// Share of `keys[rows[i]]` found when `keys[rows[best]]` was chosen.
double found_share(const std::vector<std::string>& keys, const std::vector<int64_t>& rows, size_t i,
                   size_t best) {
  const auto key_of = [&](size_t position) -> const std::string& {
    return keys[static_cast<size_t>(rows[position])];
  };
  if (key_of(best) != key_of(i)) return 0.0;
  int64_t same = 0;
  for (size_t position = 0; position < rows.size(); ++position) same += key_of(position) == key_of(i) ? 1 : 0;
  return 1.0 / static_cast<double>(same);
}

}  // namespace

MatchRates match_rates(const torch::Tensor& crystals, const torch::Tensor& texts,
                       const std::vector<std::string>& keys, int64_t group, int64_t rounds, uint64_t seed) {
  const int64_t n = crystals.size(0);
  TORCH_CHECK(n > 0 && texts.size(0) == n && static_cast<int64_t>(keys.size()) == n,
              "as many crystals, texts and keys are needed, got ", n, ", ", texts.size(0), " and ",
              keys.size());
  MatchRates rates;
  rates.group = std::min(group, n);
  Rng rng(seed);
  const auto similarity = at::matmul(crystals, texts.t());  // [n crystals, n texts]
  double to_text = 0, to_crystal = 0;
  int64_t counted = 0;
  for (int64_t round = 0; round < rounds; ++round) {
    const auto order = permutation(n, rng);
    for (int64_t begin = 0; begin + rates.group <= n; begin += rates.group) {
      const std::vector<int64_t> rows(order.begin() + begin, order.begin() + begin + rates.group);
      const auto index = torch::tensor(rows, torch::kInt64);
      const auto block = similarity.index_select(0, index).index_select(1, index);  // [group, group]
      const auto best_text = block.argmax(1), best_crystal = block.argmax(0);
      for (size_t i = 0; i < rows.size(); ++i) {
        to_text += found_share(keys, rows, i, static_cast<size_t>(best_text.data_ptr<int64_t>()[i]));
        to_crystal += found_share(keys, rows, i, static_cast<size_t>(best_crystal.data_ptr<int64_t>()[i]));
        ++counted;
      }
    }
  }
  rates.crystal_to_text = to_text / static_cast<double>(counted);
  rates.text_to_crystal = to_crystal / static_cast<double>(counted);
  return rates;
}

}  // namespace clamp::train
