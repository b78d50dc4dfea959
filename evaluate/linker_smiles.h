// What the names of linkers stand for.
#pragma once

#include <string>

namespace clamp::evaluate {

/// The molecule as neutral SMILES (evaluate/molecule.h) of a linker by the name that QMOF's columns give it
/// ("terephthalate"); "" for names that are not known. From tools/linker_table.cpp over the training split.
std::string linker_smiles(const std::string& name);

}  // namespace clamp::evaluate
