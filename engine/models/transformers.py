"""Scores, and trainings, by a model here: `transformers:PATH`, a folder with weights.

A language model gives losses and instruction-following difficulty; a sequence classifier a reward,
or how probable each of its labels is. Texts are computed many at a time, by length. What comes so
close to where it would be rounded to another number that the batch might decide is computed again,
alone: an answer does not depend on its batch.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any

from backfeed.engine.config import build, nearest
from backfeed.engine.contracts import Gather, Service
from backfeed.engine.errors import ConfigError, MissingExtra, Refused
from backfeed.engine.identity import canonical
from backfeed.engine.models import (
    _classes,
    _forward_thread,
    _losses,
    _numbers,
    _training,
    _weights,
)
from backfeed.engine.models._forward_thread import Options, Room
from backfeed.engine.requests import Score

if TYPE_CHECKING:
    from backfeed.engine.models._forward import Model, Row

NEEDED = ("torch", "transformers")
NOISE = {"float64": 1e-13, "float32": 2.5e-7}
"""How far a loss of a batch may be from that of a text alone; measured: up to 2.5e-7 of it.

Of half the precision no such bound is small beside five digits, and none is kept.
"""
MORE = 4.0
"""How much more a logit may be off, and what is raised from one."""
TYPES = ("float32", "float64", "bfloat16", "float16")
DEVICE = re.compile(r"auto|cpu|cuda(:[0-9]+)?")
KIND = "transformers"
CLASSIFIER = "ForSequenceClassification"
LANGUAGE_MODEL = ("ForCausalLM", "LMHeadModel")
PLAIN, PAIR = "{prompt}\n\n{answer}", "pair"
GATHER_S = 0.1
"""So long a batch waits for others: texts of one length are found among many."""

Number = float | None | Refused

_FIELD = re.compile(r"\{(prompt|answer)\}")


@dataclass(frozen=True, slots=True)
class Settings:
    """What [models.ROLE] may say.

    `device` is auto, cpu or cuda(:N). `template` joins prompt and answer; of a classifier, `pair`
    leaves that to its tokenizer, and empty means its chat template, or else the plain one. A text
    of more than `max_length` tokens is refused (0: than the model takes). `batch` scores are asked
    together, computed `batch_tokens` at once, filling included (0: 2048 on a CPU, 8192 on a GPU).
    `threads` 0 leaves it to torch.
    `timeout_s` is for a batch, the loading of the model included.
    """

    device: str = "auto"
    dtype: str = "float32"
    threads: int = 0
    template: str = ""
    max_length: int = 0
    batch: int = 256
    batch_tokens: int = 0
    timeout_s: float = 3600.0


class Losses:
    """What a language model says of answers."""

    def __init__(self, template: str, of: str) -> None:
        self._template, self._of = _losses.Template(template or PLAIN), of

    def require(self, request: Score) -> None:
        """Raise `ConfigError` for a kind that such a model does not give."""
        self._asked(request)

    def scale(self, kind: str, number: float) -> float:
        """What the noise of a number is in proportion to."""
        return max(number, 1.0) * (MORE if kind == "ifd_ppl" else 1.0)

    def _asked(self, request: Score) -> _losses.Asked:
        return _losses.Asked(self._template, request, self._of)

    def numbers(self, model: "Model", requests: Sequence[Score], room: Room) -> list[Number]:
        """A number for each; equal texts are computed once."""
        asked = [self._asked(one) for one in requests]
        spans = list(dict.fromkeys(span for one in asked for span in one.spans))
        rows = model.spans(spans, room)
        lost = iter(model.losses([row for row in rows if not isinstance(row, Refused)], room))
        losses = [row if isinstance(row, Refused) else next(lost) for row in rows]
        told = dict(zip(spans, losses, strict=True))
        return [_number(one, [told[span] for span in one.spans]) for one in asked]


def _number(asked: _losses.Asked, losses: list[Number]) -> Number:
    refused = next((one for one in losses if isinstance(one, Refused)), None)
    return refused or asked.number([one for one in losses if not isinstance(one, Refused)])


class Judgements:
    """What a classifier says of a prompt with its answer, or of an answer alone."""

    def __init__(self, template: str, labels: _classes.Labels, of: str) -> None:
        if template not in ("", PAIR) and not _FIELD.search(template):
            raise ConfigError(
                f"[models] template = {template!r}: it must hold {{answer}} or {{prompt}}, or be"
                f" {PAIR!r}"
            )
        self._template, self._labels, self._of = template, labels, of

    def require(self, request: Score) -> None:
        """Raise `ConfigError` for a kind that this classifier does not give."""
        _classes.require(request.kind, self._labels.kinds, self._of)

    def scale(self, kind: str, number: float) -> float:
        """What the noise of a number is in proportion to."""
        return MORE * (max(abs(number), 1.0) if kind == _classes.REWARD else number)

    def numbers(self, model: "Model", requests: Sequence[Score], room: Room) -> list[Number]:
        """A number for each; equal texts are computed once."""
        texts = list(dict.fromkeys((one.prompt, one.answer) for one in requests))
        rows = [_or_refused(self._row, model, text, room) for text in texts]
        judged = iter(model.logits([row for row in rows if not isinstance(row, Refused)], room))
        logits = [row if isinstance(row, Refused) else next(judged) for row in rows]
        told = dict(zip(texts, logits, strict=True))
        return [self._number(one.kind, told[one.prompt, one.answer]) for one in requests]

    def _number(self, kind: str, logits: "list[float] | Refused | None") -> Number:
        return self._labels.number(kind, logits) if isinstance(logits, list) else logits

    def _row(self, model: "Model", text: tuple[str, str], room: Room) -> "Row":
        prompt, answer = text
        if self._template == PAIR:
            return model.pair(prompt, answer, room)
        if not prompt:
            return model.pair("", answer, room)
        if not self._template and (row := model.chat(prompt, answer, room)) is not None:
            return row
        given = {"prompt": prompt, "answer": answer}
        whole = _FIELD.sub(lambda found: given[found[1]], self._template or PLAIN)
        return model.pair("", whole, room)


def _or_refused(make: Callable[..., "Row"], *given: Any) -> "Row | Refused":
    try:
        return make(*given)
    except Refused as refused:
        return refused


class Scorer:
    """One model, asked for numbers of the kinds that it gives."""

    form = _numbers.FORM

    def __init__(
        self, weights: _weights.Weights, settings: Settings, way: Losses | Judgements
    ) -> None:
        self.name, self._way = weights.name, way
        self.gather = Gather(settings.batch, GATHER_S, parallel=2, deadline_s=settings.timeout_s)
        classes = isinstance(way, Judgements)
        options = Options(classes, settings.device, settings.dtype, settings.threads)
        self._worker = _forward_thread.shared(weights.folder, weights.mark, options)
        self._held = True
        self._room = Room(settings.max_length, settings.batch_tokens, self._worker.check)
        self._noise = NOISE.get(settings.dtype, 0.0)
        told = {key: getattr(settings, key) for key in ("dtype", "max_length")}
        told["template"] = settings.template or ("" if classes else PLAIN)
        self.identity = f"{_versions()} {weights.mark} {canonical(told).decode()}"

    def content(self, request: Score) -> Any:
        """The kind and the texts."""
        return _numbers.content(request)

    async def answer(self, requests: Sequence[Score]) -> list[Any]:
        """A number for each. Raises `ConfigError` for a kind that the model does not give."""
        for request in requests:
            self._way.require(request)
        return await self._worker.do(lambda model: self._told(model, requests))

    def _told(self, model: "Model", requests: Sequence[Score]) -> list[Any]:
        found = self._way.numbers(model, requests, self._room)
        for place, number in enumerate(found):
            if not isinstance(number, float):
                continue
            scale = self._way.scale(requests[place].kind, number)
            if _numbers.unsure(number, self._noise * scale):
                alone = requests[place : place + 1]
                [found[place]] = self._way.numbers(model, alone, self._room)
        return [one if isinstance(one, Refused) else _losses.told_as(one) for one in found]

    async def close(self) -> None:
        """Let go of the model; who lets go last ends it."""
        if self._held:
            self._held = False
            await _forward_thread.let_go(self._worker)


def _versions() -> str:
    return " ".join(f"{name} {version(name).partition('+')[0]}" for name in NEEDED)


class _Transformers:
    """The plug-in."""

    answers = frozenset[str]()

    def service(self, name: str, settings: Mapping[str, Any]) -> Service:
        """It answers no prompts."""
        raise ConfigError(
            "transformers gives scores and answers no prompts: name it as --model"
            " scorer=transformers:PATH, and a model for prompts, e.g. vllm:PATH"
        )

    def scorer(self, name: str, settings: Mapping[str, Any]) -> Scorer:
        """Raises `ConfigError` for a setting or a folder that is no good, `MissingExtra`."""
        found = _settings(name, settings)
        weights = _weights.found(name, KIND)
        of = f"{KIND}:{weights.name}"
        if weights.architecture.endswith(CLASSIFIER):
            labels = _classes.labels(weights.config)
            return Scorer(weights, found, Judgements(found.template, labels, of))
        if weights.architecture.endswith(LANGUAGE_MODEL):
            return Scorer(weights, found, Losses(found.template, of))
        raise ConfigError(
            f"{KIND}:{name} is a {weights.architecture}: what gives scores is a language model"
            " (…ForCausalLM) or a classifier (…ForSequenceClassification)"
        )

    def trainer(self, name: str, settings: Mapping[str, Any]) -> Service:
        """Raises `ConfigError` for a setting or a folder that is no good, `MissingExtra`."""
        return _training.service(name, settings)


def _settings(name: str, settings: Mapping[str, Any]) -> Settings:
    """The settings, if each is possible. An address is meant for other backends, and ignored."""
    for package in NEEDED:
        if find_spec(package) is None:
            raise MissingExtra(
                f"{KIND!r} of the models needs {package!r}: run pip install 'backfeed[train]'"
            )
    where = f"[models] {KIND}:{name}"
    if not name:
        raise ConfigError(f"--model {KIND}: name the model's folder, as {KIND}:PATH")
    found = build(Settings, {k: v for k, v in settings.items() if k != "base_url"}, where)
    for key in ("batch", "timeout_s"):
        if (value := getattr(found, key)) <= 0:
            raise ConfigError(f"{where}: {key} = {value}: it must be more than 0")
    for key in ("threads", "max_length", "batch_tokens"):
        if (value := getattr(found, key)) < 0:
            raise ConfigError(f"{where}: {key} = {value}: it must not be less than 0")
    if found.dtype not in TYPES:
        raise ConfigError(f"{where}: dtype = {found.dtype!r}; {nearest(found.dtype, TYPES)}")
    if not DEVICE.fullmatch(found.device):
        raise ConfigError(f"{where}: device = {found.device!r}: it is auto, cpu, cuda or cuda:N")
    return found


PLUGIN = _Transformers()
