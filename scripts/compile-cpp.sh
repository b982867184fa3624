#!/usr/bin/env bash
# compile-cpp.sh PROGRAM SOURCE-OR-FLAG...: one C++ program, strictly, against the release library in the build tree.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$1
shift
mkdir -p "$(dirname "$program")"
"${CXX:-c++}" -std=c++17 -Wall -Wextra -Wpedantic -Wconversion -Werror -O2 -pthread -Iinclude -Ibindings/cpp/include \
  "$@" -o "$program" -Ltarget/release -lpredictor_pool -Wl,-rpath,"$PWD/target/release"
