#!/usr/bin/env bash
# compile-cpp-tests.sh PROGRAM FLAG...: the tests of the C++ header as one program, with GoogleTest built by the same flags:
# the pinned one, else the one that Debian installs. All translation units include the header, so linking finds what is
# defined twice.
set -euo pipefail
cd "$(dirname "$0")/.."

program=$1
shift
googletest=target/debian/googletest/usr/src/googletest/googletest
scripts/fetch-debian.sh googletest || googletest=/usr/src/googletest/googletest
if [[ ! -f $googletest/src/gtest-all.cc ]]; then
  echo "compile-cpp-tests: GoogleTest is missing (Debian: apt install googletest)" >&2
  exit 1
fi

mkdir -p "$(dirname "$program")"
if [[ ! -f $program-gtest.o ]]; then
  "${CXX:-c++}" -std=c++17 -O2 "$@" -I"$googletest" -I"$googletest/include" -c "$googletest/src/gtest-all.cc" \
    -o "$program-gtest.o"
fi
scripts/compile-cpp.sh "$program" "$@" bindings/cpp/tests/*.cpp "$program-gtest.o" -isystem "$googletest/include"
