// CIF reading and writing (gemmi), extended XYZ writing.
#pragma once

#include <string>
#include <vector>

#include "core/crystal.h"
#include "core/symmetry.h"

namespace clamp {

/// One data block of a CIF: a structure, or the reason why there is none.
struct CifEntry {
  std::string block_name;
  Crystal crystal;             ///< all atoms of the cell as given in the file (symmetry expanded)
  int space_group_number = 0;  ///< as the file says, 0 where it does not
  std::string error;           ///< not empty: refused, and why (partial occupancy, no cell, no atoms ...)
};

/// All blocks of CIF text that hold or should hold a structure. `source` names the text in messages.
/// Throws clamp::Error where the text is no CIF.
std::vector<CifEntry> read_cif_text(const std::string& text, const std::string& source);
std::vector<CifEntry> read_cif_file(const std::string& path);
/// The one structure of a file: the first readable block. Throws with the reason where there is none.
Crystal read_crystal(const std::string& path);

/// All atoms in P1.
std::string cif_text_p1(const Crystal& crystal);
/// Conventional cell with its operations and one atom an orbit.
std::string cif_text_symmetric(const ConventionalCell& cell, const std::string& name);
/// One frame of an extended XYZ file; `properties` are key=value pairs for the comment line.
std::string extxyz_frame(const Crystal& crystal,
                         const std::vector<std::pair<std::string, std::string>>& properties);

}  // namespace clamp
