// What the page says of a result, read from its line of results.jsonl, so that the two cannot differ.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace clamp::apps {

struct ReportMolecule {
  std::string smiles;  ///< empty where none can be written
  std::string role;    ///< "linker", "ligand", "guest"
  int64_t count = 0;   ///< in the primitive cell
  int64_t charge = 0;
};

struct ReportMetal {
  std::string element, coordination;
  int64_t count = 0;
};

struct ReportRelaxation {
  std::string stage, potential;
  bool converged = false;
  int64_t steps = 0;
};

/// Optionals are empty where the line has null: nothing is known.
struct ReportRow {
  int64_t index = 0;
  std::string prompt;
  bool ok = false;
  std::string reason;  ///< why not
  std::string formula;
  int64_t n_atoms = 0;
  bool has_geometry = false;
  std::string space_group;  ///< found; of a chemistry without geometry the one that it was composed in
  std::optional<bool> valid, sound, usual_coordination, chemistry_novel, novel;
  std::optional<int64_t> dimension, intended_dimension, duplicate_of;
  std::optional<std::string> known_structure;
  std::optional<std::array<double, 6>> cell;       ///< a, b, c in A, angles in degrees
  std::optional<double> volume, reference_volume;  ///< A3
  std::optional<double> density;                   ///< g/cm3
  std::optional<double> lcd, pld;                  ///< A
  std::optional<double> void_fraction, surface;    ///< surface in m2/g
  std::optional<double> worst_contact, score;
  std::vector<std::string> failures, unusual_metals;
  std::vector<ReportMolecule> molecules;
  std::vector<ReportMetal> metals;
  std::vector<ReportRelaxation> relaxations;
  std::optional<std::string> cif, cif_p1;  ///< file names
};

/// `line`: as sampler::result_json() writes it.
ReportRow report_row(const std::string& line);

}  // namespace clamp::apps
