#include "sampler/result_json.h"

#include <cmath>
#include <nlohmann/json.hpp>
#include <set>

#include "core/elements.h"
#include "core/symmetrise.h"
#include "evaluate/building_blocks.h"
#include "evaluate/metal_coordination.h"
#include "evaluate/pores.h"
#include "relax/record_json.h"

namespace clamp::sampler {
namespace {

using Json = nlohmann::ordered_json;

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

Json cell_json(const Crystal& crystal) {
  const auto p = crystal.cell_parameters();
  return {{"a_A", p.a},
          {"b_A", p.b},
          {"c_A", p.c},
          {"alpha_deg", p.alpha},
          {"beta_deg", p.beta},
          {"gamma_deg", p.gamma},
          {"volume_A3", crystal.volume()}};
}

void add_checks(Json& json, const Candidate& candidate) {
  const auto& checks = candidate.checks;
  json["density_g_cm3"] = finite(checks.density);
  json["valid"] = checks.valid;
  json["failures"] = checks.failures;
  json["flags"] = checks.flags;
  json["framework_dimension"] = checks.framework_dimension;
  json["worst_contact"] = finite(checks.worst_contact);
  json["sound"] = candidate.soundness.sound;
  json["volume_per_atom_A3"] = finite(checks.volume_per_atom);
  std::set<std::string> unusual;
  for (const int64_t atom :
       evaluate::unusual_coordination(candidate.crystal, perceive_bonds(candidate.crystal)))
    unusual.insert(element_symbol(candidate.crystal.atomic_numbers[static_cast<size_t>(atom)]));
  json["usual_coordination"] = unusual.empty();
  json["unusual_metals"] = unusual;
}

void add_novelty(Json& json, const std::optional<Novelty>& novelty) {
  for (const char* key : {"novel", "known_structure", "known_rms", "duplicate_of"}) json[key] = nullptr;
  if (!novelty) return;
  if (novelty->novel) json["novel"] = *novelty->novel;
  if (novelty->novel && !*novelty->novel) {
    json["known_structure"] = novelty->known_id;
    json["known_rms"] = finite(novelty->known_rms);
  }
  if (novelty->duplicate_of) json["duplicate_of"] = *novelty->duplicate_of;
}

void add_pores(Json& json, const Crystal& crystal) {
  const evaluate::PoreOptions options;
  const auto pores = evaluate::measure_pores(crystal, options);
  json["lcd_A"] = finite(pores.lcd);
  json["pld_A"] = finite(pores.pld);
  json["lfpd_A"] = finite(pores.lfpd);
  json["void_fraction"] = finite(pores.void_fraction);
  json["accessible_surface_m2_g"] = finite(pores.surface_m2_g);
  json["pore_probe_radius_A"] = options.probe_radius;
}

Json symmetry_json(const Crystal& crystal) {
  Json list = Json::array();
  for (const auto& found : symmetry_at(crystal, {1e-3, 1e-2, 5e-2, 1e-1})) {
    list.push_back({{"symprec_A", found.symprec},
                    {"space_group_number", found.number},
                    {"space_group", found.symbol},
                    {"max_move_A", found.max_move}});
  }
  return list;
}

Json before_polish(const Candidate& raw) {
  return {{"valid", raw.checks.valid},
          {"failures", raw.checks.failures},
          {"framework_dimension", raw.checks.framework_dimension},
          {"worst_contact", finite(raw.checks.worst_contact)},
          {"density_g_cm3", finite(raw.checks.density)},
          {"sound", raw.soundness.sound}};
}

// null for a chemistry that was looked up.
Json draws_json(const DrawCounts& counts) {
  if (counts.draws == 0) return nullptr;
  return {{"made", counts.draws}, {"dead_ends", counts.dead_ends}, {"failed", counts.failed}};
}

// Of the chemistry as composed, whatever the geometry became.
void add_building_blocks(Json& json, const ComposedChemistry& composed) {
  const auto blocks = evaluate::building_blocks(composed.chemistry);
  json["linkers"] = Json::array();
  json["molecules"] = Json::array();
  for (const auto& fragment : blocks.fragments) {
    const Json smiles = fragment.molecule.smiles.empty() ? Json(nullptr) : Json(fragment.molecule.smiles);
    if (fragment.is_linker) json["linkers"].push_back(smiles);
    const char* const role = fragment.is_linker ? "linker" : (fragment.is_guest() ? "guest" : "ligand");
    json["molecules"].push_back({{"smiles", smiles},
                                 {"count", fragment.count},
                                 {"charge", fragment.molecule.charge},
                                 {"role", role},
                                 {"sane", fragment.molecule.sane}});
  }
  json["metals"] = Json::array();
  for (const auto& metal : blocks.metals) {
    json["metals"].push_back({{"element", element_symbol(metal.atomic_number)},
                              {"coordination", metal.coordination},
                              {"count", metal.count}});
  }
  json["linker_names"] = composed.linkers.empty() ? Json(nullptr) : Json(composed.linkers);
}

}  // namespace

std::vector<int> atomic_numbers_of(const Chemistry& chemistry) {
  const auto atoms = expand_atoms(chemistry);
  std::vector<int> numbers;
  for (const int slot : atoms.slot)
    numbers.push_back(chemistry.slots[static_cast<size_t>(slot)].atomic_number);
  return numbers;
}

std::string result_json(const SampleResult& result, double symprec,
                        const std::map<std::string, std::string>& files,
                        const std::optional<Novelty>& novelty) {
  const auto& composed = result.composed;
  Json json;
  json["schema_version"] = kResultSchema;
  json["index"] = result.index;
  json["seed"] = result.seed;
  json["prompt"] = result.prompt;
  json["status"] = result.ok() ? "ok" : "failed";
  json["reason"] = result.ok() ? Json(nullptr) : Json(result.reason);
  const auto numbers = atomic_numbers_of(composed.chemistry);
  json["formula"] = formula(numbers);
  json["n_atoms"] = numbers.size();
  json["composed_space_group_number"] = composed.chemistry.space_group;
  json["space_group_number"] = nullptr;
  json["space_group"] = nullptr;
  for (const char* key : {"symprec_A", "symmetry_by_tolerance", "cell", "density_g_cm3", "valid", "failures",
                          "flags", "framework_dimension", "worst_contact", "sound", "volume_per_atom_A3",
                          "usual_coordination", "unusual_metals", "geometry_source"}) {
    json[key] = nullptr;
  }
  json["framework_dimension_intended"] = composed.framework_dimension;
  if (result.best) {
    json["space_group_number"] = result.symmetric ? result.symmetric->number : 1;
    json["space_group"] = result.symmetric ? result.symmetric->symbol : "P1";
    json["symprec_A"] = symprec;
    json["symmetry_by_tolerance"] = symmetry_json(result.best->crystal);
    json["cell"] = cell_json(result.best->crystal);
    add_checks(json, *result.best);
    json["surprise"] = finite(result.best->surprise);
    json["geometry_source"] = result.best->from_search ? "search" : "model";
  }
  for (const char* key : {"lcd_A", "pld_A", "lfpd_A", "void_fraction", "accessible_surface_m2_g"})
    json[key] = nullptr;
  if (result.best) add_pores(json, result.best->crystal);
  add_building_blocks(json, composed);
  json["chemistry_source"] = composed.source;
  json["chemistry_novel"] = composed.novel;
  json["draws"] = draws_json(composed.counts);
  json["library_id"] = composed.library_id.empty() ? Json(nullptr) : Json(composed.library_id);
  json["reference_volume_A3"] =
      composed.reference_volume > 0 ? Json(composed.reference_volume) : Json(nullptr);
  add_novelty(json, novelty);
  json["compose_score"] = finite(composed.similarity);
  json["clamp_score"] = result.clamp_score ? finite(*result.clamp_score) : Json(nullptr);
  json["geometries_tried"] = result.geometries_tried;
  json["before_polish"] =
      result.raw && !result.best->relax.empty() ? before_polish(*result.raw) : Json(nullptr);
  json["relax"] = Json::array();
  if (result.best) {
    for (const auto& record : result.best->relax)
      json["relax"].push_back(Json::parse(relax::record_json(record)));
  }
  json["files"] = files;
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace clamp::sampler
