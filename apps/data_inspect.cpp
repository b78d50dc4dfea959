// clamp-data inspect, export and caption.

#include "data/inspect.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <iostream>
#include <memory>
#include <nlohmann/json.hpp>
#include <sstream>
#include <string>
#include <vector>

#include "apps/data_commands.h"
#include "core/atomic_file.h"
#include "core/error.h"
#include "core/logger.h"
#include "data/caption_dataset.h"
#include "data/csv_table.h"
#include "data/export.h"

namespace clamp::apps {
namespace {

constexpr int kTerminalWidth = 100;

struct InspectOptions {
  std::string path;
  std::vector<std::string> histograms;
};

struct SelectionOptions {
  std::string path;
  std::string out;
  data::Selection selection;
  std::string ids_file;
};

struct CaptionOptions : SelectionOptions {
  data::CaptionConfig config;
  std::string style;
};

int run_inspect(const InspectOptions& options, const CommonOptions& common) {
  const data::DatasetSummary summary = data::summarise(data::Dataset::open(options.path));
  if (common.json) {
    std::cout << data::summary_json(summary, options.path) << "\n";
    return kExitDone;
  }
  std::cout << data::summary_text(summary, options.path);
  for (const std::string& name : options.histograms) {
    const auto column = std::find_if(summary.numbers.begin(), summary.numbers.end(),
                                     [&name](const data::NumberColumn& c) { return c.name == name; });
    if (column == summary.numbers.end()) {
      std::vector<std::string> names;
      for (const data::NumberColumn& c : summary.numbers) names.push_back(c.name);
      const std::string match = closest_match(name, names);
      fail_usage(fmt::format("--histogram {}: no such number in {}{}", name, options.path,
                             match.empty() ? "" : "; did you mean " + match + "?"));
    }
    std::cout << "\n" << data::histogram_text(*column, kTerminalWidth);
  }
  return kExitDone;
}

void add_selection(CLI::App& app, SelectionOptions& options) {
  app.add_option("--ids", options.selection.ids, "Only these structures")->delimiter(',');
  app.add_option("--ids-file", options.ids_file, "Only the structures of this file, one id a line");
  app.add_option("--split", options.selection.splits, "Only these splits (train, val, test)")->delimiter(',');
  app.add_option("--max-atoms", options.selection.max_atoms,
                 "Only structures of at most so many atoms; 0: all")
      ->check(CLI::NonNegativeNumber);
}

std::vector<int64_t> selected(const data::Dataset& dataset, const SelectionOptions& options) {
  data::Selection selection = options.selection;
  if (!options.ids_file.empty()) {
    std::istringstream lines(read_file(options.ids_file));
    for (std::string line; std::getline(lines, line);) {
      line.erase(line.find_last_not_of(" \t\r") + 1);
      if (!line.empty()) selection.ids.push_back(line);
    }
    if (selection.ids.empty()) fail_usage(fmt::format("--ids-file {}: holds no ids", options.ids_file));
  }
  return data::select(dataset, selection, options.path);
}

int run_export(const SelectionOptions& options, const CommonOptions& common) {
  const data::Dataset dataset = data::Dataset::open(options.path);
  const std::vector<int64_t> indices = selected(dataset, options);
  require_absent((std::filesystem::path(options.out) / "table.csv").string(), common.force);
  data::export_dataset(dataset, indices, options.out);
  if (common.json) {
    std::cout << nlohmann::json{{"schema_version", 1},
                                {"output", options.out},
                                {"n_structures", indices.size()}}
                     .dump(2)
              << "\n";
  } else {
    std::cout << fmt::format("{}: {} structures\n", options.out, indices.size());
  }
  return kExitDone;
}

bool ends_with(const std::string& text, const std::string& end) {
  return text.size() >= end.size() && text.compare(text.size() - end.size(), end.size(), end) == 0;
}

int run_caption_dataset(const CaptionOptions& options, const CommonOptions& common,
                        const std::string& command_line) {
  const data::Selection& selection = options.selection;
  if (!selection.ids.empty() || !selection.splits.empty() || selection.max_atoms > 0 ||
      !options.ids_file.empty()) {
    fail_usage(
        "--out FILE.h5 keeps the whole dataset; --ids, --split and --max-atoms go with the other outputs");
  }
  Logger logger(common.log_level());
  data::Provenance provenance;
  provenance.command = command_line;
  provenance.version = CLAMP_VERSION;
  provenance.sources = {options.path};
  write_file_atomically(options.out, [&](const std::string& temporary) {
    Progress progress(logger, "captions", 0, "structures");
    data::write_captioned(options.path, temporary, options.config, provenance, [&](int64_t done, int64_t) {
      progress.update(done);
      return !interrupted();
    });
    progress.finish();
  });
  return kExitDone;
}

/// Captions as text of the format that the file name asks for: .csv (id, text, text_2 ...), .jsonl, else one
/// a line.
class CaptionText {
 public:
  CaptionText(const std::string& out, int64_t per_structure, bool json)
      : csv_(ends_with(out, ".csv")),
        lines_(ends_with(out, ".jsonl")),
        ids_(out.empty()),
        json_(json && out.empty()) {
    if (!csv_) return;
    text_ = "id";
    for (int64_t k = 1; k <= per_structure; ++k) text_ += k == 1 ? ",text" : fmt::format(",text_{}", k);
    text_ += "\n";
  }
  void add(const std::string& id, const std::vector<std::string>& captions) {
    if (csv_) text_ += data::csv_field(id);
    for (const std::string& caption : captions) {
      if (csv_) {
        text_ += "," + data::csv_field(caption);
      } else if (lines_) {
        text_ += nlohmann::json{{"id", id}, {"text", caption}}.dump() + "\n";
      } else if (json_) {
        document_.push_back({{"id", id}, {"text", caption}});
      } else {
        text_ += (ids_ ? id + "\t" : "") + caption + "\n";
      }
    }
    if (csv_) text_ += "\n";
  }
  std::string text() const {
    return json_ ? nlohmann::json{{"schema_version", 1}, {"captions", document_}}.dump(2) + "\n" : text_;
  }

 private:
  bool csv_, lines_, ids_, json_;
  std::string text_;
  nlohmann::json document_ = nlohmann::json::array();
};

int run_caption(const CaptionOptions& given, const CommonOptions& common, const std::string& command_line) {
  CaptionOptions options = given;
  options.config.seed = common.seed;
  const std::vector<std::string>& names = data::caption_style_names();
  const auto style = std::find(names.begin(), names.end(), options.style);
  if (style != names.end()) options.config.style = static_cast<data::CaptionStyle>(style - names.begin());
  if (!options.out.empty()) require_absent(options.out, common.force);
  if (ends_with(options.out, ".h5")) return run_caption_dataset(options, common, command_line);

  const data::Dataset dataset = data::Dataset::open(options.path);
  CaptionText text(options.out, options.config.per_structure, common.json);
  for (const int64_t index : selected(dataset, options)) {
    const data::Record record = dataset.read(index);
    text.add(record.id, data::captions_of(record, index, options.config));
  }
  if (options.out.empty()) {
    std::cout << text.text();
  } else {
    write_file_atomically(options.out, text.text());
  }
  return kExitDone;
}

}  // namespace

RunCommand add_inspect(Program& program) {
  const auto options = std::make_shared<InspectOptions>();
  CLI::App& app = program.add_command("inspect", "Shows what is in a dataset: counts, columns, distributions",
                                      "clamp-data inspect qmof.h5 --histogram pld_A");
  program.require(app.add_option("data", options->path, "Dataset (.h5)"));
  app.add_option("--histogram", options->histograms, "A number to show as a histogram of several lines")
      ->delimiter(',');
  program.add_common(app);
  return [options](const CommonOptions& common, const std::string&) { return run_inspect(*options, common); };
}

RunCommand add_export(Program& program) {
  const auto options = std::make_shared<SelectionOptions>();
  CLI::App& app =
      program.add_command("export", "Writes structures of a dataset as CIF files with a CSV table",
                          "clamp-data export qmof.h5 --split val --max-atoms 64 --out val_small");
  program.require(app.add_option("data", options->path, "Dataset (.h5)"));
  program.require(app.add_option("--out", options->out, "Folder to write structures/*.cif and table.csv to"));
  add_selection(app, *options);
  program.add_common(app);
  return [options](const CommonOptions& common, const std::string&) { return run_export(*options, common); };
}

RunCommand add_caption(Program& program) {
  const auto options = std::make_shared<CaptionOptions>();
  CLI::App& app =
      program.add_command("caption", "Makes sentences from the columns of a dataset, as users type prompts",
                          "clamp-data caption qmof.h5 -n 3 --seed 1 --out captions.csv");
  program.require(app.add_option("data", options->path, "Dataset (.h5)"));
  app.add_option(
      "--out", options->out,
      "File to write: .csv (id, text ...), .jsonl, .h5 (the dataset with the captions added to its texts), "
      "else one caption a line; default: id and caption on stdout");
  app.add_option("-n,--per-structure", options->config.per_structure, "Captions a structure")
      ->check(CLI::Range(1, 1000));
  app.add_option("--style", options->style, "One style for all; default: mixed")
      ->check(CLI::IsMember(data::caption_style_names()));
  add_selection(app, *options);
  program.add_common(app);
  return [options](const CommonOptions& common, const std::string& command_line) {
    return run_caption(*options, common, command_line);
  };
}

}  // namespace clamp::apps
