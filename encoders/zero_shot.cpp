#include "encoders/zero_shot.h"

#include "core/error.h"

namespace clamp::encoders {

const std::vector<std::string>& label_templates() {
  static const std::vector<std::string> templates = {"{}", "{} framework", "a metal-organic framework: {}",
                                                     "a crystal, {}"};
  return templates;
}

torch::Tensor embed_labels(const ClampModel& model, const std::vector<std::string>& labels) {
  std::vector<std::string> sentences;
  for (const auto& label : labels) {
    if (label.find_first_not_of(" \t\r\n") == std::string::npos) fail_usage("label is empty");
    for (std::string sentence : label_templates()) {
      sentences.push_back(sentence.replace(sentence.find("{}"), 2, label));
    }
  }
  const auto n = static_cast<int64_t>(labels.size());
  const auto per_label = static_cast<int64_t>(label_templates().size());
  const auto means =
      model.encode_texts(sentences).view({n, per_label, model.dim()}).mean(1);  // [n_labels, dim]
  return means / means.norm(2, {1}, /*keepdim=*/true).clamp_min(1e-12);
}

torch::Tensor label_probabilities(const torch::Tensor& crystals, const torch::Tensor& labels, double scale) {
  return at::softmax(at::matmul(crystals, labels.t()) * scale, 1);  // [n, n_labels]
}

}  // namespace clamp::encoders
