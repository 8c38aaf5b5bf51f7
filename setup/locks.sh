#!/bin/sh
# Writes requirements/*.txt anew: every package with its version and the hashes of its files.
# app comes first, the others keep to its versions. UPGRADE=1 takes newer versions where allowed.
set -eu
. "$(dirname "$0")/progress.sh"
cd "$SETUP_ROOT"

for lock in app dev train go node; do
    step "lock-$lock" "Writing requirements/$lock.txt (a few seconds)…" \
        .venv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
        ${UPGRADE:+--upgrade} "requirements/$lock.in" -o "requirements/$lock.txt"
done
