#!/bin/sh
# Makes the virtual environment $VENV (.venv) from one of the lock files: infra/setup.sh requirements-dev.txt
# A stamp in it says what is installed, so a second call costs one start of Python and changes nothing.
# PYTHON=... names the Python to use; WANTED=3.13 accepts that version alone (Lambda's, for the zip).
set -eu
lock=${1:?which lock file}
venv=${VENV:-.venv}
python=$venv/bin/python

say() { printf '%s\n' "$*"; }
stop() { printf '%s\n' "$*" >&2; exit 1; }

# Answers e.g. "3.11.7 /usr/bin/python3.11" if the candidate runs and is new enough, else nothing. It is run
# because a name proves nothing: a pyenv shim is found on the PATH and then only prints an error.
try() {
    "$1" -c 'import sys
version = sys.version_info
wanted = sys.argv[1]
if (3, 11) <= version < (3, 14) and wanted in ("", f"{version.major}.{version.minor}"):
    print("%d.%d.%d" % version[:3], sys.executable)' "${WANTED:-}" 2>/dev/null || true
}

candidates() {
    if [ -n "${PYTHON:-}" ]; then say "$PYTHON"; return; fi
    for name in python3 python3.13 python3.12 python3.11 python; do
        command -v "$name" || true
    done
    for path in "${HOME:-}"/.pyenv/versions/3.1[123]*/bin/python3; do
        [ -x "$path" ] && say "$path"
    done
    uv python find --no-project "${WANTED:->=3.11,<3.14}" 2>/dev/null || true
}

# Sets found="VERSION PATH", of a Python that can also make virtual environments where there is one.
find_python() {
    found= bare=
    for candidate in $(candidates); do
        answer=$(try "$candidate")
        [ -n "$answer" ] || continue
        if "${answer#* }" -c 'import ensurepip, venv' 2>/dev/null; then found=$answer; return; fi
        bare=${bare:-$answer}
    done
    if [ -n "$bare" ] && command -v uv >/dev/null; then found=$bare; return; fi
    [ -z "$bare" ] || stop "${bare#* } cannot make virtual environments: install its venv module (Debian and Ubuntu:" \
        "apt install python3-venv) or name another Python: make PYTHON=/path/to/python3"
    [ -z "${PYTHON:-}" ] || stop "$PYTHON is not a working Python ${WANTED:-3.11, 3.12 or 3.13}: name another, or leave PYTHON out."
    stop "No working Python ${WANTED:-3.11, 3.12 or 3.13} was found: install one (Debian and Ubuntu: apt install python3" \
        "python3-venv; or: uv python install ${WANTED:-3.13}), or name it: make PYTHON=/path/to/python3"
}

# uv takes 4 seconds where pip takes 50. Where it has no wheel for this machine, or does not trust the network's own
# certificates as pip was told to, pip does the same work. The lock file pins uv too: its lines are cut out, because
# pip wants a hash for everything or for nothing.
install() {
    sed -n '/^uv==/,/[^\\]$/p' "$lock" >"$venv/uv.txt"
    if "$python" -m pip install $quiet --only-binary uv --require-hashes -r "$venv/uv.txt" 2>"$venv/uv.log" &&
        "$venv/bin/uv" pip sync --quiet --python "$python" --require-hashes "$lock" 2>"$venv/uv.log"; then return; fi
    say "uv does not work here ($(head -n 1 "$venv/uv.log")): pip takes about a minute."
    sed '/^uv==/,/[^\\]$/d' "$lock" >"$venv/lock.txt"
    "$python" -m pip install $quiet --no-deps --require-hashes -r "$venv/lock.txt"
}

cd "$(dirname "$0")/.."
quiet='--quiet --disable-pip-version-check --no-input'
stamp=$venv/installed

[ -z "${PYTHON:-}" ] || find_python
if [ -e "$venv" ]; then
    held=$(try "$python")
    # Another Python than the one asked for, or one that has gone (a system upgrade breaks the link): begin again.
    if [ -z "$held" ] || { [ -n "${PYTHON:-}" ] && [ "${held%% *}" != "${found%% *}" ]; }; then rm -rf "$venv"; fi
fi
if grep -qsxF "$(cksum "$lock")" "$stamp"; then exit 0; fi

started=$(date +%s)
if ! "$python" -m pip --version >/dev/null 2>&1; then
    [ -n "${found:-}" ] || find_python
    say "Setting up Python ${found%% *} in $venv, once."
    rm -rf "$venv"
    "${found#* }" -m venv "$venv" 2>/dev/null || uv venv --quiet --seed --python "${found#* }" "$venv"
fi
rm -f "$stamp"
install || stop "The packages of $lock could not be installed: is there a network, and room on the disk?"
# What the check needs contains what the tests need, so one lock file may satisfy two.
case $lock in
    requirements-check.txt) cksum requirements-dev.txt "$lock" ;;
    *) cksum "$lock" ;;
esac >"$stamp"
say "Installed $lock in $(($(date +%s) - started)) s."
