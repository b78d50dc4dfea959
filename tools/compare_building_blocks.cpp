// Compares building blocks (evaluate/building_blocks.h) with what the columns of QMOF's table say.
//
//   compare-building-blocks DATA.h5 N [SEED] > disagreements.txt
//
// N structures drawn with SEED; disagreements on stdout, one a line, the count of agreements on stderr. The
// column fragment_smiles comes from MOFid, whose bond orders are not to be trusted: fragments are compared as
// multisets of skeletons (heavy atoms and bonds without orders, charges and hydrogen).
#include <fmt/format.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <iostream>
#include <map>
#include <sstream>

#include "core/elements.h"
#include "core/error.h"
#include "core/seed.h"
#include "data/dataset.h"
#include "evaluate/building_blocks.h"

namespace {

using Counts = std::map<std::string, int>;

std::string trimmed(const std::string& text) {
  const auto begin = text.find_first_not_of(' ');
  return begin == std::string::npos ? "" : text.substr(begin, text.find_last_not_of(' ') - begin + 1);
}

// "SMILES*2;SMILES*1" -> skeleton: count. Empty where a SMILES is not understood.
Counts column_fragments(const std::string& column) {
  Counts counts;
  std::istringstream parts(column);
  for (std::string part; std::getline(parts, part, ';');) {
    const auto star = part.rfind('*');
    if (star == std::string::npos) continue;
    counts[clamp::evaluate::skeleton_smiles(trimmed(part.substr(0, star)))] +=
        std::stoi(part.substr(star + 1));
  }
  return counts;
}

Counts our_fragments(const clamp::evaluate::BuildingBlocks& blocks) {
  Counts counts;
  for (const auto& fragment : blocks.fragments) {
    if (fragment.molecule.smiles.empty()) {
      counts["?"] += fragment.count;
    } else {
      counts[clamp::evaluate::skeleton_smiles(fragment.molecule.smiles)] += fragment.count;
    }
  }
  return counts;
}

// "Al(O6)x2 Al(O5)x4"
Counts column_metals(const std::string& column) {
  Counts counts;
  std::istringstream parts(column);
  for (std::string part; parts >> part;) {
    const auto times = part.rfind('x');
    if (times != std::string::npos) counts[part.substr(0, times)] += std::stoi(part.substr(times + 1));
  }
  return counts;
}

Counts our_metals(const clamp::evaluate::BuildingBlocks& blocks) {
  Counts counts;
  for (const auto& site : blocks.metals)
    counts[fmt::format("{}({})", clamp::element_symbol(site.atomic_number), site.coordination)] += site.count;
  return counts;
}

std::string text_of(const Counts& counts) {
  std::string text;
  for (const auto& [name, count] : counts) text += fmt::format(" {}*{}", name, count);
  return text.empty() ? " -" : text;
}

struct Agreement {
  std::string name;
  int same = 0;
  int compared = 0;

  void add(bool agrees, const std::string& id, const std::string& ours, const std::string& theirs) {
    ++compared;
    same += agrees ? 1 : 0;
    if (!agrees) std::cout << fmt::format("{} {}: here {}, table {}\n", id, name, ours, theirs);
  }
};

struct Report {
  Agreement fragments{"fragments"}, metals{"metal coordination"}, dimension{"dimension"},
      catenation{"catenation"};
  int molecules = 0, sane = 0;
  double seconds = 0;
};

void compare(const clamp::data::Record& record, Report& report) {
  const auto bonds = clamp::perceive_bonds(record.crystal);
  const auto start = std::chrono::steady_clock::now();
  const auto blocks = clamp::evaluate::building_blocks(record.crystal.atomic_numbers, bonds);
  report.seconds += std::chrono::duration<double>(std::chrono::steady_clock::now() - start).count();
  for (const auto& fragment : blocks.fragments) {
    ++report.molecules;
    report.sane += fragment.molecule.sane ? 1 : 0;
    if (!fragment.molecule.sane)
      std::cout << fmt::format("{} not sane: {}{}\n", record.id,
                               fragment.molecule.smiles.empty() ? "" : fragment.molecule.smiles + ": ",
                               fragment.molecule.reason);
  }
  const auto label = [&](const char* name) {
    const auto it = record.labels.find(name);
    return it == record.labels.end() ? std::string() : it->second;
  };
  const auto number = [&](const char* name) {
    const auto it = record.numbers.find(name);
    return it == record.numbers.end() ? std::nan("") : it->second;
  };
  if (!label("fragment_smiles").empty()) {
    Counts theirs;
    try {
      theirs = column_fragments(label("fragment_smiles"));
    } catch (const clamp::Error& error) {
      theirs = {{error.what(), 1}};
    }
    const auto ours = our_fragments(blocks);
    report.fragments.add(ours == theirs, record.id, text_of(ours), text_of(theirs));
  }
  if (!label("metal_coordination").empty()) {
    const auto ours = our_metals(blocks), theirs = column_metals(label("metal_coordination"));
    report.metals.add(ours == theirs, record.id, text_of(ours), text_of(theirs));
  }
  if (const double theirs = number("framework_dimension"); std::isfinite(theirs))
    report.dimension.add(blocks.framework_dimension == static_cast<int>(theirs), record.id,
                         std::to_string(blocks.framework_dimension), fmt::format("{}", theirs));
  if (const double theirs = number("catenated_components"); std::isfinite(theirs))
    report.catenation.add(blocks.catenation == static_cast<int>(theirs), record.id,
                          std::to_string(blocks.catenation), fmt::format("{}", theirs));
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: compare-building-blocks DATA.h5 N [SEED]\n";
    return 2;
  }
  try {
    const auto dataset = clamp::data::Dataset::open(argv[1]);
    clamp::Rng rng(argc > 3 ? std::stoull(argv[3]) : 0);
    const auto n = std::min<int64_t>(std::stoll(argv[2]), dataset.size());
    std::vector<int64_t> order(static_cast<size_t>(dataset.size()));
    for (size_t i = 0; i < order.size(); ++i) order[i] = static_cast<int64_t>(i);
    for (size_t i = 0; i < static_cast<size_t>(n); ++i)
      std::swap(order[i], order[i + rng.below(order.size() - i)]);
    Report report;
    for (int64_t k = 0; k < n; ++k) compare(dataset.read(order[static_cast<size_t>(k)]), report);
    for (const auto* agreement : {&report.fragments, &report.metals, &report.dimension, &report.catenation})
      std::cerr << fmt::format("{}: {} of {} agree\n", agreement->name, agreement->same, agreement->compared);
    std::cerr << fmt::format("molecules sane: {} of {} kinds; {:.2f} ms a structure\n", report.sane,
                             report.molecules, 1e3 * report.seconds / static_cast<double>(n));
  } catch (const std::exception& error) {
    std::cerr << "error: " << error.what() << "\n";
    return 1;
  }
  return 0;
}
