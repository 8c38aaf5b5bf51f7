#!/bin/sh
# Prints the Python to use: $PYTHON, or the first of python3, python3.13 … that is 3.11 or newer.
set -eu
. "$(dirname "$0")/progress.sh"

version_of() {
    "$1" -c 'import sys; print("%d.%d" % sys.version_info[:2])' 2>/dev/null || true
}

seen=
for candidate in ${PYTHON:-python3 python3.13 python3.12 python3.11 python}; do
    path=$(command -v "$candidate" 2>/dev/null) || continue
    version=$(version_of "$path")
    if [ -n "$version" ] && at_least "$version" 3 11; then
        say "$path"
        exit 0
    fi
    seen="$seen $candidate is ${version:-not working};"
done
fail "Python 3.11 or newer is needed:${seen:- none is on PATH;} install one" \
    "(Debian 12: apt-get install python3 python3-venv) or set PYTHON to its path"
