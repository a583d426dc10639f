"""Steps in groups: neighbouring `each` stages together, `whole` stages and loops alone."""

from collections.abc import Iterable, Sequence

from backfeed.engine.recipe import Loop, Step

Steps = Sequence[Step | Loop]
Group = list[Step] | Loop


def is_spare(group: Group) -> bool:
    """Are rows as good without it? After a stop it is left out."""
    return isinstance(group, Loop) or bool(getattr(group[0].stage, "spare", False))


def is_free(group: Group) -> bool:
    """Is it one `whole` stage that asks no service?"""
    if isinstance(group, Loop) or not group[0].is_whole:
        return False
    return not getattr(group[0].stage, "asks", ())


def grouped(steps: Sequence[Step | Loop]) -> Iterable[Group]:
    """Neighbouring `each` steps together; `whole` steps and loops alone."""
    segment: list[Step] = []
    for step in steps:
        if isinstance(step, Step) and not step.is_whole:
            segment.append(step)
            continue
        if segment:
            yield segment
            segment = []
        yield step if isinstance(step, Loop) else [step]
    if segment:
        yield segment


def is_incremental(step: Step | Loop) -> bool:
    """May it be given new rows only?"""
    if isinstance(step, Loop):
        return all(map(is_incremental, step.steps))
    return not step.is_whole or bool(getattr(step.stage, "incremental", False))
