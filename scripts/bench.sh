#!/usr/bin/env bash
# Every benchmark, after `make setup build`. The large models are made once, in target/models.
set -euo pipefail
cd "$(dirname "$0")/.."

models=target/models
if [[ ! -f $models/resnet50.onnx ]]; then
  python3 -m venv target/venv-models
  target/venv-models/bin/pip install --quiet --requirement tests/models/requirements.txt
  mkdir -p "$models"
  target/venv-models/bin/python tests/models/make_large.py "$models"
fi

cargo bench --quiet --bench overhead
scripts/compile-cpp.sh target/benches/overhead-cpp benches/overhead.cpp
target/benches/overhead-cpp
cargo bench --quiet --bench scaling
cargo bench --quiet --bench load
scripts/compile-c.sh target/benches/memory benches/memory.c
cache=$(mktemp -d)
trap 'rm -rf "$cache"' EXIT
target/benches/memory "$models/resnet50.onnx"
target/benches/memory "$models/resnet50.onnx" "$cache" >/dev/null # fills the cache
target/benches/memory "$models/resnet50.onnx" "$cache"
