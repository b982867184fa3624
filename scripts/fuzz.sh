#!/usr/bin/env bash
# fuzz.sh [SECONDS]: looks for crashes for so long (120 s by default), half of it with random calls of the C ABI, half with
# broken models. What was found lies in target/fuzz; fuzz/README.md says what to do with it.
#   FUZZ_SEED=N            other random numbers (the default is the time)
#   FUZZ_SANITIZER=address with AddressSanitizer, which is slower and sees more
set -euo pipefail
cd "$(dirname "$0")/.."

seconds=${1:-120}
seed=${FUZZ_SEED:-$(date +%s)}
kept=$PWD/target/fuzz
export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$PWD/target/onnxruntime/current/libonnxruntime.so.1}
programs=$CARGO_TARGET_DIR/debug
build=(cargo build --quiet --locked --manifest-path fuzz/Cargo.toml)

if [[ ${FUZZ_SANITIZER:-} == address ]]; then
  # The flag needs a nightly compiler, or one that is told to pass for it. Leaks: ONNX Runtime is never unloaded.
  host=$(rustc -vV | sed -n 's/^host: //p')
  export CARGO_TARGET_DIR=$CARGO_TARGET_DIR/address-sanitizer
  export ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1
  programs=$CARGO_TARGET_DIR/$host/debug
  RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" "${build[@]}" --target "$host"
else
  "${build[@]}"
fi

status=0
echo "seed $seed"
"$programs/calls" fuzz $((seconds / 2)) "$seed" "$kept/calls" fuzz/corpus/calls || status=1
"$programs/models" fuzz $((seconds - seconds / 2)) "$seed" "$kept/models" tests/models fuzz/corpus/models || status=1
exit $status
