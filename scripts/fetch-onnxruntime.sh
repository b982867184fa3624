#!/usr/bin/env bash
# fetch-onnxruntime.sh [FLAVOUR]: puts a pinned ONNX Runtime into target/onnxruntime/FLAVOUR-VERSION/, once.
#   cpu       what we build for and install (the default); target/onnxruntime/current links to it
#   oldest    the oldest release that we promise to load; linked from target/onnxruntime/oldest
#   openvino  the build with the OpenVINO provider, x86-64 only; linked from target/onnxruntime/openvino
# Version and sha256 stand in onnxruntime-FLAVOUR.txt. The wheel serves as an archive, so the Python version asked
# for is the one the pinned file was made for and not the host's.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "fetch-onnxruntime: $*" >&2
  exit 1
}

flavour=${1:-cpu}
pin=scripts/onnxruntime-$flavour.txt
[[ -f $pin ]] || fail "unknown flavour \"$flavour\" (cpu, oldest, openvino)"
version=$(sed -n 's/^[a-z-]*==\([0-9.]*\).*/\1/p' "$pin")
root=target/onnxruntime
name=$flavour-$version

if [[ ! -d $root/$name ]]; then
  case $flavour-$(uname -sm) in
    *"-Linux x86_64" | cpu-"Linux aarch64" | oldest-"Linux aarch64") ;;
    *) fail "no $flavour build of ONNX Runtime is pinned for $(uname -sm)" ;;
  esac
  command -v python3 >/dev/null || fail "python3 is missing (Debian: apt install python3 python3-pip)"
  python3 -m pip --version >/dev/null 2>&1 || fail "python3 has no pip (Debian: apt install python3-pip)"

  mkdir -p "$root"
  temporary=$(mktemp -d "$root/.fetch.XXXXXX")
  trap 'rm -rf "$temporary"' EXIT
  echo "fetching ONNX Runtime $version ($flavour)"
  python3 -m pip --quiet download --no-deps --only-binary=:all: --require-hashes --requirement "$pin" \
    --python-version 3.12 --implementation cp --abi cp312 --platform "manylinux_2_28_$(uname -m)" \
    --dest "$temporary" || fail "could not download ONNX Runtime $version ($flavour)"
  python3 scripts/unpack-onnxruntime.py "$temporary"/*.whl "$temporary/$name"
  # Two fetches at once both succeed: the second rename finds a full directory.
  mv -T "$temporary/$name" "$root/$name" 2>/dev/null || [[ -d $root/$name ]] || fail "cannot write $root/$name"
fi

link=$root/$flavour
[[ $flavour != cpu ]] || link=$root/current
[[ $(readlink "$link") == "$name" ]] || ln -sfn "$name" "$link"
