#!/bin/sh
# Make .venv with the command `backfeed`, and install what the system lacks.
#
# Idempotent: packages are installed again only when pyproject.toml or the Python
# changed. Only wheels are used, so no compiler is needed. PYTHON=/path/to/python
# overrides the choice of interpreter, EXTRAS=dev,docker,openai,language,languages that of extras.
set -eu

cd "$(dirname "$0")/.."
venv=.venv
extras=${EXTRAS:-dev,docker,openai,language}
stamp=$venv/.backfeed-stamp
began=$(date +%s)

say() { printf 'venv: %s\n' "$*"; }
die() { say "$*" >&2; exit 1; }

# The first Python from 3.11 on; one that can make virtual environments is preferred.
find_python() {
    test='import sys; sys.exit(sys.version_info < (3, 11))'
    for need in 'import ensurepip, venv' ''; do
        for name in ${PYTHON:-python3 python3.13 python3.12 python3.11}; do
            "$name" -c "$need" 2>/dev/null && "$name" -c "$test" 2>/dev/null || continue
            command -v "$name"
            return
        done
    done
}

missing_packages() {
    command -v bwrap >/dev/null 2>&1 || echo bubblewrap
    command -v git >/dev/null 2>&1 || echo git
    [ -e /etc/ssl/certs/ca-certificates.crt ] || [ -e /etc/pki/tls/certs/ca-bundle.crt ] \
        || echo ca-certificates
    python=$(find_python)
    if [ -z "$python" ]; then
        echo python3 python3-venv
    elif ! "$python" -c 'import ensurepip, venv' 2>/dev/null; then
        echo python3-venv
    fi
}

install_missing() {
    missing=$(missing_packages | tr '\n' ' ')
    [ -n "$missing" ] || return 0
    sudo=
    [ "$(id -u)" = 0 ] || sudo=sudo
    if ! command -v apt-get >/dev/null 2>&1; then
        die "no apt-get here; install with the system's own tool, then run again: $missing"
    fi
    if [ -n "$sudo" ] && ! command -v sudo >/dev/null 2>&1; then
        die "neither root nor sudo; as root run: apt-get install $missing"
    fi
    say "installing $missing"
    $sudo apt-get update -qq
    # shellcheck disable=SC2086  # a list of words
    $sudo env DEBIAN_FRONTEND=noninteractive \
        apt-get install -y -qq --no-install-recommends $missing >/dev/null
}

install_missing
python=$(find_python)
[ -n "$python" ] || die "no Python 3.11 or newer: set PYTHON to one"
wanted=$({ cat pyproject.toml; "$python" -VV; command -v "$python"; pwd; echo "$extras"; } | cksum)
if [ ! -x $venv/bin/backfeed ] || [ "$(cat $stamp 2>/dev/null)" != "$wanted" ]; then
    say "making $venv with $("$python" -V), extras $extras"
    [ -x $venv/bin/python ] && "$venv/bin/python" -c '' 2>/dev/null || "$python" -m venv --clear $venv
    PIP_DISABLE_PIP_VERSION_CHECK=1 $venv/bin/python -m pip install \
        --quiet --only-binary=:all: --editable ".[$extras]"
    echo "$wanted" >$stamp
fi
say "ready after $(($(date +%s) - began)) s: $venv/bin/backfeed"
