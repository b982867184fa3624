#!/usr/bin/env bash
# compile-c.sh PROGRAM SOURCE...: one C program, strictly, against the release library in the build tree.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$1
shift
mkdir -p "$(dirname "$program")"
"${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Werror -O2 -pthread -Iinclude "$@" -o "$program" \
  -Ltarget/release -lpredictor_pool -lm -Wl,-rpath,"$PWD/target/release"
