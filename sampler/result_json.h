// One line of results.jsonl (docs/formats.md gives the keys and units).
#pragma once

#include <map>
#include <string>

#include "sampler/generate.h"
#include "sampler/novelty.h"

namespace clamp::sampler {

constexpr int kResultSchema = 1;

/// JSON object without a line break. `files` maps a kind ("cif") to the file's name; what is
/// not known (novelty without training structures) is null.
std::string result_json(const SampleResult& result, double symprec,
                        const std::map<std::string, std::string>& files,
                        const std::optional<Novelty>& novelty = {});

/// Atomic numbers of all atoms of the primitive cell of a chemistry.
std::vector<int> atomic_numbers_of(const Chemistry& chemistry);

}  // namespace clamp::sampler
