// Metals that a prompt asks for.
#pragma once

#include <string>
#include <vector>

namespace clamp::evaluate {

/// Atomic numbers of the metals that a text names: by English name in any case ("zinc", "Copper", "iron"; not
/// "lead to") or by symbol as it is written ("Zn", "Zn4O", "Cu-paddlewheel"; symbols that are words too,
/// those of one letter and Am, Be, In, No, only before a digit or bracket). Each once, ascending.
std::vector<int> metals_in_prompt(const std::string& text);

}  // namespace clamp::evaluate
