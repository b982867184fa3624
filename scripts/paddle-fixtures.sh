#!/usr/bin/env bash
# paddle-fixtures.sh [FAMILY...]: makes tests/paddle/cases anew with both versions of Paddle; see tests/paddle/README.md.
set -euo pipefail
cd "$(dirname "$0")/.."

exported=target/paddle/exported
for version in 3 2; do
  python=$(scripts/paddle-venv.sh "$version")
  "$python" -B -W ignore tests/paddle/export.py families "$exported" "$@"
done
python=$(scripts/paddle-venv.sh 3)
"$python" -B -W ignore tests/paddle/pack.py families "$exported" tests/paddle/cases "$@"
