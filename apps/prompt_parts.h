// Which metals and linkers a prompt wants to be there.
#pragma once

#include <string>

#include "sampler/composer.h"

namespace clamp::apps {

/// The metals (evaluate::metals_in_prompt) and linkers (linker_molecules_named) that a prompt names. None
/// where a word of it says that not all of them are meant: an alternative ("or", "either") or a denial
/// ("no", "not", "without", "except", ...).
sampler::NamedParts parts_named(const std::string& prompt);

}  // namespace clamp::apps
