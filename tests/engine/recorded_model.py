"""A model that says what is recorded in `recorded/`: see `recorded_replies.py`.

Which draw of a prompt gets which reply is kept by what was asked; a second attempt is known by the
reply that it complains of. Answers depend on nothing else.
"""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from recorded_replies import FOLDER, Snippet, recorded

from backfeed.engine.contracts import Gather
from backfeed.engine.identity import digest
from backfeed.engine.models import _prompts
from backfeed.engine.requests import Prompt, key_of

INVENT = "backfeed/invent"
INCOHERENT = {
    "coherent": False, "reason": "unrelated: no exercise needs all of these.", "plan": [],
    "used": [], "dropped": [], "entry_point": "", "signature": "", "problem": "",
}  # fmt: skip


class RecordedService:
    """`asked` counts prompts by name, `given` holds which reply of which file was given."""

    name, form = "recorded", "drawn"

    def __init__(self, edits: Mapping[tuple[str, str], tuple[str, str]] | None = None) -> None:
        self._edits = edits or {}
        texts = [path.read_text(encoding="utf-8") for path in sorted(FOLDER.glob("*.toml"))]
        self.identity = digest("recorded", texts)
        self.content = _prompts.form(self.form)
        self.gather = Gather(parallel=64)
        self.asked: Counter[str] = Counter()
        self.given: set[tuple[str, str, int]] = set()
        self._known = recorded()
        self._draws: dict[tuple[str, str], list[str]] = {}

    async def answer(self, requests: Sequence[Prompt]) -> list[Any]:
        """Replies with guesses at tokens."""
        return [self._one(request) for request in requests]

    async def close(self) -> None:
        """Nothing is held."""

    def _one(self, request: Prompt) -> dict[str, Any]:
        self.asked[request.name] += 1
        if request.name == INVENT:
            text, finish = self._invented(request.fields), "stop"
        else:
            text, finish = self._said(request)
        return {"text": text, "finish": finish, "in": 100, "out": len(text) // 4}

    def _said(self, request: Prompt) -> tuple[str, str]:
        found = self._meant(request)
        replies = found.replies_to(request.name)
        if not replies:
            raise AssertionError(f"{found.file} has no reply to {request.name}: {request.fields}")
        at = request.attempt
        if at:
            before = [one.texts[min(at, len(one.texts)) - 1] for one in replies]
            reply = replies[before.index(request.said)]
        else:
            key = key_of("model", self.identity, self.content(request))
            draws = self._draws.setdefault((found.file, request.name), [])
            if key not in draws:
                draws.append(key)
            reply = replies[draws.index(key) % len(replies)]
        self.given.add((found.file, request.name, replies.index(reply)))
        text = reply.texts[min(at, len(reply.texts) - 1)]
        old, new = self._edits.get((found.file, request.name), ("", ""))
        return text.replace(old, new) if old else text, reply.finish

    def _meant(self, request: Prompt) -> Snippet:
        meant = [one for one in self._known if one.is_meant(request.fields)]
        if not meant:
            raise AssertionError(f"nothing is recorded for {request.name}: {request.fields}")
        found = meant[0]
        if "snippet" in request.fields:
            found = max(meant, key=lambda one: one.likeness(request.fields["snippet"]))
        if "same" in found.told:
            found = next(one for one in self._known if one.file == found.told["same"])
        return found

    def _invented(self, fields: Mapping[str, Any]) -> str:
        """The problem that needs most of the knowledge points, if those are enough of them."""
        points = fields["points"]
        mine = [one for one in self._known if one.told["language"] == fields["language"]]
        news = [one for one in mine if one.plan]
        best = max(news, key=lambda one: len(one.plan.keys() & set(points)), default=None)
        if best is None or len(best.plan.keys() & set(points)) < fields["least"]:
            return json.dumps(INCOHERENT)
        given = [*fields["tasks"], *fields["instructions"], *points]
        told = json.loads(best.replies_to(INVENT)[0].texts[0])
        used = [phrase for phrase in given if phrase in best.plan]
        self.given.add((best.file, INVENT, 0))
        return json.dumps(told | {
            "plan": [best.plan[phrase] for phrase in used], "used": used,
            "dropped": [
                {"keyword": phrase, "reason": "nothing here needs it"}
                for phrase in given if phrase not in best.plan
            ],
        })  # fmt: skip


class Recorded:
    """The plug-in: `--model recorded`. Keeps the services that it made.

    `edits` are words that later ones say instead of others, by file and prompt.
    """

    answers = None

    def __init__(self) -> None:
        self.made: list[RecordedService] = []
        self.edits: Mapping[tuple[str, str], tuple[str, str]] = {}

    def service(self, _name: str, _settings: Mapping[str, Any]) -> RecordedService:
        """A model that has said nothing yet."""
        self.made.append(RecordedService(self.edits))
        return self.made[-1]
