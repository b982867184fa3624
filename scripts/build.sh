#!/usr/bin/env bash
# Builds the release library and the program predictor-bench.
set -euo pipefail
cd "$(dirname "$0")/.."

library=target/release/libpredictor_pool.so
if command -v cargo >/dev/null; then
  cargo build --release --features cli
elif [[ -f $library ]]; then
  echo "no cargo here (sudo?): taking the library as it was built"
else
  echo "build: cargo is missing" >&2
  exit 1
fi
# Programs that link the build tree look for the SONAME.
ln -sfn libpredictor_pool.so "$library.1"

if command -v "${CXX:-c++}" >/dev/null; then
  scripts/build-paddle-cpp.sh
fi
