#!/bin/sh
# The LiveKit server: $LIVEKIT_SERVER, or livekit-server on PATH, or built once into .tools/bin.
set -eu
. "$(dirname "$0")/progress.sh"
. "$(dirname "$0")/go.sh"
cd "$SETUP_ROOT"

VERSION=v1.13.5
TOOLS=$SETUP_ROOT/.tools
BUILT=$TOOLS/bin/livekit-server

if [ -n "${LIVEKIT_SERVER:-}" ]; then
    "$LIVEKIT_SERVER" --version >/dev/null 2>&1 ||
        fail "LIVEKIT_SERVER is $LIVEKIT_SERVER, which does not run: set it to the program's path, or unset it"
    exit 0
fi
if livekit-server --version >/dev/null 2>&1; then
    exit 0
fi
case $("$BUILT" --version 2>/dev/null || true) in
*" ${VERSION#v}") exit 0 ;;
esac

work=$TOOLS/livekit.building
rm -rf "$work"
mkdir -p "$work/bin" "$TOOLS/bin"

go_for "$work"
GOBIN=$work/bin
export GOBIN
step livekit "Building LiveKit server $VERSION once (about 4 minutes on 2 cores)…" \
    "$GO" install "github.com/livekit/livekit-server/cmd/server@$VERSION"
"$work/bin/server" --version >/dev/null || fail "the LiveKit server that was built does not run"
mv -f "$work/bin/server" "$BUILT"
rm -rf "$work"
