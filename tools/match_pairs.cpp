// match-pairs LTOL STOL ANGLE_TOL FILE: reads lines "first.cif second.cif" from FILE, prints for each the
// root mean square distance of evaluate/structure_match.h, or "none" (tools/crosscheck_match.py).
#include <fmt/format.h>

#include <cstdlib>
#include <exception>
#include <fstream>
#include <iostream>
#include <string>

#include "core/cif.h"
#include "evaluate/structure_match.h"

int main(int argc, char** argv) {
  if (argc != 5) {
    std::cerr << "usage: match-pairs LTOL STOL ANGLE_TOL PAIRS.txt\n";
    return 2;
  }
  clamp::evaluate::MatchTolerances tolerances;
  tolerances.length = std::strtod(argv[1], nullptr);
  tolerances.site = std::strtod(argv[2], nullptr);
  tolerances.angle_deg = std::strtod(argv[3], nullptr);
  std::ifstream pairs(argv[4]);
  try {
    for (std::string first, second; pairs >> first >> second;) {
      const auto rms =
          clamp::evaluate::match_rms(clamp::read_crystal(first), clamp::read_crystal(second), tolerances);
      std::cout << (rms ? fmt::format("{:.6f}", *rms) : std::string("none")) << "\n";
    }
  } catch (const std::exception& e) {
    std::cerr << "error: " << e.what() << "\n";
    return 1;
  }
  return 0;
}
