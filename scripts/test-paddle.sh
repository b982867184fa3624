#!/usr/bin/env bash
# test-paddle.sh [FAMILY...]: whole networks with random weights, exported by Paddle in both formats and by paddle2onnx as ONNX, run
# by this library and compared with Paddle's own outputs; see tests/paddle/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

exported=target/paddle/exported
cases=target/paddle/networks
for version in 3 2; do
  python=$(scripts/paddle-venv.sh "$version")
  "$python" -B -W ignore tests/paddle/export.py networks "$exported" "$@"
done
python=$(scripts/paddle-venv.sh 3)
"$python" -B -W ignore tests/paddle/to_onnx.py networks "$exported" "$@"
rm -rf "$cases"
"$python" -B -W ignore tests/paddle/pack.py --unzipped networks "$exported" "$cases" "$@"
PADDLE_CASES=$cases cargo test --quiet --test paddle
