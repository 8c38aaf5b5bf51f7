#!/bin/sh
# setup.sh PART…: app, dev, train (Python), livekit, participants, node, browser, postgres, voices. Each does its work once.
set -eu
. "$(dirname "$0")/progress.sh"
cd "$SETUP_ROOT"

if [ -z "${SETUP_LOCKED:-}" ]; then
    python=$(sh setup/interpreter.sh)
    SETUP_LOCKED=yes
    export SETUP_LOCKED
    exec "$python" setup/lock.py .tools/lock sh setup/setup.sh "$@"
fi

SETUP_DID=$SETUP_ROOT/.tools/did
export SETUP_DID
rm -f "$SETUP_DID"
for part in "$@"; do
    case $part in
    app | dev | train) sh setup/python.sh "$part" ;;
    livekit | node | browser | network | participants | postgres | voices) sh "setup/$part.sh" ;;
    *) fail "unknown part $part" ;;
    esac
done
[ -e "$SETUP_DID" ] || say "set-up is up to date"
