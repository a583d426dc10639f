#!/bin/sh
# Install the tools of the deep passes in .venv: the extra `deep`, and semgrep.
#
# Of semgrep the wheel alone, without the sixty packages that it asks for: Backfeed runs the engine
# that lies in it, and nothing around that. Idempotent.
set -eu

cd "$(dirname "$0")/.."
python=.venv/bin/python
stamp=.venv/.backfeed-deep-stamp
wanted=$({ cat pyproject.toml; "$python" -VV; } | cksum)
[ "$(cat $stamp 2>/dev/null)" != "$wanted" ] || exit 0

requirements() {
    "$python" -c '
import sys, tomllib
with open("pyproject.toml", "rb") as file:
    print(*tomllib.load(file)["project"]["optional-dependencies"][sys.argv[1]], sep="\n")
' "$1"
}

install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 "$python" -m pip install --quiet --only-binary=:all: "$@"
}

began=$(date +%s)
requirements deep >.venv/deep.txt
requirements semgrep >.venv/semgrep.txt
install --requirement .venv/deep.txt
install --no-deps --requirement .venv/semgrep.txt
echo "$wanted" >$stamp
echo "deep: ready after $(($(date +%s) - began)) s"
