#include "diffusion/geometry_model.h"

#include <ATen/Functions.h>
#include <gtest/gtest.h>

#include <unistd.h>

#include <filesystem>

#include "clean_batches.h"
#include "core/error.h"

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
