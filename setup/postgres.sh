#!/bin/sh
# PostgreSQL's server programs for the storage tests: there, or Debian's package. Without them those
# tests are left out, and one line says so; with CI=true that is a failure.
set -eu
. "$(dirname "$0")/progress.sh"
. "$(dirname "$0")/debian.sh"

if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi
debian postgres "Installing Debian's PostgreSQL for the storage tests (about 20 seconds)…" postgresql && exit 0
say "No PostgreSQL: its tests are left out. To run them: $DEBIAN_MEND"
[ "${CI:-}" != true ] || fail "with CI=true the tests on PostgreSQL must run"
