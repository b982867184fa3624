#!/usr/bin/env bash
# paddle-venv.sh 2|3: makes target/venv-paddle2 (writes .pdmodel) or target/venv-paddle3 (writes .json), and prints its Python.
set -euo pipefail
cd "$(dirname "$0")/.."

version=$1
requirements=tests/paddle/requirements-$version.txt
venv=target/venv-paddle$version

# The pins are copied last: an installation that was cut short, or is of other pins, is made anew.
if ! cmp -s "$requirements" "$venv/pins.txt"; then
  rm -rf "$venv"
  python3 -m venv "$venv"
  "$venv/bin/python" -m pip --quiet --disable-pip-version-check install --only-binary=:all: --no-deps --requirement "$requirements" >&2
  cp "$requirements" "$venv/pins.txt"
fi
echo "$PWD/$venv/bin/python"
