#!/usr/bin/env bash
# soak.sh [SECONDS]: everything a server does, at once and for long (600 s by default): results stay right, memory stays flat.
set -euo pipefail
cd "$(dirname "$0")/.."

export CARGO_TARGET_DIR=${CARGO_TARGET_DIR:-$PWD/target}
export ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$PWD/target/onnxruntime/current/libonnxruntime.so.1}
cargo build --quiet --locked --release --manifest-path fuzz/Cargo.toml --bin soak
# glibc scatters what threads free over a heap per thread, whose size wanders by megabytes; in one heap a leak of 1 % shows.
MALLOC_ARENA_MAX=1 "$CARGO_TARGET_DIR/release/soak" "${1:-600}" tests/models
