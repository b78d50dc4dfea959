// The clock of the benchmarks.
#pragma once

namespace clamp::bench {

/// Seconds since some moment. For work on one thread the CPU time of this process, which other programs on
/// the machine change little; for several threads, which wait for each other, the time that passes.
double clock_seconds(int n_threads);

}  // namespace clamp::bench
