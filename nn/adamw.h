// AdamW (Loshchilov and Hutter, arXiv:1711.05101) over flat buffers, with a state that can be saved by name.
//
// The parameters of a group become views of one flat tensor, and so do their gradients: a step is a handful
// of operations whatever the number of parameters. Do not move or convert the module afterwards.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>
#include <utility>
#include <vector>

#include "nn/checkpoint.h"

namespace clamp::nn {

struct AdamWConfig {
  double beta1 = 0.9;
  double beta2 = 0.98;
  double epsilon = 1e-8;
};

/// Parameters that share a learning rate and a weight decay.
struct ParameterGroup {
  std::vector<std::pair<std::string, torch::Tensor>> parameters;
  double lr_scale = 1.0;
  double weight_decay = 0.0;
};

/// Two groups: matrices (dim >= 2) decay, biases, gains and scalars do not.
std::vector<ParameterGroup> decay_groups(const torch::nn::Module& module, double weight_decay);

class AdamW {
 public:
  /// Names must be unique over the groups, tensors of floating type on one device.
  AdamW(std::vector<ParameterGroup> groups, const AdamWConfig& config);

  void zero_grad();
  /// The gradients of all parameters, one flat tensor a group: [n_elements of the group].
  std::vector<torch::Tensor> gradients() const;
  /// Scales all gradients so that their joint norm is at most `max_norm`.
  /// @return the norm before, a scalar tensor on the parameters' device
  torch::Tensor clip_grad_norm(double max_norm);
  /// One update: p -= lr * lr_scale * (m_hat / (sqrt(v_hat) + epsilon) + weight_decay * p).
  void step(double lr);
  int64_t steps() const { return steps_; }

  /// "<prefix>mean.<name>", "<prefix>variance.<name>", "<prefix>steps".
  TensorMap state(const std::string& prefix) const;
  /// Throws clamp::Error naming `source` and the tensor that is missing or wrongly shaped.
  void restore(const TensorMap& tensors, const std::string& prefix, const std::string& source);

 private:
  struct FlatGroup {
    ParameterGroup group;
    torch::Tensor values, grads, mean, variance;  // each [n_elements of the group]
  };

  std::vector<FlatGroup> groups_;
  AdamWConfig config_;
  int64_t steps_ = 0;
};

}  // namespace clamp::nn
