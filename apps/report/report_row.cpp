#include "apps/report/report_row.h"

#include <nlohmann/json.hpp>

#include "core/symmetry.h"

namespace clamp::apps {
namespace {

using Json = nlohmann::json;

template <typename T>
std::optional<T> maybe(const Json& json, const char* key) {
  const auto found = json.find(key);
  if (found == json.end() || found->is_null()) return {};
  return found->get<T>();
}

std::string text(const Json& json, const char* key) { return maybe<std::string>(json, key).value_or(""); }

std::vector<std::string> texts(const Json& json, const char* key) {
  return maybe<std::vector<std::string>>(json, key).value_or(std::vector<std::string>());
}

Json list(const Json& json, const char* key) { return maybe<Json>(json, key).value_or(Json::array()); }

void read_cell(const Json& json, ReportRow& row) {
  const auto cell = maybe<Json>(json, "cell");
  if (!cell) return;
  row.cell.emplace();
  size_t k = 0;
  for (const char* key : {"a_A", "b_A", "c_A", "alpha_deg", "beta_deg", "gamma_deg"})
    (*row.cell)[k++] = cell->at(key).get<double>();
  row.volume = cell->at("volume_A3").get<double>();
}

void read_chemistry(const Json& json, ReportRow& row) {
  for (const auto& m : list(json, "molecules"))
    row.molecules.push_back({text(m, "smiles"), text(m, "role"), m.at("count"), m.at("charge")});
  for (const auto& m : list(json, "metals"))
    row.metals.push_back({text(m, "element"), text(m, "coordination"), m.at("count")});
  row.chemistry_novel = maybe<bool>(json, "chemistry_novel");
  row.reference_volume = maybe<double>(json, "reference_volume_A3");
  row.intended_dimension = maybe<int64_t>(json, "framework_dimension_intended");
}

void read_checks(const Json& json, ReportRow& row) {
  row.valid = maybe<bool>(json, "valid");
  row.sound = maybe<bool>(json, "sound");
  row.failures = texts(json, "failures");
  row.usual_coordination = maybe<bool>(json, "usual_coordination");
  row.unusual_metals = texts(json, "unusual_metals");
  row.dimension = maybe<int64_t>(json, "framework_dimension");
  row.worst_contact = maybe<double>(json, "worst_contact");
  row.density = maybe<double>(json, "density_g_cm3");
  row.lcd = maybe<double>(json, "lcd_A");
  row.pld = maybe<double>(json, "pld_A");
  row.void_fraction = maybe<double>(json, "void_fraction");
  row.surface = maybe<double>(json, "accessible_surface_m2_g");
  row.novel = maybe<bool>(json, "novel");
  row.known_structure = maybe<std::string>(json, "known_structure");
  row.duplicate_of = maybe<int64_t>(json, "duplicate_of");
}

}  // namespace

ReportRow report_row(const std::string& line) {
  const Json json = Json::parse(line);
  ReportRow row;
  row.index = json.at("index");
  row.prompt = text(json, "prompt");
  row.ok = text(json, "status") == "ok";
  row.reason = text(json, "reason");
  row.formula = text(json, "formula");
  row.n_atoms = json.at("n_atoms");
  const auto found = maybe<std::string>(json, "space_group");
  const auto composed = maybe<int>(json, "composed_space_group_number");
  row.has_geometry = found.has_value();
  row.space_group = found ? *found : composed && *composed > 0 ? space_group(*composed).symbol : "";
  const auto score = maybe<double>(json, "clamp_score");
  row.score = score ? score : maybe<double>(json, "compose_score");
  read_cell(json, row);
  read_chemistry(json, row);
  read_checks(json, row);
  for (const auto& r : list(json, "relax"))
    row.relaxations.push_back({text(r, "stage"), text(r, "potential"), r.at("converged"), r.at("steps")});
  const auto files = maybe<Json>(json, "files").value_or(Json::object());
  row.cif = maybe<std::string>(files, "cif");
  row.cif_p1 = maybe<std::string>(files, "cif_p1");
  return row;
}

}  // namespace clamp::apps
