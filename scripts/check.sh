#!/usr/bin/env bash
# Sourced by the test scripts: runs checks, counts them, and ends with the line that test.sh adds up.
set -euo pipefail
passed=0
failed=0

# check TEXT COMMAND...: one line if it succeeds, its output as well if it does not.
check() {
  local text=$1 output status
  shift
  set +e # under "if" or "||", set -e would be off inside the command too
  output=$(
    set -e
    "$@" 2>&1
  )
  status=$?
  set -e
  if [[ $status == 0 ]]; then
    echo "ok    $text"
    passed=$((passed + 1))
  else
    echo "FAIL  $text (exit status $status)"
    [[ -z $output ]] || echo "$output"
    failed=$((failed + 1))
  fi
}

# google_tests TEXT LOG COMMAND...: runs a program of GoogleTest's and counts its tests.
google_tests() {
  local text=$1 log=$2 status=0 p f
  "${@:3}" >"$log" 2>&1 || status=$?
  p=$(grep -c '^\[       OK \]' "$log") || true
  f=$(grep -c '^\[  FAILED  \].* ms)$' "$log") || true
  if [[ $f == 0 && ($status != 0 || $p == 0) ]]; then
    f=1 # a crash ends the program without a count
  fi
  if [[ $f == 0 ]]; then
    echo "ok    $text: $p tests"
  else
    echo "FAIL  $text (exit status $status)"
    cat "$log"
  fi
  passed=$((passed + p))
  failed=$((failed + f))
}

# A script that found nothing to check has failed.
finish() {
  echo "$passed passed, $failed failed"
  ((passed > 0 && failed == 0))
}
