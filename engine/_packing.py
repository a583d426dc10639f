"""How an answer stands in the book: compressed JSON, or the name of a payload beside it."""

from pathlib import Path
from typing import Any

import msgspec
import pyarrow as pa

from backfeed.engine.errors import AskFailed, InvalidReply, PluginFault, Refused
from backfeed.engine.files import write_whole
from backfeed.engine.identity import sha256, well_formed

PAYLOAD_BYTES = 64 * 1024
_SMALL = 128


class Packing:
    """Packs answers; those over 64 KiB are stored once, under their hash, in `payloads`."""

    def __init__(self, payloads: Path) -> None:
        self.payloads = payloads

    def pack(self, service: str, answer: Any) -> tuple[bytes, Any]:
        """An answer's bytes, and the answer as it will be read from them."""
        try:
            raw = _encode(answer)
        except TypeError as error:
            raise PluginFault(
                f"{service} gave an answer that is not plain data: {error}"
            ) from error
        return self._shrink(raw), msgspec.json.decode(raw)

    def _shrink(self, raw: bytes) -> bytes:
        if len(raw) < _SMALL:
            return b"j" + raw
        packed: bytes = pa.compress(raw, codec="zstd", asbytes=True)
        whole = b"z" + len(raw).to_bytes(4, "big") + packed
        if len(whole) <= PAYLOAD_BYTES:
            return whole
        name = sha256(whole)
        if not (self.payloads / name).exists():
            write_whole(self.payloads / name, whole)
        return b"p" + name.encode()

    def unpack(self, stored: bytes) -> Any:
        """The answer of stored bytes."""
        if stored[:1] == b"p":
            stored = (self.payloads / stored[1:].decode()).read_bytes()
        if stored[:1] == b"j":
            return msgspec.json.decode(stored[1:])
        size = int.from_bytes(stored[1:5], "big")
        raw = pa.decompress(stored[5:], decompressed_size=size, codec="zstd", asbytes=True)
        return msgspec.json.decode(raw)


def _encode(answer: Any) -> bytes:
    try:
        return msgspec.json.encode(answer)
    except UnicodeEncodeError:
        return msgspec.json.encode(well_formed(answer))


def wrap(answer: Any) -> dict[str, Any]:
    """An answer as it stands in the book: `a` for answers, `f` for facts about the request."""
    if isinstance(answer, AskFailed):
        kind = "refused" if isinstance(answer, Refused) else "invalid"
        return {"f": [kind, answer.reason, answer.detail]}
    return {"a": answer}


def fact_in(wrapped: dict[str, Any]) -> AskFailed | None:
    """A new error for the fact that was wrapped; None if it was an answer."""
    if "f" not in wrapped:
        return None
    kind, reason, detail = wrapped["f"]
    return (Refused if kind == "refused" else InvalidReply)(reason, detail)
