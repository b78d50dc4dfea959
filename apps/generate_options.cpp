#include "apps/generate_options.h"

#include <fmt/format.h>

#include <charconv>
#include <sstream>

#include "core/atomic_file.h"
#include "core/error.h"
#include "evaluate/molecule.h"
#include "relax/potential_registry.h"

namespace clamp::apps {
namespace {

bool is_blank(const std::string& text) { return text.find_first_not_of(" \t\r\n") == std::string::npos; }

std::vector<std::string> read_prompts(const GenerateOptions& options) {
  auto prompts = options.prompts;
  for (const auto& prompt : prompts) {
    if (is_blank(prompt)) fail_usage("--prompt: the prompt is empty");
  }
  if (options.prompt_file.empty()) return prompts;
  std::istringstream lines(read_file(options.prompt_file));
  const auto before = prompts.size();
  for (std::string line; std::getline(lines, line);) {
    if (is_blank(line)) continue;
    if (line.back() == '\r') line.pop_back();
    prompts.push_back(line);
  }
  if (prompts.size() == before)
    fail_usage(fmt::format("--prompt-file {}: the file holds no prompt", options.prompt_file));
  return prompts;
}

void parse_shard(const std::string& text, sampler::GenerateConfig& config) {
  const auto slash = text.find('/');
  const auto number = [&](const std::string& part, int64_t& value) {
    const auto [stop, error] = std::from_chars(part.data(), part.data() + part.size(), value);
    return error == std::errc() && stop == part.data() + part.size();
  };
  if (slash == std::string::npos || !number(text.substr(0, slash), config.shard) ||
      !number(text.substr(slash + 1), config.n_shards)) {
    fail_usage(fmt::format("--shard: found '{}', expected i/n with i from 0 to n-1, such as 0/4", text));
  }
}

}  // namespace

void add_generate_options(Program& program, GenerateOptions& options) {
  auto& app = program.app();
  auto& config = options.config;
  app.add_option("--prompt", options.prompts, "What to make, in words; may be given several times")
      ->allow_extra_args(false);
  app.add_option("--prompt-file", options.prompt_file, "File with one prompt a line");
  app.add_option("--negative-prompt", config.negative_prompt, "What to stay away from, in words");
  app.add_option("-n,--n", config.n, "Number of structures for each prompt")->check(number_in(1, 1e7));
  app.add_option("--atoms", options.atoms,
                 "Atoms in the primitive cell: N or MIN:MAX; without it at most 64");
  app.add_option("--elements", options.elements, "Only these elements, such as Zn,C,H,O")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--require-elements", options.require_elements, "Each of these elements, such as Zn,Cu")
      ->delimiter(',')
      ->allow_extra_args(false);
  app.add_option("--formula", options.formula, "This composition up to a factor, such as Zn4C24H12O13");
  app.add_option("--spacegroup", options.space_group, "Space group, 1 to 230; 0: any")
      ->check(number_in(0, 230));
  app.add_option("--framework-dimension", options.framework_dimension,
                 "Dimension of the framework: 0 molecular, 1 chains, 2 layers, 3 framework; -1: any")
      ->check(number_in(-1, 3));
  app.add_option(
         "--linker", options.linkers,
         "A molecule that must be there, as SMILES (charges do not matter); may be given several times")
      ->allow_extra_args(false);
  app.add_option(
         "--node", options.nodes,
         "A metal node that must be there: its metals and the heavy atoms that alone bridge them, such as "
         "Zn4O or Cu2I2 (of a rod one repeat); drawn until it is there, so a rare one may not be found; may "
         "be given several times")
      ->allow_extra_args(false);
  add_composer_options(app, options.composer, "prompt");
  app.add_option(
      "--init", options.init,
      "Start from this structure, or those of a folder (CIF, at most 1000 atoms): its chemistry, its atoms "
      "and cell noised to "
      "--strength; nearest: from the training structures nearest to the prompt that meet the demands");
  app.add_option("--guidance-scale", config.geometry.guidance_scale,
                 "How strongly the prompt steers the geometry: 0 not at all, 1 plain, more is stronger")
      ->check(number_in(0, 100));
  app.add_option("--classifier-scale", config.geometry.classifier_scale,
                 "Weight of the similarity's gradient (guide.safetensors of the checkpoint); 0: none")
      ->check(number_in(0, 1000));
  app.add_option("--steps", config.geometry.steps, "Denoising steps of the geometry model")
      ->check(number_in(1, 10000));
  app.add_option(
         "--coarse-starts", config.coarse_starts,
         "Polished random starts for each geometry, of which the geometry model refines the best; 0: it "
         "starts from pure noise")
      ->check(number_in(0, 10000));
  app.add_option("--strength", config.geometry.strength,
                 "Noise that a start is taken to before the geometry model: 0 none, 0.65 about 0.5 A, 1 all")
      ->check(number_in(0, 1));
  app.add_option("--best-of", config.best_of,
                 "Geometries tried for each structure; the best by the checks is kept")
      ->check(number_in(1, 10000));
  app.add_option(
         "--chemistries", options.chemistries,
         "Chemistries over which these geometries are spread; 0: as many with the composer model, one "
         "from the library")
      ->check(number_in(0, 10000));
  app.add_option(
      "--relax", options.relax,
      "Relaxation: none, polish (keeps the bonds), or after the polish uff (UFF4MOF) or a TorchScript "
      "file");
  app.add_flag("--compose-only", config.compose_only, "Only choose chemistries; no geometry, no CIF");
  app.add_flag(
      "--trajectory", config.trajectory,
      "Write how each structure came about: the denoising, the polish and the relaxation, as extended "
      "XYZ");
  app.add_option("--symprec", config.symprec, "Tolerance of the symmetry search, A")
      ->check(number_in(1e-6, 1));
  app.add_option("--checkpoint", options.checkpoint,
                 "Folder of the model (default: CLAMP_CHECKPOINT, else checkpoints/mof64 of the project)");
  app.add_option("--out", options.out, "Folder for the results");
  app.add_option("--shard", options.shard, "Make part i of n of the run: i/n, i from 0 to n-1");
  app.add_option("--batch-size", config.batch_size, "Geometries computed at once; changes no result")
      ->check(number_in(1, 100000));
  program.add_common(app);
}

sampler::GenerateConfig generate_config(const GenerateOptions& options, const CommonOptions& common) {
  auto config = options.config;
  config.prompts = read_prompts(options);
  auto& constraints = config.constraints;
  if (!options.atoms.empty()) constraints.atoms = sampler::parse_atom_range(options.atoms);
  for (const auto& symbol : options.elements) {
    constraints.allowed_elements.push_back(sampler::parse_element(symbol, "--elements"));
  }
  for (const auto& symbol : options.require_elements) {
    constraints.required_elements.push_back(sampler::parse_element(symbol, "--require-elements"));
  }
  for (const auto& linker : options.linkers) {
    try {
      evaluate::neutral_smiles(linker);
    } catch (const UsageError& error) {
      fail_usage(fmt::format("--linker: {}", error.what()));
    }
    constraints.linkers.push_back(linker);
  }
  for (const auto& node : options.nodes) constraints.nodes.push_back(sampler::parse_node(node));
  if (!options.formula.empty()) constraints.formula = sampler::parse_formula(options.formula);
  if (options.space_group > 0) constraints.space_group = static_cast<int>(options.space_group);
  if (options.framework_dimension >= 0)
    constraints.framework_dimension = static_cast<int>(options.framework_dimension);
  if (!options.init.empty()) {
    const bool demanding =
        !sampler::demands(constraints).empty() || !constraints.linkers.empty() || !constraints.nodes.empty();
    if (options.init != kNearest && demanding)
      fail_usage(
          "--init: the chemistry is that of the file; leave out --atoms, --elements and other demands");
    config.from_start = true;
  }
  parse_shard(options.shard, config);
  config.polish = options.relax != "none";
  config.seed = common.seed;
  config.n_threads = common.n_threads();
  sampler::validate(config);
  return config;
}

std::unique_ptr<relax::PotentialFactory> generate_potential(const GenerateOptions& options) {
  if (options.relax == "none" || options.relax == "polish") return nullptr;
  return relax::make_potential(options.relax);
}

}  // namespace clamp::apps
