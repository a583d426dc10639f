"""Which backend answers for which role: prompts, embeddings, scores, trainings.

`specs` holds the settings of each role; `use` names the backend, as KIND or KIND:NAME. The roles
`embedder`, `scorer` and `trainer` are for what their names say, and answer no prompts.
"""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from backfeed.engine import registry
from backfeed.engine.contracts import Gather, Service
from backfeed.engine.errors import ConfigError, MissingExtra
from backfeed.engine.models import _prompts

EMBEDDER, SCORER, TRAINER = "embedder", "scorer", "trainer"
OWN = (EMBEDDER, SCORER, TRAINER)
EMBEDDED = "hashing"
"""What gives embeddings where no model does."""

Specs = Mapping[str, Mapping[str, Any]]


def prompters(specs: Specs, recipe: str, prompts: Iterable[str]) -> dict[str, Service]:
    """A service for each role that is asked prompts. Raises `ConfigError` if they cannot answer."""
    specs = {role: spec for role, spec in specs.items() if role not in OWN}
    if not specs:
        raise ConfigError(
            f"the recipe {recipe!r} asks a model: name one with --model KIND:NAME;"
            f" kinds are {', '.join(registry.names('models')) or 'none'}"
        )
    backends = {role: _backend(spec) for role, spec in specs.items()}
    _require_answers(specs, backends, recipe, prompts=frozenset(prompts))
    found: dict[str, Service] = {}
    for role in specs:
        for one, service in _all(backends[role], role, specs, method="service").items():
            found[f"model:{one}"] = service
    return found


def _require_answers(
    specs: Specs, backends: Mapping[str, Any], recipe: str, *, prompts: frozenset[str]
) -> None:  # fmt: skip
    """Every prompt of the recipe is one that a backend can answer, or that is there as a file."""
    listed = [backend.answers for backend in backends.values()]
    if None in listed:
        _prompts.check(prompts)
    elif unable := sorted(prompts - frozenset().union(*listed)):
        used = ", ".join(sorted({str(spec["use"]) for spec in specs.values()}))
        raise ConfigError(
            f"{used} cannot answer what the recipe {recipe!r} asks: {', '.join(unable)};"
            " name a model with --model, e.g. --model openai:NAME"
        )


def embedder(specs: Specs, steps: Sequence[str] = ()) -> dict[str, Service]:
    """The embedder that is named; or what answers prompts, if it can; or the one without a model.

    Raises `ConfigError` for a named one that gives no embeddings, and for want of one if it has to
    be named for some `steps`.
    """
    if EMBEDDER in specs:
        spec = specs[EMBEDDER]
        if not hasattr(backend := _backend(spec), "embedder"):
            raise ConfigError(
                f"{spec['use']} gives no embeddings: name {_offering('embedder')} with"
                f" --model {EMBEDDER}=KIND:NAME"
            )
        return {EMBEDDER: backend.embedder(_name(spec), _rest(spec))}
    if "default" in specs and hasattr(backend := _backend(specs["default"]), "embedder"):
        spec = _standing_in(specs["default"])
        return {EMBEDDER: backend.embedder(_name(spec), _rest(spec))}
    if steps:
        raise ConfigError(
            f"{' and '.join(steps)} {'ask' if steps[1:] else 'asks'} what texts mean, and no"
            f" embedder is named: name {_offering('embedder')} with --model {EMBEDDER}=KIND:NAME,"
            f' or [models] {EMBEDDER} = "KIND:NAME" in the recipe; {EMBEDDER}={EMBEDDED} compares'
            " spellings alone"
        )
    return {EMBEDDER: _backend({"use": EMBEDDED}).embedder("", {})}


def scorers(specs: Specs, recipe: str) -> dict[str, Service]:
    """A scorer for each role that has one; for the default role, the scorer that is named.

    Raises `ConfigError` if there is none at all.
    """
    wanted: dict[str, Mapping[str, Any]]
    others = (EMBEDDER, TRAINER)
    wanted = {role: _standing_in(spec) for role, spec in specs.items() if role not in others}
    if SCORER in wanted:
        wanted["default"] = specs[SCORER]
        del wanted[SCORER]
    found: dict[str, Service] = {}
    for role, spec in wanted.items():
        backend = _backend(spec)
        if hasattr(backend, "scorer"):
            for one, service in _all(backend, role, wanted, method="scorer").items():
                found[f"scorer:{one}"] = service
        else:
            found[f"scorer:{role}"] = _NoScorer(role, str(spec["use"]))
    if all(isinstance(service, _NoScorer) for service in found.values()):
        raise ConfigError(f"the recipe {recipe!r} asks for scores: {_remedy(SCORER)}")
    return found


def trainer(specs: Specs, recipe: str, work: Path) -> dict[str, Service]:
    """The trainer that is named, and no other; what it makes lies in `work`.

    Raises `ConfigError` if none is, or if it does not train.
    """
    spec = specs.get(TRAINER)
    remedy = f"name {_offering('trainer') or 'transformers'} with --model {TRAINER}=KIND:PATH"
    if spec is None:
        raise ConfigError(f"the recipe {recipe!r} trains a model: {remedy}, a folder with weights")
    if not hasattr(backend := _backend(spec), "trainer"):
        raise ConfigError(f"{spec['use']} trains no model: {remedy}, a folder with weights")
    return {TRAINER: backend.trainer(_name(spec), {**_rest(spec), "work": work})}


def _all(backend: Any, role: str, specs: Specs, *, method: str) -> dict[str, Service]:
    """The service of a role; of the default role, those of all roles that it stands for."""
    spec, make = specs[role], getattr(backend, method)
    if not hasattr(backend, "roles"):
        return {role: make(_name(spec), _rest(spec))}
    known = set(backend.roles(_name(spec), "model" if method == "service" else method))
    mine = known - (specs.keys() - {role}) if role == "default" else set()
    return {one: make(_name(spec), {**_rest(spec), "role": one}) for one in sorted(mine or {role})}


def _backend(spec: Mapping[str, Any]) -> Any:
    return registry.made("models", str(spec["use"]).partition(":")[0])


def _name(spec: Mapping[str, Any]) -> str:
    return str(spec["use"]).partition(":")[2]


def _rest(spec: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in spec.items() if key != "use"}


def _standing_in(spec: Mapping[str, Any]) -> dict[str, Any]:
    """The settings of a role that was meant for prompts: what is said to a chat is not sent."""
    return {key: value for key, value in spec.items() if key != "extra"}


def _offering(method: str) -> str:
    """The backends that have it, in words."""
    return " or ".join(name for name in registry.names("models") if _offers(name, method))


def _offers(name: str, method: str) -> bool:
    try:
        return hasattr(_backend({"use": name}), method)
    except MissingExtra:
        return False


def _remedy(role: str) -> str:
    return f"name {_offering('scorer')} with --model {role}=openai:NAME --base-url URL"


class _NoScorer:
    """Stands for a role that is named and gives no scores: whoever asks it is told so."""

    gather = Gather()

    def __init__(self, role: str, use: str) -> None:
        self.identity, self._role, self._use = "", role, use

    def content(self, request: Any) -> Any:
        """All of it."""
        return request.content()

    async def answer(self, requests: Sequence[Any]) -> Sequence[Any]:
        """It cannot."""
        raise ConfigError(
            f"the role {self._role!r} is asked for scores, and {self._use} gives none:"
            f" {_remedy(SCORER if self._role == 'default' else self._role)}"
        )

    async def close(self) -> None:
        """Nothing is held."""
