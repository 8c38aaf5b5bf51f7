#!/bin/sh
# PostgreSQL's server programs for the storage tests: there, or Debian's package. Without them those
# tests are left out, and one line says so; with CI=true that is a failure.
set -eu
. "$(dirname "$0")/progress.sh"

if command -v initdb >/dev/null 2>&1 || ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1; then
    exit 0
fi

missing() {
    say "No PostgreSQL: its tests are left out. To run them: $1"
    [ "${CI:-}" != true ] || fail "with CI=true the tests on PostgreSQL must run"
    exit 0
}

command -v apt-get >/dev/null 2>&1 || missing "install PostgreSQL's server programs"
sudo=
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || missing "sudo apt-get install postgresql"
    sudo="sudo -n"
fi
install_postgres() {
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update && $sudo apt-get install --yes --no-install-recommends postgresql
}
step postgres "Installing Debian's PostgreSQL for the storage tests (about 20 seconds)…" install_postgres
