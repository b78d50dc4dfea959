#include <map>

#include "apps/report/report_parts.h"

namespace clamp::apps {

std::string flag_in_words(const std::string& flag) {
  static const std::map<std::string, std::string> words = {
      {"has_carbon", "no carbon"},
      {"has_hydrogen", "no hydrogen"},
      {"has_metal", "no metal"},
      {"has_atomic_overlaps", "atoms overlap"},
      {"has_overcoordinated_c", "a carbon with too many bonds"},
      {"has_overcoordinated_n", "a nitrogen with too many bonds"},
      {"has_overcoordinated_h", "a hydrogen with too many bonds"},
      {"has_undercoordinated_c", "a carbon with too few bonds"},
      {"has_undercoordinated_n", "a nitrogen with too few bonds"},
      {"has_undercoordinated_rare_earth", "a rare-earth metal with too few bonds"},
      {"has_undercoordinated_alkali_alkaline", "an alkali or alkaline-earth metal with too few bonds"},
      {"has_lone_molecule", "a molecule that is bonded to nothing"},
      {"has_suspicious_terminal_oxo", "an oxygen on one metal that may lack hydrogen"},
      {"has_geometrically_exposed_metal", "a metal that is bare on one side"},
  };
  const auto found = words.find(flag);
  return found == words.end() ? flag : found->second;
}

std::string report_words() {
  return R"(<details class="words"><summary>What the words mean</summary>
<dl>
<dt>Valid</dt><dd>All checks of MOFChecker 0.9.6 passed: carbon, hydrogen and a metal are there, no atoms overlap, C, N and H
have a usual number of bonds, no molecule lies loose, no metal is bare on one side.</dd>
<dt>Sound</dt><dd>Valid, the framework extends in as many directions as intended, no contact between atoms that are not bonded
is under 0.65 of the sum of their van der Waals radii, and the volume is within 25 % of what is expected.</dd>
<dt>New chemistry</dt><dd>No structure that the model was trained on has these molecules and metals in this ratio.</dd>
<dt>New structure</dt><dd>No structure that the model was trained on is the same crystal (lattice and sites compared).</dd>
<dt>CLAMP score</dt><dd>How near the model sees prompt and structure: a cosine, at most 1. It ranks the results of one prompt; it
is no probability, and scores of different prompts do not compare.</dd>
<dt>Dimension</dt><dd>Directions in which the framework goes on without end: 3 framework, 2 layers, 1 chains, 0 molecules.</dd>
<dt>Cavity, window</dt><dd>Diameters in &#8491; of the largest sphere that fits into the pores, and of the largest one that passes
through the crystal.</dd>
<dt>Contact</dt><dd>The shortest distance of atoms more than two bonds apart over the sum of their van der Waals radii.</dd>
</dl>
<p>Structures are judged by their geometry. They are not minimised in energy by quantum chemistry: relax them before
properties are computed.</p>
</details>
)";
}

}  // namespace clamp::apps
