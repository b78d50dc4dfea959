#include "apps/generate_output.h"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <filesystem>

#include "apps/report/structure_view.h"
#include "core/atomic_file.h"
#include "core/cif.h"
#include "core/error.h"
#include "evaluate/building_blocks.h"
#include "sampler/result_json.h"

namespace clamp::apps {
namespace {

namespace fs = std::filesystem;

const char* const kResults = "results.jsonl";
const char* const kFrames = "structures.extxyz";
const char* const kRun = "run.yaml";
const char* const kReport = "report.html";
const char* const kPart = ".part";
const char* const kTrajectory = "_trajectory.extxyz";  // after the index

// "12.cif", "12_P1.cif", "12_trajectory.extxyz" and "12_molecule0.svg", and the files of the whole run.
bool is_result(const std::string& name) {
  for (const std::string file : {kResults, kFrames, kRun, kReport}) {
    if (name == file || name == file + kPart) return true;
  }
  const auto digits = name.find_first_not_of("0123456789");
  if (digits == 0 || digits == std::string::npos) return false;
  const auto ending = name.substr(digits);
  if (ending == ".cif" || ending == "_P1.cif" || ending == kTrajectory) return true;
  const std::string drawing = "_molecule", svg = ".svg";
  if (ending.rfind(drawing, 0) != 0 || ending.size() <= drawing.size() + svg.size()) return false;
  return ending.find_first_not_of("0123456789", drawing.size()) == ending.size() - svg.size() &&
         ending.substr(ending.size() - svg.size()) == svg;
}

std::vector<fs::path> earlier_results(const fs::path& folder) {
  std::vector<fs::path> found;
  for (const auto& file : fs::directory_iterator(folder)) {
    if (is_result(file.path().filename())) found.push_back(file.path());
  }
  std::sort(found.begin(), found.end());
  return found;
}

std::string shortened(const std::string& text, size_t length) {
  return text.size() <= length ? text : text.substr(0, length - 2) + "..";
}

std::string trajectory_text(const std::vector<sampler::TrajectoryFrame>& frames) {
  std::string text;
  for (const auto& frame : frames) {
    std::vector<std::pair<std::string, std::string>> facts = {{"stage", frame.stage},
                                                              {"step", std::to_string(frame.step)}};
    if (frame.energy) facts.emplace_back("energy", fmt::format("{:.8f}", *frame.energy));
    text += extxyz_frame(frame.crystal, facts);
  }
  return text;
}

std::string remark(const sampler::SampleResult& result) {
  if (!result.ok()) return result.reason;
  if (!result.best) {
    const auto blocks = evaluate::building_blocks(result.composed.chemistry);
    const auto linkers = evaluate::fragment_list(blocks, true);
    return linkers.empty() ? evaluate::fragment_list(blocks, false) : linkers;
  }
  std::string text;
  for (const auto& name : result.best->checks.failures) text += (text.empty() ? "" : ", ") + name;
  return text;
}

}  // namespace

GenerateOutput::GenerateOutput(const std::string& folder, double symprec, bool force)
    : folder_(folder), symprec_(symprec) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error || !fs::is_directory(folder)) {
    fail(fmt::format("--out {}: the folder cannot be made: {}", folder,
                     error ? error.message() : "a file is there"));
  }
  const auto earlier = earlier_results(folder);
  if (!earlier.empty() && !force) {
    fail_usage(fmt::format(
        "--out {}: the folder holds results already ({} files, {} first); pass --force to replace them, "
        "or another folder",
        folder, earlier.size(), earlier.front().filename().string()));
  }
  if (::access(folder.c_str(), W_OK) != 0)
    fail(fmt::format("--out {}: no file can be written there", folder));
}

void GenerateOutput::begin() {
  if (results_.is_open()) return;
  for (const auto& file : earlier_results(folder_)) fs::remove(file);
  results_.open(path(std::string(kResults) + kPart), std::ios::binary);
  frames_.open(path(std::string(kFrames) + kPart), std::ios::binary);
  if (!results_ || !frames_) fail(fmt::format("--out {}: no file can be written there", folder_));
}

void GenerateOutput::append(std::ofstream& file, const std::string& text, const std::string& name) {
  file << text << std::flush;
  if (!file) fail(fmt::format("{}: cannot be written (disk full?)", path(name)));
}

void GenerateOutput::add(const sampler::SampleResult& result,
                         const std::optional<sampler::Novelty>& novelty) {
  begin();
  std::map<std::string, std::string> files;
  if (result.best) {
    const auto& crystal = result.best->crystal;
    const auto name = std::to_string(result.index);
    const auto p1 = cif_text_p1(crystal);
    files = {{"cif", name + ".cif"}, {"cif_p1", name + "_P1.cif"}};
    write_file_atomically(path(files["cif"]),
                          result.symmetric ? cif_text_symmetric(*result.symmetric, crystal.name) : p1);
    write_file_atomically(path(files["cif_p1"]), p1);
    if (!result.trajectory.empty()) {
      files["trajectory"] = name + kTrajectory;
      write_file_atomically(path(files["trajectory"]), trajectory_text(result.trajectory));
    }
    append(frames_,
           extxyz_frame(crystal, {{"index", name},
                                  {"prompt", result.prompt},
                                  {"formula", formula(crystal.atomic_numbers)},
                                  {"valid", result.best->checks.valid ? "T" : "F"}}),
           kFrames);
  }
  if (!result.best && result.ok()) draw_molecules(result, files);
  lines_.push_back(sampler::result_json(result, symprec_, files, novelty));
  append(results_, lines_.back() + "\n", kResults);
  note_for_report(result);
}

void GenerateOutput::note_for_report(const sampler::SampleResult& result) {
  report_.results.push_back({lines_.back(), ""});
  if (report_.results.size() > kMostShown || !result.ok()) return;
  if (result.best) report_.results.back().view = view_json(result.best->crystal);
  for (const auto& fragment : evaluate::building_blocks(result.composed.chemistry).fragments) {
    const auto& smiles = fragment.molecule.smiles;
    if (smiles.empty() || report_.drawings.count(smiles) != 0) continue;
    report_.drawings[smiles] = evaluate::molecule_svg(smiles, "");
  }
}

void GenerateOutput::draw_molecules(const sampler::SampleResult& result,
                                    std::map<std::string, std::string>& files) {
  int k = 0;
  for (const auto& fragment : evaluate::building_blocks(result.composed.chemistry).fragments) {
    if (fragment.molecule.smiles.empty()) continue;
    const auto role = fragment.is_linker ? "linker" : (fragment.is_guest() ? "guest" : "ligand");
    const auto name = fmt::format("{}_molecule{}.svg", result.index, k);
    write_file_atomically(path(name), evaluate::molecule_svg(fragment.molecule.smiles,
                                                             fmt::format("{} x {}", fragment.count, role)));
    files[fmt::format("molecule{}", k++)] = name;
  }
}

void GenerateOutput::finish(const std::string& run_yaml, int64_t asked) {
  begin();
  results_.close();
  frames_.close();
  for (const std::string name : {kResults, kFrames}) fs::rename(path(name + kPart), path(name));
  write_file_atomically(path(kRun), run_yaml);
  report_.asked = asked;
  report_.run_yaml = run_yaml;
  write_file_atomically(path(kReport), report_page(report_));
}

std::string table_header(bool compose_only) {
  return fmt::format("{:>5}  {:<28} {:>5}  {:<12} {:>5} {:>5} {:>3} {:>7} {:>7} {:>6}  {}", "index",
                     "formula", "atoms", "space group", "valid", "sound", "dim", "contact", "g/cm3", "score",
                     compose_only ? "linkers" : "checks not passed");
}

std::string table_row(const sampler::SampleResult& result) {
  const auto numbers = sampler::atomic_numbers_of(result.composed.chemistry);
  const auto name = shortened(formula(numbers), 28);
  if (!result.best) {
    const double similarity = result.composed.similarity;
    return fmt::format("{:>5}  {:<28} {:>5}  {:<12} {:>5} {:>5} {:>3} {:>7} {:>7} {:>6}  {}", result.index,
                       name, numbers.size(), space_group(result.composed.chemistry.space_group).symbol, "-",
                       "-", result.composed.framework_dimension, "-", "-",
                       std::isfinite(similarity) ? fmt::format("{:.3f}", similarity) : "-", remark(result));
  }
  const auto& checks = result.best->checks;
  return fmt::format("{:>5}  {:<28} {:>5}  {:<12} {:>5} {:>5} {:>3} {:>7.2f} {:>7.3f} {:>6.3f}  {}",
                     result.index, name, numbers.size(), result.symmetric ? result.symmetric->symbol : "P1",
                     checks.valid ? "yes" : "no", result.best->soundness.sound ? "yes" : "no",
                     checks.framework_dimension, checks.worst_contact, checks.density,
                     result.clamp_score.value_or(0), remark(result));
}

}  // namespace clamp::apps
