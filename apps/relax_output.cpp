// The output folder of clamp-relax.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <filesystem>
#include <nlohmann/json.hpp>

#include "apps/relax_files.h"
#include "core/atomic_file.h"
#include "core/cif.h"
#include "core/error.h"
#include "core/symmetrise.h"
#include "relax/record_json.h"

namespace clamp::apps {
namespace {

namespace fs = std::filesystem;
using Json = nlohmann::ordered_json;

constexpr int kSchema = 1;
const char* const kResults = "results.jsonl";
const char* const kFrames = "structures.extxyz";
const char* const kRun = "run.yaml";
const char* const kPart = ".part";

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

Json result_json(const RelaxedFile& result, double symprec, const Json& files) {
  const bool ok = result.error.empty();
  Json json = {{"schema_version", kSchema},
               {"path", result.path},
               {"status", ok ? "ok" : "failed"},
               {"reason", ok ? Json(nullptr) : Json(result.error)},
               {"formula", nullptr},
               {"n_atoms", nullptr},
               {"space_group_number", nullptr},
               {"symprec_A", symprec},
               {"cell", nullptr},
               {"cell_before", nullptr},
               {"relax", Json::array()},
               {"files", files}};
  if (!result.before.atomic_numbers.empty()) {
    json["formula"] = formula(result.before.atomic_numbers);
    json["n_atoms"] = result.before.n_atoms();
    json["space_group_number"] = result.space_group;
    json["cell_before"] = cell_json(result.before);
  }
  if (ok) json["cell"] = cell_json(result.after);
  if (!result.record.stage.empty()) json["relax"].push_back(Json::parse(relax::record_json(result.record)));
  return json;
}

}  // namespace

RelaxOutput::RelaxOutput(const RelaxOptions& options, bool force)
    : folder_(options.out), symprec_(options.symprec), force_(force) {
  std::error_code error;
  fs::create_directories(folder_, error);
  if (error || !fs::is_directory(folder_)) {
    fail(fmt::format("--out {}: the folder cannot be made: {}", folder_,
                     error ? error.message() : "a file is there"));
  }
  for (const std::string name : {kResults, kFrames, kRun}) {
    for (const std::string& file : {name, name + kPart}) {
      if (!fs::exists(path(file))) continue;
      if (!force) {
        fail_usage(
            fmt::format("--out {}: the folder holds results already ({}); pass --force to replace them, "
                        "or another folder",
                        folder_, file));
      }
      fs::remove(path(file));
    }
  }
  results_.open(path(std::string(kResults) + kPart), std::ios::binary);
  frames_.open(path(std::string(kFrames) + kPart), std::ios::binary);
  if (!results_ || !frames_) fail(fmt::format("--out {}: no file can be written there", folder_));
}

void RelaxOutput::append(std::ofstream& file, const std::string& text, const std::string& name) {
  file << text << std::flush;
  if (!file) fail(fmt::format("{}: cannot be written (disk full?)", path(name)));
}

std::string RelaxOutput::unique_stem(const std::string& stem) {
  std::string unique = stem;
  for (int k = 2; std::find(stems_.begin(), stems_.end(), unique) != stems_.end(); ++k)
    unique = fmt::format("{}-{}", stem, k);
  stems_.push_back(unique);
  return unique;
}

void RelaxOutput::add(RelaxedFile& result) {
  Json files = Json::object();
  if (result.error.empty()) {
    const std::string stem = unique_stem(result.stem);
    result.after.name = stem;
    const auto write = [&](const std::string& key, const std::string& name, const std::string& text) {
      require_absent(path(name), force_);
      write_file_atomically(path(name), text);
      files[key] = name;
    };
    const std::string p1 = cif_text_p1(result.after);
    const auto cell = symprec_ > 0 && result.space_group > 1 ? symmetrise(result.after, symprec_).cell
                                                             : std::optional<ConventionalCell>();
    write("cif", stem + ".cif", cell ? cif_text_symmetric(*cell, stem) : p1);
    write("cif_p1", stem + "_P1.cif", p1);
    if (!result.trajectory.empty()) write("trajectory", stem + "_trajectory.extxyz", result.trajectory);
    std::vector<std::pair<std::string, std::string>> facts = {
        {"name", stem}, {"converged", result.record.converged ? "T" : "F"}};
    if (result.record.stage != "polish")  // its objective is no energy
      facts.emplace_back("energy", fmt::format("{:.8f}", result.record.energy));
    append(frames_, extxyz_frame(result.after, facts), kFrames);
  }
  lines_.push_back(result_json(result, symprec_, files).dump(-1, ' ', false, Json::error_handler_t::replace));
  append(results_, lines_.back() + "\n", kResults);
}

void RelaxOutput::finish(const std::string& run_yaml) {
  results_.close();
  frames_.close();
  for (const std::string name : {kResults, kFrames}) fs::rename(path(name + kPart), path(name));
  write_file_atomically(path(kRun), run_yaml);
}

}  // namespace clamp::apps
