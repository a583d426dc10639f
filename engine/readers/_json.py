"""JSON text to rows: one object per line, or one array of objects, streamed."""

import codecs
import json
from collections.abc import Iterator
from pathlib import Path
from typing import IO, Any

import msgspec

from backfeed.engine.errors import InputError
from backfeed.engine.readers._text import LINE_BYTES, Numbered, Unreadable, lines, not_utf8

_CHUNK = 1024 * 1024
_SPACE = " \t\r\n"
_decoder = json.JSONDecoder()


def rows_by_line(file: IO[bytes]) -> Iterator[Numbered]:
    """One row per line; a line that is no object is `Unreadable`, and reading goes on."""
    for number, line in lines(file):
        row = line if isinstance(line, Unreadable) else decode(line, f"line {number}")
        yield number, row


def decode(raw: bytes, where: str) -> dict[str, Any]:
    """One object. Standard JSON is read fast; what Python also writes (NaN) is read as well."""
    try:
        value = msgspec.json.decode(raw)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        value = _decode_slowly(raw, where)
    return _object(value, where)


def _decode_slowly(raw: bytes, where: str) -> Any:
    if complaint := not_utf8(raw, where):
        return Unreadable("not-utf8", complaint)
    try:
        return json.loads(raw)
    except json.JSONDecodeError as error:
        return Unreadable("not-json", f"{where}, column {error.colno}: {error.msg}")
    except (RecursionError, ValueError) as error:
        return Unreadable("not-json", f"{where}: {type(error).__name__}: {error}")


def _object(value: Any, where: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        return Unreadable("not-an-object", f"{where} is a {type(value).__name__}, not an object")
    if isinstance(value, Unreadable) or _is_unicode(value):
        return value
    return Unreadable("not-unicode", f"{where} holds half of a surrogate pair (\\ud800-\\udfff)")


def _is_unicode(value: dict[str, Any]) -> bool:
    try:
        msgspec.json.encode(value)
    except UnicodeEncodeError:
        return False
    except (OverflowError, TypeError, RecursionError):  # odd, but unicode: a number beyond 64 bits
        return True
    return True


def rows_of_array(file: IO[bytes], path: Path) -> Iterator[Numbered]:
    """The objects of one array; what follows an element that is not JSON cannot be read."""
    text = _Text(file, path)
    if not text.skip("["):
        raise text.wrong("not an array of rows")
    count = 0
    while not text.skip("]"):
        if count and not (text.skip(",") and text.peek()):
            raise text.wrong(f"after row {count} stands neither a comma nor the end of the array")
        count += 1
        text.peek()
        line = text.line()
        yield line, _object(text.value(f"row {count}"), f"row {count}")


class _Text:
    """Decoded text with a place in it, read on demand; what is behind the place is let go."""

    def __init__(self, file: IO[bytes], path: Path) -> None:
        self._file, self._path = file, path
        self._decoder = codecs.getincrementaldecoder("utf-8")()
        self._text, self._place, self._ended = "", 0, False
        self._line, self._counted = 1, 0

    def peek(self) -> str:
        """The next character that is not space; empty at the end."""
        while True:
            while self._place < len(self._text):
                if self._text[self._place] not in _SPACE:
                    return self._text[self._place]
                self._place += 1
            if not self._more(_CHUNK):
                return ""

    def skip(self, sign: str) -> bool:
        """Step over this sign, if it comes next."""
        found = self.peek() == sign
        self._place += found
        return found

    def line(self) -> int:
        """The line of the place, from 1. Each sign is looked at once."""
        self._line += self._text.count("\n", self._counted, self._place)
        self._counted = self._place
        return self._line

    def value(self, where: str) -> Any:
        """The JSON value that comes next: tried on ever more text until it is whole."""
        while True:
            try:
                value, end = _decoder.raw_decode(self._text, self._place)
            except (json.JSONDecodeError, RecursionError) as error:
                held = len(self._text) - self._place
                if held > LINE_BYTES:
                    what = f"{where} has no end within {LINE_BYTES:,} characters; split the row"
                    raise self.wrong(what) from None
                if not self._more(max(held, _CHUNK)):
                    why = getattr(error, "msg", error)
                    what = f"{where}, which begins on line {self.line()}, cannot be read: {why}"
                    raise self.wrong(what) from None
            else:
                self._place = end
                return value

    def wrong(self, what: str) -> InputError:
        """An error that names the file and says what a file of rows looks like."""
        return InputError(
            f"{self._path}: {what}; a file of rows is [{{...}}, ...], or one object per line"
        )

    def _more(self, size: int) -> bool:
        if self._ended:
            return False
        raw = self._file.read(size)
        self._ended = not raw
        try:
            fresh = self._decoder.decode(raw, self._ended)
        except UnicodeDecodeError as error:
            raise InputError(
                f"{self._path} is not UTF-8 ({error}); convert it with iconv"
            ) from None
        self.line()
        self._text, self._place, self._counted = self._text[self._place :] + fresh, 0, 0
        return bool(fresh) or not self._ended
