"""The kernel's own limit of CPU time stands far behind the watch's.

It counts whole ticks, which are too many where another machine takes part of them: of 5 s asked for
it has ended programs after less.
"""

import pytest

from backfeed.engine.requests import Limits


@pytest.mark.parametrize("cold", [False, True])
@pytest.mark.parametrize("cpu_s", [1.0, 60.0])
def test_the_kernel_does_not_come_before_the_watch(box, cpu_s, cold):
    said = "import resource\nprint(*resource.getrlimit(resource.RLIMIT_CPU))\n"
    found = box.run(said, limits=Limits(cpu_s=cpu_s), cold=cold)
    soft, hard = map(int, found.stdout.split())
    assert soft == hard >= 4 * cpu_s
