#!/bin/sh
# The participants of `greffier bench room`, built into .tools/bin once for each state of their source.
set -eu
. "$(dirname "$0")/progress.sh"
. "$(dirname "$0")/go.sh"
cd "$SETUP_ROOT"

SOURCE=greffier/bench/room/clients
TOOLS=$SETUP_ROOT/.tools
BUILT=$TOOLS/bin/bench-participants
stamp=$BUILT-$(fingerprint $SOURCE/main.go $SOURCE/go.mod $SOURCE/go.sum)

if [ -x "$BUILT" ] && [ -e "$stamp" ]; then
    exit 0
fi
work=$TOOLS/participants.building
rm -rf "$work"
mkdir -p "$work/bin" "$TOOLS/bin"
go_for "$work"
step participants "Building the bench's participants once (about 2 minutes on 2 cores)…" \
    "$GO" -C $SOURCE build -trimpath -o "$work/bin/" .
mv -f "$work/bin/participants" "$BUILT"
rm -f "$BUILT"-*
: >"$stamp"
rm -rf "$work"
