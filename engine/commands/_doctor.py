"""What works on this machine: each part is tried, not guessed."""

import asyncio
import os
import platform
import shutil
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

import click

from backfeed.engine import languages, passes, registry, services
from backfeed.engine.analyzing import AnalyzerService
from backfeed.engine.compute import ComputeService
from backfeed.engine.contracts import DeepPass, Service
from backfeed.engine.errors import BackfeedError
from backfeed.engine.grammar import grammars
from backfeed.engine.lanes import close_all
from backfeed.engine.requests import CodeCheck, Compute, Request
from backfeed.sandboxes import _toolchains

DEFAULT_LANGUAGE = "python"
SIGNS = {True: "ok", False: "NO", None: "-"}


def examine(*, attack: bool) -> dict[str, Any]:
    """Everything, as plain data: `ready` says whether the default job can run."""
    sandboxes = {name: _sandbox(name, attack=attack) for name in registry.names("sandboxes")}
    default_box = sandboxes.get(services.DEFAULT_SANDBOX, {})
    known = _languages(can_run=default_box.get("ok") is True)
    default = known.get(DEFAULT_LANGUAGE, _everything(_part(None)))
    return {
        "ready": all(part["ok"] is True for part in default.values()),
        "machine": _machine(), "sandboxes": sandboxes, "languages": known,
        "models": {name: _model(name) for name in registry.names("models")},
        "deep passes": {one.name: _pass(one) for one in passes.every()},
        "tool_chains": _toolchains.versions(),
    }  # fmt: skip


def _machine() -> dict[str, Any]:
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    return {
        "system": f"{platform.system()} {platform.release()} {platform.machine()}",
        "python": platform.python_version(),
        "cores": len(os.sched_getaffinity(0)),
        "memory_gb": round(memory / 1e9, 1),
        "disk_free_gb": round(shutil.disk_usage(Path.cwd()).free / 1e9, 1),
        "user": "root" if os.geteuid() == 0 else "ordinary",
    }


def _sandbox(name: str, *, attack: bool) -> dict[str, Any]:
    """A backend that isolates is opened; one that does not is named for what it is."""
    if name in services.UNSAFE:
        return {"ok": None, "told": f"no isolation; only with --sandbox {name}"}
    try:
        backend = registry.made("sandboxes", name)
        facts = dict(backend.probe())
        if not attack:
            return {"ok": True, "told": _facts(facts), "facts": facts}
        service = services.open_sandbox(name, {})
        tried = asyncio.run(_attacked(service))
    except BackfeedError as error:
        return {"ok": False, "told": str(error)}
    held = all(one["ok"] for one in tried)
    return {"ok": held, "told": _facts(facts), "facts": facts, "probes": tried}


def _facts(facts: Mapping[str, Any]) -> str:
    wanted = ("bubblewrap", "docker", "python_version", "memory", "seccomp")
    return ", ".join(f"{key.replace('_', ' ')} {facts[key]}" for key in wanted if key in facts)


async def _attacked(service: Service) -> list[dict[str, Any]]:
    from backfeed.sandboxes.selfcheck import probes

    try:
        return await probes.run(service)
    finally:
        await close_all([service])


def _languages(*, can_run: bool) -> dict[str, dict[str, Any]]:
    """What can be done with each language."""
    able = registry.names("analyzers")
    found = {name: _everything(_part(None, "no analyzer")) for name in sorted({*grammars(), *able})}
    made: dict[str, Service] = {"compute": ComputeService(1)}
    try:
        if can_run:
            made["sandbox"] = services.open_sandbox(services.DEFAULT_SANDBOX, {})
    except BackfeedError as error:
        found |= {name: _everything(_part(False, str(error))) for name in able}
    else:
        found |= asyncio.run(_tried(able, made))
    return found


def _everything(part: dict[str, Any]) -> dict[str, Any]:
    return dict.fromkeys(("parse", "analyze", "run"), part)


def _part(ok: bool | None, told: str = "") -> dict[str, Any]:  # noqa: FBT001 - a record's field
    return {"ok": ok, "told": told}


async def _tried(able: Iterable[str], made: Mapping[str, Service]) -> dict[str, dict[str, Any]]:
    try:
        return {name: await _try_language(name, made) for name in able}
    finally:
        await close_all(made.values())


async def _try_language(name: str, made: Mapping[str, Service]) -> dict[str, Any]:
    """Parse, analyze and run one small program: the plug-in's own `hello`, or the empty one."""
    plugin = registry.made("analyzers", name)
    hello = str(getattr(plugin, "hello", ""))
    found = _everything(_part(None, "the analyzer does not offer it"))
    if hasattr(plugin, "parse"):
        asked = Compute(languages.call, (name, "parse", hello))
        found["parse"] = await _try(made, "compute", asked)
    if "sandbox" not in made:
        return found | dict.fromkeys(("analyze", "run"), _part(False, "no sandbox works here"))
    checker = {"analyzer": AnalyzerService(plugin, made)}
    found["analyze"] = await _try(checker, "analyzer", CodeCheck(name, hello))
    if hasattr(plugin, "run_job"):
        found["run"] = await _try(made, "sandbox", plugin.run_job(hello))
    return found


async def _try(made: Mapping[str, Service], name: str, request: Request) -> dict[str, Any]:
    """Ask once; retrying is for runs."""
    try:
        [answer] = await made[name].answer([request])
    except BackfeedError as error:
        answer = error
    if isinstance(answer, Exception):
        return _part(False, str(answer))
    word = str(answer.get("word") or answer.get("verdict"))
    return _part(word in ("ok", "AC"), "" if word in ("ok", "AC") else f"it says {word}")


def _model(name: str) -> dict[str, Any]:
    try:
        backend = registry.made("models", name)
    except BackfeedError as error:
        return _part(False, str(error))
    answers = backend.answers
    prompts = "any prompt" if answers is None else f"{len(answers)} prompts, no weights"
    told = {
        prompts: answers is None or bool(answers),
        "embeddings": hasattr(backend, "embedder"),
        "scores": hasattr(backend, "scorer"),
    }
    return _part(True, ", ".join(what for what, can in told.items() if can))


def _pass(one: DeepPass) -> dict[str, Any]:
    """What a deep pass looks at; or how its tool is installed."""
    why = passes.lack(one)
    return _part(None, why) if why else _part(True, ", ".join(one.languages))


def tell(found: Mapping[str, Any]) -> None:
    """The findings for people; what fails is said at length, with the remedy."""
    click.echo("  ".join(f"{key.replace('_', ' ')} {v}" for key, v in found["machine"].items()))
    for title in ("sandboxes", "models", "deep passes"):
        click.echo(f"\n{title}")
        for name, part in found[title].items():
            click.echo(f"  {SIGNS[part['ok']]:<3} {name:<12} {part['told']}")
            for probe in part.get("probes", ()):
                sign = SIGNS[probe["ok"]]
                click.echo(f"      {sign:<3} {probe['name']:<18} {probe['got']}")
    click.echo("\nlanguages       parse    analyze  run")
    for name, parts in found["languages"].items():
        signs = "".join(f"{SIGNS[part['ok']]:<9}" for part in parts.values())
        why = sorted({part["told"] for part in parts.values() if part["told"]})
        click.echo(f"  {name:<13} {signs} {'; '.join(why)}".rstrip())
    click.echo("\ntool chains that programs find in bubblewrap")
    for name, version in found["tool_chains"].items():
        click.echo(f"  {name:<13} {version}")
    if found["ready"]:
        click.echo("\n`backfeed synth` can run here")


def complaint(found: Mapping[str, Any]) -> str:
    """Why the default job cannot run here."""
    parts = [found["sandboxes"].get(services.DEFAULT_SANDBOX, {})]
    parts += found["languages"].get(DEFAULT_LANGUAGE, {}).values()
    why = next((part["told"] for part in parts if part.get("ok") is False), "a plug-in is missing")
    return f"`backfeed synth` cannot run here: {why}"
