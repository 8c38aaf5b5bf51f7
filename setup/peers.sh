#!/bin/sh
# The systems that `greffier bench asr` measures besides Greffier, each in an environment of its
# own under .cache/peers: their requirements contradict ours, and each other's.
set -eu
. "$(dirname "$0")/progress.sh"
cd "$SETUP_ROOT"

python=$(sh setup/interpreter.sh)
for peer in whisper-live whisperlivekit; do
    home=.cache/peers/$peer
    stamp=$home/.stamp-$(fingerprint "requirements/peer-$peer.txt")
    [ ! -e "$stamp" ] || continue
    rm -rf "$home"
    step "venv-$peer" "Making the environment of $peer (a few seconds)…" \
        "$python" -m venv "$home"
    # --no-deps: the lists are complete, but for pyaudio, which only whisper-live's client with a
    # microphone needs, and which has to be compiled.
    step "pip-$peer" "Installing $peer, with torch 4 GB (about 5 minutes)…" \
        "$home/bin/python" -m pip install --no-input --disable-pip-version-check --no-deps \
        --require-hashes -r "requirements/peer-$peer.txt"
    : >"$stamp"
done
