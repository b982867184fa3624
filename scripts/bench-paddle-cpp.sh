#!/usr/bin/env bash
# bench-paddle-cpp.sh PYTHON MODELS [ROUNDS] [SECONDS]: Paddle's C++ API here beside Paddle's own, as pip installed it for
# PYTHON, in turns. MODELS has NETWORK/FORMAT/inference.{pdmodel,json} and their .pdiparams. After `make setup build`.
set -euo pipefail
cd "$(dirname "$0")/.."

python=$1
models=$2
rounds=${3:-3}
seconds=${4:-2}
paddle=$("$python" -c 'import importlib.util as u; print(u.find_spec("paddle").submodule_search_locations[0])')
programs=target/bench-paddle
export GLOG_minloglevel=3
export ORT_DYLIB_PATH=${ORT_DYLIB_PATH:-$PWD/target/onnxruntime/current/libonnxruntime.so.1}
mkdir -p "$programs"

compile=("${CXX:-c++}" -std=c++11 -O2 -pthread benches/paddle/bench.cpp)
"${compile[@]}" -Ibindings/paddle-cpp/include -o "$programs/ours" -Ltarget/release -lpaddle_inference \
  -Wl,-rpath,"$PWD/target/release"
"${compile[@]}" -Itests/cpp/paddle/real -o "$programs/paddle" -L"$paddle/base" -L"$paddle/libs" -l:libpaddle.so \
  -lpython3.11 -Wl,--allow-shlib-undefined -Wl,-rpath,"$paddle/base:$paddle/libs"

# compare THREADS MODEL DIM...
compare() {
  "$python" benches/paddle/alternate.py "$rounds" "$seconds" "$1" "$programs/ours" "$programs/paddle" \
    "$2" "${2%.*}.pdiparams" "${@:3}"
}

compare 1 tests/cpp/paddle/models/paddle3/add.json 1 4
BENCH_NO_ONEDNN=1 compare 1 tests/cpp/paddle/models/paddle3/add.json 1 4
for format in pdmodel json; do
  compare 2 "$models/mobilenet_v3_small/$format/inference.$format" 1 3 224 224
  compare 2 "$models/mobilenet_v1/$format/inference.$format" 1 3 224 224
  compare 2 "$models/resnet50/$format/inference.$format" 1 3 224 224
  compare 4 "$models/resnet50/$format/inference.$format" 1 3 224 224
done
