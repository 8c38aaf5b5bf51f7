#!/bin/sh
# Chromium for the browser tests: on PATH, or Debian's package. Without it those tests are left
# out, and one line says so; with CI=true that is a failure.
set -eu
. "$(dirname "$0")/progress.sh"

for name in chromium chromium-browser google-chrome; do
    if command -v "$name" >/dev/null 2>&1; then
        exit 0
    fi
done

missing() {
    say "No Chromium: the browser tests are left out. To run them: $1"
    [ "${CI:-}" != true ] || fail "with CI=true the browser tests must run"
    exit 0
}

command -v apt-get >/dev/null 2>&1 || missing "install Chromium, so that \`chromium\` is on PATH"
sudo=
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || missing "sudo apt-get install chromium"
    sudo="sudo -n"
fi
install_chromium() {
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update && $sudo apt-get install --yes --no-install-recommends chromium
}
step chromium "Installing Debian's chromium for the browser tests (about 1 minute)…" install_chromium
