#!/bin/sh
# Chromium for the browser tests: on PATH, or Debian's package. Without it those tests are left
# out, and one line says so; with CI=true that is a failure.
set -eu
. "$(dirname "$0")/progress.sh"
. "$(dirname "$0")/debian.sh"

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done
debian chromium "Installing Debian's chromium for the browser tests (about 1 minute)…" chromium && exit 0
say "No Chromium: the browser tests are left out. To run them: $DEBIAN_MEND"
[ "${CI:-}" != true ] || fail "with CI=true the browser tests must run"
