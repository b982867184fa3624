#!/usr/bin/env bash
# Installs into temporary places and uses the result as a stranger would: with pkg-config, CMake and plain flags, from
# another directory and without environment variables.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/check.sh
source scripts/check.sh
unset MAKEFLAGS MAKELEVEL PREFIX LIBDIR DESTDIR PKG_CONFIG_PATH

for tool in pkg-config cmake readelf nm; do
  command -v "$tool" >/dev/null || check "$tool is needed here and missing (Debian: apt install pkg-config cmake binutils)" false
done

root=$PWD
version=$(scripts/version.sh)
temporary=$(mktemp -d)
trap 'rm -rf "$temporary"' EXIT
prefix=$temporary/prefix
compile=("${CC:-cc}" -std=c99 -Wall -Wextra -Wpedantic -Werror tests/packaging/consumer.c)
compile_cpp=("${CXX:-c++}" -std=c++17 -Wall -Wextra -Wpedantic -Wconversion -Werror tests/packaging/consumer.cpp)

# "! command" would not stop a function that goes on after it.
fails() {
  if "$@"; then return 1; fi
}

# runs PROGRAM LIBDIR [VARIABLE=VALUE]: right numbers, and the ONNX Runtime that lies beside the library.
runs() {
  local printed
  printed=$(cd / && env -i "${@:3}" "$1" "$root/tests/models/add.onnx")
  echo "$printed"
  [[ $printed == "predictor_pool $version, "* && ${printed##* at } -ef $2/libonnxruntime.so.1 ]]
}

links_and_soname() {
  [[ $(readlink "$1/libpredictor_pool.so") == "libpredictor_pool.so.${version%%.*}" ]]
  [[ $(readlink "$1/libpredictor_pool.so.${version%%.*}") == "libpredictor_pool.so.$version" ]]
  readelf -d "$1/libpredictor_pool.so.$version" | grep -F "SONAME" | grep -F "[libpredictor_pool.so.${version%%.*}]"
}

only_our_symbols() {
  local symbols
  symbols=$(nm -D --defined-only "$1/libpredictor_pool.so" | awk '{ print $3 }')
  [[ $symbols == *predictor_run* ]]
  fails grep -v predictor <<<"$symbols"
}

with_plain_flags() {
  "${compile[@]}" -I"$1/include" -o "$temporary/plain" -L"$1/lib" -lpredictor_pool
  runs "$temporary/plain" "$1/lib" LD_LIBRARY_PATH="$1/lib"
  "${compile[@]}" -I"$1/include" -o "$temporary/plain" -L"$1/lib" -lpredictor_pool -Wl,-rpath,"$1/lib"
  runs "$temporary/plain" "$1/lib"
  "${compile_cpp[@]}" -I"$1/include" -o "$temporary/plain-cpp" -L"$1/lib" -lpredictor_pool -Wl,-rpath,"$1/lib"
  runs "$temporary/plain-cpp" "$1/lib"
}

# with_pkg_config LIBDIR
with_pkg_config() {
  local flags
  export PKG_CONFIG_PATH=$1/pkgconfig
  [[ $(pkg-config --modversion predictor_pool) == "$version" ]]
  read -ra flags < <(pkg-config --cflags --libs predictor_pool)
  flags+=("-Wl,-rpath,$(pkg-config --variable=libdir predictor_pool)")
  "${compile[@]}" -o "$temporary/pkg-config" "${flags[@]}"
  runs "$temporary/pkg-config" "$1"
  "${compile_cpp[@]}" -o "$temporary/pkg-config-cpp" "${flags[@]}"
  runs "$temporary/pkg-config-cpp" "$1"
}

# with_cmake PREFIX LIBDIR
with_cmake() {
  rm -rf "$temporary/cmake"
  cmake -S tests/packaging -B "$temporary/cmake" -DCMAKE_PREFIX_PATH="$1"
  cmake --build "$temporary/cmake"
  runs "$temporary/cmake/consumer" "$2"
  runs "$temporary/cmake/consumer-cpp" "$2"
}

cmake_refuses() {
  fails cmake -S tests/packaging -B "$temporary/cmake-$2" -DCMAKE_PREFIX_PATH="$1" -DWANTED="$2" \
    >"$temporary/refused" 2>&1
  grep -F "version: $version" "$temporary/refused"
}

# named_after_crates FILE: symbols of the crates that only the program has.
named_after_crates() {
  nm --demangle "$1" | grep -E '(^|[ <&])(clap|indicatif|hdrhistogram|tiny_skia|ttf_parser)[a-z_]*::'
}

# The program shows that the names would be found.
programs_crates_stay_out() {
  named_after_crates "$1/bin/predictor-bench" >/dev/null
  fails named_after_crates "$1/lib/libpredictor_pool.so"
}

# From another directory and without environment variables, it finds the ONNX Runtime in ../lib.
bench_runs() {
  local printed
  printed=$(cd / && env -i "$1/bin/predictor-bench" info "$root/tests/models/add.onnx")
  grep -F "$(realpath "$1")/lib/libonnxruntime.so.1" <<<"$printed"
  (cd / && env -i "$1/bin/predictor-bench" run "$root/tests/models/add.onnx" -t 2 -c 100 --check)
}

moved() {
  mv "$1" "$2"
  with_plain_flags "$2"
  with_pkg_config "$2/lib"
  with_cmake "$2" "$2/lib"
  bench_runs "$2"
}

# Another LIBDIR as well: the files find each other by relative paths.
staged() {
  local stage=$temporary/stage
  make -s install DESTDIR="$stage" PREFIX=/opt/pool LIBDIR=/opt/pool/lib64/deep
  [[ $(find "$stage" -type f -not -path "$stage/opt/pool/*") == "" ]]
  fails grep -rF "$stage" "$stage" # the staging directory is not part of what is shipped
  with_pkg_config "$stage/opt/pool/lib64/deep"
  cmake -S tests/packaging -B "$temporary/cmake-staged" \
    -Dpredictor_pool_DIR="$stage/opt/pool/lib64/deep/cmake/predictor_pool"
  cmake --build "$temporary/cmake-staged"
  runs "$temporary/cmake-staged/consumer" "$stage/opt/pool/lib64/deep"
  make -s uninstall DESTDIR="$stage" PREFIX=/opt/pool LIBDIR=/opt/pool/lib64/deep
  [[ $(find "$stage" -not -type d) == "" ]]
}

# An older version's file goes away, and so does everything at the end; a stranger's files stay as they are.
uninstalled() {
  touch "$1/lib/libpredictor_pool.so.0.9.0"
  echo lib/libpredictor_pool.so.0.9.0 >>"$1/share/doc/predictor_pool/installed-files"
  make -s install PREFIX="$1"
  [[ ! -e $1/lib/libpredictor_pool.so.0.9.0 ]]
  touch "$1/lib/libother.so"
  make -s uninstall PREFIX="$1"
  [[ $(find "$1" -not -type d) == "$1/lib/libother.so" ]]
  [[ $(find "$1" -name '*predictor_pool*') == "" ]]

  echo theirs >"$1/lib/libonnxruntime.so.1"
  make -s install PREFIX="$1"
  make -s uninstall PREFIX="$1"
  [[ $(cat "$1/lib/libonnxruntime.so.1") == theirs ]]
}

check "make install" make -s install PREFIX="$prefix"
check "library links and SONAME" links_and_soname "$prefix/lib"
check "exported symbols all contain \"predictor\"" only_our_symbols "$prefix/lib"
check "C and C++ consumers with plain -I and -L" with_plain_flags "$prefix"
check "C and C++ consumers with pkg-config" with_pkg_config "$prefix/lib"
check "C and C++ consumers with CMake" with_cmake "$prefix" "$prefix/lib"
check "CMake refuses a newer minor version" cmake_refuses "$prefix" "${version%%.*}.99"
check "CMake refuses another major version" cmake_refuses "$prefix" 99.0
check "the crates of predictor-bench are not in the library" programs_crates_stay_out "$prefix"
check "predictor-bench finds ONNX Runtime" bench_runs "$prefix"
check "the installed tree can be moved" moved "$prefix" "$temporary/moved"
check "DESTDIR and another LIBDIR" staged
check "reinstall and uninstall remove just our files" uninstalled "$temporary/moved"
finish
