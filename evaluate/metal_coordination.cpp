#include "evaluate/metal_coordination.h"

#include "core/elements.h"

namespace clamp::evaluate {
namespace {

struct Row {
  int atomic_number;
  int low;
  int high;
};
// Written by tools/coordination_table.cpp.
constexpr Row kRows[] = {
    {3, 1, 6},   {11, 2, 10}, {12, 4, 8},  {13, 4, 6},  {19, 4, 12}, {20, 6, 10}, {21, 6, 8},  {22, 6, 7},
    {23, 4, 9},  {24, 4, 9},  {25, 4, 8},  {26, 4, 11}, {27, 4, 10}, {28, 4, 6},  {29, 2, 6},  {30, 3, 6},
    {31, 1, 6},  {37, 5, 12}, {38, 4, 16}, {39, 6, 13}, {40, 6, 13}, {42, 4, 8},  {44, 5, 9},  {45, 2, 6},
    {46, 4, 4},  {47, 2, 6},  {48, 4, 8},  {49, 4, 8},  {50, 3, 7},  {51, 3, 6},  {55, 5, 14}, {56, 6, 18},
    {57, 7, 14}, {59, 6, 14}, {60, 6, 14}, {62, 2, 13}, {63, 6, 13}, {64, 6, 14}, {65, 6, 14}, {66, 6, 15},
    {67, 6, 15}, {68, 6, 15}, {69, 7, 12}, {70, 7, 12}, {71, 6, 12}, {72, 7, 10}, {74, 4, 8},  {78, 4, 6},
    {79, 2, 4},  {80, 1, 6},  {81, 1, 7},  {82, 1, 8},  {83, 4, 8},  {92, 6, 14}};

}  // namespace

CoordinationRange coordination_range(int atomic_number) {
  for (const Row& row : kRows) {
    if (row.atomic_number == atomic_number) return {row.low, row.high};
  }
  return {};
}

std::vector<int64_t> unusual_coordination(const Crystal& crystal, const std::vector<Bond>& bonds) {
  const auto& z = crystal.atomic_numbers;
  std::vector<int> count(z.size(), 0);
  for (const Bond& bond : bonds) {
    count[bond.i] += is_metal(z[bond.j]) ? 0 : 1;
    count[bond.j] += is_metal(z[bond.i]) ? 0 : 1;
  }
  std::vector<int64_t> unusual;
  for (size_t i = 0; i < z.size(); ++i) {
    if (!is_metal(z[i])) continue;
    const CoordinationRange range = coordination_range(z[i]);
    if (range.high > 0 && (count[i] < range.low || count[i] > range.high))
      unusual.push_back(static_cast<int64_t>(i));
  }
  return unusual;
}

}  // namespace clamp::evaluate
