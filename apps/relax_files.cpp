#include "apps/relax_files.h"

#include <fmt/format.h>

#include <chrono>
#include <cmath>
#include <filesystem>

#include "apps/symmetric_unit.h"
#include "core/cif.h"
#include "core/error.h"
#include "data/ordered_pool.h"
#include "relax/polish.h"

namespace clamp::apps {
namespace {

using Clock = std::chrono::steady_clock;

std::string frame_text(const relax::RelaxFrame& frame) {
  return extxyz_frame(frame.crystal, {{"step", std::to_string(frame.step)},
                                      {"energy", fmt::format("{:.8f}", frame.energy)},
                                      {"max_force", fmt::format("{:.6f}", frame.max_force)},
                                      {"max_stress_GPa", fmt::format("{:.6f}", frame.max_stress)}});
}

relax::RelaxResult relax_unit(const AsymmetricUnit& unit, const RelaxOptions& options,
                              const Relaxing& relaxing, std::string& trajectory) {
  if (relaxing.table != nullptr) {
    relax::PolishConfig polish;
    polish.max_steps = std::max<int64_t>(1, options.max_steps);
    polish.relax_cell = !options.fix_cell;
    return relax::polish(unit, *relaxing.table, polish);
  }
  relax::RelaxerConfig config;
  config.stage = options.potential == "uff" || options.potential == "uff-plain" ? "uff" : "potential";
  config.optimizer = options.optimizer == "fire" ? relax::Optimizer::kFire : relax::Optimizer::kLbfgs;
  config.max_steps = options.max_steps;
  config.force_tolerance = options.fmax;
  config.stress_tolerance = options.smax;
  config.relax_cell = !options.fix_cell;
  const auto start = Clock::now();
  config.stop = [start, &options] {
    const double seconds = std::chrono::duration<double>(Clock::now() - start).count();
    return interrupted() || (options.max_seconds > 0 && seconds > options.max_seconds);
  };
  if (options.trajectory)
    config.on_frame = [&](const relax::RelaxFrame& frame) { trajectory += frame_text(frame); };
  return relax::relax_structure(unit, *relaxing.potential, config);
}

void relax_entry(const CifEntry& entry, const RelaxOptions& options, const Relaxing& relaxing,
                 RelaxedFile& result) {
  result.error = entry.error;
  if (!result.error.empty()) return;
  try {
    const AsymmetricUnit unit = symmetric_unit(entry.crystal, options.symprec);
    result.space_group = unit.chemistry.space_group;
    result.before = expand(unit);
    const auto relaxed = relax_unit(unit, options, relaxing, result.trajectory);
    result.record = relaxed.record;
    if (!std::isfinite(relaxed.record.energy)) {
      result.error =
          relaxed.record.reason.empty() ? "the relaxation gave no finite numbers" : relaxed.record.reason;
      return;
    }
    result.after = expand(relaxed.unit);
    result.after.name = result.stem;
  } catch (const Error& error) {
    result.error = error.what();
  }
}

std::string stem_of(const std::string& path) {
  const std::string stem = std::filesystem::path(path).stem();
  return stem.empty() ? "structure" : stem;
}

std::vector<RelaxedFile> relax_file(const data::SourceFile& file, const RelaxOptions& options,
                                    const Relaxing& relaxing) {
  RelaxedFile blank;
  blank.path = file.path;
  blank.stem = stem_of(file.path);
  blank.error =
      file.is_dataset ? "a dataset; clamp-data export writes its structures as CIF" : file.skip_reason;
  if (!blank.error.empty()) return {blank};
  std::vector<RelaxedFile> results;
  try {
    const auto entries = read_cif_text(file.content, file.path);
    for (const auto& entry : entries) {
      RelaxedFile result = blank;
      if (entries.size() > 1) {
        result.path += ":" + entry.block_name;
        result.stem += "_" + entry.block_name;
      }
      relax_entry(entry, options, relaxing, result);
      results.push_back(std::move(result));
    }
  } catch (const Error& error) {
    blank.error = error.what();
    results.push_back(blank);
  }
  return results;
}

}  // namespace

void relax_files(data::SourceFiles& files, const RelaxOptions& options, const Relaxing& relaxing,
                 int n_threads, const std::function<void(RelaxedFile&&)>& on_result) {
  data::OrderedPool<data::SourceFile, std::vector<RelaxedFile>> pool(
      [&](data::SourceFile& file) {
        while (!interrupted() && files.next(file)) {
          if (file.path == file.origin || !is_p1_copy(file.path)) return true;
        }
        return false;
      },
      [&](data::SourceFile&& file) { return relax_file(file, options, relaxing); },
      [&](std::vector<RelaxedFile>&& results) {
        for (auto& result : results) on_result(std::move(result));
      },
      n_threads);
  pool.run();
}

std::string relax_table_header() {
  return fmt::format("{:<28} {:>5}  {:<12} {:>5} {:>5} {:>10} {:>8} {:>7} {:>7}  {}", "structure", "atoms",
                     "space group", "conv.", "steps", "eV/atom", "eV/A", "RMSD A", "dV %", "remark");
}

std::string relax_table_row(const RelaxedFile& result) {
  const auto& record = result.record;
  if (!result.error.empty()) return fmt::format("{:<28} failed: {}", result.path, result.error);
  const bool polish = record.stage == "polish";
  const double n = static_cast<double>(std::max<int64_t>(1, result.after.n_atoms()));
  std::string remark = record.reason;
  for (const auto& [name, count] : record.counts)
    remark += fmt::format("{}{} {}", remark.empty() ? "" : ", ", count, name);
  return fmt::format("{:<28} {:>5}  {:<12} {:>5} {:>5} {:>10} {:>8.4f} {:>7.3f} {:>7.2f}  {}", result.path,
                     result.after.n_atoms(), space_group(result.space_group).symbol,
                     record.converged ? "yes" : "no", record.steps,
                     polish ? "-" : fmt::format("{:.5f}", record.energy / n), record.max_force,
                     polish ? record.max_move : record.rmsd, 100 * record.volume_change, remark);
}

}  // namespace clamp::apps
