"""vLLM as the tests run it: in this process, and as a server in a process of its own."""

import json
import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

ENGINE = {
    "dtype": "float32", "max_model_len": 2048, "enforce_eager": True, "max_num_seqs": 64,
    "kv_cache_memory_bytes": 64 << 20,
}  # fmt: skip
"""Options of vLLM for a model as small as ours."""
OURS = {"VLLM_ENABLE_V1_MULTIPROCESSING"}
"""What our backend sets for a vLLM in this process, and a server must not inherit."""
FORMS = {"backend": "guidance", "disable_any_whitespace": True}
STARTS_S = 240


def command(folder: Path, port: int) -> list[str]:
    """How it is started. `vllm serve` takes the same flags, where vLLM has its own name."""
    return [
        sys.executable, "-m", "vllm.entrypoints.openai.api_server",
        "--model", str(folder), "--served-model-name", "tiny",
        "--host", "127.0.0.1", "--port", str(port),
        "--dtype", "float32", "--enforce-eager",
        "--max-model-len", "2048", "--max-num-seqs", "64",
        "--structured-outputs-config", json.dumps(FORMS),
    ]  # fmt: skip


@contextmanager
def served(folder: Path, log: Path) -> Iterator[str]:
    """Start it, wait until it answers, and stop it at the end."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    kept = {name: value for name, value in os.environ.items() if name not in OURS}
    more = {"HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_CPU_KVCACHE_SPACE": "1"}
    with log.open("wb") as out:
        process = subprocess.Popen(
            command(folder, port), env={**kept, **more}, stdout=out, stderr=subprocess.STDOUT
        )
        try:
            _await(f"http://127.0.0.1:{port}/health", process, log)
            yield f"http://127.0.0.1:{port}/v1"
        finally:
            process.terminate()
            process.wait(60)


def _await(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + STARTS_S
    while time.monotonic() < until and process.poll() is None:
        with suppress(OSError), urllib.request.urlopen(url, timeout=5):
            return
        time.sleep(0.5)
    raise RuntimeError(f"the server did not start:\n{log.read_text()[-3000:]}")
