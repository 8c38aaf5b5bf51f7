#!/bin/sh
# espeak-ng and flite, the voices that the demo model is trained on: there, or Debian's packages.
set -eu
. "$(dirname "$0")/progress.sh"
. "$(dirname "$0")/debian.sh"
cd "$SETUP_ROOT"

spoken() {
    command -v flite >/dev/null 2>&1 &&
        .venv/bin/python -c 'import ctypes; ctypes.CDLL("libespeak-ng.so.1")' 2>/dev/null
}
spoken && exit 0
debian voices "Installing Debian's espeak-ng and flite (a few seconds)…" espeak-ng flite ||
    fail "the training speech is made by espeak-ng and flite: $DEBIAN_MEND"
spoken || fail "espeak-ng or flite is installed, but can't be used: see .tools/log/voices.log"
