"""Files of ours that are read once per slot: a job with others gets its own."""

import asyncio
import zipfile

import pytest

from backfeed.engine.records import File
from backfeed.engine.requests import Job
from backfeed.sandboxes import _tools, bubblewrap
from backfeed.sandboxes._guest_files import HOME

HELPER = "backfeed_helper.py"
SCRIPT = "backfeed_script.py"
PREPARED = {
    HELPER: "count = []\ndef told():\n    count.append(1)\n    return f'prepared {len(count)}'\n",
    SCRIPT: "import backfeed_helper\nprint(backfeed_helper.told(), __name__, __file__)\n"
    'if __name__ == "__main__":\n    print("main")\n',
}
COMMAND = ("python", SCRIPT)


@pytest.fixture(scope="module")
def ask():
    """The outcome of a job; all are compared with a new interpreter."""
    settings = {"slots": 1, "cold_share": 1.0, "prepared": PREPARED}
    service = bubblewrap.PLUGIN.service(settings)

    def run(*files: File, command=COMMAND):
        (found,) = asyncio.run(service.answer([Job(files=files, command=command)]))
        return found

    yield run
    assert service.counts["cold"] > 0
    assert service.counts["differs"] == service.counts["unsteady"] == 0
    asyncio.run(service.close())


def files(**changed: str) -> list[File]:
    return [File(name, changed.get(name[:-3], text)) for name, text in PREPARED.items()]


def test_what_is_prepared_is_as_new_each_time(ask):
    for _ in range(2):
        assert ask(*files())["stdout"] == f"prepared 1 __main__ {HOME}/{SCRIPT}\nmain\n"


def test_another_text_under_the_name_is_taken(ask):
    other = ask(*files(backfeed_helper="def told():\n    return 'other'\n"))
    assert other["stdout"].startswith("other __main__")
    other = ask(*files(backfeed_script="print('other script')\n"))
    assert other["stdout"] == "other script\n"


def test_a_job_without_them_does_not_find_them(ask):
    code = "try:\n    import backfeed_helper\nexcept ImportError:\n    print('none')\n"
    found = ask(File("main.py", code), command=("python", "main.py"))
    assert found["stdout"] == "none\n"


def test_packages_are_loaded_when_they_are_first_asked_for(tmp_path):
    """And whatever ran before, and for those jobs alone."""
    with zipfile.ZipFile(tmp_path / "greeting.zip", "w") as archive:
        archive.writestr("greeting.py", "import os\nborn = os.getpid()\nword = 'hello'\n")
    tools = {"greeting.zip": str(tmp_path / "greeting.zip")}
    service = bubblewrap.PLUGIN.service({"slots": 1, "cold_share": 1.0, "tools": tools})
    archive = f"{_tools.HOME}/greeting.zip"
    plain = "import sys\nprint('greeting' in globals() or sys.argv)\n"
    using = f"import sys\nsys.path.insert(0, {archive!r})\nimport greeting\nprint(greeting.word)\n"

    def run(code, *more):
        job = Job(files=(File("main.py", code),), command=("python", "main.py", *more))
        return asyncio.run(service.answer([job]))[0]["stdout"]

    try:
        for _ in range(2):
            assert run(plain) == "['main.py']\n"
            assert run(using, archive) == "hello\n"
            assert run("import greeting", "x") == ""
        assert service.counts["cold"] > 0
        assert service.counts["differs"] == service.counts["outage"] == 0
    finally:
        asyncio.run(service.close())
