#!/bin/sh
# `ip`, for the tests on weak networks: on PATH, or Debian's package. They need root, so that
# without it they are left out whatever is here, and nothing is installed.
set -eu
. "$(dirname "$0")/progress.sh"
. "$(dirname "$0")/debian.sh"

if command -v ip >/dev/null 2>&1 || [ "$(id -u)" -ne 0 ]; then
    exit 0
fi
debian iproute2 "Installing Debian's iproute2 for the tests on weak networks…" iproute2 && exit 0
say "No ip: the tests on weak networks are left out. To run them: $DEBIAN_MEND"
[ "${CI:-}" != true ] || fail "with CI=true the tests on weak networks must run as root"
