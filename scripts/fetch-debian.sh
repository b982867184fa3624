#!/usr/bin/env bash
# fetch-debian.sh NAME: unpacks the packages of debian-NAME.txt (name, version and sha256 in each line) into
# target/debian/NAME, once. Nothing is installed in the system.
#   googletest  the sources of GoogleTest
#   clang       a second compiler for the C++ header, x86-64 only
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "fetch-debian: $*" >&2
  exit 1
}

list=scripts/debian-$1.txt
[[ -f $list ]] || fail "unknown packages \"$1\" (googletest, clang)"
folder=target/debian/$1
[[ ! -d $folder ]] || exit 0
for tool in apt-get dpkg-deb; do
  command -v "$tool" >/dev/null || fail "$tool is missing here"
done

mkdir -p target/debian
temporary=$(mktemp -d "$PWD/target/debian/.fetch.XXXXXX")
trap 'rm -rf "$temporary"' EXIT
mkdir -p "$temporary"/{lists/partial,cache/archives/partial,deb,unpacked}
own_lists=(-o "Dir::State::Lists=$temporary/lists" -o "Dir::Cache=$temporary/cache" -o APT::Sandbox::User=root)
options=()

# download PACKAGE=VERSION: with the package lists that the system has, else with fresh ones of our own.
download() {
  (cd "$temporary/deb" && apt-get "${options[@]}" --quiet=2 download "$1" 2>/dev/null)
}

echo "fetching $1 from Debian"
while read -r package version sha256; do
  if ! download "$package=$version" && [[ ${#options[@]} == 0 ]]; then
    options=("${own_lists[@]}")
    apt-get "${options[@]}" --quiet=2 update >/dev/null 2>&1 || fail "could not get Debian's package lists"
    download "$package=$version" || true
  fi
  files=("$temporary"/deb/*.deb)
  [[ -f ${files[0]} ]] || fail "could not download $package $version"
  echo "$sha256  ${files[0]}" | sha256sum --quiet --check - || fail "$package $version has another sha256 than in $list"
  dpkg-deb --extract "${files[0]}" "$temporary/unpacked"
  rm "${files[0]}"
done <"$list"
# Two fetches at once both succeed: the second rename finds a full directory.
mv -T "$temporary/unpacked" "$folder" 2>/dev/null || [[ -d $folder ]] || fail "cannot write $folder"
