"""A vLLM engine in this process, in a thread of its own: what is asked joins the running batch.

How it works: the first request starts the thread, which imports vLLM and loads the model; later
ones are taken in between two steps of the engine, so that a long reply keeps nobody waiting.
Services with the same model and options share one engine; the last that lets go ends it.
"""

import asyncio
import gc
import itertools
import os
import queue
import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backfeed.engine.boundary import boundary
from backfeed.engine.errors import BackfeedError, Refused, ServiceRefusal, Stopping, Unreachable
from backfeed.engine.identity import digest

ENVIRONMENT = {
    "DO_NOT_TRACK": "1", "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1",
    "VLLM_ENABLE_V1_MULTIPROCESSING": "0", "VLLM_LOGGING_LEVEL": "ERROR",
}  # fmt: skip
"""Set before vLLM is imported, where the caller has not: no network, one process, no chatter."""

ALWAYS = {
    "enable_prefix_caching": True,
    "structured_outputs_config": {"backend": "guidance", "disable_any_whitespace": True},
    "use_tqdm_on_load": False,
}


PLAIN_STOP = "\n\nUser:"
"""What ends a reply where the tokenizer has no chat template."""


class _Declined(BackfeedError):
    """vLLM would not take a request: that is a fact about it, or else vLLM is broken."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A request: `text`, or a conversation for the template, and how vLLM shall sample.

    `schema` holds the reply to a form. `chat` goes to the chat template. With `scored`, nothing is
    generated, and the text's own log-probabilities are told.
    """

    text: str = ""
    messages: tuple[Mapping[str, str], ...] = ()
    chat: Mapping[str, Any] | None = None
    sampling: Mapping[str, Any] | None = None
    schema: Mapping[str, Any] | None = None
    scored: bool = False


@dataclass(frozen=True, slots=True)
class Said:
    """An answer: text, why it ended (`stop`, `length`), tokens in and out.

    `logprobs` are those of the prompt's tokens, where it was scored; the first has none.
    """

    text: str
    finish: str
    tokens_in: int
    tokens_out: int
    logprobs: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True)
class _Waiter:
    wanted: Wanted
    loop: asyncio.AbstractEventLoop
    future: "asyncio.Future[Said]"

    def tell(self, answer: "Said | BackfeedError") -> None:
        """Deliver, unless nobody waits any more."""
        if not self.loop.is_closed():
            self.loop.call_soon_threadsafe(self._settle, answer)

    def _settle(self, answer: "Said | BackfeedError") -> None:
        if self.future.done():
            return
        if isinstance(answer, BackfeedError):
            self.future.set_exception(answer)
        else:
            self.future.set_result(answer)


class Engine:
    """One model in memory. Nothing is loaded before the first request."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        self._folder, self._options = folder, options
        self._inbox: queue.SimpleQueue[_Waiter | None] = queue.SimpleQueue()
        self._waiting: dict[str, _Waiter] = {}
        self._numbers = itertools.count()
        self._thread: threading.Thread | None = None
        self._broken: BackfeedError | None = None
        self.holders = 0

    async def ask(self, wanted: Wanted) -> Said:
        """The answer. Raises `Refused` for what is too long or cannot be done."""
        if self._broken is not None:
            raise self._broken
        loop = asyncio.get_running_loop()
        waiter = _Waiter(wanted, loop, loop.create_future())
        self._inbox.put(waiter)
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name="vllm", daemon=True)
            self._thread.start()
        return await waiter.future

    @property
    def waiting(self) -> int:
        """How many requests vLLM works on."""
        return len(self._waiting)

    async def close(self) -> None:
        """Stop, whatever is under way, and give the memory back."""
        if self._thread is not None:
            self._inbox.put(None)
            await asyncio.to_thread(self._thread.join)

    def _run(self) -> None:
        """The thread: load, then take in, step and deliver until told to stop."""
        ended: BackfeedError = Stopping("the model is being closed")
        try:
            with boundary(ServiceRefusal, f"vLLM cannot load {self._folder}"):
                model = _Model(self._folder, self._options)
            with boundary(Unreachable, "vLLM failed, and is gone from this process"):
                while self._take_in(model):
                    self._step(model)
                self._waiting_told(ended)
                model.close()
        except BackfeedError as error:
            self._broken = ended = error
        self._waiting_told(ended)

    def _waiting_told(self, ended: BackfeedError) -> None:
        while not self._inbox.empty():
            if (waiter := self._inbox.get()) is not None:
                waiter.tell(ended)
        for waiter in self._waiting.values():
            waiter.tell(ended)
        self._waiting.clear()

    def _take_in(self, model: "_Model") -> bool:
        """Hand what has come to vLLM; wait for something, if it has nothing to do."""
        while not self._waiting or not self._inbox.empty():
            waiter = self._inbox.get()
            if waiter is None:
                return False
            name = str(next(self._numbers))
            try:
                with boundary(_Declined, f"vLLM and {self._folder.name}"):
                    model.add(name, waiter.wanted)
            except _Declined as error:
                if not isinstance(error.__cause__, model.facts):
                    raise ServiceRefusal(str(error)) from error
                waiter.tell(Refused("bad-request", str(error)))
            except BackfeedError as error:
                waiter.tell(error)
            else:
                self._waiting[name] = waiter
        return True

    def _step(self, model: "_Model") -> None:
        for name, said in model.step().items():
            self._waiting.pop(name).tell(said)
        if gone := [name for name, one in self._waiting.items() if one.future.cancelled()]:
            model.drop(gone)
            for name in gone:
                del self._waiting[name]


class _Model:
    """What of vLLM is used; the one place that knows its names."""

    def __init__(self, folder: Path, options: Mapping[str, Any]) -> None:
        for key, value in ENVIRONMENT.items():
            os.environ.setdefault(key, value)
        import vllm  # seconds, and it reads the environment
        from vllm.sampling_params import RequestOutputKind

        self.facts = (ValueError, getattr(vllm.exceptions, "VLLMClientError", ValueError))
        self._vllm, self._only_whole = vllm, RequestOutputKind.FINAL_ONLY
        self._llm = vllm.LLM(model=str(folder), **{**ALWAYS, **options})
        self._engine = self._llm.llm_engine
        self._tokenizer = self._llm.get_tokenizer()
        self._has_chat = getattr(self._tokenizer, "chat_template", None) is not None
        self._longest = int(self._engine.model_config.max_model_len)

    def add(self, name: str, wanted: Wanted) -> None:
        """Take a request in. Raises `Refused` if it is too long, or nothing."""
        tokens = self._tokens(wanted)
        if not tokens:
            raise Refused("no-text", "there is no token in what is asked")
        room = self._longest - len(tokens)
        if room < 1:
            raise Refused(
                "too-long", f"{len(tokens)} tokens, and the model takes {self._longest} in all"
            )
        self._engine.add_request(name, {"prompt_token_ids": tokens}, self._params(wanted, room))

    def _tokens(self, wanted: Wanted) -> list[int]:
        if not wanted.messages:
            return list(self._tokenizer.encode(wanted.text))
        if not self._has_chat:
            return list(self._tokenizer.encode(plain(wanted.messages)))
        text = self._tokenizer.apply_chat_template(
            [dict(one) for one in wanted.messages],
            tokenize=False, add_generation_prompt=True, **(wanted.chat or {}),
        )  # fmt: skip
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    def _params(self, wanted: Wanted, room: int) -> Any:
        told: dict[str, Any]
        if wanted.scored:
            told = {"temperature": 0.0, "max_tokens": 1, "prompt_logprobs": 0}
        else:
            told = dict(wanted.sampling or {})
            told["max_tokens"] = min(told["max_tokens"], room)
            told["stop"] = [] if self._has_chat else [PLAIN_STOP]
        if wanted.schema is not None:
            form = self._vllm.sampling_params.StructuredOutputsParams(json=dict(wanted.schema))
            told["structured_outputs"] = form
        return self._vllm.SamplingParams(**told, output_kind=self._only_whole)

    def step(self) -> dict[str, Said]:
        """Let it work a little: what has been finished by that."""
        return {one.request_id: _said(one) for one in self._engine.step() if one.finished}

    def drop(self, names: list[str]) -> None:
        """Nobody waits for these any more."""
        self._engine.abort_request(names)

    def close(self) -> None:
        """Give the memory back."""
        from vllm.distributed.parallel_state import cleanup_dist_env_and_memory

        self._engine.engine_core.shutdown()
        del self._llm, self._engine
        gc.collect()
        cleanup_dist_env_and_memory()


def plain(messages: Sequence[Mapping[str, str]]) -> str:
    """A conversation for a model without a chat template.

    >>> plain([{"role": "system", "content": "Be brief."}, {"role": "user", "content": "Hi"}])
    'System: Be brief.\\n\\nUser: Hi\\n\\nAssistant:'
    """
    said = [f"{one['role'].capitalize()}: {one['content']}\n\n" for one in messages]
    return "".join(said) + "Assistant:"


def _said(output: Any) -> Said:
    reply = output.outputs[0]
    asked = output.prompt_token_ids
    known = output.prompt_logprobs or ()
    logprobs = tuple(
        None if told is None else float(told[token].logprob)
        for token, told in zip(asked, known, strict=False)
    )
    finish = str(reply.finish_reason or "stop")
    return Said(reply.text, finish, len(asked), len(reply.token_ids), logprobs)


_engines: dict[str, Engine] = {}


def shared(folder: Path, mark: str, options: Mapping[str, Any]) -> Engine:
    """The engine of this model with these options: one, however many services hold it."""
    name = digest(mark, options)
    engine = _engines.get(name) or _engines.setdefault(name, Engine(folder, options))
    engine.holders += 1
    return engine


async def let_go(engine: Engine) -> None:
    """Give one hold back."""
    engine.holders -= 1
    if engine.holders == 0:
        for name in [name for name, one in _engines.items() if one is engine]:
            del _engines[name]
        await engine.close()
