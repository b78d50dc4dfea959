#include "train/launch.h"

#include <fmt/format.h>

#include <charconv>

#include "core/error.h"

namespace clamp::train {
namespace {

using Variable = std::function<std::string(const std::string&)>;

// Ports of SLURM jobs that name none: one a job, so that two jobs on a machine do not meet.
constexpr int64_t kSlurmPort = 20000;
constexpr int64_t kSlurmPorts = 10000;
constexpr int64_t kLargestPort = 65535;

/// The names under which a launcher says the same things; an empty name: it does not say.
struct Names {
  const char* launcher;
  const char* rank;
  const char* size;
  const char* local_rank;
  const char* local_size;
};
constexpr Names kTorchrun = {"torchrun", "RANK", "WORLD_SIZE", "LOCAL_RANK", "LOCAL_WORLD_SIZE"};
constexpr Names kOpenMpi = {"mpirun", "OMPI_COMM_WORLD_RANK", "OMPI_COMM_WORLD_SIZE",
                            "OMPI_COMM_WORLD_LOCAL_RANK", "OMPI_COMM_WORLD_LOCAL_SIZE"};
constexpr Names kMpich = {"mpirun", "PMI_RANK", "PMI_SIZE", "MPI_LOCALRANKID", "MPI_LOCALNRANKS"};
constexpr Names kSlurm = {"srun", "SLURM_PROCID", "SLURM_NTASKS", "SLURM_LOCALID", ""};

int64_t number(const std::string& name, const std::string& text, int64_t low, int64_t high) {
  int64_t value = 0;
  const auto* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  if (error != std::errc() || stop != end || value < low || value > high) {
    fail_usage(fmt::format("environment variable {} is '{}', expected a whole number from {} to {}", name,
                           text, low, high));
  }
  return value;
}

Launch read(const Names& names, const Variable& variable) {
  constexpr int64_t kMost = 1 << 20;
  Launch launch;
  launch.launcher = names.launcher;
  const auto needed = [&](const std::string& name, int64_t low, int64_t high) {
    const auto text = variable(name);
    if (text.empty()) {
      fail_usage(
          fmt::format("environment variable {} is not set, although {} is; start all processes with {}", name,
                      names.size, names.launcher));
    }
    return number(name, text, low, high);
  };
  launch.size = needed(names.size, 1, kMost);
  launch.rank = needed(names.rank, 0, launch.size - 1);
  const auto optional = [&](const std::string& name, int64_t low, int64_t otherwise) {
    const auto text = name.empty() ? "" : variable(name);
    return text.empty() ? otherwise : number(name, text, low, launch.size);
  };
  launch.local_rank = optional(names.local_rank, 0, launch.rank);
  launch.local_size = optional(names.local_size, 1, launch.size);
  return launch;
}

/// Tasks of this machine, if all machines of the step have alike many.
int64_t slurm_local_size(const Variable& variable, int64_t size) {
  const auto nodes = variable("SLURM_STEP_NUM_NODES");
  if (nodes.empty()) return size;
  const int64_t n = number("SLURM_STEP_NUM_NODES", nodes, 1, size);
  return (size + n - 1) / n;
}

void find_first_process(Launch& launch, const Variable& variable) {
  const auto address = variable("MASTER_ADDR");
  const auto port = variable("MASTER_PORT");
  if (!address.empty()) {
    launch.address = address;
  } else if (launch.launcher == kSlurm.launcher) {
    auto nodes = variable("SLURM_STEP_NODELIST");
    if (nodes.empty()) nodes = variable("SLURM_JOB_NODELIST");
    if (!nodes.empty()) launch.address = first_host(nodes);
  } else if (!launch.one_machine()) {
    fail_usage(fmt::format(
        "environment variable MASTER_ADDR is not set: the address of the machine of process 0, which the {} "
        "processes on several machines need (mpirun -x MASTER_ADDR=...)",
        launch.size));
  }
  if (!port.empty()) {
    launch.port = static_cast<uint16_t>(number("MASTER_PORT", port, 1, kLargestPort));
  } else if (launch.launcher == kSlurm.launcher && !variable("SLURM_JOB_ID").empty()) {
    const auto job = number("SLURM_JOB_ID", variable("SLURM_JOB_ID"), 0, INT64_MAX);
    launch.port = static_cast<uint16_t>(kSlurmPort + job % kSlurmPorts);
  }
}

}  // namespace

std::string first_host(const std::string& node_list) {
  const auto bracket = node_list.find('[');
  const auto comma = node_list.find(',');
  if (bracket == std::string::npos || comma < bracket) return node_list.substr(0, comma);
  const auto end = node_list.find_first_of(",-]", bracket);
  const auto close = node_list.find(']', bracket);
  if (end == std::string::npos || close == std::string::npos) return node_list;
  const auto rest = node_list.substr(close + 1);
  return node_list.substr(0, bracket) + node_list.substr(bracket + 1, end - bracket - 1) +
         rest.substr(0, rest.find(','));
}

Launch launch_from(const Variable& variable) {
  Launch launch;
  const bool step = !variable("SLURM_STEP_ID").empty() || !variable("MASTER_ADDR").empty();
  if (!variable(kTorchrun.size).empty()) {
    launch = read(kTorchrun, variable);
  } else if (!variable(kOpenMpi.size).empty()) {
    launch = read(kOpenMpi, variable);
  } else if (!variable(kMpich.size).empty()) {
    launch = read(kMpich, variable);
  } else if (step && !variable(kSlurm.size).empty() && !variable(kSlurm.rank).empty()) {
    launch = read(kSlurm, variable);
    launch.local_size = slurm_local_size(variable, launch.size);
  } else {
    return launch;
  }
  launch.store_is_served = variable("TORCHELASTIC_USE_AGENT_STORE") == "True";
  const auto attempt = variable("TORCHELASTIC_RESTART_COUNT");
  if (!attempt.empty()) launch.attempt = attempt;
  launch.interface = variable("GLOO_SOCKET_IFNAME");
  if (launch.size > 1) find_first_process(launch, variable);
  return launch;
}

}  // namespace clamp::train
