#!/usr/bin/env bash
# Installs, compiles the programs of tests/cpp/paddle as C++11 against the tree that Paddle's users point their builds at,
# and runs them without environment variables: demos must print what Paddle printed for the same models.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/check.sh
source scripts/check.sh
# shellcheck source=scripts/paddle-demos.sh
source scripts/paddle-demos.sh

temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
prefix=$temporary/prefix
tree=$prefix/lib/paddle_inference
root=$PWD
flags=(-std=c++11 -Wall -Wextra -Wpedantic -Werror -O2 -pthread)

# compile SOURCE PROGRAM: nothing of ours is named but Paddle's library.
compile() {
  "${CXX:-c++}" "${flags[@]}" -I"$tree/paddle/include" -I"$tree" "$1" -o "$2" -L"$tree/paddle/lib" -lpaddle_inference \
    -Wl,-rpath,"$tree/paddle/lib"
}

# Somewhere else, so that files a program writes do not stay.
run() { (cd "$temporary" && env -i "$@"); }

demo() {
  run "$temporary/$1" "$2" "$3" >"$temporary/output"
  same_numbers "tests/cpp/paddle/expected/$1.txt" "$temporary/output"
}

header_alone() {
  printf '#include "%s"\n#include "%s"\n' "$1" "$1" |
    "${CXX:-c++}" -std="$2" -Wall -Wextra -Wpedantic -Werror -I"$tree/paddle/include" -fsyntax-only -x c++ -
}

no_header_of_ours() {
  printf '#include "paddle_inference_api.h"\n' | "${CXX:-c++}" -std=c++11 -I"$tree/paddle/include" -M -x c++ - >"$temporary/used"
  if grep predictor_pool "$temporary/used"; then return 1; fi
}

with_cmake() {
  cmake -S tests/cpp/paddle/cmake -B "$temporary/cmake" -DPADDLE_LIB="$tree"
  cmake --build "$temporary/cmake"
  run "$temporary/cmake/resnet" "$root/tests/cpp/paddle/models/paddle3/resnet.json" \
    "$root/tests/cpp/paddle/models/paddle3/resnet.pdiparams" >"$temporary/output"
  same_numbers tests/cpp/paddle/expected/resnet.txt "$temporary/output"
}

moved() {
  mv "$prefix" "$temporary/elsewhere"
  run LD_LIBRARY_PATH="$temporary/elsewhere/lib/paddle_inference/paddle/lib" "$temporary/config" "$root/tests/models" \
    "$root/tests/cpp/paddle/models"
}

check "libpaddle_inference.so builds" scripts/build-paddle-cpp.sh
check "make install" env PREFIX="$prefix" scripts/install.sh
for header in "$tree"/paddle/include/*.h; do
  check "$(basename "$header") alone, C++11" header_alone "$(basename "$header")" c++11
done
check "paddle_inference_api.h alone, C++20" header_alone paddle_inference_api.h c++20
check "the headers include none of ours" no_header_of_ours

for source in tests/cpp/paddle/*.cpp; do
  name=$(basename "$source" .cpp)
  check "tests/cpp/paddle/$name compiles" compile "$source" "$temporary/$name"
  check "tests/cpp/paddle/$name" run "$temporary/$name" "$root/tests/models" "$root/tests/cpp/paddle/models"
done
for source in tests/cpp/paddle/demos/*.cpp; do
  name=$(basename "$source" .cpp)
  check "$name compiles" compile "$source" "$temporary/$name"
  for_each_model "$name" demo
done
check "a CMake build written for Paddle's package" with_cmake
check "the installed tree can be moved" moved
finish
