#!/usr/bin/env bash
# Each file in tests/c is a program that links the release library; exit status 0 is a pass.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/check.sh
source scripts/check.sh
shopt -s nullglob

compile_and_run() {
  scripts/compile-c.sh "$2" "$1"
  timeout 300 "$2"
}

for source in tests/c/*.c; do
  name=$(basename "$source" .c)
  check "tests/c/$name" compile_and_run "$source" "target/tests-c/$name"
done
finish
