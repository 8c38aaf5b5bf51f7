# Sourced after progress.sh: programs that Debian's packages bring, where we may install them.

# debian STEP "What is said while it runs" PACKAGE…: installs them, as root or by sudo without a
# password. Where neither can be, it returns 1 and DEBIAN_MEND says what a person has to do.
debian() {
    DEBIAN_STEP=$1
    DEBIAN_WORDS=$2
    shift 2
    DEBIAN_MEND="install $*"
    command -v apt-get >/dev/null 2>&1 || return 1
    DEBIAN_MEND="sudo apt-get install $*"
    DEBIAN_SUDO=
    if [ "$(id -u)" -ne 0 ]; then
        sudo -n true 2>/dev/null || return 1
        DEBIAN_SUDO="sudo -n"
    fi
    step "$DEBIAN_STEP" "$DEBIAN_WORDS" debian_install "$@"
}

debian_install() {
    export DEBIAN_FRONTEND=noninteractive
    $DEBIAN_SUDO apt-get update && $DEBIAN_SUDO apt-get install --yes --no-install-recommends "$@"
}
