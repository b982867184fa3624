#!/usr/bin/env bash
# Runs every committed input of the fuzzers once.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/check.sh
source scripts/check.sh

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$PWD/target/onnxruntime/current/libonnxruntime.so.1}
# Memory that is used after it was freed shall not look right.
export MALLOC_PERTURB_=165

check "the fuzzers build" cargo build --quiet --locked --manifest-path fuzz/Cargo.toml
check "fuzz/corpus/calls" timeout 120 "$CARGO_TARGET_DIR/debug/calls" replay fuzz/corpus/calls
check "fuzz/corpus/models" timeout 120 "$CARGO_TARGET_DIR/debug/models" replay fuzz/corpus/models
finish
