"""Programs that are built first: what is carried over, what is kept, what a failure is called."""

import asyncio
from dataclasses import replace

import pytest

from backfeed.engine import files
from backfeed.engine.records import File
from backfeed.engine.requests import Build, Job, Limits, Part
from backfeed.sandboxes import _compiled, bubblewrap, process
from backfeed.sandboxes._compiled import Built, Compiled
from backfeed.sandboxes._outcome import Ended
from backfeed.sandboxes._protocol import Made

SCRIPT = "mkdir -p out/deep && cp main.sh out/deep/run && chmod 755 out/deep/run"


def shell(
    script: str = SCRIPT, *, outputs=("out",), text: str = "echo made: $(cat)", **more
) -> Job:
    """A job whose compiler is a shell."""
    build = Build(("sh", "-c", script), outputs, **more)
    main = File("main.sh", f"#!/bin/sh\n{text}\n")
    return Job(files=(main,), command=("./out/deep/run",), stdin="in", build=build)


@pytest.fixture(autouse=True)
def own_cache(monkeypatch, tmp_path):
    monkeypatch.setattr(files.platformdirs, "user_cache_path", lambda _: tmp_path / "cache")


def test_what_a_build_leaves_is_run(box):
    (found,) = box.ask(shell())
    assert (found.verdict, found.stdout) == ("AC", "made: in\n")


def test_a_build_is_made_once(box):
    before = box.service.counts["built"]
    jobs = [shell(text="echo once"), shell(text="echo once"), shell(text="echo twice")]
    assert [found.stdout for job in jobs for found in box.ask(job)] == [
        "once\n",
        "once\n",
        "twice\n",
    ]
    assert box.service.counts["built"] - before == 2


@pytest.mark.parametrize(
    ("job", "verdict", "told"),
    [
        (shell("echo wrong >&2; exit 1"), "CE", "wrong\n"),
        (shell("kill -9 $$"), "CE", ""),
        (shell("true"), "CE", ""),
        (shell("while :; do :; done", limits=Limits(cpu_s=0.3)), "CE_LIMIT", ""),
        (shell("sleep 9", limits=Limits(wall_s=0.3)), "CE_LIMIT", ""),
        (shell("yes", limits=Limits(output_kb=64)), "CE_LIMIT", ""),
    ],
    ids=["exit 1", "signal", "nothing left", "cpu", "wall", "output"],
)
def test_a_build_that_fails(box, job, verdict, told):
    (found,) = box.ask(job)
    assert (found.verdict, found.stderr) == (verdict, told)
    assert found.detail


def test_links_and_strangers_are_not_carried_over(box):
    script = (
        "mkdir -p out/deep && ln -s /etc/passwd out/link && echo x > out/one "
        "&& ln out/one out/two && ln -s /usr out/folder && echo kept > out/kept "
        "&& printf '#!/bin/sh\\nfind out | sort' > out/deep/run && chmod 755 out/deep/run"
    )
    (found,) = box.ask(shell(script))
    assert found.stdout.split() == ["out", "out/deep", "out/deep/run", "out/kept"]


def test_a_build_has_a_box_of_its_own(box):
    script = SCRIPT + " && echo left > /tmp/left && echo left > left"
    (found,) = box.ask(shell(script, text="ls /tmp; ls"))
    assert found.stdout.split() == ["main.sh", "out"]


def test_without_isolation_it_is_the_same():
    service = process.PLUGIN.service({"named": True})

    async def ask():
        return [(await service.answer([job]))[0] for job in (shell(), shell("exit 1"))]

    good, bad = asyncio.run(ask())
    asyncio.run(service.close())
    assert (good["stdout"], bad["verdict"]) == ("made: in\n", "CE")


def test_the_key_hangs_on_source_command_and_tools():
    keys = {
        Compiled.key(shell(), "env", {}),
        Compiled.key(shell(), "other", {}),
        Compiled.key(shell(), "env", {"sh": "1"}),
        Compiled.key(shell(text="x"), "env", {}),
        Compiled.key(shell("other"), "env", {}),
        Compiled.key(shell(outputs=("main",)), "env", {}),
    }
    assert len(keys) == 6
    limited = shell(limits=Limits(cpu_s=1))
    assert Compiled.key(limited, "env", {}) == Compiled.key(shell(), "env", {})


def test_what_was_made_outlives_the_run_and_old_ones_go(monkeypatch, tmp_path):
    made = Built((Made("out/x", 0o755, b"\0binary"),))
    Compiled().put("a" * 32, made)
    assert Compiled().get("a" * 32) == made
    assert Compiled().get("b" * 32) is None
    failed = Built(ended=Ended(exit_code=1))
    one = Compiled()
    one.put("c" * 32, failed)
    assert one.get("c" * 32) == failed
    assert Compiled().get("c" * 32) is None
    monkeypatch.setattr(_compiled, "KEPT_BYTES", 0)
    assert Compiled().get("a" * 32) is None
    assert list((tmp_path / "cache" / "compiled").iterdir()) == []


def test_a_damaged_build_is_made_again(tmp_path):
    Compiled().put("a" * 32, Built((Made("x", 0o755, b"1"),)))
    (tmp_path / "cache" / "compiled" / ("a" * 32)).write_bytes(b"\xc1")
    assert Compiled().get("a" * 32) is None


def test_a_tool_of_the_host_is_in_the_key():
    service = bubblewrap.PLUGIN.service({"slots": 1})
    try:
        told = service.content(shell())
        assert set(told["toolchain"]) == {"sh"}
        assert "toolchain" not in service.content(Job(command=("python", "main.py")))
    finally:
        asyncio.run(service.close())


def part(script: str, *names: str) -> Part:
    return Part((File("part.txt", "of all"),), Build(("sh", "-c", script), names))


def test_what_a_part_leaves_lies_beside_the_build_and_is_made_once(box):
    before = box.service.counts["built"]
    half = part("cat part.txt - > half; ls >> half", "half")
    join = "mkdir out; cat half main.sh > out/all"
    jobs = [
        replace(shell(join, text=text), command=("cat", "out/all"), parts=(half,))
        for text in ("echo one", "echo two")
    ]
    told = [found.stdout for job in jobs for found in box.ask(job)]
    assert told == [f"of allhalf\npart.txt\n#!/bin/sh\necho {word}\n" for word in ("one", "two")]
    assert box.service.counts["built"] - before == 3


def test_a_part_that_fails_fails_the_build(box):
    broken = part("echo no part >&2; exit 1", "half")
    (found,) = box.ask(replace(shell(), parts=(broken,)))
    assert (found.verdict, found.stderr) == ("CE", "no part\n")


def test_parts_are_of_the_key_and_their_paths_are_looked_at(box):
    one, other = (replace(shell(), parts=(part(word, "half"),)) for word in ("true", "false"))
    plain = shell()
    assert len({Compiled.key(job, "", {}) for job in (one, other, plain)}) == 3
    assert one.content() != other.content()
    (found,) = box.ask(replace(plain, parts=(part("true", "../half"),)))
    assert found.reason == "bad-path"
