#!/usr/bin/env bash
# test-onnx-backend.sh [--only TEXT]: the ONNX project's backend cases, through the release library and ONNX Runtime's
# own Python side by side; see tests/onnx_backend/README.md. BLESS=1 rewrites the list of what is skipped.
set -euo pipefail
cd "$(dirname "$0")/.."

library=target/release/libpredictor_pool.so
tests=tests/onnx_backend
venv=target/venv-onnx
pip=("$venv/bin/python" -m pip --quiet --disable-pip-version-check)

if [[ ! -f $library ]]; then
  echo "test-onnx-backend: $library is missing (make build)" >&2
  exit 1
fi
scripts/fetch-onnxruntime.sh

# The pins are copied last: an installation that was cut short, or is of other pins, is made anew.
if ! cat "$tests/requirements.txt" "$tests/cases.txt" | cmp -s - "$venv/pins.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "${pip[@]}" install --only-binary=:all: --requirement "$tests/requirements.txt"
  # The wheel that has the cases serves as an archive, for no Python and no machine in particular.
  "${pip[@]}" download --no-deps --only-binary=:all: --require-hashes --requirement "$tests/cases.txt" \
    --python-version 3.12 --implementation cp --abi cp312 --platform manylinux_2_17_x86_64 --dest "$venv/cases"
  "$venv/bin/python" -m zipfile -e "$venv"/cases/*.whl "$venv/cases"
  cat "$tests/requirements.txt" "$tests/cases.txt" >"$venv/pins.txt"
fi

export PREDICTOR_POOL_ORT_LIB=$PWD/target/onnxruntime/current
exec "$venv/bin/python" -B "$tests/run.py" "$library" "$venv/cases/onnx/backend/test/data" "$@"
