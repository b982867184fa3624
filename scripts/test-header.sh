#!/usr/bin/env bash
# The header alone is clean C99 and C++17 for every compiler that is here.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/check.sh
source scripts/check.sh

# Included twice: the guard counts as well.
compile() {
  printf '#include "predictor_pool.h"\n#include "predictor_pool.h"\n' |
    "$@" -Wall -Wextra -Wpedantic -Werror -Iinclude -fsyntax-only -
}

for compiler in gcc clang; do
  command -v $compiler >/dev/null || continue
  check "header as C99, $compiler" compile $compiler -x c -std=c99
done
for compiler in g++ clang++; do
  command -v $compiler >/dev/null || continue
  check "header as C++17, $compiler" compile $compiler -x c++ -std=c++17
done
finish
