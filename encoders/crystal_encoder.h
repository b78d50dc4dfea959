// Interface of crystal encoders. A new one is one file with its class and one line in registry.cpp.
#pragma once

#include <torch/nn/module.h>
#include <torch/types.h>

#include <string>

#include "encoders/crystal_graph.h"

namespace clamp::encoders {

class CrystalEncoder : public torch::nn::Module {
 public:
  /// Embeddings [b, dim], not normalised. Row i depends on crystal i only.
  virtual torch::Tensor forward(const GraphBatch& batch) = 0;
  /// Neighbours that graphs for this encoder must have.
  virtual NeighborConfig neighbors() const = 0;
  /// The resolved options as YAML lines "key: value", each indented by `indent` spaces.
  virtual std::string options_yaml(int indent) const = 0;
};

}  // namespace clamp::encoders
