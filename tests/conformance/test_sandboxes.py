"""What every sandbox keeps."""

import asyncio
from dataclasses import replace

import msgspec
import pytest
from conformance.everything import every, loaded

from backfeed.engine.contracts import Gather, Service
from backfeed.engine.errors import ConfigError, Refused
from backfeed.engine.records import VERDICT_OF, File
from backfeed.engine.requests import Job, Limits, Outcome

MARKS = {"bubblewrap": pytest.mark.bwrap, "docker": pytest.mark.docker}
NAMES = [pytest.param(name, marks=MARKS.get(name, ())) for name in every("sandboxes")]
LIMITS = Limits(cpu_s=2.0, wall_s=10.0, memory_mb=256)
SOON = replace(LIMITS, wall_s=0.5)

pytestmark = pytest.mark.parametrize("name", NAMES, scope="module")


def opened(name):
    """A service with one slot; what isolates nothing has to be asked for by name."""
    sandbox = loaded("sandboxes", name)
    try:
        return sandbox.service({"slots": 1})
    except ConfigError:
        return sandbox.service({"slots": 1, "named": True})


@pytest.fixture(scope="module")
def box(name):
    try:
        loaded("sandboxes", name).probe()
    except ConfigError as error:
        pytest.skip(f"{name} does not work here: {error}")
    service = opened(name)
    yield service
    asyncio.run(service.close())


def python(code, *, limits=LIMITS, **more):
    files = (File("main.py", code),)
    return Job(files=files, command=("python", "main.py"), limits=limits, **more)


@pytest.fixture
def run(box):
    """What jobs come to, in one batch."""

    def do(*jobs):
        return asyncio.run(answers(box, jobs))

    return do


async def answers(box, jobs):
    return list(await box.answer(jobs))


def test_what_is_in_force_can_be_told(name, box):
    told = loaded("sandboxes", name).probe()
    assert told
    assert msgspec.to_builtins(told) == told


def test_it_is_a_service(box):
    assert isinstance(box, Service)
    assert isinstance(box.gather, Gather)
    assert min(box.gather.batch, box.gather.parallel) > 0


def test_its_identity_is_the_same_the_next_time(name, box):
    again = opened(name)
    asyncio.run(again.close())
    assert again.identity == box.identity != ""


def test_what_determines_an_answer_is_the_job(box):
    def content(job):
        return msgspec.json.encode(box.content(job), order="sorted")

    assert content(python("1")) == content(python("1"))
    for other in (python("2"), python("1", stdin="x"), python("1", report=True)):
        assert content(other) != content(python("1"))


PROGRAMS = [
    ("print(input())", {"stdin": "é\n"}, "AC"),
    ("assert 1 == 2", {}, "RE"),
    ("import sys; sys.exit(3)", {}, "RE"),
    ("import time; time.sleep(60)", {"limits": SOON}, "IDLE"),
    ("import os; os.kill(os.getpid(), 11)", {}, "SIG"),
    ("import os; os.write(3, b'told')", {"report": True}, "AC"),
    ("pass", {"report": True}, "FORGED"),
]


@pytest.mark.parametrize(("code", "more", "verdict"), PROGRAMS)
def test_a_program_comes_to_its_verdict(run, code, more, verdict):
    [found] = run(python(code, **more))
    assert found["verdict"] == verdict, found
    assert msgspec.to_builtins(found) == found
    assert found["verdict"] in VERDICT_OF


def test_what_a_program_says_is_kept_apart(run, box):
    code = "import os, sys; print('out'); print('err', file=sys.stderr); os.write(3, b'told')"
    [found] = run(python(code, report=True))
    told = msgspec.convert(found, Outcome)
    assert (told.stdout, told.stderr, told.report) == ("out\n", "err\n", "told")
    assert (told.exit_code, told.environment.split()[0]) == (0, box.identity)


def test_an_answer_does_not_depend_on_its_batch(run):
    jobs = [python("print(1)"), python("1 / 0"), python("import os; os.kill(os.getpid(), 9)")]
    words = [found["verdict"] for found in run(*jobs)]
    assert words == ["AC", "RE", "SIG"] == [run(job)[0]["verdict"] for job in jobs]


def test_nothing_is_left_of_one_program_for_the_next(run):
    writes = "open('left.txt', 'w').write('x')"
    looks = "import os; print(sorted(os.listdir('.')))"
    assert [found["stdout"] for found in run(python(writes), python(looks))] == [
        "",
        "['main.py']\n",
    ]


def test_a_file_outside_the_directory_is_refused(run):
    [found] = run(Job(files=(File("../main.py", ""),), command=("python", "main.py")))
    assert isinstance(found, Refused)


def test_a_setting_that_it_does_not_know_is_refused(name, box):
    with pytest.raises(ConfigError):
        loaded("sandboxes", name).service({"no_such_setting": 1})
