#!/usr/bin/env bash
# Prints the version, which is written down in Cargo.toml only.
set -euo pipefail
sed -n '/^\[package\]/,/^\[/s/^version *= *"\(.*\)"/\1/p' "$(dirname "$0")/../Cargo.toml"
