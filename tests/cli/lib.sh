# Checks of programs by their exit code, standard output and standard error. Sourced by the test scripts.
#
#   expect NAME CODE OUT ERR COMMAND...   OUT and ERR are extended regular expressions; "" means: must be empty,
#                                         "*" means: not looked at

passed=0
failed=0
last_out=$(mktemp)
last_err=$(mktemp)

note_pass() { passed=$((passed + 1)); }
note_fail() {
  failed=$((failed + 1))
  echo "FAILED: $1"
}

stream_is() {  # FILE PATTERN
  case "$2" in
    '*') return 0 ;;
    '') [ ! -s "$1" ] ;;
    *) grep -qE -- "$2" "$1" ;;
  esac
}

expect() {
  local name=$1 code=$2 out=$3 err=$4
  shift 4
  "$@" >"$last_out" 2>"$last_err" </dev/null
  local status=$?
  if [ $status -eq "$code" ] && stream_is "$last_out" "$out" && stream_is "$last_err" "$err"; then
    note_pass
    return 0
  fi
  note_fail "$name: exit code $status (expected $code) of: $*"
  echo "  expected stdout: ${out:-nothing}; stderr: ${err:-nothing}"
  echo "  stdout:"
  head -n 12 "$last_out" | sed 's/^/    /'
  echo "  stderr:"
  head -n 12 "$last_err" | sed 's/^/    /'
  return 1
}

check() {  # NAME COMMAND...: the command must succeed
  local name=$1
  shift
  if "$@" >"$last_out" 2>&1; then
    note_pass
  else
    note_fail "$name: $*"
    head -n 12 "$last_out" | sed 's/^/    /'
  fi
}

finish() {
  rm -f "$last_out" "$last_err"
  echo "$1: $passed passed, $failed failed"
  [ $failed -eq 0 ]
}
