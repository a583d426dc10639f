"""A tool over many snippets: how a script's words are told apart, in one job and in several."""

import pytest

from backfeed.analyzers import _batch
from backfeed.engine.errors import Outage
from backfeed.engine.requests import Outcome, rejoined

CODES = ["one", "two", "three", "four", "five"]


def told(most, verdicts=("AC",) * 5, codes=CODES):
    sizes = []

    def answer(job):
        files = [file for file in job.files if file.path.startswith("s_")]
        sizes.append(len(files))
        said = "".join(f"== {file.path}\n{file.text}\n== 1\n" for file in files)
        return Outcome(verdicts[len(sizes) - 1], stdout=said)

    return rejoined(_batch.told(codes, ".c", "", cpu_s=1.0, word="_w", most=most), answer), sizes


@pytest.mark.parametrize(("most", "sizes"), [(0, [5]), (2, [2, 2, 1]), (5, [5]), (9, [5])])
def test_what_is_said_of_each_is_told_in_their_order(most, sizes):
    assert told(most) == ([(f"{code}\n", 1) for code in CODES], sizes)


def test_a_job_of_several_that_failed_is_an_outage_of_all():
    with pytest.raises(Outage, match="MLE"):
        told(2, ("AC", "MLE", "AC"))


def test_of_nothing_nothing_is_said():
    assert told(2, codes=[]) == ([], [])
