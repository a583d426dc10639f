"""The batch API: requests as lines of a file, answered within a day, mostly at half the price.

How it works. What the engine gathers is uploaded as one file and made a batch; the batch is looked
at with growing pauses, and each line of its output is judged as a reply is. A batch outlives the
process that made it: before it is made, a note in the run's directory names its lines, and then its
id. Whoever asks for such a line later (the same command, run again) takes it from that batch.
Between the two notes a batch may have been made that nobody knows; it is found by its input file.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import msgspec

from backfeed.engine.boundary import storing
from backfeed.engine.errors import Outage, ServiceRefusal
from backfeed.engine.files import write_whole
from backfeed.engine.identity import digest
from backfeed.engine.models._endpoint import Endpoint
from backfeed.engine.models._transport import Answered

PATH = "/v1/chat/completions"
WINDOW = "24h"
LINES, GATHER_S, AT_ONCE, DEADLINE_S = 5000, 30.0, 4, 26 * 3600.0
"""Of one batch, at most; how long they are gathered; batches at once; when one is given up."""
FIRST_LOOK_S, LONGEST_LOOK_S = 1.0, 60.0
PATIENCE = 8
ENDED = ("completed", "failed", "expired", "cancelled")

_encode = msgspec.json.Encoder().encode


class Note(msgspec.Struct):
    """What is remembered of a batch: its lines, what was reserved for it, and whether it is paid.

    Of a line that came to nothing, nothing is remembered: it is asked for again.
    """

    file: str
    lines: list[str]
    role: str
    usd: float
    id: str = ""
    paid: bool = False


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a batch's output: a reply of some status; or why there is none."""

    answered: Answered | None
    why: str = ""


class Batches:
    """The batches of one endpoint, and their notes in a directory; without one, none are kept."""

    def __init__(self, endpoint: Endpoint, folder: Path | None) -> None:
        self._endpoint, self._folder = endpoint, folder
        self._notes: dict[str, Note] = {}
        if folder is not None and folder.is_dir():
            with storing(f"reading {folder}"):
                for path in sorted(folder.glob("*.json")):
                    self._learn(msgspec.json.decode(path.read_bytes(), type=Note))

    def _learn(self, note: Note) -> None:
        self._notes |= dict.fromkeys(note.lines, note)

    def known(self, name: str) -> Note | None:
        """The batch that a line is in already."""
        return self._notes.get(name)

    def keep(self, note: Note) -> None:
        """Write down what is known of a batch."""
        for name in [name for name, one in self._notes.items() if one is note]:
            if name not in note.lines:
                del self._notes[name]
        self._learn(note)
        if self._folder is not None:
            with storing(f"writing {self._folder}"):
                self._folder.mkdir(parents=True, exist_ok=True)
            write_whole(self._folder / f"{digest(note.file)}.json", _encode(note))

    async def upload(self, bodies: Mapping[str, Any], role: str, usd: float) -> Note:
        """The file of a batch, by the names of its lines: noted, and not yet made a batch."""
        parts = [
            {"custom_id": name, "method": "POST", "url": PATH, "body": body}
            for name, body in bodies.items()
        ]
        text = b"".join(_encode(part) + b"\n" for part in parts)
        file = await self._endpoint.call(
            lambda client, more: client.files.create(
                file=("backfeed.jsonl", text), purpose="batch", **more
            )
        )
        note = Note(file.id, list(bodies), role, usd)
        self.keep(note)
        return note

    async def _make(self, note: Note) -> str:
        made = await self._endpoint.call(
            lambda client, more: client.batches.create(
                input_file_id=note.file, endpoint=PATH, completion_window=WINDOW, **more
            )
        )
        return str(made.id)

    async def results(self, note: Note) -> dict[str, Line]:
        """What came of each line, when the batch has ended. Raises `Outage`, `ServiceRefusal`."""
        if not note.id:
            note.id = await self._found(note) or await self._make(note)
            self.keep(note)
        batch = await self._ended(note)
        if batch.status == "failed":
            told = "; ".join(str(one.message) for one in (batch.errors and batch.errors.data) or ())
            note.lines = []
            self.keep(note)
            raise ServiceRefusal(f"{self._endpoint.url} refuses the batch {note.id}: {told}")
        found: dict[str, Line] = {}
        for file in (batch.error_file_id, batch.output_file_id):
            if file:
                found |= _lines(await self._content(file))
        return {name: found.get(name, Line(None, batch.status)) for name in note.lines}

    async def _found(self, note: Note) -> str:
        """The id of the batch that was made of a file; empty if there is none."""
        page = await self._endpoint.call(
            lambda client, more: client.batches.list(limit=100, **more)
        )
        return next((str(one.id) for one in page.data if one.input_file_id == note.file), "")

    async def _ended(self, note: Note) -> Any:
        """The batch when it has ended. That it cannot be seen for a while does not end it."""
        pause_s, failures = FIRST_LOOK_S, 0
        while True:
            try:
                batch = await self._endpoint.call(
                    lambda client, more: client.batches.retrieve(note.id, **more)
                )
                failures = 0
                if batch.status in ENDED:
                    return batch
            except Outage:
                failures += 1
                if failures >= PATIENCE:
                    raise
            await asyncio.sleep(pause_s)
            pause_s = min(2 * pause_s, LONGEST_LOOK_S)

    async def _content(self, file: str) -> bytes:
        found = await self._endpoint.call(lambda client, more: client.files.content(file, **more))
        content: bytes = found.content
        return content


def _lines(raw: bytes) -> dict[str, Line]:
    """The lines of an output or error file; one that cannot be read is as good as none."""
    found: dict[str, Line] = {}
    for text in raw.splitlines():
        try:
            plain = msgspec.json.decode(text, type=dict[str, Any])
        except (msgspec.DecodeError, UnicodeError):
            continue
        response, error = plain.get("response") or {}, plain.get("error") or {}
        name, status = str(plain.get("custom_id", "")), response.get("status_code")
        if isinstance(status, int):
            found[name] = Line(Answered(status, {}, _encode(response.get("body"))))
        else:
            found[name] = Line(None, str(error.get("message") or error.get("code") or "no reply"))
    return found


def lost(line: Line, url: str) -> Outage:
    """What it means that a line has no reply."""
    return Outage(f"{url}: a line of a batch came to nothing: {line.why}")


def grouped(names: Sequence[str], batches: Batches) -> tuple[list[Note], list[str]]:
    """The batches that hold some of the lines already, and the lines that none holds."""
    notes: list[Note] = []
    for name in names:
        if (note := batches.known(name)) is not None and note not in notes:
            notes.append(note)
    return notes, [name for name in names if batches.known(name) is None]
