#include "train/launch.h"

#include <gtest/gtest.h>

#include <map>

#include "core/error.h"

namespace clamp::train {
namespace {

using Environment = std::map<std::string, std::string>;

Launch launch_in(const Environment& environment) {
  return launch_from([&](const std::string& name) {
    const auto found = environment.find(name);
    return found == environment.end() ? std::string() : found->second;
  });
}

std::string error_in(const Environment& environment) {
  try {
    launch_in(environment);
  } catch (const UsageError& error) {
    return error.what();
  }
  return "no error";
}

TEST(Launch, WithoutALauncherItIsOneProcess) {
  const auto launch = launch_in({{"MASTER_ADDR", "a"}, {"SLURM_NTASKS", "4"}});
  EXPECT_EQ(launch.size, 1);
  EXPECT_EQ(launch.rank, 0);
}

TEST(Launch, TorchrunsVariablesAreRead) {
  const auto launch = launch_in({{"RANK", "5"},
                                 {"WORLD_SIZE", "8"},
                                 {"LOCAL_RANK", "1"},
                                 {"LOCAL_WORLD_SIZE", "4"},
                                 {"MASTER_ADDR", "gpu1"},
                                 {"MASTER_PORT", "1234"},
                                 {"TORCHELASTIC_USE_AGENT_STORE", "True"},
                                 {"TORCHELASTIC_RESTART_COUNT", "2"}});
  EXPECT_EQ(launch.launcher, "torchrun");
  EXPECT_EQ(launch.rank, 5);
  EXPECT_EQ(launch.size, 8);
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.local_size, 4);
  EXPECT_EQ(launch.address, "gpu1");
  EXPECT_EQ(launch.port, 1234);
  EXPECT_TRUE(launch.store_is_served);
  EXPECT_EQ(launch.attempt, "2");
}

TEST(Launch, OpenMpiOnOneMachineNeedsNoAddress) {
  const auto launch = launch_in({{"OMPI_COMM_WORLD_RANK", "1"},
                                 {"OMPI_COMM_WORLD_SIZE", "2"},
                                 {"OMPI_COMM_WORLD_LOCAL_RANK", "1"},
                                 {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}});
  EXPECT_EQ(launch.launcher, "mpirun");
  EXPECT_EQ(launch.rank, 1);
  EXPECT_EQ(launch.address, "127.0.0.1");
  EXPECT_TRUE(launch.one_machine());
}

TEST(Launch, OpenMpiOnSeveralMachinesAsksForTheAddress) {
  EXPECT_NE(
      error_in(
          {{"OMPI_COMM_WORLD_RANK", "1"}, {"OMPI_COMM_WORLD_SIZE", "4"}, {"OMPI_COMM_WORLD_LOCAL_SIZE", "2"}})
          .find("MASTER_ADDR is not set"),
      std::string::npos);
}

TEST(Launch, ASlurmStepFindsItsFirstMachine) {
  const auto launch = launch_in({{"SLURM_STEP_ID", "0"},
                                 {"SLURM_PROCID", "3"},
                                 {"SLURM_NTASKS", "4"},
                                 {"SLURM_LOCALID", "1"},
                                 {"SLURM_STEP_NUM_NODES", "2"},
                                 {"SLURM_STEP_NODELIST", "gpu[03-04]"},
                                 {"SLURM_JOB_ID", "1230007"}});
  EXPECT_EQ(launch.launcher, "srun");
  EXPECT_EQ(launch.rank, 3);
  EXPECT_EQ(launch.local_rank, 1);
  EXPECT_EQ(launch.local_size, 2);
  EXPECT_EQ(launch.address, "gpu03");
  EXPECT_EQ(launch.port, 20007);
}

// A batch script that starts the program without srun has SLURM's variables and is one process.
TEST(Launch, ASlurmBatchScriptIsOneProcess) {
  EXPECT_EQ(launch_in({{"SLURM_PROCID", "0"}, {"SLURM_NTASKS", "4"}, {"SLURM_JOB_ID", "7"}}).size, 1);
}

TEST(Launch, FirstHostOfNodeLists) {
  EXPECT_EQ(first_host("cpu1"), "cpu1");
  EXPECT_EQ(first_host("cpu1,cpu2"), "cpu1");
  EXPECT_EQ(first_host("gpu[03-05,9],cpu1"), "gpu03");
  EXPECT_EQ(first_host("gpu[7]"), "gpu7");
  EXPECT_EQ(first_host("r[1,3].site.org"), "r1.site.org");
}

TEST(Launch, WrongVariablesAreNamed) {
  EXPECT_EQ(
      error_in({{"WORLD_SIZE", "2"}}),
      "environment variable RANK is not set, although WORLD_SIZE is; start all processes with torchrun");
  EXPECT_EQ(error_in({{"WORLD_SIZE", "two"}, {"RANK", "0"}}),
            "environment variable WORLD_SIZE is 'two', expected a whole number from 1 to 1048576");
  EXPECT_EQ(error_in({{"WORLD_SIZE", "2"}, {"RANK", "2"}}),
            "environment variable RANK is '2', expected a whole number from 0 to 1");
  EXPECT_EQ(error_in({{"WORLD_SIZE", "2"}, {"RANK", "1"}, {"MASTER_PORT", "70000"}}),
            "environment variable MASTER_PORT is '70000', expected a whole number from 1 to 65535");
}

}  // namespace
}  // namespace clamp::train
