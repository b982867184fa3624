#!/usr/bin/env bash
# test-sanitizers.sh [address|valgrind|thread|loom|miri|all]...: proof by tools, after `make setup build`.
#   address   C and C++ programs with address, undefined behaviour and leak checks; the Rust code with address checks
#   valgrind  C programs under memcheck
#   thread    the tests of the C++ header, and the Rust code (the standard library included) over the fake engine, with
#             data race checks
#   loom      every interleaving of small uses of the handles, the pool's queue and the predictor's lock
#   miri      the Rust code in an interpreter that knows its memory model, over the fake engine
# Each tool first has to find a planted defect. A tool that is not here is a line that starts with SKIP.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/check.sh
source scripts/check.sh

build=$PWD/target/sanitizers
settings=$PWD/tests/sanitizers
planted=$settings/planted
export ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$PWD/target/onnxruntime/current/libonnxruntime.so.1}
host=$(rustc -vV 2>/dev/null | sed -n 's/^host: //p') || true
skipped=0
mkdir -p "$build"

skip() {
  echo "SKIP  $*"
  skipped=$((skipped + 1))
}

# finds TEXT COMMAND...: the command fails, and says TEXT.
finds() {
  local text=$1 output
  shift
  if output=$("$@" 2>&1); then
    echo "$output"
    echo "a planted defect was not found"
    return 1
  fi
  echo "$output"
  grep -qE "$text" <<<"$output"
}

# cargo_tests TEXT COMMAND...: counts the tests that cargo ran.
cargo_tests() {
  local text=$1 log=$build/tests-$tool.log status=0 p f
  shift
  "$@" >"$log" 2>&1 || status=$?
  read -r p f < <(sed -nE 's/^test result: [a-zA-Z]+\. ([0-9]+) passed; ([0-9]+) failed.*/\1 \2/p' "$log" |
    awk '{ p += $1; f += $2 } END { print p + 0, f + 0 }')
  if [[ $f == 0 && ($status != 0 || $p == 0) ]]; then
    f=1 # a report of the tool ends the program without a count
  fi
  if [[ $f != 0 ]]; then
    echo "FAIL  $text (exit status $status)"
    cat "$log"
  else
    echo "ok    $text: $p tests"
  fi
  passed=$((passed + p))
  failed=$((failed + f))
}

# compile FOLDER SOURCE FLAG...: a test program; prints its path.
compile() {
  local program
  program=$build/$1/$(basename "$2" .c)
  scripts/compile-c.sh "$program" "$2" "${@:3}"
  echo "$program"
}

# c_programs TEXT RUN FOLDER FLAG...: each C test and the C example, compiled with the flags, as RUN's arguments.
# Two at a time: most of them wait more than they compute. The example starts itself once more to measure memory, which
# fails under valgrind: there it would be valgrind that starts.
c_programs() {
  local text=$1 run=$2 folder=$3 flags=("${@:4}") names=() source name
  local logs=$build/$folder/logs sources=(tests/c/*.c)
  rm -rf "$logs"
  mkdir -p "$logs"
  [[ $run == run_memcheck ]] || sources+=(examples/c)
  for source in "${sources[@]}"; do
    name=$(basename "$source" .c)
    [[ $source != examples/c ]] || name=example
    names+=("$name")
    while (($(jobs -rp | wc -l) >= 2)); do
      wait -n || true
    done
    (
      status=0
      c_program "$source" "$run" "$build/$folder/$name" "${flags[@]}" >"$logs/$name" 2>&1 || status=$?
      echo "$status" >"$logs/$name.status"
    ) &
  done
  wait
  for name in "${names[@]}"; do
    check "$name, $text" report "$logs/$name"
  done
}

report() {
  cat "$1"
  return "$(cat "$1.status")"
}

c_program() {
  local source=$1 run=$2 program=$3 sources=("$1") folder=tests/models
  if [[ $source == examples/c ]]; then
    sources=(examples/c/*.c)
    folder=examples/models
  fi
  scripts/compile-c.sh "$program" "${@:4}" "${sources[@]}" && "$run" "$program" "$folder"
}

# cpp_tests TEXT FOLDER FLAG...: the tests of the C++ header, compiled with the flags.
cpp_tests() {
  local text=$1 program=$build/$2/cpp-tests
  check "C++ tests build, $text" scripts/compile-cpp-tests.sh "$program" "${@:3}"
  [[ ! -x $program ]] || google_tests "C++ tests, $text" "$program.log" timeout 500 "$program"
}

### address

asan_flags=(-O1 -g -fno-omit-frame-pointer -fsanitize=address -fsanitize=undefined -fno-sanitize-recover=all)
# A test asks for more memory than there is.
export ASAN_OPTIONS=detect_leaks=1:detect_stack_use_after_return=1:strict_string_checks=1:allocator_may_return_null=1
export UBSAN_OPTIONS=print_stacktrace=1

run_plain() {
  timeout 300 "$@"
}

# planted_c FOLDER DEFECT TEXT COMMAND... -- FLAG...: the tool finds the planted defect.
planted_c() {
  local folder=$1 defect=$2 text=$3 command=()
  shift 3
  while [[ $1 != -- ]]; do
    command+=("$1")
    shift
  done
  shift
  finds "$text" "${command[@]}" "$(compile "planted-$folder" "$planted/$defect.c" "$@")"
}

test_address() {
  local flags=("${asan_flags[@]}")
  if ! scripts/compile-c.sh "$build/planted-asan/leak" "$planted/leak.c" "${flags[@]}" 2>/dev/null; then
    skip "address, C programs: ${CC:-cc} has no address sanitizer (Debian: apt install gcc)"
  else
    check "planted overflow is found by asan" planted_c asan overflow heap-buffer-overflow -- "${flags[@]}"
    check "planted overflow in the library is found by asan" \
      planted_c asan overflow_in_library heap-buffer-overflow -- "${flags[@]}"
    check "planted leak is found by lsan" planted_c asan leak "LeakSanitizer: detected" -- "${flags[@]}"
    check "planted undefined behaviour is found by ubsan" planted_c asan undefined "runtime error" -- "${flags[@]}"
    c_programs "asan, ubsan and lsan" run_plain asan "${flags[@]}"
    cpp_tests "asan, ubsan and lsan" asan "${flags[@]}"
  fi

  if [[ $host != x86_64-*-linux-gnu && $host != aarch64-*-linux-gnu ]]; then
    skip "address, Rust: rustc has no address sanitizer for ${host:-this machine}"
    return
  fi
  check "planted overflow is found by rustc's asan" planted_rust overflow heap-buffer-overflow address
  # The sanitizer keeps freed memory for a while, so that tests of how much is resident say nothing.
  cargo_tests "Rust code with asan" env RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=address" \
    CARGO_PROFILE_DEV_DEBUG=line-tables-only CARGO_TARGET_DIR="$build/address" \
    cargo test --no-fail-fast --target "$host" --features fake-engine \
    --lib --test fake_engine --test tensor --test predictor --test pool -- \
    --skip shrink_memory_gives_back_what_a_large_run_left --skip many_loads_and_runs_leak_nothing \
    --skip stateless_runs_keep_nothing_that_shrink_memory
}

# planted_rust DEFECT TEXT SANITIZER
planted_rust() {
  RUSTC_BOOTSTRAP=1 rustc --edition 2024 -g --target "$host" -Zsanitizer="$3" -Cunsafe-allow-abi-mismatch=sanitizer \
    -o "$build/planted-$1" "$planted/$1.rs"
  finds "$2" "$build/planted-$1"
}

### valgrind

# Memory errors count in every process; leaks only in the first, as a forked child that ends at once frees nothing of
# what its parent had.
run_memcheck() {
  local log=$1.memcheck status=0 first
  timeout 550 valgrind --leak-check=full --errors-for-leak-kinds=none --error-exitcode=99 --num-callers=25 \
    --suppressions="$settings/valgrind.supp" --log-file="$log" "$@" || status=$?
  first=$(sed -n '1s/^==\([0-9]*\)==.*/\1/p' "$log")
  if ! grep -q "^==$first== ERROR SUMMARY: 0 " "$log" || lost "$first" "$log"; then
    status=98
  fi
  [[ $status == 0 ]] || cat "$log"
  return "$status"
}

# lost PROCESS LOG: the process lost memory, or does not say that it did not.
lost() {
  local kind
  if grep -q "^==$1== All heap blocks were freed" "$2"; then
    return 1
  fi
  for kind in definitely indirectly possibly; do
    grep -qE "^==$1== +$kind lost: 0 bytes" "$2" || return 0
  done
  return 1
}

test_valgrind() {
  if ! command -v valgrind >/dev/null; then
    skip "valgrind: it is not installed (Debian: apt install valgrind)"
    return
  fi
  check "planted overflow is found by memcheck" planted_c memcheck overflow "Invalid write" run_memcheck -- -O1 -g
  check "planted overflow in the library is found by memcheck" \
    planted_c memcheck overflow_in_library "Invalid write" run_memcheck -- -O1 -g
  check "planted leak is found by memcheck" planted_c memcheck leak "definitely lost: [1-9]" run_memcheck -- -O1 -g
  c_programs "memcheck" run_memcheck memcheck -O1 -g
}

### thread

# component TOOLCHAIN NAME: it is there, or rustup can get it.
component() {
  command -v rustup >/dev/null || return 1
  rustup component list --toolchain "$1" --installed 2>/dev/null | grep -q "^$2" ||
    timeout 300 rustup component add --toolchain "$1" "$2" >/dev/null 2>&1
}

test_thread_cpp() {
  local flags=(-O1 -g -fsanitize=thread)
  local -x TSAN_OPTIONS=suppressions=$settings/tsan.supp
  if ! scripts/compile-cpp.sh "$build/planted-tsan" "$planted/race.cpp" "${flags[@]}" 2>/dev/null; then
    skip "thread, C++ tests: ${CXX:-c++} has no thread sanitizer (Debian: apt install g++)"
    return
  fi
  check "planted data race in C++ is found by tsan" \
    finds "SUMMARY: ThreadSanitizer: data race .*race.cpp" "$build/planted-tsan"
  cpp_tests "tsan" tsan "${flags[@]}"
}

# With a standard library that is not built with the sanitizer, every wait on a condition variable looks like a race.
test_thread_rust() {
  local toolchain
  if [[ $host != x86_64-*-linux-gnu && $host != aarch64-*-linux-gnu ]]; then
    skip "thread, Rust: rustc has no thread sanitizer for ${host:-this machine}"
    return
  fi
  toolchain=$(rustup show active-toolchain 2>/dev/null | cut -d' ' -f1) || true
  if ! component "$toolchain" rust-src; then
    skip "thread, Rust: the sources of the standard library are missing (rustup component add rust-src)"
    return
  fi
  check "planted data race is found by tsan" planted_rust race "data race" thread
  cargo_tests "Rust code with tsan" env RUSTC_BOOTSTRAP=1 RUSTFLAGS="-Zsanitizer=thread" \
    CARGO_PROFILE_DEV_DEBUG=line-tables-only CARGO_TARGET_DIR="$build/thread" \
    cargo test --no-fail-fast -Zbuild-std --target "$host" --features fake-engine --lib --test fake_engine
}

### loom

test_loom() {
  local program=$build/loom/debug/predictor_pool-loom model models
  check "loom builds" env CARGO_TARGET_DIR="$build/loom" \
    cargo build --quiet --locked --manifest-path tests/loom/Cargo.toml
  [[ -x $program ]] || return 0
  mapfile -t models < <("$program")
  for model in "${models[@]}"; do
    check "loom: $model" timeout 300 "$program" "$model"
    check "loom: sabotage is found by \"$model\"" \
      finds "Causality violation|deadlock|panicked" timeout 300 "$program" "$model" sabotaged
  done
}

### miri

test_miri() {
  local sysroot
  # The tests look at the clock and at files; handles are made from numbers; the thread that keeps time limits, and
  # what it uses, are there until the process ends.
  export MIRIFLAGS="-Zmiri-disable-isolation -Zmiri-permissive-provenance -Zmiri-ignore-leaks"
  if ! component nightly miri || ! component nightly rust-src; then
    skip "miri: there is no nightly toolchain with it (rustup toolchain install nightly --component miri,rust-src)"
    return
  fi
  if ! sysroot=$(CARGO_TARGET_DIR=$build/miri cargo +nightly miri setup --print-sysroot 2>/dev/null); then
    skip "miri: cargo miri setup fails on this machine"
    return
  fi
  check "planted overflow is found by miri" finds "Undefined Behavior" \
    rustup run nightly miri --sysroot "$sysroot" --edition 2024 "$planted/overflow.rs"
  check "planted data race is found by miri" finds "Undefined Behavior: Data race" \
    rustup run nightly miri --sysroot "$sysroot" --edition 2024 "$planted/race.rs"
  cargo_tests "Rust code in miri" env CARGO_TARGET_DIR="$build/miri" \
    cargo +nightly miri test --no-fail-fast --features fake-engine --lib --test fake_engine -- \
    --skip a_pipe_is_refused_and_not_waited_for # it starts a process, which Miri cannot
}

[[ $# -gt 0 ]] || set -- all
[[ $* != all ]] || set -- address valgrind thread loom miri
for tool in "$@"; do
  case $tool in
    address | valgrind)
      check "release library" scripts/build.sh
      "test_$tool"
      ;;
    thread)
      check "release library" scripts/build.sh
      test_thread_cpp
      test_thread_rust
      ;;
    loom | miri) "test_$tool" ;;
    *)
      echo "test-sanitizers: unknown tool \"$tool\" (address, valgrind, thread, loom, miri, all)" >&2
      exit 2
      ;;
  esac
done

# A skip is not a failure; nothing at all is.
[[ $skipped == 0 ]] || echo "$skipped skipped"
echo "$passed passed, $failed failed"
((failed == 0 && passed + skipped > 0))
