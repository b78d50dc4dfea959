// Words that chemists use for what the columns of a dataset say: linkers and other ligands with their
// synonyms, metals, topologies, crystal systems, and the thresholds behind words such as "porous".
#pragma once

#include <string>
#include <vector>

namespace clamp::data {

/// A name as the columns linker_names, ligand_names, solvent_names, anion_names and guest_names write it.
struct Ligand {
  std::string name;                ///< "terephthalate"
  std::string kind;                ///< "dicarboxylate", "N-donor" ...; "" where no such word fits
  std::vector<std::string> words;  ///< the name and its synonyms; no two ligands share one
};

/// All known ligands. Synonyms: IUPAC names and the abbreviations of the MOF literature.
const std::vector<Ligand>& known_ligands();
/// The ligand of a column entry, or nullptr.
const Ligand* find_ligand(const std::string& name);

/// English name of a metal in lower case ("zinc"), "" where there is none.
std::string metal_name(int atomic_number);
/// Everyday name of an RCSR net ("pcu" -> "primitive cubic"), "" where there is none.
std::string topology_name(const std::string& code);
/// "triclinic" ... "cubic" of a space-group number 1..230, "" outside.
std::string crystal_system(int space_group_number);

/// Å; nitrogen (kinetic diameter 3.64 Å; Li, Kuppler, Zhou, Chem. Soc. Rev. 2009, 38, 1477) passes: "porous".
constexpr double kPorousPld = 3.64;
/// Å; CoRE MOF counts a framework as porous from here (Chung et al., J. Chem. Eng. Data 2019, 64, 5985):
/// below it "nonporous". Between the two neither word is used.
constexpr double kNonporousPld = 2.4;
/// Å; IUPAC (Thommes et al., Pure Appl. Chem. 2015, 87, 1051): ultramicropores < 7 Å, micropores < 20 Å, then
/// mesopores.
constexpr double kUltramicropore = 7.0;
constexpr double kMicropore = 20.0;
/// Å; "large pores" from here: the largest 7 % of QMOF's cavities. "narrow pores" below kUltramicropore.
constexpr double kLargeCavity = 12.0;
/// g/cm^3; "low-density" below 0.9 (13 % of QMOF), "high-density" above 2.5 (10 %).
constexpr double kLowDensity = 0.9;
constexpr double kHighDensity = 2.5;
/// eV, PBE: "small band gap" below 1 (23 % of QMOF), "wide band gap" above 3 (21 %).
constexpr double kSmallGap = 1.0;
constexpr double kWideGap = 3.0;

}  // namespace clamp::data
