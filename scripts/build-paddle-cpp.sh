#!/usr/bin/env bash
# Builds Paddle's C++ API over the release library: target/release/libpaddle_inference.so, and in
# target/release/paddle_stubs empty libraries with the names that users' builds link beside it.
set -euo pipefail
cd "$(dirname "$0")/.."

library=target/release/libpaddle_inference.so
objects=target/paddle-cpp
flags=(-std=c++17 -Wall -Wextra -Wpedantic -Werror -O2 -fPIC -fvisibility=hidden -fvisibility-inlines-hidden -Iinclude)

mkdir -p "$objects"
newer() { [[ ! -e $1 || -n $(find "${@:2}" -newer "$1" -print -quit) ]]; }

compiled=()
for source in bindings/paddle-cpp/src/*.cpp; do
  object=$objects/$(basename "$source" .cpp).o
  compiled+=("$object")
  if newer "$object" "$source" bindings/paddle-cpp/src/*.h bindings/paddle-cpp/include include "$0"; then
    "${CXX:-c++}" "${flags[@]}" -c "$source" -o "$object"
  fi
done

# Its neighbours are found beside it, wherever that is. A process that has loaded Paddle itself keeps the two apart.
"${CXX:-c++}" -shared -o "$library" "${compiled[@]}" -Wl,-soname,libpaddle_inference.so -Wl,-Bsymbolic-functions \
  -Wl,--no-undefined -Wl,--enable-new-dtags "-Wl,-rpath,\$ORIGIN" -Ltarget/release -lpredictor_pool

# What Paddle's own library needs, this one does not; the Makefiles that name them still have to link.
stubs=target/release/paddle_stubs
mkdir -p "$stubs"
for name in libphi.so libphi_core.so libcommon.so libmklml_intel.so libiomp5.so libdnnl.so.3; do
  "${CXX:-c++}" -shared -nostdlib -Wl,-soname,"$name" -x c /dev/null -o "$stubs/$name"
done
for name in libprotobuf.a libxxhash.a libcryptopp.a; do
  rm -f "$stubs/$name"
  ar rc "$stubs/$name"
done
