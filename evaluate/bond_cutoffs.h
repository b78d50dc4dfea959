// Bond cut-offs by pair of elements: those of the program VESTA (Momma & Izumi, J. Appl. Cryst. 2011, 44,
// 1272) as pymatgen lists them, with the ten entries that MOFChecker 0.9.6 adds or widens (Ag-Ag, Ag-N, Au-C,
// B-C, Er-N, In-N, Mo-C, Ru-C, Ru-N, Zn-C).
#pragma once

namespace clamp::evaluate {

/// Atoms closer than this (Å) are bonded in MOFChecker's graph; 0 where the pair is never bonded.
double bond_cutoff(int za, int zb);

}  // namespace clamp::evaluate
