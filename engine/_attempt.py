"""One attempt to have a batch answered: the answers, or what kept the service from it."""

import asyncio
from collections.abc import Sequence
from typing import Any

from backfeed.engine.boundary import boundary
from backfeed.engine.contracts import Service
from backfeed.engine.errors import AskFailed, CallerError, Outage, Stopping, Unreachable
from backfeed.engine.pace import Bug
from backfeed.engine.pulse import Pulse


async def attempt(
    service: Service, requests: Sequence[Any], *, kind: str, pulse: Pulse
) -> Sequence[Any] | Outage:
    """The service's answers; `Outage` if the batch failed as a whole, `Bug` if by its own fault."""
    deadline_s = service.gather.deadline_s
    try:
        with boundary(Bug, f"{kind} has a bug"):
            async with asyncio.timeout(deadline_s) as scope:
                answers = await service.answer(requests)
            if len(answers) != len(requests):
                return Bug(f"{kind} gave {len(answers)} answers to {len(requests)} requests")
            return answers
    except Bug as bug:
        if scope.expired():
            return Outage(f"{kind}: no answer in {deadline_s:.0f} s")
        if isinstance(bug.__cause__, OSError):
            return Outage(f"{kind}: {bug.__cause__!r}")
        pulse.report(f"{kind} has a bug: {type(bug.__cause__).__name__}", bug)
        return bug
    except Outage as outage:
        return outage
    except AskFailed as failure:  # a fact about one of them
        return [failure] if len(requests) == 1 else Outage(str(failure))
    except Stopping as stop:
        return [stop] * len(requests)
    except (CallerError, Unreachable) as error:
        pulse.stop("fault", error)
        return [Stopping(str(error))] * len(requests)
