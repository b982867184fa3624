#!/usr/bin/env bash
# Formatting and lints; whether the header is up to date is a test (cargo test).
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/check.sh
source scripts/check.sh

check "cargo fmt" cargo fmt --check --message-format short
check "cargo clippy" cargo clippy --all-targets --all-features -- -D warnings
check "cargo fmt, fuzz" cargo fmt --check --message-format short --manifest-path fuzz/Cargo.toml
check "cargo clippy, fuzz" cargo clippy --locked --all-targets --manifest-path fuzz/Cargo.toml -- -D warnings
if command -v shellcheck >/dev/null; then
  check "shellcheck" shellcheck -x scripts/*.sh .ci/run
else
  echo "skip  shellcheck is not installed"
fi
finish
