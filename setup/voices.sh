#!/bin/sh
# espeak-ng and flite, the voices that the demo model is trained on: there, or Debian's packages.
set -eu
. "$(dirname "$0")/progress.sh"
cd "$SETUP_ROOT"

spoken() {
    command -v flite >/dev/null 2>&1 &&
        .venv/bin/python -c 'import ctypes; ctypes.CDLL("libespeak-ng.so.1")' 2>/dev/null
}
spoken && exit 0

install="apt-get install --yes --no-install-recommends espeak-ng flite"
command -v apt-get >/dev/null 2>&1 || fail "install espeak-ng (with its library) and flite: the training speech is made by them"
sudo=
if [ "$(id -u)" -ne 0 ]; then
    sudo -n true 2>/dev/null || fail "the training speech is made by espeak-ng and flite: sudo $install"
    sudo="sudo -n"
fi
install_voices() {
    export DEBIAN_FRONTEND=noninteractive
    $sudo apt-get update && $sudo $install
}
step voices "Installing Debian's espeak-ng and flite (a few seconds)…" install_voices
spoken || fail "espeak-ng or flite is installed, but can't be used: see .tools/log/voices.log"
