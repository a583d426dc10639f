"""What of vLLM is used: the one file that knows its names (tried with 0.32)."""

import gc
import os
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from backfeed.engine.errors import Refused

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


class Model:
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
        """Give the memory back, and with it what all models of this process have in common."""
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
