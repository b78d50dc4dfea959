#include "encoders/registry.h"

#include <map>

#include "encoders/cgcnn.h"
#include "encoders/clip_text.h"
#include "encoders/described_cgcnn.h"
#include "encoders/text_transformer.h"
#include "encoders/use_lite.h"

namespace clamp::encoders {
namespace {

using MakeCrystalEncoder = std::shared_ptr<CrystalEncoder> (*)(YamlMap& options, const EncoderShape& shape);
using MakeTextEncoder = std::shared_ptr<TextEncoder> (*)(YamlMap& options, const EncoderShape& shape);

const std::map<std::string, MakeCrystalEncoder>& crystal_encoders() {
  static const std::map<std::string, MakeCrystalEncoder> table = {
      {"cgcnn", make_cgcnn},
      {"described-cgcnn", make_described_cgcnn},
  };
  return table;
}

const std::map<std::string, MakeTextEncoder>& text_encoders() {
  static const std::map<std::string, MakeTextEncoder> table = {
      {"transformer", make_text_transformer},
      {"use-lite", make_use_lite},
      {"clip", make_clip_text},
  };
  return table;
}

template <typename Table>
std::vector<std::string> names_of(const Table& table) {
  std::vector<std::string> names;
  for (const auto& [name, make] : table) names.push_back(name);
  return names;
}

}  // namespace

std::vector<std::string> crystal_encoder_names() { return names_of(crystal_encoders()); }
std::vector<std::string> text_encoder_names() { return names_of(text_encoders()); }

std::shared_ptr<CrystalEncoder> make_crystal_encoder(YamlMap& options, const EncoderShape& shape) {
  std::string type = "cgcnn";
  options.get_choice("type", type, crystal_encoder_names());
  return crystal_encoders().at(type)(options, shape);
}

std::shared_ptr<TextEncoder> make_text_encoder(YamlMap& options, const EncoderShape& shape) {
  std::string type = "transformer";
  options.get_choice("type", type, text_encoder_names());
  return text_encoders().at(type)(options, shape);
}

}  // namespace clamp::encoders
