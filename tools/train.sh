#!/bin/sh
# Make .venv-train: Backfeed with the extras `train` and `embed`, for tests/with_train (1.6 GB).
#
# A venv of its own, since most work needs no torch. torch comes first, as its CPU wheel: else pip
# takes 6 GB for GPUs. PYTHON=/path/to/python overrides the interpreter, TORCH_INDEX names an index
# of CPU wheels where pip's settings have none. Idempotent.
set -eu

cd "$(dirname "$0")/.."
venv=.venv-train
python=${PYTHON:-.venv/bin/python}
stamp=$venv/.backfeed-stamp
began=$(date +%s)

die() { printf 'train: %s\n' "$*" >&2; exit 1; }

install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 $venv/bin/python -m pip install \
        -qq --only-binary=:all: "$@"
}

wanted=$({ cat pyproject.toml tools/train.sh; "$python" -VV; pwd; } | cksum)
[ "$(cat $stamp 2>/dev/null)" != "$wanted" ] || exit 0
"$python" -m venv --clear $venv
# shellcheck disable=SC2086  # no word, or two
install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} torch==2.13.0
$venv/bin/python -c 'import sys, torch; sys.exit(torch.version.cuda is not None)' \
    || die "pip took torch for GPUs: set TORCH_INDEX to an index of CPU wheels"
install --editable '.[train,embed]'
echo "$wanted" >$stamp
echo "train: ready after $(($(date +%s) - began)) s: $venv"
