#!/bin/sh
# The whole suite. Every step runs, whatever the ones before it said; the tests come last.
set -eu
. "$(dirname "$0")/progress.sh"
cd "$SETUP_ROOT"
PATH=$SETUP_ROOT/.venv/bin:$SETUP_ROOT/.tools/bin:$PATH
export PATH

failed=
try() {
    name=$1
    shift
    say "== $name"
    began=$(date +%s)
    "$@" || failed="$failed $name,"
    say "   $name took $(clock $(($(date +%s) - began)))"
}

try format ruff format --check .
try lint ruff check .
try types mypy
try imports lint-imports
try web npm --prefix web run --silent check
say "== tests"
python -m pytest || failed="$failed tests,"
[ -z "$failed" ] || fail "failed:${failed%,}"
