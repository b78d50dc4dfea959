#include "apps/prompt_parts.h"

#include <cctype>
#include <set>

#include "apps/prompt_linkers.h"
#include "evaluate/prompt_metals.h"

namespace clamp::apps {
namespace {

bool leaves_open(const std::string& prompt) {
  static const std::set<std::string> words = {"or",        "either", "no",    "not",     "non",    "without",
                                              "except",    "avoid",  "free",  "neither", "nor",    "instead",
                                              "excluding", "unlike", "never", "rather",  "replace"};
  std::string word;
  for (const char c : prompt + " ") {
    if (std::isalpha(static_cast<unsigned char>(c)) != 0) {
      word += static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
      continue;
    }
    if (words.count(word) > 0) return true;
    word.clear();
  }
  return false;
}

}  // namespace

sampler::NamedParts parts_named(const std::string& prompt) {
  if (leaves_open(prompt)) return {};
  return {evaluate::metals_in_prompt(prompt), linker_molecules_named(prompt)};
}

}  // namespace clamp::apps
