// Pores from an installed Zeo++ (T. F. Willems et al., Microporous Mesoporous Mater. 2012, 149, 134), run as
// a separate program.
#pragma once

#include <string>

#include "core/crystal.h"
#include "evaluate/pores.h"

namespace clamp::evaluate {

/// The file that will be run: `program` where it has a slash, else found in PATH. Throws clamp::Error where
/// there is none that can be executed.
std::string find_zeo_program(const std::string& program);

/// Zeo++'s -ha -res, -sa and -vol in a temporary folder. `points_per_atom` and `volume_points` are its
/// numbers of samples, which it draws at random. Throws clamp::Error, with what the program did, where it
/// gives no result.
Pores measure_pores_zeo(const std::string& program, const Crystal& crystal, const PoreOptions& options = {});

}  // namespace clamp::evaluate
