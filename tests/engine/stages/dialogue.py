"""What dialogues with stages share: outcomes of programs, and computations done at once."""

import asyncio
import json
from typing import Any

from backfeed.engine.requests import Compute, Job


def outcome(verdict: str = "AC", **more: Any) -> dict[str, Any]:
    """What a sandbox says of a program, as plain data."""
    return {"verdict": verdict, "exit_code": 0 if verdict == "AC" else 1, **more}


def report(executed: int, error: str = "", *, phase: str = "test", line: int = 1) -> str:
    """What the harness says of one test; `error` is the type of an exception."""
    told = {"type": error, "message": "no", "line": line} if error else None
    return json.dumps({"tests": [{"executed": executed, "error": told, "phase": phase}]})


def computed(request: Any, box: Any = None) -> Any:
    """The answer to a computation; a sandbox's to a job."""
    if isinstance(request, Compute):
        return request.function(*request.arguments)
    assert isinstance(request, Job)
    return asyncio.run(_asked(box, request))


async def _asked(box: Any, job: Job) -> Any:
    [found] = await box.answer([job])
    return found


def spec(job: Job) -> dict[str, Any]:
    """What the harness is told: code and tests."""
    [text] = [file.text for file in job.files if file.path.endswith(".json")]
    found: dict[str, Any] = json.loads(text)
    return found
