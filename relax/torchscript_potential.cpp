#include "relax/torchscript_potential.h"

#include <fmt/format.h>
#include <torch/csrc/autograd/autograd.h>
#include <torch/csrc/jit/api/module.h>
#include <torch/csrc/jit/serialization/import.h>
#include <torch/types.h>

#include <Eigen/LU>
#include <cmath>

#include "core/error.h"

namespace clamp::relax {

struct TorchScriptFactory::Model {
  torch::jit::Module module;
  double cutoff = 0;  // Å
  torch::ScalarType type = torch::kFloat64;
};

namespace {

std::string first_line(const std::string& text) { return text.substr(0, text.find('\n')); }

torch::Tensor to_tensor(const std::vector<Vec3>& rows) {
  auto tensor = torch::empty({static_cast<int64_t>(rows.size()), 3}, torch::kFloat64);
  double* out = tensor.data_ptr<double>();
  for (const Vec3& row : rows) {
    for (int k = 0; k < 3; ++k) *out++ = row[k];
  }
  return tensor;
}

torch::Tensor to_tensor(const Mat3& m) {
  return to_tensor(std::vector<Vec3>{m.row(0).transpose(), m.row(1).transpose(), m.row(2).transpose()});
}

class TorchScriptPotential : public Potential {
 public:
  TorchScriptPotential(std::string path, torch::jit::Module module, double cutoff, torch::ScalarType type,
                       std::vector<int> atomic_numbers)
      : path_(std::move(path)), module_(std::move(module)), cutoff_(cutoff), type_(type) {
    crystal_.atomic_numbers = std::move(atomic_numbers);
    numbers_ = torch::empty({crystal_.n_atoms()}, torch::kInt64);
    for (int64_t a = 0; a < crystal_.n_atoms(); ++a)
      numbers_.data_ptr<int64_t>()[a] = crystal_.atomic_numbers[static_cast<size_t>(a)];
  }

  const EnergyForces& evaluate(const Mat3& cell, const std::vector<Vec3>& cart_coords) override {
    list_pairs(cell, cart_coords);
    try {
      const torch::AutoGradMode gradients(true);
      run(cell, cart_coords);
    } catch (const Error&) {
      throw;
    } catch (const std::exception& error) {
      fail(fmt::format("{}: the model failed: {}", path_, first_line(error.what())));
    }
    return result_;
  }

 private:
  void list_pairs(const Mat3& cell, const std::vector<Vec3>& cart_coords) {
    crystal_.cell = cell;
    crystal_.frac_coords.clear();
    const Mat3 to_frac = cell.transpose().inverse();
    for (const Vec3& r : cart_coords) crystal_.frac_coords.push_back(to_frac * r);
    const std::vector<Bond> near = neighbor_pairs(crystal_, cutoff_);
    const auto n = static_cast<int64_t>(near.size());
    pairs_ = torch::empty({2 * n, 2}, torch::kInt64);
    shifts_ = torch::empty({2 * n, 3}, torch::kFloat64);
    int64_t* pair = pairs_.data_ptr<int64_t>();
    double* shift = shifts_.data_ptr<double>();
    for (const Bond& b : near) {
      for (const int sign : {1, -1}) {
        *pair++ = sign > 0 ? b.i : b.j;
        *pair++ = sign > 0 ? b.j : b.i;
        for (int k = 0; k < 3; ++k) *shift++ = sign * b.shift[k];
      }
    }
  }

  void run(const Mat3& cell, const std::vector<Vec3>& cart_coords) {
    const auto positions = to_tensor(cart_coords).set_requires_grad(true);  // [n, 3]
    const auto strain = torch::zeros({3, 3}, torch::kFloat64).set_requires_grad(true);
    const auto deform = torch::eye(3, torch::kFloat64) + 0.5 * (strain + strain.t());  // symmetric
    const auto value = module_.forward({positions.matmul(deform).to(type_), numbers_,
                                        to_tensor(cell).matmul(deform).to(type_), pairs_, shifts_.to(type_)});
    if (!value.isTensor() || value.toTensor().numel() != 1) {
      fail(fmt::format(
          "{}: found {} as the energy, expected one number", path_,
          value.isTensor() ? fmt::format("{} numbers", value.toTensor().numel()) : value.tagKind()));
    }
    const auto energy = value.toTensor().to(torch::kFloat64).sum();
    if (!energy.requires_grad()) fail(fmt::format("{}: the energy does not depend on the positions", path_));
    const auto gradients = torch::autograd::grad({energy}, {positions, strain}, {}, false, false, true);
    result_.energy = energy.item<double>();
    result_.forces.assign(cart_coords.size(), Vec3::Zero());
    result_.virial.setZero();
    if (gradients[0].defined()) {
      const auto forces = gradients[0].contiguous();
      const double* g = forces.data_ptr<double>();
      for (Vec3& f : result_.forces) {
        for (int k = 0; k < 3; ++k) f[k] = -*g++;
      }
    }
    if (gradients[1].defined()) {
      const auto virial = gradients[1].contiguous();
      for (int i = 0; i < 9; ++i) result_.virial(i / 3, i % 3) = virial.data_ptr<double>()[i];
    }
  }

  std::string path_;
  torch::jit::Module module_;
  double cutoff_;
  torch::ScalarType type_;
  Crystal crystal_;
  torch::Tensor numbers_, pairs_, shifts_;
  EnergyForces result_;
};

}  // namespace

TorchScriptFactory::TorchScriptFactory(const std::string& path)
    : path_(path), model_(std::make_unique<Model>()) {
  try {
    model_->module = torch::jit::load(path, torch::kCPU);
    model_->module.eval();
  } catch (const std::exception& error) {
    fail(fmt::format("{}: no TorchScript file that can be read: {}", path, first_line(error.what())));
  }
  if (!model_->module.hasattr("cutoff")) {
    fail(
        fmt::format("{}: the module has no attribute 'cutoff' (Å); see relax/torchscript_potential.h", path));
  }
  const auto cutoff = model_->module.attr("cutoff");
  model_->cutoff = cutoff.isDouble() ? cutoff.toDouble()
                   : cutoff.isInt()  ? static_cast<double>(cutoff.toInt())
                                     : 0;
  if (!(model_->cutoff > 0) || model_->cutoff > 50) {
    fail(fmt::format("{}: the attribute 'cutoff' is {}, expected a number of Å from 0 to 50", path,
                     cutoff.isTensor() ? "a tensor" : fmt::format("{}", model_->cutoff)));
  }
  const auto method = model_->module.find_method("forward");
  if (!method || method->num_inputs() != 6) {  // with self
    fail(fmt::format(
        "{}: found a forward of {} arguments, expected 5: positions, atomic_numbers, cell, pairs, "
        "shifts",
        path, method ? static_cast<int64_t>(method->num_inputs()) - 1 : 0));
  }
  for (const auto& parameter : model_->module.parameters()) parameter.set_requires_grad(false);
  const auto take_type = [&](const torch::Tensor& t) {
    if (t.is_floating_point()) model_->type = t.scalar_type();
    return t.is_floating_point();
  };
  bool found = false;
  for (const auto& t : model_->module.parameters()) found = found || take_type(t);
  for (const auto& t : model_->module.buffers()) found = found || take_type(t);
}

TorchScriptFactory::~TorchScriptFactory() = default;

double TorchScriptFactory::cutoff() const { return model_->cutoff; }

std::unique_ptr<Potential> TorchScriptFactory::bind(const Crystal& crystal, const std::vector<Bond>&) const {
  return std::make_unique<TorchScriptPotential>(path_, model_->module, model_->cutoff, model_->type,
                                                crystal.atomic_numbers);
}

}  // namespace clamp::relax
