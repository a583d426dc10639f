"""Tool chains: where they are found, what is shown of them, what identifies them."""

import asyncio
import os
import shutil
import subprocess
import tempfile
from pathlib import Path

import pytest

from backfeed.engine.errors import ConfigError
from backfeed.engine.records import File
from backfeed.engine.requests import Job, Limits
from backfeed.sandboxes import _starter, _toolchains, bubblewrap, docker

ROOT = Path(__file__).parents[2]
LIMITS = Limits(cpu_s=20, wall_s=60, memory_mb=1024, processes=128)

# A language's program, in a file of that name, and what compiles and runs it.
HELLO = {
    "c": ("main.c", '#include <stdio.h>\nint main() { puts("hello"); }', "gcc main.c && ./a.out"),
    "cpp": ("main.cc", '#include <iostream>\nint main() { std::cout << "hello\\n"; }',
            "g++ main.cc && ./a.out"),
    "javascript": ("main.js", "console.log('hello')", "node main.js"),
    "java": ("A.java", "class A { public static void main(String[] a) "
             '{ System.out.println("hello"); } }', "javac A.java && java A"),
    "go": ("main.go", 'package main\nimport "fmt"\nfunc main() { fmt.Println("hello") }',
           "go build main.go && ./main"),
    "rust": ("main.rs", 'fn main() { println!("hello"); }', "rustc main.rs && ./main"),
    "bash": ("main.sh", 'a=(hello); echo "${a[0]}"', "bash main.sh"),
}  # fmt: skip


@pytest.fixture(autouse=True)
def fresh():
    """What is known of this machine is forgotten, before and after."""
    for known in (_toolchains.elsewhere, _toolchains.digest):
        known.cache_clear()
    yield
    for known in (_toolchains.elsewhere, _toolchains.digest):
        known.cache_clear()


@pytest.fixture
def system(monkeypatch, tmp_path):
    """A machine whose own path is this folder, and the caller's has `shims` besides."""
    folder = tmp_path / "system"
    folder.mkdir()
    (tmp_path / "shims").mkdir()
    monkeypatch.setattr(_toolchains, "SYSTEM", str(folder))
    monkeypatch.setenv("PATH", f"{folder}:{tmp_path / 'shims'}:/usr/bin:/bin")
    return folder


def script(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def rust(home: Path, says: str = "1.0") -> Path:
    """A tool chain of Rust that says its version."""
    (home / "lib" / "rustlib").mkdir(parents=True)
    script(home / "bin" / "rustc", f'[ "$1" = --print ] && echo {home} || echo rustc {says}')
    return home


def test_a_chain_behind_a_shim_is_shown_by_its_home(system, tmp_path):
    home = rust(tmp_path / "rust")
    script(tmp_path / "shims" / "rustc", f"echo {home}")
    (home / "private").touch()
    (found,) = [chain for chain in _toolchains.elsewhere() if chain.language == "rust"]
    place = f"{_toolchains.HOME}/rust"
    assert found.shown() == {f"{home}/{part}": f"{place}/{part}" for part in ("bin", "lib")}
    assert found.links() == {f"{_toolchains.LINKS}/rustc": f"{place}/bin/rustc"}


def test_the_systems_own_comes_first(system, tmp_path):
    rust(tmp_path / "rust")
    (tmp_path / "shims" / "rustc").symlink_to(tmp_path / "rust" / "bin" / "rustc")
    script(system / "rustc", "")
    assert "rust" not in {chain.language for chain in _toolchains.elsewhere()}


@pytest.mark.parametrize("answer", ["", "relative", "/", "/nowhere/at/all", "$HOME"])
def test_a_home_that_is_none_is_not_shown(system, tmp_path, monkeypatch, answer):
    """Least of all the user's own, even if it looks like one."""
    monkeypatch.setenv("HOME", str(rust(tmp_path / "home")))
    script(tmp_path / "shims" / "rustc", f"echo {answer}")
    assert "rust" not in {chain.language for chain in _toolchains.elsewhere()}


def test_of_node_the_program_alone_is_shown(system, tmp_path):
    """Its home may be ~/.local, with much beside it."""
    node = script(tmp_path / "local" / "bin" / "node", f"echo {tmp_path / 'local'}")
    (tmp_path / "shims" / "node").symlink_to(node)
    (found,) = [chain for chain in _toolchains.elsewhere() if chain.language == "javascript"]
    assert found.shown() == {str(node): f"{_toolchains.HOME}/javascript/bin/node"}


def test_what_lies_in_usr_is_linked_where_it_is():
    found = _toolchains.Chain("go", Path("/usr/local/go"), ("bin", "pkg"), ("go",))
    assert found.shown() == {}
    assert found.links() == {f"{_toolchains.LINKS}/go": "/usr/local/go/bin/go"}


def test_the_path_is_extended_once():
    once = _toolchains.path("/usr/bin:/bin")
    assert once == _toolchains.path(once) == f"{_toolchains.OWN}:/usr/bin:/bin:{_toolchains.LINKS}"


def test_a_digest_changes_with_the_program_and_with_its_release(system, tmp_path):
    (system / "tool").symlink_to(script(tmp_path / "tool" / "bin" / "tool", "true"))
    seen = [digest()]
    (tmp_path / "tool" / "release").write_text("1")
    seen.append(digest())
    script(tmp_path / "tool" / "bin" / "tool", "false")
    seen.append(digest())
    assert len(set(seen)) == 3
    assert digest() == seen[2]


def test_what_was_installed_for_a_later_version_comes_before_the_systems(
    system, tmp_path, monkeypatch
):
    script(system / "tool", "true")
    before = digest()
    script(tmp_path / "own" / "tool", "false")
    monkeypatch.setattr(_toolchains, "SYSTEM", f"{tmp_path / 'own'}:{system}")
    assert digest() not in ("", before)


def test_a_digest_is_of_what_a_command_starts_too(system):
    for name in ("gcc", "as", "ld"):
        script(system / name, "true")
    before = _toolchains.digest("gcc")
    script(system / "ld", "false")
    _toolchains.digest.cache_clear()
    assert _toolchains.digest("gcc") != before


def digest() -> str:
    _toolchains.digest.cache_clear()
    return _toolchains.digest("tool")


def test_a_digest_sees_both_ends_of_a_large_program(system):
    seen = []
    for at in (0, 3 << 20):
        with script(system / "tool", "").open("wb") as file:
            file.truncate(3 << 20)
            file.seek(at)
            file.write(b"x")
        seen.append(digest())
    assert len({*seen, ""}) == 3


def test_a_digest_is_of_the_private_chain_that_is_shown(system, tmp_path):
    script(tmp_path / "shims" / "rustc", f"echo {rust(tmp_path / 'rust')}")
    with_shim = _toolchains.digest("rustc")
    _toolchains.digest.cache_clear()
    script(system / "rustc", (tmp_path / "rust" / "bin" / "rustc").read_text()[10:-1])
    assert _toolchains.digest("rustc") == with_shim != ""


@pytest.mark.parametrize("command", ["no-such-command", "./main", "/usr/bin/env", ""])
def test_what_is_no_command_of_the_sandbox_has_no_digest(command):
    assert _toolchains.digest(command) == ""


def test_versions_are_told_in_one_line():
    found = _toolchains.versions()
    assert set(found) <= set(_toolchains.KNOWN)
    assert "bash" in found["bash"]
    assert not any("\n" in told for told in found.values())


def ask(backend, settings, *jobs):
    """The outcomes of jobs in a sandbox of their own."""
    service = backend.service({"slots": 2, "cold_share": 0.0, **settings})

    async def all_of():
        try:
            return await service.answer(jobs)
        finally:
            await service.close()

    return [Job().decode(answer) for answer in asyncio.run(all_of())]


@pytest.mark.slow
def test_every_language_says_hello(backend):
    settings = {} if backend is bubblewrap.PLUGIN else {"image": "backfeed-tools"}
    ready = [["tools/toolchains.sh", "--list"], ["docker", "image", "inspect", "backfeed-tools"]]
    done = subprocess.run(ready[bool(settings)], cwd=ROOT, capture_output=True, text=True)
    if done.returncode or (not settings and done.stdout.strip()):
        pytest.skip(f"make toolchains images: {done.stdout}{done.stderr}")
    jobs = [
        Job(files=(File(path, text),), command=("sh", "-c", command), limits=LIMITS)
        for path, text, command in HELLO.values()
    ]
    found = zip(HELLO, ask(backend, settings, *jobs), strict=True)
    said = {name: (outcome.verdict, outcome.stdout, outcome.stderr) for name, outcome in found}
    assert said == dict.fromkeys(HELLO, ("AC", "hello\n", ""))


@pytest.fixture
def closed():
    """A folder in one that nobody else can enter; no sandbox covers its place."""
    place = Path(tempfile.mkdtemp(prefix="backfeed-", dir="/var/tmp"))
    (place / "home").mkdir()
    yield place / "home"
    shutil.rmtree(place)


@pytest.mark.bwrap
def test_a_chain_in_a_closed_home_is_shown(monkeypatch, closed):
    chain = _toolchains.Chain("rust", rust(closed / "rust", "7"), ("bin", "lib"), ("rustc",))
    monkeypatch.setattr(_toolchains, "elsewhere", lambda: (chain,))
    command = f"{_toolchains.LINKS}/rustc; echo x >>{_toolchains.LINKS}/rustc || ls {closed}"
    (found,) = ask(bubblewrap.PLUGIN, {}, Job(command=("sh", "-c", command)))
    assert found.stdout == "rustc 7\n"
    assert "cannot create" in found.stderr


@pytest.fixture
def image(tmp_path):
    """An image with a tool chain of its own on its PATH, as those of languages have it."""
    home = rust(tmp_path / "opt" / "rust", "8")
    program = home / "bin" / "rustc"
    program.write_text(program.read_text().replace(str(tmp_path), ""))
    lines = "FROM backfeed-base\nCOPY opt /opt\nENV PATH=/opt/rust/bin:$PATH\n"
    (tmp_path / "Dockerfile").write_text(lines)
    subprocess.run(
        ["docker", "build", "-q", "-t", "backfeed-test-chain", str(tmp_path)], check=True
    )
    yield "backfeed-test-chain"
    subprocess.run(["docker", "rmi", "-f", "backfeed-test-chain"], check=True)


@pytest.mark.docker
def test_an_images_own_chain_is_shown(image):
    job = Job(command=("sh", "-c", "command -v rustc; rustc; ls /opt"))
    (found,) = ask(docker.PLUGIN, {"image": image}, job)
    assert found.stdout == f"{_toolchains.LINKS}/rustc\nrustc 8\nbackfeed\n", found


@pytest.mark.bwrap
def test_an_interpreter_in_a_closed_home_runs(closed):
    python = copied_python(closed)
    job = Job(command=("python", "-c", "import sys, json\nprint(sys.base_prefix)"))
    (found,) = ask(bubblewrap.PLUGIN, {"python": str(python)}, job)
    assert (found.verdict, found.stdout) == ("AC", f"{closed}\n")


def copied_python(place: Path) -> Path:
    """The system's interpreter and its library, where they were not built for."""
    version = subprocess.check_output(["/usr/bin/python3", "-c", "import sys;print(sys.version)"])
    name = "python" + ".".join(version.decode().split(".")[:2])
    (place / "bin").mkdir()
    shutil.copy(f"/usr/bin/{name}", place / "bin" / name)
    shutil.copytree(f"/usr/lib/{name}", place / "lib" / name, symlinks=True)
    return place / "bin" / name


@pytest.mark.bwrap
@pytest.mark.may_skip  # an ordinary user's programs are run as that user
@pytest.mark.skipif(os.geteuid() != 0, reason="only root's programs run as another user")
def test_an_interpreter_that_others_may_not_read_is_refused(closed):
    python = copied_python(closed)
    python.chmod(0o700)
    with pytest.raises(ConfigError, match="may not read"):
        bubblewrap.interpreter(str(python))


def test_only_what_is_closed_is_carried(closed):
    (closed / "x").mkdir()
    places = _starter.staged(["/usr/bin", str(closed / "x")], 63000)
    assert places == {"/usr/bin": "/usr/bin", str(closed / "x"): f"{_starter.STAGE}/0"}
    assert _starter.staged(places, 0) == {path: path for path in places}
