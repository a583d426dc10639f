"""What of torch and transformers a scorer uses: texts in, losses or logits out, many at a time.

How it works: rows of tokens are sorted by length and packed, longest first, as many as make
`batch_tokens` with what fills up the shorter ones. The filling stands behind the tokens, where a
model that reads from left to right cannot see it; classifiers are told what it is. A loss is taken
in 64 bits from the model's logits, over the tokens of the answer alone.
"""

import gc
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jinja2

from backfeed.engine.errors import ConfigError, Outage, Refused
from backfeed.engine.models._forward_thread import Options, Room
from backfeed.engine.models._losses import Span
from backfeed.engine.models._torch import torch, transformers

SLICE = 256
"""So many tokens of a vocabulary are looked at together: of a large one, this is 300 MB."""
ON_CPU, ON_GPU = 2048, 8192
"""So many tokens are computed together, if nothing is said."""
UNBOUNDED = 10**9
"""Above this, a tokenizer's longest text means that it does not know one."""


@dataclass(frozen=True, slots=True)
class Row:
    """A text in tokens. From `start` on it is an answer; `kinds` tells two parts apart."""

    ids: tuple[int, ...]
    start: int = 0
    kinds: tuple[int, ...] = ()


class Model:
    """A model and its tokenizer, in memory; used by one thread."""

    def __init__(self, folder: Path, options: Options) -> None:
        transformers.logging.set_verbosity_error()
        transformers.logging.disable_progress_bar()
        if options.threads:
            torch.set_num_threads(options.threads)
        self._device = _device(options.device)
        own: dict[str, Any] = {"local_files_only": True, "trust_remote_code": False}
        self._tokenizer = transformers.AutoTokenizer.from_pretrained(folder, **own)
        made = transformers.AutoModelForCausalLM
        if options.classes:
            made = transformers.AutoModelForSequenceClassification
        self._model = made.from_pretrained(folder, dtype=getattr(torch, options.dtype), **own)
        self._model.to(self._device).eval()
        self._tokens = ON_CPU if self._device == "cpu" else ON_GPU
        self._head = self._begins()
        config = self._model.config.get_text_config()
        self._pad = config.pad_token_id
        places = getattr(config, "max_position_embeddings", None) or UNBOUNDED
        self._longest = min(UNBOUNDED, self._tokenizer.model_max_length, places)
        self._has_kinds = "token_type_ids" in self._tokenizer.model_input_names

    def _begins(self) -> tuple[int, ...]:
        """What the tokenizer puts before any text; what it would put behind one is left out."""
        whole, bare = self._tokenizer.encode("a"), self._bare(["a"])["a"]
        return tuple(whole[: whole.index(bare[0])]) if bare and bare[0] in whole else ()

    def _bare(self, texts: Iterable[str]) -> dict[str, list[int]]:
        """The tokens of texts, without what the tokenizer puts around them."""
        each = list(dict.fromkeys(texts))
        found = self._tokenizer(each, add_special_tokens=False)["input_ids"] if each else []
        return dict(zip(each, found, strict=True))

    def spans(self, spans: Sequence[Span], room: Room) -> list[Row | Refused]:
        """The tokens of each span; or `Refused`, if they are too many."""
        bare = self._bare(text for one in spans for text in (one.text, one.before))
        found: list[Row | Refused] = []
        for span in spans:
            before = len(self._head) + len(bare[span.before]) if span.before else 0
            row = Row((*self._head, *bare[span.text]), max(before, 1))
            try:
                found.append(self._fits(row, room))
            except Refused as refused:
                found.append(refused)
        return found

    def pair(self, prompt: str, answer: str, room: Room) -> Row:
        """Two texts, as the tokenizer joins them. Raises `Refused` if they are too long."""
        found = self._tokenizer(prompt, answer) if prompt else self._tokenizer(answer)
        kinds = tuple(found["token_type_ids"]) if self._has_kinds else ()
        return self._fits(Row(tuple(found["input_ids"]), kinds=kinds), room)

    def chat(self, prompt: str, answer: str, room: Room) -> Row | None:
        """Both as a conversation, by the tokenizer's template; None if it has none."""
        if self._tokenizer.chat_template is None:
            return None
        said = [{"role": "user", "content": prompt}, {"role": "assistant", "content": answer}]
        try:
            text = self._tokenizer.apply_chat_template(said, tokenize=False)
        except jinja2.TemplateError as error:
            raise Refused("bad-request", f"the chat template refuses it: {error}") from error
        return self._fits(Row(tuple(self._bare([text])[text])), room)

    def _fits(self, row: Row, room: Room) -> Row:
        longest = min(self._longest, room.max_length or UNBOUNDED)
        if len(row.ids) > longest:
            raise Refused("too-long", f"{len(row.ids)} tokens, and the model takes {longest}")
        return row

    def losses(self, rows: Sequence[Row], room: Room) -> list[float | None]:
        """The mean loss of each row's answer, in nats per token; None without a token of one."""
        known = [row if row.start < len(row.ids) else None for row in rows]
        return self._each(known, self._lost, room)

    def logits(self, rows: Sequence[Row], room: Room) -> list[list[float] | None]:
        """What a classifier gives each label; None for a row without a token."""
        return self._each([row if row.ids else None for row in rows], self._judged, room)

    def _each(
        self, rows: Sequence[Row | None], work: Callable[[list[Row]], list[Any]], room: Room
    ) -> list[Any]:  # fmt: skip
        found: list[Any] = [None] * len(rows)
        known: Mapping[int, Row] = {n: row for n, row in enumerate(rows) if row is not None}
        order = sorted(known, key=lambda n: -len(known[n].ids))
        for batch in packed(order, known, room.batch_tokens or self._tokens):
            room.check()
            with torch.inference_mode():
                told = self._within_memory(work, [known[n] for n in batch])
            for place, one in zip(batch, told, strict=True):
                found[place] = one
        return found

    def _within_memory(self, work: Callable[[list[Row]], list[Any]], rows: list[Row]) -> list[Any]:
        """The same, in halves if it does not fit. Raises `Outage` if one row does not."""
        try:
            return work(rows)
        except torch.OutOfMemoryError as error:
            if len(rows) == 1:
                raise Outage(
                    f"the memory of {self._device} does not hold {len(rows[0].ids)} tokens: set a"
                    " lower max_length, or a smaller dtype"
                ) from error
        middle = len(rows) // 2
        return [
            *self._within_memory(work, rows[:middle]), *self._within_memory(work, rows[middle:])
        ]  # fmt: skip

    def _filled(self, rows: Sequence[Sequence[int]], fill: int) -> Any:
        width = max(map(len, rows))
        filled = [[*row, *[fill] * (width - len(row))] for row in rows]
        return torch.tensor(filled, device=self._device)

    def _lost(self, rows: list[Row]) -> list[float]:
        ids = self._filled([row.ids for row in rows], self._pad or 0)
        logits = self._model(input_ids=ids, use_cache=False).logits
        bounds = torch.tensor([(row.start, len(row.ids)) for row in rows], device=self._device)
        at = torch.arange(ids.shape[1], device=self._device)
        own, at = ((at >= bounds[:, :1]) & (at < bounds[:, 1:])).nonzero(as_tuple=True)
        each = torch.cat([
            torch.nn.functional.cross_entropy(
                logits[some, here - 1].double(), ids[some, here], reduction="none"
            )
            for some, here in zip(own.split(SLICE), at.split(SLICE), strict=True)
        ])  # fmt: skip
        sums = torch.zeros(len(rows), dtype=each.dtype, device=self._device).index_add_(
            0, own, each
        )
        found: list[float] = (sums / (bounds[:, 1] - bounds[:, 0])).tolist()
        return found

    def _judged(self, rows: list[Row]) -> list[list[float]]:
        pad = self._pad
        if pad is None:  # any that none of them has: it is told which
            used = {one for row in rows for one in row.ids}
            pad = next(n for n in range(len(used) + 1) if n not in used)
        self._model.config.get_text_config().pad_token_id = pad
        more = {"attention_mask": self._filled([[1] * len(row.ids) for row in rows], 0)}
        if rows[0].kinds:
            more["token_type_ids"] = self._filled([row.kinds for row in rows], 0)
        ids = self._filled([row.ids for row in rows], pad)
        found: list[list[float]] = self._model(input_ids=ids, **more).logits.double().tolist()
        return found

    def close(self) -> None:
        """Give the memory back."""
        del self._model
        gc.collect()
        if self._device.startswith("cuda"):
            torch.cuda.empty_cache()


def _device(wanted: str) -> str:
    """The device that is meant. Raises `ConfigError` for one that is not there."""
    there = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if wanted == "auto":
        return "cuda" if there else "cpu"
    if wanted == "cpu" or int(wanted.partition(":")[2] or 0) < there:
        return wanted
    raise ConfigError(
        f"[models] device = {wanted!r}: torch finds {there} such devices here; set device = 'cpu'"
    )


def packed(order: Sequence[int], rows: Mapping[int, Row], tokens: int) -> Iterator[list[int]]:
    """Rows, of which the longest come first, in batches of so many tokens; one row at least."""
    batch: list[int] = []
    for place in order:
        if batch and (len(batch) + 1) * len(rows[batch[0]].ids) > tokens:
            yield batch
            batch = []
        batch.append(place)
    if batch:
        yield batch
