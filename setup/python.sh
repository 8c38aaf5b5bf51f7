#!/bin/sh
# python.sh LOCK…: the environment .venv, with requirements/LOCK.txt installed, hashes checked.
set -eu
. "$(dirname "$0")/progress.sh"
cd "$SETUP_ROOT"

about() {
    case $1 in
    app) say "Greffier's libraries, 250 MB (about 1 minute)" ;;
    dev) say "the tools of the tests (about 20 seconds)" ;;
    train) say "torch and the tools of training, 3 GB or more (about 5 minutes)" ;;
    *) say "requirements/$1.txt" ;;
    esac
}

if ! .venv/bin/python -m pip --version >/dev/null 2>&1; then
    python=$(sh setup/interpreter.sh)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "$python cannot make environments: its venv module is missing" \
            "(Debian: apt-get install python3-venv)"
    step venv "Making the Python environment .venv (a few seconds)…" \
        "$python" -m venv --clear .venv
fi

# The checkout itself is on the environment's path: nothing of it is built or copied.
site=$(.venv/bin/python -c 'import sysconfig; print(sysconfig.get_path("purelib"))')
[ "$(cat "$site/greffier.pth" 2>/dev/null)" = "$SETUP_ROOT" ] || say "$SETUP_ROOT" >"$site/greffier.pth"
if [ ! -x .venv/bin/greffier ]; then
    printf '#!/bin/sh\nexec "%s/.venv/bin/python" -m greffier "$@"\n' "$SETUP_ROOT" >.venv/bin/greffier
    chmod +x .venv/bin/greffier
fi

mkdir -p .venv/.stamps
for lock in "$@"; do
    stamp=.venv/.stamps/$lock-$(fingerprint "requirements/$lock.txt")
    [ ! -e "$stamp" ] || continue
    # --no-deps: the lock is complete. Left to resolve, pip before 23.3 takes the newest release for a
    # package that another asks for with an extra, whatever the lock says, and then misses its hash.
    step "pip-$lock" "Installing $(about "$lock")…" .venv/bin/python -m pip install --no-input \
        --disable-pip-version-check --no-deps --require-hashes -r "requirements/$lock.txt"
    rm -f ".venv/.stamps/$lock"-*
    : >"$stamp"
done
