#!/usr/bin/env bash
# install.sh [uninstall]: lays out what was built under $DESTDIR$PREFIX, or removes it.
# What was installed is listed in share/doc/predictor_pool/installed-files, relative to PREFIX: uninstalling, and
# installing another version over this one, removes just that.
set -euo pipefail
cd "$(dirname "$0")/.."

prefix=${PREFIX:-/usr/local}
libdir=${LIBDIR:-$prefix/lib}
root=${DESTDIR:-}
cmakedir=$libdir/cmake/predictor_pool
docdir=$prefix/share/doc/predictor_pool
list=$root$docdir/installed-files

from() { realpath -ms --relative-to="$1" "$2"; }

# put MODE SOURCE PATH
put() {
  install -D -m "$1" "$2" "$root$3"
  from "$prefix" "$3" >>"$list"
}

# link TARGET PATH
link() {
  ln -sfn "$1" "$root$2"
  from "$prefix" "$2" >>"$list"
}

# fill TEMPLATE PATH
fill() {
  sed -e "s|@VERSION@|$version|" -e "s|@MAJOR@|${version%%.*}|" \
    -e "s|@PREFIX_FROM_PKGCONFIG@|$(from "$libdir/pkgconfig" "$prefix")|" \
    -e "s|@PREFIX_FROM_CMAKE@|$(from "$cmakedir" "$prefix")|" "$1" | put 644 /dev/stdin "$2"
}

remove() {
  local path
  while read -r path; do
    rm -f "$root$prefix/$path"
  done <"$list"
  rm "$list"
  # Folders that were ours go too, unless somebody else put something there.
  rmdir "$root$cmakedir" "$root$docdir" "$root$prefix/include/predictor_pool" 2>/dev/null || true
  for folder in "$root$libdir/paddle_inference" "$root$prefix/include/paddle"; do
    if [[ -d $folder ]]; then
      find "$folder" -type d -empty -delete
    fi
  done
}

if [[ -f $list ]]; then
  remove
elif [[ ${1:-} == uninstall ]]; then
  echo "nothing is installed in $root$prefix"
fi
if [[ ${1:-} == uninstall ]]; then
  exit
fi

version=$(scripts/version.sh)
install -d "$root$libdir" "$root$docdir"

put 755 target/release/libpredictor_pool.so "$libdir/libpredictor_pool.so.$version"
link "libpredictor_pool.so.$version" "$libdir/libpredictor_pool.so.${version%%.*}"
link "libpredictor_pool.so.${version%%.*}" "$libdir/libpredictor_pool.so"
put 644 include/predictor_pool.h "$prefix/include/predictor_pool.h"
for header in bindings/cpp/include/{,predictor_pool/}*.hpp; do
  put 644 "$header" "$prefix/${header#bindings/cpp/}"
done
fill scripts/predictor_pool.pc.in "$libdir/pkgconfig/predictor_pool.pc"
fill scripts/predictor_pool-config.cmake.in "$cmakedir/predictor_pool-config.cmake"
fill scripts/predictor_pool-config-version.cmake.in "$cmakedir/predictor_pool-config-version.cmake"
put 644 LICENSE "$docdir/LICENSE"

# Not ours to replace: another program in this prefix may need the one it has.
if [[ -e $root$libdir/libonnxruntime.so.1 ]]; then
  echo "keeping the libonnxruntime.so.1 that is already in $root$libdir"
else
  onnxruntime=target/onnxruntime/current
  for library in "$onnxruntime"/*.so*; do
    if [[ -L $library ]]; then
      link "$(readlink "$library")" "$libdir/$(basename "$library")"
    else
      put 755 "$library" "$libdir/$(basename "$library")"
    fi
  done
  put 644 "$onnxruntime/LICENSE" "$docdir/onnxruntime-LICENSE"
  put 644 "$onnxruntime/ThirdPartyNotices.txt" "$docdir/onnxruntime-ThirdPartyNotices.txt"
fi

# Parts that not every build has.
if [[ -f target/release/libpaddle_inference.so ]]; then
  put 755 target/release/libpaddle_inference.so "$libdir/libpaddle_inference.so"
  while read -r header; do
    put 644 "bindings/paddle-cpp/include/$header" "$prefix/include/paddle/$header"
  done < <(cd bindings/paddle-cpp/include && find . -type f -printf '%P\n')

  # The tree that builds for Paddle's own package are pointed at.
  tree=$libdir/paddle_inference
  install -d "$root$tree/paddle/lib"
  link "$(from "$tree/paddle" "$prefix/include/paddle")" "$tree/paddle/include"
  for library in libpaddle_inference.so "libpredictor_pool.so.${version%%.*}" libonnxruntime.so.1; do
    link "$(from "$tree/paddle/lib" "$libdir/$library")" "$tree/paddle/lib/$library"
  done
  for stub in target/release/paddle_stubs/*; do
    name=$(basename "$stub")
    case $name in
      libphi.so | libphi_core.so | libcommon.so) folder=paddle/lib ;;
      libmklml_intel.so | libiomp5.so) folder=third_party/install/mklml/lib ;;
      libdnnl.so.3) folder=third_party/install/onednn/lib ;;
      *) folder=third_party/install/$(sed 's/^lib//; s/\.a$//' <<<"$name")/lib ;;
    esac
    put 644 "$stub" "$tree/$folder/$name"
  done
fi
if [[ -x target/release/predictor-bench ]]; then
  put 755 target/release/predictor-bench "$prefix/bin/predictor-bench"
fi

echo "installed predictor_pool $version in $root$prefix"
if [[ -z $root ]]; then
  echo "link with -Wl,-rpath,$libdir, or run ldconfig if the loader knows $libdir"
fi
