#!/usr/bin/env bash
# compare-with-paddle.sh PYTHON: links the programs of tests/cpp/paddle/demos with Paddle itself, as pip installed it for
# PYTHON (paddlepaddle 3.3.1, Python 3.11), runs them, and compares with tests/cpp/paddle/expected. BLESS=1 rewrites that.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/check.sh
source scripts/check.sh
# shellcheck source=scripts/paddle-demos.sh
source scripts/paddle-demos.sh

paddle=$("$1" -c 'import importlib.util as u; print(u.find_spec("paddle").submodule_search_locations[0])')
programs=target/paddle-demos-real
export GLOG_minloglevel=3
mkdir -p "$programs"

link() {
  "${CXX:-c++}" -std=c++11 -O2 -pthread -Itests/cpp/paddle/real "$1" -o "$2" -L"$paddle/base" -L"$paddle/libs" \
    -l:libpaddle.so -lpython3.11 -Wl,--allow-shlib-undefined -Wl,-rpath,"$paddle/base:$paddle/libs"
}

run() {
  local output
  output=$("$programs/$1" "$2" "$3")
  if [[ ${BLESS:-} == 1 ]]; then
    printf '%s\n' "$output" >"tests/cpp/paddle/expected/$1.txt"
  fi
  same_numbers "tests/cpp/paddle/expected/$1.txt" <(printf '%s\n' "$output")
}

mkdir -p tests/cpp/paddle/expected
for source in tests/cpp/paddle/demos/*.cpp; do
  name=$(basename "$source" .cpp)
  check "$name links with Paddle" link "$source" "$programs/$name"
  for_each_model "$name" run
done
finish
