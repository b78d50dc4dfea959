#include "evaluate/zeo_program.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

#include "core/error.h"
#include "tests/support/crystals.h"
#include "tests/support/random_crystal.h"

namespace clamp::evaluate {
namespace {

std::string message_of(const std::function<void()>& action) {
  try {
    action();
  } catch (const Error& error) {
    return error.what();
  }
  return "no error";
}

// Stands for Zeo++: writes lines of the shape that it writes.
std::string stand_in(const tests::TemporaryFolder& folder, const std::string& body) {
  const std::string path = folder.file("network");
  std::ofstream(path) << "#!/bin/sh\n" << body;
  std::filesystem::permissions(path, std::filesystem::perms::owner_all);
  return path;
}

TEST(ZeoProgram, ReadsItsResults) {
  const tests::TemporaryFolder folder;
  const std::string program = stand_in(folder, R"(case $2 in
-res) echo "structure.cif    4.89082 3.03868  4.81969" > $3;;
-sa) [ "$3" = 1.86 ] || exit 5
  echo "@ out.sa Unitcell_volume: 307.484   Density: 1.62239   ASA_A^2: 60.77 ASA_m^2/cm^3: 1976.4 ASA_m^2/g: 1218.2 NASA_A^2: 1.5 NASA_m^2/cm^3: 0 NASA_m^2/g: 0" > $6;;
-vol) echo "@ out.vol Unitcell_volume: 307.484   Density: 1.62239   AV_A^3: 22.6 AV_Volume_fraction: 0.07366 AV_cm^3/g: 0.045 NAV_A^3: 0 NAV_Volume_fraction: 0.002 NAV_cm^3/g: 0" > $6;;
esac
)");
  const Pores pores = measure_pores_zeo(program, tests::diamond());
  EXPECT_DOUBLE_EQ(pores.lcd, 4.89082);
  EXPECT_DOUBLE_EQ(pores.pld, 3.03868);
  EXPECT_DOUBLE_EQ(pores.lfpd, 4.81969);
  EXPECT_DOUBLE_EQ(pores.surface, 60.77);
  EXPECT_DOUBLE_EQ(pores.surface_m2_g, 1218.2);
  EXPECT_DOUBLE_EQ(pores.surface_pockets, 1.5);
  EXPECT_DOUBLE_EQ(pores.accessible_fraction, 0.07366);
  EXPECT_DOUBLE_EQ(pores.void_fraction, 0.07366 + 0.002);
}

TEST(ZeoProgram, SaysWhatWentWrong) {
  const tests::TemporaryFolder folder;
  EXPECT_EQ(message_of([] { find_zeo_program("no-such-zeo"); }),
            "no-such-zeo: not found in PATH; install Zeo++ or leave pores to the built-in calculation");
  EXPECT_EQ(message_of([&] { find_zeo_program(folder.file("zeo")); }),
            folder.file("zeo") + ": no program that can be run; give the path of Zeo++");
  const std::string failing = stand_in(folder, "exit 3\n");
  EXPECT_EQ(message_of([&] { measure_pores_zeo(failing, tests::diamond()); }),
            failing + ": ended with exit code 3");
  const std::string silent = stand_in(folder, "exit 0\n");
  EXPECT_EQ(message_of([&] { measure_pores_zeo(silent, tests::diamond()); }),
            silent + ": wrote no out.res; expected Zeo++'s results");
}

}  // namespace
}  // namespace clamp::evaluate
