// Element data.
//
// Masses: IUPAC standard atomic weights (abridged, as in ASE 3.22), longest-lived isotope where there is
// none. Covalent radii: Cordero et al., Dalton Trans. 2008, 2832 (carbon sp3; low-spin Mn, Fe, Co); beyond
// Cm, where that table ends, the single-bond radii of Pyykkö and Atsumi, Chem. Eur. J. 2009, 15, 186. van der
// Waals radii: Alvarez, Dalton Trans. 2013, 42, 8617, but Bondi, J. Phys. Chem. 1964, 68, 441 for H, C, N, O,
// F, Cl, Br, I; Mantina et al., J. Phys. Chem. A 2009, 113, 5806 for Po, At, Rn, Fr, Ra; Pm is the mean of
// its neighbours and the elements after Es have its radius.
// Electronegativity: Pauling's scale, 0 for He, Ne, Ar.
// gemmi's table is not used: its carbon is the sp2 value, and it exchanges the covalent radii of Lu and Hf.
#include "core/elements.h"

#include <fmt/format.h>

#include <array>
#include <cctype>

#include "core/error.h"

namespace clamp {
namespace {

struct ElementData {
  const char* symbol;
  double mass;
  double covalent_radius;
  double vdw_radius;
  double electronegativity;
  int period;
  int group;
  bool is_metal;
};

// clang-format off
constexpr std::array<ElementData, kMaxAtomicNumber> kElements = {{
    {"H", 1.008, 0.31, 1.20, 2.20, 1, 1, false},
    {"He", 4.002602, 0.28, 1.43, 0.00, 1, 18, false},
    {"Li", 6.94, 1.28, 2.12, 0.98, 2, 1, true},
    {"Be", 9.012183, 0.96, 1.98, 1.57, 2, 2, true},
    {"B", 10.81, 0.84, 1.91, 2.04, 2, 13, false},
    {"C", 12.011, 0.76, 1.70, 2.55, 2, 14, false},
    {"N", 14.007, 0.71, 1.55, 3.04, 2, 15, false},
    {"O", 15.999, 0.66, 1.52, 3.44, 2, 16, false},
    {"F", 18.9984, 0.57, 1.47, 3.98, 2, 17, false},
    {"Ne", 20.1797, 0.58, 1.58, 0.00, 2, 18, false},
    {"Na", 22.98977, 1.66, 2.50, 0.93, 3, 1, true},
    {"Mg", 24.305, 1.41, 2.51, 1.31, 3, 2, true},
    {"Al", 26.98154, 1.21, 2.25, 1.61, 3, 13, true},
    {"Si", 28.085, 1.11, 2.19, 1.90, 3, 14, false},
    {"P", 30.97376, 1.07, 1.90, 2.19, 3, 15, false},
    {"S", 32.06, 1.05, 1.89, 2.58, 3, 16, false},
    {"Cl", 35.45, 1.02, 1.75, 3.16, 3, 17, false},
    {"Ar", 39.948, 1.06, 1.83, 0.00, 3, 18, false},
    {"K", 39.0983, 2.03, 2.73, 0.82, 4, 1, true},
    {"Ca", 40.078, 1.76, 2.62, 1.00, 4, 2, true},
    {"Sc", 44.95591, 1.70, 2.58, 1.36, 4, 3, true},
    {"Ti", 47.867, 1.60, 2.46, 1.54, 4, 4, true},
    {"V", 50.9415, 1.53, 2.42, 1.63, 4, 5, true},
    {"Cr", 51.9961, 1.39, 2.45, 1.66, 4, 6, true},
    {"Mn", 54.93804, 1.39, 2.45, 1.55, 4, 7, true},
    {"Fe", 55.845, 1.32, 2.44, 1.83, 4, 8, true},
    {"Co", 58.93319, 1.26, 2.40, 1.88, 4, 9, true},
    {"Ni", 58.6934, 1.24, 2.40, 1.91, 4, 10, true},
    {"Cu", 63.546, 1.32, 2.38, 1.90, 4, 11, true},
    {"Zn", 65.38, 1.22, 2.39, 1.65, 4, 12, true},
    {"Ga", 69.723, 1.22, 2.32, 1.81, 4, 13, true},
    {"Ge", 72.63, 1.20, 2.29, 2.01, 4, 14, false},
    {"As", 74.92159, 1.19, 1.88, 2.18, 4, 15, false},
    {"Se", 78.971, 1.20, 1.82, 2.55, 4, 16, false},
    {"Br", 79.904, 1.20, 1.85, 2.96, 4, 17, false},
    {"Kr", 83.798, 1.16, 2.25, 3.00, 4, 18, false},
    {"Rb", 85.4678, 2.20, 3.21, 0.82, 5, 1, true},
    {"Sr", 87.62, 1.95, 2.84, 0.95, 5, 2, true},
    {"Y", 88.90584, 1.90, 2.75, 1.22, 5, 3, true},
    {"Zr", 91.224, 1.75, 2.52, 1.33, 5, 4, true},
    {"Nb", 92.90637, 1.64, 2.56, 1.60, 5, 5, true},
    {"Mo", 95.95, 1.54, 2.45, 2.16, 5, 6, true},
    {"Tc", 97.90721, 1.47, 2.44, 1.90, 5, 7, true},
    {"Ru", 101.07, 1.46, 2.46, 2.20, 5, 8, true},
    {"Rh", 102.9055, 1.42, 2.44, 2.28, 5, 9, true},
    {"Pd", 106.42, 1.39, 2.15, 2.20, 5, 10, true},
    {"Ag", 107.8682, 1.45, 2.53, 1.93, 5, 11, true},
    {"Cd", 112.414, 1.44, 2.49, 1.69, 5, 12, true},
    {"In", 114.818, 1.42, 2.43, 1.78, 5, 13, true},
    {"Sn", 118.71, 1.39, 2.42, 1.96, 5, 14, true},
    {"Sb", 121.76, 1.39, 2.47, 2.05, 5, 15, true},
    {"Te", 127.6, 1.38, 1.99, 2.10, 5, 16, false},
    {"I", 126.9045, 1.39, 1.98, 2.66, 5, 17, false},
    {"Xe", 131.293, 1.40, 2.06, 2.60, 5, 18, false},
    {"Cs", 132.9055, 2.44, 3.48, 0.79, 6, 1, true},
    {"Ba", 137.327, 2.15, 3.03, 0.89, 6, 2, true},
    {"La", 138.9055, 2.07, 2.98, 1.10, 6, 3, true},
    {"Ce", 140.116, 2.04, 2.88, 1.12, 6, 3, true},
    {"Pr", 140.9077, 2.03, 2.92, 1.13, 6, 3, true},
    {"Nd", 144.242, 2.01, 2.95, 1.14, 6, 3, true},
    {"Pm", 144.9128, 1.99, 2.93, 1.13, 6, 3, true},
    {"Sm", 150.36, 1.98, 2.90, 1.17, 6, 3, true},
    {"Eu", 151.964, 1.98, 2.87, 1.20, 6, 3, true},
    {"Gd", 157.25, 1.96, 2.83, 1.20, 6, 3, true},
    {"Tb", 158.9254, 1.94, 2.79, 1.10, 6, 3, true},
    {"Dy", 162.5, 1.92, 2.87, 1.22, 6, 3, true},
    {"Ho", 164.9303, 1.92, 2.81, 1.23, 6, 3, true},
    {"Er", 167.259, 1.89, 2.83, 1.24, 6, 3, true},
    {"Tm", 168.9342, 1.90, 2.79, 1.25, 6, 3, true},
    {"Yb", 173.054, 1.87, 2.80, 1.10, 6, 3, true},
    {"Lu", 174.9668, 1.87, 2.74, 1.27, 6, 3, true},
    {"Hf", 178.49, 1.75, 2.63, 1.30, 6, 4, true},
    {"Ta", 180.9479, 1.70, 2.53, 1.50, 6, 5, true},
    {"W", 183.84, 1.62, 2.57, 2.36, 6, 6, true},
    {"Re", 186.207, 1.51, 2.49, 1.90, 6, 7, true},
    {"Os", 190.23, 1.44, 2.48, 2.20, 6, 8, true},
    {"Ir", 192.217, 1.41, 2.41, 2.20, 6, 9, true},
    {"Pt", 195.084, 1.36, 2.29, 2.28, 6, 10, true},
    {"Au", 196.9666, 1.36, 2.32, 2.54, 6, 11, true},
    {"Hg", 200.592, 1.32, 2.45, 2.00, 6, 12, true},
    {"Tl", 204.38, 1.45, 2.47, 1.62, 6, 13, true},
    {"Pb", 207.2, 1.46, 2.60, 2.33, 6, 14, true},
    {"Bi", 208.9804, 1.48, 2.54, 2.02, 6, 15, true},
    {"Po", 208.9824, 1.40, 1.97, 2.00, 6, 16, true},
    {"At", 209.9872, 1.50, 2.02, 2.20, 6, 17, false},
    {"Rn", 222.0176, 1.50, 2.20, 2.20, 6, 18, false},
    {"Fr", 223.0197, 2.60, 3.48, 0.70, 7, 1, true},
    {"Ra", 226.0254, 2.21, 2.83, 0.90, 7, 2, true},
    {"Ac", 227.0277, 2.15, 2.80, 1.10, 7, 3, true},
    {"Th", 232.0377, 2.06, 2.93, 1.30, 7, 3, true},
    {"Pa", 231.0359, 2.00, 2.88, 1.50, 7, 3, true},
    {"U", 238.0289, 1.96, 2.71, 1.38, 7, 3, true},
    {"Np", 237.0482, 1.90, 2.82, 1.36, 7, 3, true},
    {"Pu", 244.0642, 1.87, 2.81, 1.28, 7, 3, true},
    {"Am", 243.0614, 1.80, 2.83, 1.30, 7, 3, true},
    {"Cm", 247.0703, 1.69, 3.05, 1.30, 7, 3, true},
    {"Bk", 247.0703, 1.68, 3.40, 1.30, 7, 3, true},
    {"Cf", 251.0796, 1.68, 3.05, 1.30, 7, 3, true},
    {"Es", 252.083, 1.65, 2.70, 1.30, 7, 3, true},
    {"Fm", 257.0951, 1.67, 2.70, 1.30, 7, 3, true},
    {"Md", 258.0984, 1.73, 2.70, 1.30, 7, 3, true},
    {"No", 259.101, 1.76, 2.70, 1.30, 7, 3, true},
    {"Lr", 262.11, 1.61, 2.70, 1.30, 7, 3, true},
}};
// clang-format on

const ElementData& element(int atomic_number) {
  if (atomic_number < 1 || atomic_number > kMaxAtomicNumber)
    fail(fmt::format("atomic number {} is outside 1..{}", atomic_number, kMaxAtomicNumber));
  return kElements[static_cast<size_t>(atomic_number - 1)];
}

}  // namespace

const char* element_symbol(int atomic_number) { return element(atomic_number).symbol; }

int atomic_number_of(const std::string& symbol) {
  if (symbol.empty() || symbol.size() > 2) return 0;
  const auto upper = [](char c) { return static_cast<char>(std::toupper(static_cast<unsigned char>(c))); };
  const char first = upper(symbol[0]);
  const char second = symbol.size() == 2 ? upper(symbol[1]) : '\0';
  if (symbol.size() == 2 && second == '\0') return 0;
  if (second == '\0' && (first == 'D' || first == 'T')) return 1;
  for (size_t i = 0; i < kElements.size(); ++i) {
    const char* name = kElements[i].symbol;
    if (name[0] == first && upper(name[1]) == second) return static_cast<int>(i) + 1;
  }
  return 0;
}

double atomic_mass(int atomic_number) { return element(atomic_number).mass; }

double covalent_radius(int atomic_number) { return element(atomic_number).covalent_radius; }

double vdw_radius(int atomic_number) { return element(atomic_number).vdw_radius; }

double electronegativity(int atomic_number) { return element(atomic_number).electronegativity; }

bool is_metal(int atomic_number) { return element(atomic_number).is_metal; }

int period_of(int atomic_number) { return element(atomic_number).period; }

int group_of(int atomic_number) { return element(atomic_number).group; }

int largest_coordination(int atomic_number) {
  if (is_metal(atomic_number)) return period_of(atomic_number) <= 4 && group_of(atomic_number) >= 3 ? 8 : 14;
  switch (atomic_number) {
    case 1:
      return 2;
    case 6:
    case 8:
      return 6;
    case 7:
      return 4;
    default:
      return 12;
  }
}

}  // namespace clamp
