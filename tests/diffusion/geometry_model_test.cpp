#include "diffusion/geometry_model.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>

#include "clean_batches.h"
#include "core/error.h"
#include "diffusion/wrapped_normal.h"

namespace clamp::diffusion {
namespace {

std::string temporary_file(const std::string& name) {
  return (std::filesystem::temp_directory_path() / (name + std::to_string(::getpid()))).string();
}

TEST(GeometryModel, SavedModelPredictsTheSame) {
  at::manual_seed(2);
  GeometryModel model(tests::tiny_geometry_config());
  const std::string path = temporary_file("geometry");
  nn::save_tensors(path, nn::state_of(*model.denoiser(), "denoiser."),
                   {{"format", kGeometryFormat}, {"config", to_json(model.config())}});
  GeometryModel loaded = GeometryModel::load(path, torch::kCPU);
  std::filesystem::remove(path);
  EXPECT_EQ(to_json(loaded.config()), to_json(model.config()));
  const auto clean = tests::clean_batch(tests::small_units(), model);
  const auto t = at::full({clean.coords.size(0)}, 0.5);
  const auto a =
      model.predict(clean.chemistry, clean.coords, clean.lattice, t, clean.embedding, clean.has_embedding);
  const auto b =
      loaded.predict(clean.chemistry, clean.coords, clean.lattice, t, clean.embedding, clean.has_embedding);
  EXPECT_TRUE(a.score.equal(b.score));
  EXPECT_TRUE(a.lattice.equal(b.lattice));
}

// What the heads give differs by configuration; score, clean structure and residual say the same.
TEST(GeometryModel, PredictionIsOneStateWhateverTheHeadsGive) {
  for (const bool clean_coords : {false, true}) {
    for (const bool clean_lattice : {false, true}) {
      SCOPED_TRACE(clean_coords);
      SCOPED_TRACE(clean_lattice);
      auto config = tests::tiny_geometry_config();
      config.predict_clean_coords = clean_coords;
      config.predict_clean_lattice = clean_lattice;
      EXPECT_EQ(to_json(geometry_config_from_json(to_json(config), "")), to_json(config));
      at::manual_seed(3);
      GeometryModel model(config);
      const torch::NoGradGuard no_grad;
      const auto clean = tests::clean_batch(tests::small_units(), model);
      const auto noise = tests::draw_noise(clean, 0.6, 5);
      const auto state = add_noise(config, clean, noise);
      const auto p = model.predict(clean.chemistry, state.coords, state.lattice, noise.t, clean.embedding,
                                   clean.has_embedding);
      const auto sigma = state.sigma.view({-1, 1, 1});
      const auto way = p.score * wrapped_normal_score_rms(sigma) * sigma * sigma;
      const auto coords =
          state.coords +
          at::matmul(clean.chemistry.basis, (way * clean.chemistry.freedom).unsqueeze(-1)).squeeze(-1);
      EXPECT_LT((coords - p.coords).abs().max().item<double>(), 1e-5);
      const auto alpha = lattice_alpha(noise.t, config.noise).unsqueeze(-1);
      const auto lattice = alpha * state.lattice + (1 - alpha * alpha).sqrt() * p.lattice_residual;
      EXPECT_LT((lattice - p.lattice).abs().max().item<double>(), 1e-5);
    }
  }
}

// What a GPU computes, on the CPU: the cells of the scalar code.
TEST(GeometryModel, CellsByOperatorsAreTheCells) {
  const GeometryModel model(tests::tiny_geometry_config());
  const auto clean = tests::clean_batch(tests::qmof_units(), model);
  for (const double t : {0.0, 0.5, 1.0}) {
    SCOPED_TRACE(t);
    const auto noise = tests::draw_noise(clean, t, 6);
    const auto lattice = add_noise(model.config(), clean, noise).lattice;
    const auto expected = model.cells(lattice, clean.chemistry);
    const auto found = cells_by_operators(lattice, clean.chemistry, model.config().scale);
    EXPECT_LT((found - expected).abs().max().item<double>(), 1e-4 * expected.abs().max().item<double>());
  }
}

TEST(GeometryModel, ForeignFileIsNamed) {
  const std::string path = temporary_file("foreign");
  nn::save_tensors(path, {{"x", at::zeros({1})}}, {});
  try {
    GeometryModel::load(path, torch::kCPU);
    FAIL() << "no exception";
  } catch (const Error& e) {
    EXPECT_EQ(std::string(e.what()), path +
                                         ": format 'none', expected 'clamp-geometry-1'; it is no geometry "
                                         "checkpoint of this version");
  }
  std::filesystem::remove(path);
}

TEST(GeometryModel, ConfigurationOfTheWrongShapeIsNamed) {
  auto config = tests::tiny_geometry_config();
  config.denoiser.heads = 3;
  EXPECT_THROW(geometry_config_from_json(to_json(config), "x.safetensors"), Error);
  EXPECT_THROW(geometry_config_from_json("{}", "x.safetensors"), Error);
  EXPECT_THROW(geometry_config_from_json("not json", "x.safetensors"), Error);
}

}  // namespace
}  // namespace clamp::diffusion
