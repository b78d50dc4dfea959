// pore-table PATH...: the pores of CIF files, one line of tab-separated values each, for comparison with
// other programs (tools/crosscheck_zeo.py).
#include <fmt/format.h>

#include <cstdlib>
#include <ctime>
#include <exception>
#include <iostream>
#include <string>

#include "core/cif.h"
#include "evaluate/pores.h"

namespace {

void print_pores(const std::string& path, const clamp::evaluate::PoreOptions& options) {
  const auto crystal = clamp::read_crystal(path);
  const auto start = std::clock();
  const auto pores = clamp::evaluate::measure_pores(crystal, options);
  const double seconds = static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
  std::cout << fmt::format(
      "{}\t{}\t{:.5f}\t{:.5f}\t{:.5f}\t{:.3f}\t{:.3f}\t{:.3f}\t{:.3f}\t{:.5f}\t{:.5f}\t{:.5f}\t{:.4f}\n",
      path, crystal.n_atoms(), pores.lcd, pores.pld, pores.lfpd, pores.surface, pores.surface_pockets,
      pores.surface_m2_cm3, pores.surface_m2_g, pores.accessible_fraction, pores.pocket_fraction,
      pores.void_fraction, seconds);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    std::cerr << "usage: pore-table PROBE_RADIUS FILE.cif...\n";
    return 2;
  }
  clamp::evaluate::PoreOptions options;
  options.probe_radius = std::strtod(argv[1], nullptr);
  std::cout
      << "path\tn_atoms\tlcd_A\tpld_A\tlfpd_A\tsurface_A2\tpocket_surface_A2\tsurface_m2_cm3\tsurface_m2_g\t"
         "accessible_fraction\tpocket_fraction\tvoid_fraction\tcpu_seconds\n";
  int failed = 0;
  for (int k = 2; k < argc; ++k) {
    try {
      print_pores(argv[k], options);
    } catch (const std::exception& e) {
      std::cerr << "error: " << e.what() << "\n";
      ++failed;
    }
  }
  return failed == 0 ? 0 : 1;
}
