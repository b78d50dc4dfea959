#include "encoders/clip_text.h"

#include <gtest/gtest.h>
#include <torch/utils.h>

#include <filesystem>
#include <nlohmann/json.hpp>

#include "core/atomic_file.h"
#include "core/error.h"
#include "encoders/text_import.h"
#include "encoders/tokenizer_file.h"
#include "support/random_crystal.h"

namespace clamp::encoders {
namespace {

const std::string kData = std::string(CLAMP_TEST_DATA) + "/clip_tiny";

std::shared_ptr<ClipText> loaded(const ImportedText& imported, const std::string& folder) {
  save_imported_text(folder, imported);
  auto options = YamlMap::from_text(imported.options, "options");
  EncoderShape shape;
  shape.dim = 5;
  shape.vocabulary = 30;
  auto encoder = std::dynamic_pointer_cast<ClipText>(make_text_encoder(options, shape));
  load_imported_text(imported_text_file(folder), *encoder);
  encoder->eval();
  return encoder;
}

/// The golden embeddings are double precision of PyTorch's own layers (tools/make_clip_golden.py).
void expect_golden(ClipText& encoder) {
  const torch::NoGradGuard no_grad;
  const auto golden = nlohmann::json::parse(read_file(kData + "/golden.json"));
  std::vector<std::vector<int64_t>> ids;
  for (const auto& text : golden["texts"]) ids.push_back(text["ids"].get<std::vector<int64_t>>());
  std::vector<const std::vector<int64_t>*> rows;
  for (const auto& row : ids) rows.push_back(&row);
  const auto together = encoder.text_embeddings(collate_tokens(rows, torch::kCPU));
  for (size_t i = 0; i < ids.size(); ++i) {
    const auto expected =
        torch::tensor(golden["texts"][i]["embedding"].get<std::vector<double>>(), torch::kFloat64);
    const auto alone = encoder.text_embeddings(collate_tokens({&ids[i]}, torch::kCPU))[0].to(torch::kFloat64);
    EXPECT_TRUE(torch::allclose(alone, expected, 1e-4, 1e-5)) << i;
    // In the batch the short texts are padded to the windows of the long one.
    EXPECT_TRUE(torch::allclose(together[static_cast<int64_t>(i)].to(torch::kFloat64), expected, 1e-4, 1e-5))
        << i;
  }
}

TEST(ClipText, EqualsPyTorchsLayersWithHuggingFaceNames) {
  const tests::TemporaryFolder folder;
  expect_golden(*loaded(import_clip(kData), folder.path()));
}

/// The same weights under the names and shapes that OpenAI's files have.
void write_openai(const std::string& folder) {
  auto from = nn::load_tensors(kData + "/model.safetensors").tensors;
  nn::TensorMap to;
  to["token_embedding.weight"] = from.at("text_model.embeddings.token_embedding.weight");
  to["positional_embedding"] = from.at("text_model.embeddings.position_embedding.weight");
  to["text_projection"] = from.at("text_projection.weight").t().contiguous();
  to["visual.class_embedding"] = torch::zeros({2});
  for (const std::string part : {"weight", "bias"}) {
    to["ln_final." + part] = from.at("text_model.final_layer_norm." + part);
    for (const std::string layer : {"0", "1"}) {
      const auto h = "text_model.encoder.layers." + layer + ".", o = "transformer.resblocks." + layer + ".";
      to[o + "attn.in_proj_" + part] =
          at::cat({from.at(h + "self_attn.q_proj." + part), from.at(h + "self_attn.k_proj." + part),
                   from.at(h + "self_attn.v_proj." + part)});
      to[o + "attn.out_proj." + part] = from.at(h + "self_attn.out_proj." + part);
      to[o + "ln_1." + part] = from.at(h + "layer_norm1." + part);
      to[o + "ln_2." + part] = from.at(h + "layer_norm2." + part);
      to[o + "mlp.c_fc." + part] = from.at(h + "mlp.fc1." + part);
      to[o + "mlp.c_proj." + part] = from.at(h + "mlp.fc2." + part);
    }
  }
  nn::save_tensors(folder + "/model.safetensors", to, {});
  for (const char* const name : {"/vocab.json", "/merges.txt"})
    std::filesystem::copy(kData + name, folder + name);
}

TEST(ClipText, EqualsPyTorchsLayersWithOpenAiNames) {
  const tests::TemporaryFolder files, folder;
  write_openai(files.path());
  expect_golden(*loaded(import_clip(files.path()), folder.path()));
}

TEST(ClipText, LaterTokensDoNotChangeEarlierStates) {
  const torch::NoGradGuard no_grad;
  const tests::TemporaryFolder folder;
  const auto encoder = loaded(import_clip(kData), folder.path());
  const std::vector<int64_t> a = {3, 4, 5, 6}, b = {3, 4, 9, 9};
  const auto states_a = encoder->forward(collate_tokens({&a}, torch::kCPU)).tokens[0];
  const auto states_b = encoder->forward(collate_tokens({&b}, torch::kCPU)).tokens[0];
  EXPECT_TRUE(torch::allclose(states_a.narrow(0, 0, 2), states_b.narrow(0, 0, 2), 1e-5, 1e-6));
  EXPECT_FALSE(torch::allclose(states_a[2], states_b[2], 1e-3, 1e-3));
}

TEST(ClipText, ItsTokenizerComesWithTheWeights) {
  const tests::TemporaryFolder folder;
  save_imported_text(folder.path(), import_clip(kData));
  const auto tokenizer = load_tokenizer(tokenizer_file(folder.path()));
  EXPECT_EQ(tokenizer->encode("ab cab"), (std::vector<int64_t>{27, 2, 27}));
  EXPECT_EQ(tokenizer->vocabulary_size(), 30);
}

TEST(ClipText, FilesWithoutATextTowerAreNamed) {
  const tests::TemporaryFolder folder;
  const auto error_of = [&]() -> std::string {
    try {
      import_clip(folder.path());
    } catch (const Error& error) {
      return error.what();
    }
    return "no error";
  };
  EXPECT_EQ(error_of(),
            folder.path() + ": 0 safetensors files, expected model.safetensors or one of another name");
  nn::save_tensors(folder.file("other.safetensors"), {{"w", torch::zeros({1})}}, {});
  EXPECT_EQ(error_of().rfind(folder.file("other.safetensors") + ": holds no CLIP text tower", 0), 0u);
}

}  // namespace
}  // namespace clamp::encoders
