#!/usr/bin/env bash
# Runs ctest in a build folder and ends with one line that counts single tests: "N passed, N failed".
#
#   tools/run_tests.sh BUILD_DIR [ctest arguments]
set -uo pipefail
build=${1:?usage: tools/run_tests.sh BUILD_DIR [ctest arguments]}
shift
export OMP_NUM_THREADS=${OMP_NUM_THREADS:-1}
log=$build/Testing/Temporary/LastTest.log
rm -f "$log"
ctest --test-dir "$build" --output-on-failure -j "$(nproc)" "$@"
status=$?
if [ ! -f "$log" ]; then
  echo "error: no tests ran in $build" >&2
  exit 1
fi

# GoogleTest counts its tests; a script test prints "N passed, N failed" itself; any other ctest test counts as one.
awk '
  /^[0-9]+\/[0-9]+ Testing: / { counted = 0 }
  /^\[  PASSED  \] [0-9]+ tests?\.$/ { passed += $4; counted = 1 }
  /^\[  FAILED  \] [0-9]+ tests?, listed below:$/ { failed += $4; counted = 1 }
  /^([a-z_]+: )?[0-9]+ passed, [0-9]+ failed/ {
    line = $0; sub(/^[a-z_]+: /, "", line); split(line, part, " "); passed += part[1]; failed += part[3]; counted = 1
  }
  /^Test Passed\.$/ { if (!counted) passed += 1 }
  /^Test Failed\.$/ { if (!counted) failed += 1; broken += 1 }
  END {
    if (failed < broken) failed = broken
    printf "%d passed, %d failed\n", passed, failed
  }
' "$log"
exit $status
