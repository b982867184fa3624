#!/usr/bin/env bash
# The C++ header: it compiles alone and strictly for every compiler that can be had, its tests pass, and the C++ example
# finds what the C one does.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/check.sh
source scripts/check.sh

headers=bindings/cpp/include
build=$PWD/target/tests-cpp
strict=(-Wall -Wextra -Wpedantic -Wconversion -Werror -Iinclude -I"$headers")
export ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$PWD/target/onnxruntime/current/libonnxruntime.so.1}
mkdir -p "$build"

# Debian's clang, unpacked, finds its libraries beside itself only when it is told where.
unpacked_clang() {
  local root=$PWD/target/debian/clang/usr/lib
  LD_LIBRARY_PATH=$root/x86_64-linux-gnu:$root/llvm-14/lib "$root/llvm-14/bin/clang++" "$@"
}

compilers=("${CXX:-g++}")
if command -v clang++ >/dev/null; then
  compilers+=(clang++)
elif scripts/fetch-debian.sh clang && unpacked_clang --version >/dev/null; then
  compilers+=(unpacked_clang)
else
  echo "SKIP  C++ header with clang++: it is not installed and could not be fetched (Debian: apt install clang)"
fi

# compiles_alone HEADER COMPILER FLAG...: included twice, so that the guard counts as well.
compiles_alone() {
  printf '#include "%s"\n#include "%s"\n' "$1" "$1" | "${@:2}" "${strict[@]}" -x c++ -fsyntax-only -
}

each_compiles_alone() {
  local header
  for header in "$headers"/predictor_pool/*.hpp; do
    compiles_alone "predictor_pool/$(basename "$header")" "$@"
  done
}

# Our headers, by the file that the preprocessor says a line is in, define their guards and nothing else.
no_macros_leak() {
  printf '#include <predictor_pool.hpp>\n' | "${compilers[0]}" -std=c++17 "${strict[@]}" -x c++ -E -dD - | awk '
    /^# [0-9]+ "/ { ours = $3 ~ /predictor_pool/ }
    !ours || !/^#define/ { next }
    $2 ~ /^PREDICTOR_POOL_([A-Z_]+_)?H(PP)?$/ { guards++; next }
    { print; leaked++ }
    END { print guards " guards"; exit leaked > 0 || guards < 11 }
  '
}

# Each comment of a public function ends with its ownership, threads and errors. Functions stand at column 5 of a class, or
# start with "inline".
members_are_documented() {
  awk '
    /^class / { in_class = 1 }
    /^}/ { in_class = hidden = 0 }
    /^namespace detail/ { in_detail = 1 }
    /^} \/\/ namespace detail/ { in_detail = 0 }
    /^public:/ { hidden = 0 }
    /^private:/ { hidden = 1 }
    /^ *\/\/\/ / { comment = comment $2 " " }
    /^$/ { comment = "" }
    in_detail || hidden || /^ *\/\// || /^ *template / || !/\(/ { next }
    (in_class && /^    [A-Za-z~]/) || /^inline / {
      functions++
      if (comment !~ /Ownership: .*Threads: .*Errors: /) { print FILENAME ":" FNR ": " $0; bad++ }
    }
    END { print functions " functions"; exit bad > 0 || functions < 80 }
  ' "$headers"/predictor_pool/*.hpp
}

# tests_compile COMPILER FLAG...: the standards differ in what a range is.
tests_compile() {
  local source sources=usr/src/googletest/googletest/include
  for source in bindings/cpp/tests/*.cpp; do
    "$@" "${strict[@]}" -isystem "target/debian/googletest/$sources" -isystem "/$sources" -fsyntax-only "$source"
  done
}

# The table of the accuracy is the same; times and memory are not.
examples_agree() {
  scripts/compile-c.sh target/examples/digits examples/c/*.c
  scripts/compile-cpp.sh target/examples/digits-cpp examples/cpp/*.cpp
  target/examples/digits examples/models >"$build/digits-c"
  target/examples/digits-cpp examples/models >"$build/digits-cpp"
  diff <(sed '/^accuracy/q' "$build/digits-c") <(sed '/^accuracy/q' "$build/digits-cpp")
  diff <(sed 's/[0-9.]\+/N/g; s/  */ /g' "$build/digits-c") <(sed 's/[0-9.]\+/N/g; s/  */ /g' "$build/digits-cpp")
}

# The first program of the README prints the ten probabilities, which add up to 1.
readme_program() {
  awk '/^```/ { inside = $0 == "```cpp"; next } inside' README.md >"$build/first.cpp"
  scripts/compile-cpp.sh "$build/first" "$build/first.cpp"
  "$build/first" examples/models/digits.onnx | awk '{ sum += $1 } END { exit NR != 10 || sum < 0.999 || sum > 1.001 }'
  if "$build/first" no_such_model.onnx 2>"$build/first.log"; then
    return 1
  fi
  grep -q "^PREDICTOR_ERROR_NOT_FOUND: .*no_such_model.onnx" "$build/first.log"
}

for compiler in "${compilers[@]}"; do
  for standard in 17 20 2b; do
    check "C++ header, C++$standard, $compiler" compiles_alone predictor_pool.hpp "$compiler" "-std=c++$standard"
  done
  check "each part of the C++ header alone, $compiler" each_compiles_alone "$compiler" -std=c++17
done
check "C++ header leaks no macros" no_macros_leak
check "C++ header documents ownership, threads and errors" members_are_documented
check "C++ tests build" scripts/compile-cpp-tests.sh "$build/tests"
[[ ! -x $build/tests ]] || google_tests "C++ tests" "$build/tests.log" timeout 300 "$build/tests" tests/models
for compiler in "${compilers[@]}"; do
  check "C++ tests compile as C++20, $compiler" tests_compile "$compiler" -std=c++20
done
check "README's first program in C++" readme_program
check "C++ example agrees with the C one" examples_agree
finish
