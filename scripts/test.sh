#!/usr/bin/env bash
# Every test, after `make setup build`. A failing step does not stop the others; the last line adds up what they counted.
set -euo pipefail
cd "$(dirname "$0")/.."
log=target/test.log
passed=0
failed=0

# A step that counts nothing itself (a lint) counts as one; so does one that breaks before it can count a failure.
step() {
  local status=0 p f
  echo "== $*"
  "$@" 2>&1 | tee "$log" || status=$?
  read -r p f < <(sed -nE 's/^(test result: [a-zA-Z]+\. )?([0-9]+) passed[;,] ([0-9]+) failed.*/\2 \3/p' "$log" |
    awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }')
  if [[ $status != 0 && $f == 0 ]]; then
    f=1
    echo "FAIL  $* (exit status $status)"
  elif [[ $status == 0 && $p == 0 ]]; then
    p=1
  fi
  passed=$((passed + p))
  failed=$((failed + f))
}

scripts/fetch-onnxruntime.sh oldest
if [[ $(uname -m) == x86_64 ]]; then
  scripts/fetch-onnxruntime.sh openvino
fi

step scripts/lint.sh
step cargo test --no-fail-fast
step cargo test --no-fail-fast --features cli,fake-engine --bin predictor-bench --test bench
step env RUSTDOCFLAGS="-D warnings" cargo doc --no-deps
step scripts/test-header.sh
step scripts/test-c.sh
step scripts/test-cpp.sh
step scripts/test-paddle-cpp.sh
step scripts/test-packaging.sh
step scripts/test-onnx-backend.sh
step scripts/test-fuzz-corpus.sh

echo "make test: $passed passed, $failed failed"
((failed == 0))
