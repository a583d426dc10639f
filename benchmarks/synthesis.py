"""The whole recipe `infinite-instruct` over a model that takes four seconds for a reply.

    python benchmarks/synthesis.py [--seconds 180] [--in-flight 100] [--latency 4] [--slots N]
                                   [--faults 0.1] [--seeds 2000] [--json]

`backfeed synth` runs as a user runs it, in a process of its own, and asks a server on this machine
(`_writer.py`) that writes problems, harder ones, other words, answers, tests and keywords for
functions that nobody has seen; all that is verified is really run. The ideal is so many replies a
second as there are requests in flight, divided by the latency: 25 with 100 and 4 s. The time is
taken from 10 s after the first reply on, for `--seconds`; what has not ended then is interrupted.
With `--whole` the run goes to its end, and rows are counted: none may be lost, none answered twice.
`slots_busy` is the share of the sandbox's time, from its first program to its last, that it worked.
"""

import argparse
import json
import os
import resource
import signal
import subprocess
import sys
import tempfile
import time
from itertools import pairwise
from pathlib import Path
from typing import Any

import _functions

RAMP_S = 10.0
SERVER = Path(__file__).with_name("_writer.py")
BACKFEED = str(Path(sys.executable).with_name("backfeed"))


def seeds(path: Path, count: int) -> None:
    """So many functions, as rows."""
    with path.open("w", encoding="utf-8") as file:
        for number in range(count):
            row = {"text": _functions.source(number)[0], "language": "python", "license": "MIT"}
            file.write(json.dumps({**row, "path": f"f{number}.py"}) + "\n")


def command(url: str, folder: Path, options: argparse.Namespace) -> list[str]:
    """The command line of the run."""
    settings = [
        "reverse.types={generate=1}", f"models.default.parallel={options.in_flight}",
        "models.default.timeout_s=15", "models.default.usd_per_million_in=0.15",
        "models.default.usd_per_million_out=0.6",
    ]  # fmt: skip
    words = [BACKFEED, "synth", f"rows:{folder / 'seeds.jsonl'}#text", "-o", str(folder / "out")]
    words += ["--model", "openai:stub", "--base-url", url]
    words += [word for text in settings for word in ("--set", text)]
    return [*words, *(["--jobs", str(options.slots)] if options.slots else [])]


def busy_s() -> float:
    """Seconds of CPU that this machine spent since it started, on all cores."""
    fields = Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    spent = sum(map(int, fields)) - int(fields[3]) - int(fields[4])
    return spent / os.sysconf("SC_CLK_TCK")


def measured(options: argparse.Namespace, folder: Path) -> dict[str, Any]:
    """One run, and what it came to."""
    seeds(folder / "seeds.jsonl", options.seeds)
    flags = ["--latency", str(options.latency), "--faults", str(options.faults)]
    server = subprocess.Popen(
        [sys.executable, str(SERVER), *flags], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert server.stdout is not None
    url = f"http://127.0.0.1:{int(server.stdout.readline())}/v1"
    began, before = time.monotonic(), busy_s()
    with (folder / "log").open("w") as log:
        run = subprocess.Popen(command(url, folder, options), stderr=log, stdout=log)
        end_s = None if options.whole else RAMP_S + options.seconds + 25
        try:
            run.wait(end_s)
        except subprocess.TimeoutExpired:
            run.send_signal(signal.SIGINT)
            run.wait(120)
    took, spent = time.monotonic() - began, busy_s() - before
    told, _ = server.communicate()
    found = told_of(json.loads(told), options)
    return {
        **found, "exit": run.returncode, "run_s": round(took, 1),
        "cores_busy": round(spent / took, 2), **kept(folder / "out"),
    }  # fmt: skip


def told_of(told: dict[str, Any], options: argparse.Namespace) -> dict[str, Any]:
    """The rate over the steady time, and what was asked."""
    sent = sorted(told["sent"])
    start = sent[0] + RAMP_S
    inside = [moment for moment in sent if start <= moment < start + options.seconds]
    seconds = min(options.seconds, max(sent[-1] - start, 1e-9))
    ideal = options.in_flight / options.latency
    pauses = max((later - one for one, later in pairwise(inside)), default=0.0)
    return {
        "replies_per_s": round(len(inside) / seconds, 2), "ideal_per_s": ideal,
        "of_ideal": round(len(inside) / seconds / ideal, 4), "steady_s": round(seconds, 1),
        "longest_pause_s": round(pauses, 2), "asked": told["asked"],
    }  # fmt: skip


def kept(out: Path) -> dict[str, Any]:
    """What the run itself says, if it came to its end."""
    path = out / "summary.json"
    if not path.exists():
        return {}
    said = json.loads(path.read_text(encoding="utf-8"))
    lost = [
        name for name, told in said["stages"].items()
        if told["in"] + told["made"]
        != told["out"] + sum(told["rejected"].values()) + told["unfinished"]
    ]  # fmt: skip
    keys = ("complete", "accepted", "rejected", "unfinished", "usd")
    box = said["sandbox"]
    busy = box["busy_s"] / (box["slots"] * box["window_s"]) if box.get("window_s") else None
    found = {**{key: said[key] for key in keys}, "stages_that_lost_rows": lost}
    return {**found, "slots_busy": busy and round(busy, 4)}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=180.0, help="how long it is steady")
    parser.add_argument("--in-flight", type=int, default=100, help="requests at once")
    parser.add_argument("--latency", type=float, default=4.0, help="seconds that a reply takes")
    parser.add_argument("--slots", type=int, default=0, help="programs at once (default: cores)")
    parser.add_argument("--faults", type=float, default=0.0, help="share of replies that are none")
    parser.add_argument("--seeds", type=int, default=2000, help="functions to begin with")
    parser.add_argument("--whole", action="store_true", help="run to the end")
    parser.add_argument("--json", action="store_true", help="one JSON document")
    options = parser.parse_args()
    load = os.getloadavg()[0]
    with tempfile.TemporaryDirectory() as folder:
        found = measured(options, Path(folder))
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    found["cpu_s"] = round(used.ru_utime + used.ru_stime, 1)
    found["load_before"] = round(load, 2)
    if options.json:
        json.dump(found, sys.stdout, indent=2)
        return
    for key, value in found.items():
        print(f"{key:22} {value}")


if __name__ == "__main__":
    main()
