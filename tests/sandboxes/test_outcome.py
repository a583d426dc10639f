"""The verdict, case by case: no sandbox is needed for this."""

from dataclasses import replace

import pytest

from backfeed.engine.requests import Job, Limits
from backfeed.sandboxes._outcome import Ended, near_limit, outcome, shortened, verdict

LIMITS = Limits(cpu_s=5.0, wall_s=17.0, memory_mb=512)
JOB = Job(command=("x",), limits=LIMITS)
WELL = Ended(exit_code=0)
MEMORY = b"Traceback ...\nMemoryError\n"


@pytest.mark.parametrize(
    ("ended", "word"),
    [
        (WELL, "AC"),
        (Ended(exit_code=1), "RE"),
        (Ended(exit_code=137), "RE"),
        (Ended(exit_code=124), "RE"),
        (Ended(exit_code=152), "RE"),
        (Ended(signal=9), "SIG"),
        (Ended(signal=24), "SIG"),
        (Ended(signal=9, out_of_memory=True), "MLE"),
        (Ended(signal=24, cpu_s=5.01), "TLE"),
        (Ended(exit_code=0, cpu_s=5.0), "TLE"),
        (Ended(stopped="cpu", cpu_s=4.99), "TLE"),
        (Ended(stopped="wall", wall_s=17), "IDLE"),
        (Ended(stopped="wall", wall_s=17, cpu_s=5.2), "TLE"),
        (Ended(stopped="output", cpu_s=9), "OLE"),
        (Ended(stopped="memory", cpu_s=9), "MLE"),
        (Ended(exit_code=0, peak_mb=513), "MLE"),
        (Ended(exit_code=1, stderr=MEMORY), "MLE"),
        (Ended(exit_code=0, stderr=MEMORY), "AC"),
        (Ended(exit_code=1, stderr=MEMORY + b"x" * 5000), "RE"),
        (Ended(exit_code=134, stderr=b"FATAL ERROR: JavaScript heap out of memory"), "MLE"),
        (Ended(), "IE"),
    ],
)
def test_verdict(ended, word):
    assert verdict(JOB, ended) == word


@pytest.mark.parametrize(
    ("report", "code", "word"),
    [(b"", 0, "FORGED"), (b" \n", 0, "FORGED"), (b"{}", 0, "AC"), (b"", 1, "RE"), (b"{}", 1, "RE")],
)
def test_a_good_end_without_a_record_is_forged(report, code, word):
    ended = Ended(exit_code=code, report=report)
    assert verdict(replace(JOB, report=True), ended) == word


@pytest.mark.parametrize(
    ("ended", "near"),
    [
        (WELL, False),
        (replace(WELL, cpu_s=3.9), False),
        (replace(WELL, cpu_s=4.1), True),
        (replace(WELL, wall_s=14), True),
        (replace(WELL, peak_mb=420), True),
        (replace(WELL, peak_mb=400), False),
    ],
)
def test_near_limit_is_within_a_fifth(ended, near):
    assert near_limit(LIMITS, ended) is near


def test_standard_output_is_whole_if_the_program_ended_well():
    ended = replace(WELL, stdout=b"x" * 300_000)
    assert len(outcome(JOB, ended, "e")["stdout"]) == 300_000
    cut = outcome(JOB, replace(ended, exit_code=1), "e")
    assert cut["truncated"]
    assert len(cut["stdout"]) < 66_000


def test_head_and_tail_stay():
    text, cut = shortened(b"a" * 100 + b"b" * 100, 20)
    assert cut
    assert text.startswith("a" * 10 + "\n[... 180 bytes")
    assert text.endswith("b" * 10)


def test_outcome_is_plain_and_rounded():
    made = outcome(JOB, replace(WELL, cpu_s=0.12345, peak_mb=1.23456, stdout=b"\xff"), "e")
    assert (made["cpu_s"], made["peak_mb"], made["stdout"]) == (0.123, 1.235, "\ufffd")
    assert made["environment"] == "e"


def test_a_stopped_program_has_no_end_of_its_own():
    made = outcome(JOB, Ended(signal=9, stopped="cpu"), "e")
    assert (made["exit_code"], made["signal"], made["detail"]) == (None, None, "stopped: cpu")
