"""A folder with a model, as it is saved for transformers: is it one, and which?"""

from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine.errors import BackfeedError, ConfigError
from backfeed.engine.files import user_cache, write_whole
from backfeed.engine.identity import digest, sha256_of

WEIGHTS = (".safetensors", ".bin", ".pt", ".gguf")
_BESIDE = (".json", ".jinja", ".model", ".tiktoken", ".txt")
_TOKENIZERS = ("tokenizer.json", "tokenizer.model", "tokenizer_config.json", "tekken.json")


@dataclass(frozen=True, slots=True)
class Weights:
    """A model's folder; `mark` is a digest of the names and bytes of its files, never the path.

    `config` is what its config.json says.
    """

    folder: Path
    mark: str
    config: Mapping[str, Any]

    @property
    def name(self) -> str:
        """How rows name the model: the folder's own name, and the beginning of the digest."""
        return f"{self.folder.name}@{self.mark[:8]}"

    @property
    def architecture(self) -> str:
        """The class that transformers makes of it, e.g. `LlamaForCausalLM`."""
        return str(self.config["architectures"][0])


def found(place: str, kind: str = "vllm") -> Weights:
    """The model in a folder, for a backend of that kind.

    Raises `ConfigError` if there is none, or it is not whole.
    """
    folder = Path(place).expanduser()
    if not folder.is_dir():
        raise ConfigError(
            f"{kind}:{place}: there is no such folder; name one with a model in it, as transformers"
            " saves it and as a hub has it (download it first: nothing is fetched here)"
        )
    folder = folder.resolve()
    files = _files(folder)
    names = {path.name for path in files}
    lacks = [] if "config.json" in names else ["config.json"]
    lacks += (
        [] if any(path.suffix in WEIGHTS for path in files) else ["weights (model.safetensors)"]
    )
    lacks += [] if names & set(_TOKENIZERS) else ["a tokenizer (tokenizer.json)"]
    if lacks:
        raise ConfigError(f"{kind}:{place} is no model: it lacks {', '.join(lacks)}")
    config = _config(folder / "config.json")
    return Weights(folder, mark(folder, files), config)


def _config(path: Path) -> dict[str, Any]:
    try:
        told: dict[str, Any] = msgspec.json.decode(path.read_bytes(), type=dict)
    except (OSError, msgspec.DecodeError) as error:
        raise ConfigError(f"{path} is no configuration of a model: {error}") from error
    if not told.get("architectures"):
        raise ConfigError(f"{path} is no configuration of a model: it names no `architectures`")
    return told


def _files(folder: Path) -> list[Path]:
    """What of a folder can determine an answer, sorted by name."""
    wanted = {*WEIGHTS, *_BESIDE}
    return sorted(p for p in folder.iterdir() if p.suffix in wanted and p.is_file())


def mark(folder: Path, files: list[Path]) -> str:
    """A digest of the files; kept in the user's cache, as long as none of them changes."""
    stats = [(str(path), path.stat().st_size, path.stat().st_mtime_ns) for path in files]
    kept = user_cache("weights") / f"{digest(stats)}.txt"
    with suppress(OSError, UnicodeDecodeError):
        return kept.read_text(encoding="utf-8")
    found = digest(list(_sums(folder, files)))
    with suppress(BackfeedError, OSError):
        write_whole(kept, found)
    return found


def _sums(folder: Path, files: list[Path]) -> Iterator[tuple[str, str]]:
    for path in files:
        try:
            yield str(path.relative_to(folder)), sha256_of(path)
        except OSError as error:
            raise ConfigError(f"{path} cannot be read: {error}") from error
