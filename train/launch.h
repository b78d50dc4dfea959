// Which process of how many this one is, as torchrun, mpirun or srun say.
#pragma once

#include <cstdint>
#include <functional>
#include <string>

namespace clamp::train {

struct Launch {
  std::string launcher = "none";  ///< "torchrun", "mpirun", "srun"
  int64_t rank = 0;
  int64_t size = 1;
  int64_t local_rank = 0;             ///< among the processes of this machine
  int64_t local_size = 1;             ///< processes of this machine
  std::string address = "127.0.0.1";  ///< of the first process
  uint16_t port = 29500;
  bool store_is_served = false;  ///< by torchrun's agent: the first process must not open the port
  std::string attempt = "0";     ///< tells restarts by torchrun apart
  std::string interface;         ///< network interface for Gloo; empty: chosen
  bool one_machine() const { return local_size == size; }
};

/// Reads RANK, WORLD_SIZE, LOCAL_RANK, LOCAL_WORLD_SIZE, MASTER_ADDR, MASTER_PORT (torchrun), or
/// OMPI_COMM_WORLD_* and PMI_* (mpirun of Open MPI and of MPICH), or SLURM_* inside of a job step (srun).
/// None of them: one process. SLURM's are only looked at inside of a step or beside MASTER_ADDR, because a
/// batch script has them too. Throws clamp::UsageError naming the variable that is missing or wrong.
/// @param variable value of an environment variable, empty where it is not set
Launch launch_from(const std::function<std::string(const std::string&)>& variable);

/// First machine of a SLURM node list: "gpu[03-05,9],cpu1" -> "gpu03".
std::string first_host(const std::string& node_list);

}  // namespace clamp::train
