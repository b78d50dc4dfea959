// find-duplicates DATA.h5 [REFERENCE.h5]: pairs of the same structure within a dataset, or between two, with
// the time that it takes. One thread.
#include <fmt/format.h>

#include <chrono>
#include <iostream>
#include <optional>
#include <string>

#include "data/dataset.h"
#include "evaluate/duplicates.h"

namespace {

using clamp::evaluate::DuplicateIndex;
using Clock = std::chrono::steady_clock;

double seconds_since(Clock::time_point start) {
  return std::chrono::duration<double>(Clock::now() - start).count();
}

DuplicateIndex index_of(const clamp::data::Dataset& dataset) {
  DuplicateIndex index;
  for (int64_t k = 0; k < dataset.size(); ++k)
    index.add(clamp::evaluate::fingerprint(dataset.read_crystal(k)));
  return index;
}

void compare(const std::string& path, const std::string& reference_path) {
  const auto dataset = clamp::data::Dataset::open(path);
  const auto reference = clamp::data::Dataset::open(reference_path);
  const bool itself = path == reference_path;
  auto start = Clock::now();
  const DuplicateIndex index = index_of(reference);
  std::cerr << fmt::format("fingerprints of {} structures: {:.1f} s\n", index.size(), seconds_since(start));
  start = Clock::now();
  int64_t found = 0;
  for (int64_t k = 0; k < dataset.size(); ++k) {
    const auto print = itself ? index.at(k) : clamp::evaluate::fingerprint(dataset.read_crystal(k));
    const auto match = itself ? index.find(print, k) : index.find(print);
    if (!match) continue;
    ++found;
    const auto distance = clamp::evaluate::fingerprint_distance(print, index.at(match->index));
    std::cout << fmt::format("{}\t{}\t{:.5f}\t{:.5f}\n", dataset.id(k), reference.id(match->index),
                             match->rms, distance);
  }
  std::cerr << fmt::format("{} of {} structures have an equal one: {:.1f} s\n", found, dataset.size(),
                           seconds_since(start));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2 && argc != 3) {
    std::cerr << "usage: find-duplicates DATA.h5 [REFERENCE.h5]\n";
    return 2;
  }
  try {
    compare(argv[1], argv[argc - 1]);
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
