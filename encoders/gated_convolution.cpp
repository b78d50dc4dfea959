#include "encoders/gated_convolution.h"

#include <torch/csrc/autograd/custom_function.h>

#include <algorithm>

#include "nn/scatter.h"

namespace clamp::encoders {
namespace {

using torch::autograd::AutogradContext;
using torch::autograd::variable_list;

constexpr int64_t kBlockAtoms = 64;  // 64 x 12 pairs x 128 channels in float: 400 kB

/// Tensors of one block of `c` atoms.
struct Block {
  int64_t begin, c;
  torch::Tensor index;  // [c k]
  torch::Tensor edge;   // [c k, g]
  torch::Tensor z;      // [c, k, 2 f]
};

struct Inputs {
  torch::Tensor self, neighbor, edge, weight, neighbors, mask;
  int64_t n() const { return self.size(0); }
  int64_t k() const { return neighbors.size(1); }
  int64_t f() const { return self.size(1) / 2; }
  int64_t block_atoms() const { return self.is_cpu() ? kBlockAtoms : std::max<int64_t>(n(), 1); }
};

Block make_block(const Inputs& in, int64_t begin) {
  Block block;
  block.begin = begin;
  block.c = std::min(in.block_atoms(), in.n() - begin);
  block.index = in.neighbors.narrow(0, begin, block.c).reshape({-1});
  block.edge = in.edge.narrow(0, begin, block.c).reshape({block.c * in.k(), -1});
  const auto gathered = in.neighbor.index_select(0, block.index);                        // [c k, 2 f]
  block.z = at::addmm(gathered, block.edge, in.weight.t()).view({block.c, in.k(), -1});  // [c, k, 2 f]
  block.z.add_(in.self.narrow(0, begin, block.c).unsqueeze(1));
  return block;
}

class GatedNeighborSum : public torch::autograd::Function<GatedNeighborSum> {
 public:
  static torch::Tensor forward(AutogradContext* ctx, const torch::Tensor& self, const torch::Tensor& neighbor,
                               const torch::Tensor& edge, const torch::Tensor& weight,
                               const torch::Tensor& neighbors, const torch::Tensor& mask) {
    ctx->save_for_backward({self, neighbor, edge, weight, neighbors, mask});
    ctx->saved_data["edge_gradient"] = edge.requires_grad();
    const Inputs in{self, neighbor, edge, weight, neighbors, mask};
    auto result = torch::empty({in.n(), in.f()}, self.options());
    for (int64_t begin = 0; begin < in.n(); begin += in.block_atoms()) {
      const Block block = make_block(in, begin);
      const auto parts = block.z.chunk(2, -1);
      auto message = at::sigmoid(parts[0]).mul_(at::softplus(parts[1]));  // [c, k, f]
      message.mul_(in.mask.narrow(0, begin, block.c).unsqueeze(-1));
      auto rows = result.narrow(0, begin, block.c);
      at::sum_out(rows, message, {1});
    }
    return result;
  }

  static variable_list backward(AutogradContext* ctx, const variable_list& grad_outputs) {
    const auto saved = ctx->get_saved_variables();
    const Inputs in{saved[0], saved[1], saved[2], saved[3], saved[4], saved[5]};
    const bool edge_gradient = ctx->saved_data["edge_gradient"].toBool();
    const auto grad = grad_outputs[0].contiguous();  // [n, f]
    auto grad_self = torch::empty_like(in.self);
    auto grad_neighbor = torch::zeros_like(in.neighbor);
    auto grad_weight = torch::zeros_like(in.weight);
    torch::Tensor grad_edge;
    if (edge_gradient) grad_edge = torch::empty_like(in.edge);
    for (int64_t begin = 0; begin < in.n(); begin += in.block_atoms()) {
      const Block block = make_block(in, begin);
      const auto dz = gradient_of_z(in, block, grad);      // [c, k, 2 f]
      const auto pairs = dz.view({block.c * in.k(), -1});  // [c k, 2 f]
      auto rows = grad_self.narrow(0, begin, block.c);
      at::sum_out(rows, dz, {1});
      nn::add_rows_(grad_neighbor, block.index, pairs);
      grad_weight.addmm_(pairs.t(), block.edge);
      if (edge_gradient)
        grad_edge.narrow(0, begin, block.c).copy_(at::mm(pairs, in.weight).view({block.c, in.k(), -1}));
    }
    return {grad_self, grad_neighbor, grad_edge, grad_weight, {}, {}};
  }

 private:
  static torch::Tensor gradient_of_z(const Inputs& in, const Block& block, const torch::Tensor& grad) {
    const auto parts = block.z.chunk(2, -1);
    const auto gate = at::sigmoid(parts[0]);  // [c, k, f]
    const auto upstream = grad.narrow(0, block.begin, block.c).unsqueeze(1) *
                          in.mask.narrow(0, block.begin, block.c).unsqueeze(-1);  // [c, k, f]
    auto dz = torch::empty_like(block.z);
    auto halves = dz.chunk(2, -1);
    const auto scaled = upstream * gate;
    at::mul_out(halves[0], scaled, at::softplus(parts[1]));
    halves[0].mul_(1 - gate);
    at::mul_out(halves[1], scaled, at::sigmoid(parts[1]));
    return dz;
  }
};

}  // namespace

torch::Tensor gated_neighbor_sum(const torch::Tensor& self, const torch::Tensor& neighbor,
                                 const torch::Tensor& edge, const torch::Tensor& weight,
                                 const torch::Tensor& neighbors, const torch::Tensor& mask) {
  TORCH_CHECK(self.dim() == 2 && self.sizes() == neighbor.sizes() && self.size(1) % 2 == 0,
              "self and neighbor must be [n, 2 f], got ", self.sizes(), " and ", neighbor.sizes());
  TORCH_CHECK(neighbors.dim() == 2 && neighbors.size(0) == self.size(0) && mask.sizes() == neighbors.sizes(),
              "neighbors and mask must be [n, k], got ", neighbors.sizes(), " and ", mask.sizes());
  TORCH_CHECK(edge.dim() == 3 && edge.size(1) == neighbors.size(1) && weight.size(0) == self.size(1) &&
                  weight.size(1) == edge.size(2),
              "edge must be [n, k, g] and weight [2 f, g], got ", edge.sizes(), " and ", weight.sizes());
  return GatedNeighborSum::apply(self.contiguous(), neighbor.contiguous(), edge.contiguous(),
                                 weight.contiguous(), neighbors.contiguous(), mask.contiguous());
}

}  // namespace clamp::encoders
