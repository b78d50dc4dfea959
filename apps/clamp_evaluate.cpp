// clamp-evaluate: are these metal-organic frameworks?
#include <fmt/format.h>

#include "apps/cli_torch.h"
#include "apps/evaluate_commands.h"
#include "core/error.h"

namespace clamp::apps {
namespace {

void add_compose_options(CLI::App& app, EvaluateOptions& options, CLI::Option* given) {
  auto* compose =
      app.add_option("--compose", options.compose,
                     "Dataset (HDF5): compose chemistries from captions of its structures and judge them")
          ->excludes(given);
  for (auto* option : add_composer_options(app, options.composer, "caption")) option->needs(compose);
  app.add_option("--repeats", options.repeats, "Compositions of each caption")
      ->check(at_least(1))
      ->needs(compose);
  app.add_option("--demands", options.demands, "Captions that each kind of demand (elements ...) is tried on")
      ->check(at_least(0))
      ->needs(compose);
  app.add_option("--geometries", options.geometries,
                 "Captions whose first chemistry, and whose real one, are given geometries")
      ->check(at_least(0))
      ->needs(compose);
}

void add_options(Program& program, EvaluateOptions& options) {
  auto& app = program.app();
  app.add_option("PATH", options.paths, "CIF files, folders and archives of them");
  auto* reference = app.add_option("--reference", options.reference,
                                   "Dataset (HDF5) for novelty and for the distances of distributions");
  app.add_option("--reference-split", options.reference_split, "Split of the reference (default: all)")
      ->needs(reference);
  app.add_option("--reference-n", options.reference_n,
                 "Structures of the reference drawn, with --seed, for the distributions")
      ->check(at_least(2))
      ->needs(reference);
  app.add_option("--plots", options.plots,
                 "Folder for plots of the distributions (SVG), with --relax also of the relaxed structures");
  app.add_option(
      "--relax", options.relax,
      "Judge once more after relaxation: uff, uff-plain or a TorchScript file; also the structures "
      "drawn from the reference");
  app.add_option("--linker", options.linkers,
                 "A molecule that every structure should have, as SMILES (charges do not matter)")
      ->allow_extra_args(false);
  app.add_option("--pores", options.pores, "built-in, zeo++ (an installed one) or none");
  app.add_option("--zeo-program", options.zeo_program, "Name or path of Zeo++'s program");
  auto* given =
      app.add_option("--given-chemistry", options.given_chemistry,
                     "Dataset (HDF5): build structures anew from the chemistries of real ones and compare");
  add_compose_options(app, options, given);
  app.add_option("--split", options.split, "Split of the dataset");
  app.add_option("--max-atoms", options.max_atoms, "Largest number of atoms of its structures")
      ->check(at_least(1));
  app.add_option("-n,--n", options.n, "Number of structures or captions, drawn with --seed")
      ->check(at_least(1));
  app.add_option("--best-of", options.best_of,
                 "Geometries tried for each chemistry; the best by the checks is kept")
      ->check(at_least(1));
  app.add_option("--guidance-scale", options.guidance_scale, "How strongly the caption steers the geometry")
      ->check(number_in(0, 100));
  app.add_option("--classifier-scale", options.classifier_scale,
                 "Weight of the gradient of the similarity to the caption (guide.safetensors); 0: none")
      ->check(number_in(0, 1000))
      ->needs(given);
  app.add_option("--steps", options.steps, "Denoising steps of the geometry model")
      ->check(number_in(1, 10000));
  app.add_option(
         "--coarse-starts", options.coarse_starts,
         "Polished random starts for each geometry, of which the model refines the best; 0: it starts "
         "from pure noise")
      ->check(number_in(0, 10000));
  app.add_option("--strength", options.strength,
                 "Noise that a start is taken to before the model: 0 none, 0.65 about 0.5 A, 1 all")
      ->check(number_in(0, 1));
  app.add_flag("--start-from-real", options.start_from_real,
               "Start from the real structures: up to which noise does the model find them back?")
      ->needs(given);
  app.add_option("--out", options.out, "Folder for the structures, as extended XYZ")->needs(given);
  app.add_option("--checkpoint", options.checkpoint,
                 "Folder of the model (default: CLAMP_CHECKPOINT, else checkpoints/mof64 of the project)");
  program.add_common(app);
}

int body(int argc, const char* const* argv) {
  Program program(
      "clamp-evaluate",
      "Judges structures as metal-organic frameworks, or a model on the chemistries of real structures.",
      "clamp-evaluate generated --reference qmof.h5 --plots plots\n  clamp-evaluate --given-chemistry "
      "qmof.h5 --split val --max-atoms 64 -n "
      "64");
  add_torch_version(program);
  EvaluateOptions options;
  add_options(program, options);
  program.parse(argc, argv);
  const bool on_dataset = !options.given_chemistry.empty() || !options.compose.empty();
  if (options.paths.empty() != on_dataset) {
    fail_usage(
        "give either structures (clamp-evaluate PATH...), or --given-chemistry DATA.h5, or --compose "
        "DATA.h5; "
        "see clamp-evaluate --help");
  }
  for (const char* name : {"--split", "--max-atoms", "--n", "--best-of", "--guidance-scale", "--steps",
                           "--coarse-starts", "--strength", "--checkpoint"}) {
    if (!on_dataset && program.app().get_option(name)->count() > 0)
      fail_usage(fmt::format("{} belongs to --given-chemistry and --compose", name));
  }
  for (const char* name : {"--reference", "--plots", "--relax", "--linker"}) {
    if (on_dataset && program.app().get_option(name)->count() > 0)
      fail_usage(fmt::format("{} belongs to structures (clamp-evaluate PATH...)", name));
  }
  if (!options.compose.empty()) return evaluate_compose(options, program.common);
  return options.paths.empty() ? evaluate_given_chemistry(options, program.common)
                               : evaluate_files(options, program.common);
}

}  // namespace
}  // namespace clamp::apps

int main(int argc, char** argv) {
  return clamp::apps::run_torch_main(argc, argv, [&] { return clamp::apps::body(argc, argv); });
}
