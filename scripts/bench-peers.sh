#!/usr/bin/env bash
# bench-peers.sh [KEY=VALUE]...: the same load through this library and through what people would use instead; writes
# benches/PEERS.md. Needs the release library, a C++20 compiler, Go (for ONNX Runtime's header) and a Python that is a
# shared library. The keys, with what they are by default:
#   MODELS   "mobilenet_v1 mobilenet_v3_small resnet50 encoder"
#   THREADS  "1 2 4"
#   SECONDS  2, of each run
#   ROUNDS   5 runs of each contender, in turn
#   REPORT   benches/PEERS.md
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "bench-peers: $*" >&2
  exit 1
}

models=(mobilenet_v1 mobilenet_v3_small resnet50 encoder)
for setting in "$@"; do
  [[ $setting != MODELS=* ]] || read -ra models <<<"${setting#MODELS=}"
done
sources=benches/peers
root=$PWD/target/peers
programs=$root/programs
[[ $(uname -sm) == "Linux x86_64" ]] || fail "the peers are pinned for Linux on x86-64, this is $(uname -sm)"
[[ -f target/release/libpredictor_pool.so ]] || fail "target/release/libpredictor_pool.so is missing (make build)"
command -v go >/dev/null || fail "go is missing; its module proxy has ONNX Runtime's header"
python=$(python3 -c 'import sys; print(f"python{sys.version_info[0]}.{sys.version_info[1]}")')
python_lib=$(python3 -c 'import sysconfig; print(sysconfig.get_config_var("LIBDIR"))')
[[ -e $python_lib/lib$python.so ]] || fail "$python_lib/lib$python.so is missing; Paddle needs Python as a shared library"
scripts/fetch-onnxruntime.sh
scripts/fetch-onnxruntime.sh openvino

# venv DIRECTORY PINS: made anew if it was cut short or is of other pins, which are copied last.
venv() {
  if ! cmp -s "$2" "$1/pins.txt"; then
    rm -rf "$1"
    python3 -m venv "$1"
    "$1/bin/python" -m pip --quiet --disable-pip-version-check install --only-binary=:all: --requirement "$2"
    cp "$2" "$1/pins.txt"
  fi
}
venv "$root/venv" "$sources/requirements.txt"
venv "$root/venv-paddle2" "$sources/requirements-paddle2.txt"

for model in "${models[@]}"; do
  [[ -f $root/models/$model/inputs.bin ]] && continue
  echo "making $model"
  for step in json pdmodel onnx inputs; do
    interpreter=$root/venv/bin/python
    [[ $step != pdmodel ]] || interpreter=$root/venv-paddle2/bin/python
    "$interpreter" "$sources/make_models.py" "$step" "$model" "$root/models" >"$root/make_models.log" 2>&1 ||
      fail "making $model failed at $step: $(tail -1 "$root/make_models.log"), see $root/make_models.log"
  done
done

# Microsoft's packages for C are not on a registry that this uses; this Go module carries the header.
module=github.com/yalue/onnxruntime_go@v1.27.0
checksum=h1:c1YSgDNtpf0WGtxj3YeRIb8VC5LmM1J+Ve3uHdteC1U=
header=$(cd / && GOFLAGS=-mod=mod go mod download -json "$module")
[[ $header == *"\"$checksum\""* ]] || fail "$module is not the one that was pinned"
header=$(sed -n 's/.*"Dir": "\(.*\)".*/\1/p' <<<"$header")

# compile PROGRAM OPTION...: OPTION... come after the source.
compile() {
  "${CXX:-c++}" -std=c++20 -Wall -Wextra -Werror -O2 -pthread "$sources/$1.cpp" -o "$programs/$1" "${@:2}"
}
packages=$root/venv/lib/$python/site-packages
openvino=$packages/openvino
paddle=$packages/paddle
onnxruntime=$PWD/target/onnxruntime/current
mkdir -p "$programs"
compile ours -Iinclude -Ltarget/release -lpredictor_pool -Wl,-rpath,"$PWD/target/release"
compile onnxruntime "-I$header" "$onnxruntime/libonnxruntime.so.1" -Wl,-rpath,"$onnxruntime"
openvino_library=$(echo "$openvino"/libs/libopenvino.so.*)
compile openvino -isystem "$openvino/include" "$openvino_library" -Wl,-rpath,"$openvino/libs"
compile paddle "$paddle/base/libpaddle.so" "$python_lib/lib$python.so" -Wl,--allow-shlib-undefined \
  -Wl,-rpath,"$paddle/base:$paddle/libs:$python_lib"

exec "$root/venv/bin/python" -B "$sources/compare.py" "$root" "$@"
