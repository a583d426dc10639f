"""Embeddings by a sentence encoder in this process: `encoder:PATH`, a folder, on CPU or GPU.

Any folder that sentence-transformers saves or a hub has for it: MiniLM, BGE, E5, GTE, and the
static ones of model2vec, which are tables of words. Texts are computed many at a time.
"""

import asyncio
import re
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from backfeed.engine.boundary import boundary
from backfeed.engine.config import build
from backfeed.engine.contracts import Gather, Service
from backfeed.engine.errors import ConfigError, MissingExtra, Refused, ServiceRefusal
from backfeed.engine.identity import canonical
from backfeed.engine.models import _numbers, _weights
from backfeed.engine.requests import Embed

if TYPE_CHECKING:
    from backfeed.engine.models._sentences import Encoder

NEEDED = "sentence_transformers"
LISTED = "modules.json"
DEVICE = re.compile(r"cpu|cuda(:[0-9]+)?")
WAIT_S = 0.05
_BESIDE = (".json", ".txt", ".model")


@dataclass(frozen=True, slots=True)
class Settings:
    """What [models.embedder] may say.

    `prompt` stands before each text, as some encoders want it ("query: "); empty: what the folder
    says. A text of more tokens than the encoder takes is refused; with `cut`, its beginning counts.
    """

    device: str = "cpu"
    prompt: str = ""
    cut: bool = False
    batch: int = 32
    timeout_s: float = 3600.0


class EncoderService:
    """One encoder, loaded by the first request, in a thread of its own."""

    form = _numbers.FORM

    def __init__(self, folder: Path, settings: Settings) -> None:
        mark = _weights.mark(folder, _files(folder))
        self.name = f"{folder.name}@{mark[:8]}"
        self.gather = Gather(settings.batch, WAIT_S, parallel=1, deadline_s=settings.timeout_s)
        told = {"prompt": settings.prompt, "cut": settings.cut}
        of = f"sentence-transformers {version('sentence-transformers')}"
        self.identity = f"{of} {mark} {canonical(told).decode()}"
        self._folder, self._settings = folder, settings
        self._pool = ThreadPoolExecutor(1, thread_name_prefix="encoder")
        self._encoder: Encoder | None = None

    def content(self, request: Embed) -> Any:
        """The text."""
        return _numbers.content(request)

    async def answer(self, requests: Sequence[Embed]) -> list[Any]:
        """A vector of norm 1 for each text. Raises `ServiceRefusal` if it cannot be loaded."""
        texts = [_sayable(request.text) for request in requests]
        return await asyncio.get_running_loop().run_in_executor(self._pool, self._vectors, texts)

    def _vectors(self, texts: Sequence[str]) -> list[Any]:
        encoder = self._loaded()
        found: list[Any] = [self._refused(encoder, text) for text in texts]
        places = [place for place, refused in enumerate(found) if refused is None]
        if places:
            some = [texts[place] for place in places]
            rows = encoder.vectors(some, self._settings.prompt or None)
            for place, row in zip(places, rows, strict=True):
                found[place] = _numbers.unit(row)
        return found

    def _loaded(self) -> "Encoder":
        if self._encoder is None:
            with boundary(ServiceRefusal, f"sentence-transformers cannot load {self._folder}"):
                from backfeed.engine.models._sentences import Encoder  # seconds

                self._encoder = Encoder(self._folder, self._settings.device)
        return self._encoder

    def _refused(self, encoder: "Encoder", text: str) -> Refused | None:
        """Why a text has no embedding: what is cut off is not in it."""
        if self._settings.cut or encoder.limit is None:
            return None
        count = encoder.tokens(self._settings.prompt + text)
        if count <= encoder.limit:
            return None
        return Refused(
            "too-long", f"{count} tokens, {self.name} takes {encoder.limit}: models.embedder.cut ="
            " true takes the beginning of a text",
        )  # fmt: skip

    async def close(self) -> None:
        """Give the memory back."""
        await asyncio.to_thread(self._pool.shutdown, cancel_futures=True)
        self._encoder = None


def _sayable(text: str) -> str:
    """The text without halves of characters, which no tokenizer takes."""
    return text.encode("utf-8", "replace").decode()


def _files(folder: Path) -> list[Path]:
    """What of a folder can determine a vector, those of its parts included."""
    wanted = {*_weights.WEIGHTS, *_BESIDE}
    return sorted(path for path in folder.rglob("*") if path.suffix in wanted and path.is_file())


def _folder(name: str) -> Path:
    """The folder. Raises `ConfigError` if it is none, or holds no sentence encoder."""
    if not name:
        raise ConfigError("--model embedder=encoder: name its folder, as encoder:PATH")
    folder = Path(name).expanduser()
    if not folder.is_dir():
        raise ConfigError(
            f"encoder:{name}: there is no such folder; name one with a sentence encoder in it, as"
            " sentence-transformers saves it (download it first: nothing is fetched here)"
        )
    lacks = [] if (folder / LISTED).is_file() else [LISTED]
    if not any(path.suffix in _weights.WEIGHTS for path in _files(folder)):
        lacks.append("weights (model.safetensors)")
    if lacks:
        raise ConfigError(f"encoder:{name} is no sentence encoder: it lacks {', '.join(lacks)}")
    return folder.resolve()


class _Encoders:
    """The plug-in."""

    answers = frozenset[str]()

    def service(self, name: str, settings: Mapping[str, Any]) -> Service:
        """It answers no prompts."""
        raise ConfigError(
            "encoder gives embeddings and answers no prompts: name it as --model"
            " embedder=encoder:PATH"
        )

    def embedder(self, name: str, settings: Mapping[str, Any]) -> EncoderService:
        """Raises `ConfigError` for a setting or a folder that is no good, `MissingExtra`."""
        if find_spec(NEEDED) is None:
            raise MissingExtra(
                "'encoder' of the models needs 'sentence-transformers': run pip install"
                " 'backfeed[embed]'"
            )
        where = f"[models] encoder:{name}"
        found = build(Settings, {k: v for k, v in settings.items() if k != "base_url"}, where)
        if not DEVICE.fullmatch(found.device):
            raise ConfigError(f"{where}: device = {found.device!r}: it is cpu, cuda or cuda:N")
        for key in ("batch", "timeout_s"):
            if (value := getattr(found, key)) <= 0:
                raise ConfigError(f"{where}: {key} = {value}: it must be more than 0")
        return EncoderService(_folder(name), found)


PLUGIN = _Encoders()
