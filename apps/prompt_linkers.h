// Which linkers a prompt asks for by name.
#pragma once

#include <string>
#include <vector>

namespace clamp::apps {

/// Names (as data::Ligand::name) of the linkers that the text names with a word of data::known_ligands() that
/// stands alone, or after a metal and a hyphen: longest words first, each place of the text once;
/// abbreviations as they are written, other words in any case. Sorted.
std::vector<std::string> linkers_named(const std::string& text);

/// Their molecules as neutral SMILES, of those that evaluate::linker_smiles() knows.
std::vector<std::string> linker_molecules_named(const std::string& text);

}  // namespace clamp::apps
