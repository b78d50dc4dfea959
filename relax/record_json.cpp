#include "relax/record_json.h"

#include <cmath>
#include <nlohmann/json.hpp>

namespace clamp::relax {
namespace {

using Json = nlohmann::ordered_json;

Json finite(double value) { return std::isfinite(value) ? Json(value) : Json(nullptr); }

}  // namespace

std::string record_json(const RelaxRecord& record) {
  const bool in_ev = record.stage != "polish" && record.stage != "packing";
  Json json = {{"stage", record.stage},
               {"potential", record.potential},
               {"converged", record.converged},
               {"steps", record.steps},
               {"energy_eV", in_ev ? finite(record.energy) : Json(nullptr)},
               {"max_force_eV_A", in_ev ? finite(record.max_force) : Json(nullptr)},
               {"max_move_A", finite(record.max_move)},
               {"volume_change", finite(record.volume_change)}};
  if (in_ev) {
    json["reason"] = record.reason.empty() ? Json(nullptr) : Json(record.reason);
    json["energy_before_eV"] = finite(record.energy_before);
    json["max_stress_GPa"] = finite(record.max_stress);
    json["rmsd_A"] = finite(record.rmsd);
    json["approximations"] = record.counts;
  } else {
    json["objective"] = finite(record.energy);
    json["max_slope_per_A"] = finite(record.max_force);
  }
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace clamp::relax
