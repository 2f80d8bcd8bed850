#!/bin/sh
# Makes a virtual environment and installs balance-sync into it. Every package comes in the version
# that the lock files name and is checked against their hashes.
#
#   sh install.sh                  .venv with all that balance-sync needs to run
#   sh install.sh --dev            .venv with what its tests and checks need as well, and the
#                                  package itself editable
#   sh install.sh --venv DIR       the environment somewhere else than .venv beside this file
#   sh install.sh --packages-only  everything but balance-sync itself
#
# PYTHON names the interpreter to use; without it the first Python 3.11 or newer found is taken.
set -eu

say() { echo "install.sh: $*" >&2; }

fail() {
    echo "install.sh: error: $1" >&2
    echo "  help: $2" >&2
    exit 1
}

here=$(CDPATH='' cd -- "$(dirname -- "$0")" && pwd)
venv=$here/.venv
lock=requirements.lock
itself="."
while [ $# -gt 0 ]; do
    case "$1" in
        --dev) lock=requirements-dev.lock itself="--editable ." ;;
        --venv)
            [ $# -ge 2 ] || fail "--venv needs a folder" "sh install.sh --venv DIR"
            case "$2" in /*) venv=$2 ;; *) venv=$PWD/$2 ;; esac
            shift
            ;;
        --packages-only) itself="" ;;
        *) fail "no such option: $1" "the options stand at the top of install.sh" ;;
    esac
    shift
done
cd -- "$here"

new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }

find_python() {
    if [ -n "${PYTHON-}" ]; then set -- "$PYTHON"; else set -- python3 python3.14 python3.13 python3.12 python3.11; fi
    for candidate in "$@"; do
        if new_enough "$candidate"; then
            echo "$candidate"
            return
        fi
    done
    fail "no Python 3.11 or newer found" \
        "install one (Debian: apt install python3 python3-venv; macOS: brew install python@3.13) or name one: PYTHON=/path/to/python3 sh install.sh"
}

if [ -z "${PYTHON-}" ] && new_enough "$venv/bin/python" && "$venv/bin/python" -c 'import pip' 2>/dev/null; then
    say "using $venv"
else
    python=$(find_python)
    "$python" -c 'import ensurepip, venv' 2>/dev/null ||
        fail "this Python cannot make virtual environments" "on Debian and Ubuntu: apt install python3-venv"
    say "$("$python" --version) makes $venv"
    if [ -e "$venv/pyvenv.cfg" ]; then clear=--clear; else clear=--; fi
    "$python" -m venv $clear "$venv"
fi

pip() { "$venv/bin/python" -m pip --quiet --disable-pip-version-check --no-input "$@"; }

say "installing the packages of $lock: this takes a minute or two the first time"
pip install --require-hashes --requirement "$lock"

if [ -n "$itself" ]; then
    say "installing balance-sync"
    tools=$(mktemp -d)
    trap 'rm -rf "$tools"' EXIT
    # The build back end is locked too and stays out of the environment that it builds for.
    pip install --require-hashes --requirement requirements-build.lock --target "$tools"
    # shellcheck disable=SC2086  # two words, or one
    PYTHONPATH=$tools pip install --no-deps --no-build-isolation --force-reinstall $itself
    (cd / && "$venv/bin/python" -c 'import sys; from balance_sync import compiled; sys.exit(not compiled.ARE_BUILT)') ||
        say "built without its compiled passes: all works, but logs are read more slowly. They need a C compiler and" \
            "Python's headers (Debian: apt install gcc python3-dev); then run this again"
fi
