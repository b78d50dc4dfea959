// Element data: symbols, masses, radii, classes (core/elements.cpp names the sources). Atomic numbers outside
// 1..103 are a clamp::Error.
#pragma once

#include <string>

namespace clamp {

constexpr int kMaxAtomicNumber = 103;

/// Symbol of an atomic number in 1..103.
const char* element_symbol(int atomic_number);
/// Atomic number of a symbol ("Zn", "ZN" and "zn" alike; "D" and "T" give 1), or 0 where there is no such
/// element.
int atomic_number_of(const std::string& symbol);
/// Standard atomic weight in g/mol.
double atomic_mass(int atomic_number);
/// Single-bond covalent radius in Å (Cordero et al., Dalton Trans. 2008, 2832).
double covalent_radius(int atomic_number);
/// van der Waals radius in Å (Alvarez, Dalton Trans. 2013, 42, 8617; Bondi for H, C, N, O and halogens).
double vdw_radius(int atomic_number);
/// Pauling electronegativity, 0 where there is none.
double electronegativity(int atomic_number);
/// Metals as the QMOF tables count them: Sb and Po are, B, Si, Ge, As, Te, At are not.
bool is_metal(int atomic_number);
/// 1..7
int period_of(int atomic_number);
/// 1..18; 3 for lanthanides and actinides
int group_of(int atomic_number);
/// The most bonds that an atom has in real frameworks, metal-metal bonds and bonds to C of a ring counted.
int largest_coordination(int atomic_number);

}  // namespace clamp
