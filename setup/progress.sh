# Sourced by the scripts of this folder: one line for each long step, with the time it takes.

SETUP_ROOT=$(cd "$(dirname "$0")/.." && pwd)
SETUP_LOGS=$SETUP_ROOT/.tools/log

say() { printf '%s\n' "$*"; }

fail() {
    printf 'greffier set-up: %s\n' "$*" >&2
    exit 1
}

clock() { printf '%d:%02d' $(($1 / 60)) $(($1 % 60)); }

# On a terminal the time runs on the step's line; elsewhere one line a minute says it still works.
tick() {
    elapsed=0
    while sleep 1 >/dev/null 2>&1; do
        elapsed=$((elapsed + 1))
        if [ -t 1 ]; then
            printf '\r    %s' "$(clock $elapsed)"
        elif [ $((elapsed % 60)) -eq 0 ]; then
            say "    still working, $(clock $elapsed)"
        fi
    done
}

stop_tick() {
    [ -z "${TICK:-}" ] || kill "$TICK" 2>/dev/null || true
    TICK=
}

# step NAME "What it does (about how long)" COMMAND…: its output goes to .tools/log/NAME.log and
# is shown only if it fails. The command stays in the foreground, so that Ctrl-C reaches it.
step() {
    name=$1
    say "$2"
    shift 2
    mkdir -p "$SETUP_LOGS"
    [ -z "${SETUP_DID:-}" ] || : >"$SETUP_DID"
    began=$(date +%s)
    tick 9>&- &
    TICK=$!
    trap 'stop_tick; exit 130' INT TERM
    trap stop_tick EXIT
    status=0
    "$@" >"$SETUP_LOGS/$name.log" 2>&1 </dev/null || status=$?
    stop_tick
    [ ! -t 1 ] || printf '\r'
    if [ $status -ne 0 ]; then
        tail -n 25 "$SETUP_LOGS/$name.log" >&2
        fail "that did not work (the lines above; all of it in .tools/log/$name.log)"
    fi
    say "    done in $(clock $(($(date +%s) - began)))"
}

# at_least HAVE MAJOR MINOR: whether version HAVE ("v24.1.2", "go1.26.6") is new enough.
at_least() {
    printf '%s\n' "$1" | sed 's/^[a-z]*//' | awk -F. -v major="$2" -v minor="$3" \
        '{ exit !($1 + 0 > major + 0 || ($1 + 0 == major + 0 && $2 + 0 >= minor + 0)) }'
}

# fingerprint FILE…: changes when any of the files does.
fingerprint() { cat "$@" | cksum | tr ' ' '-'; }
