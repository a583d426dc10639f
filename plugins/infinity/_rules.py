"""What is amiss with a row of a pool, by its domain: pure functions, run in workers.

Texts are judged by the engine's own rules of quality; here stand what a domain asks for besides,
and what a task does with the world outside, of which no test can tell.
"""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from backfeed.plugin import Message, Sample, quality
from backfeed.plugins.infinity._density import tokens

RULES = {
    "too-long": "more words than a task or an answer has",
    "garbled": "signs that were lost on the way",
    "unfilled": "a name of a template was not filled in",
    "no-result": "a quantity is asked for, and there is none",
    "network": "it needs the network",
    "file-io": "it reads or writes files",
}
NOT_ASKED = {
    "chat": ("short-instruction", "short-answer", "prose-only"),
    "knowledge": ("short-answer", "prose-only", "placeholder"),
    "math": ("short-instruction", "short-answer", "prose-only", "placeholder"),
    "code": (),
}
"""Rules of quality that mean nothing in a domain: a greeting is short, a blank is to be filled."""

Found = tuple[str, str]
"""A rule that is broken, and why."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How many words a question and an answer may have; of scripts without spaces, signs.

    `natural` are the languages that prose may be in; none: any.
    """

    asked: int = 4000
    said: int = 6000
    natural: tuple[str, ...] = ()


def broken(sample: Sample, domain: str, bounds: Bounds) -> list[Found]:
    """The rules that a row breaks, the most telling first; each once.

    >>> asked, said = Message("user", "Who wrote Faust?"), Message("assistant", "I am Vicuna.")
    >>> [rule for rule, _ in broken(Sample(messages=(asked, said)), "knowledge", Bounds())]
    ['self-identification']
    """
    found: dict[str, str] = {}
    for number, (question, answer) in enumerate(turns(sample.messages)):
        code = sample.code if number == 0 else ""
        turn = quality.Turn(question, answer, code, first=number == 0)
        for flaw in quality.flaws(turn):
            if flaw.rule not in NOT_ASKED[domain]:
                found.setdefault(flaw.rule, flaw.why)
        for rule, why in _own(question, answer, bounds):
            found.setdefault(rule, why)
    for rule, judge in _OF_DOMAIN.get(domain, {}).items():
        if why := judge(sample):
            found.setdefault(rule, f"{RULES[rule]}: {why}")
    return list(found.items())


def turns(messages: tuple[Message, ...]) -> Iterator[tuple[str, str]]:
    """Questions, each with what was said to it at last; calls of tools are no answers."""
    question, answer = "", None
    for message in messages:
        if message.role == "user":
            if answer is not None:
                yield question, answer
            question, answer = message.content, None
        elif message.role == "assistant":
            answer = message.content
    if answer is not None:
        yield question, answer


_GARBLED = re.compile(r"\ufffd|Ã[©¨¤¶¼±³­]|â€[™œ\x9d“”]|Â[ £°]")
_SOME = 3
_GAP = re.compile(r"(?<![`{$])\{\{ ?[a-z_ ]{2,30} ?\}\}(?![`}])", re.IGNORECASE)


def _own(question: str, answer: str, bounds: Bounds) -> Iterator[Found]:
    for what, text, most in (("question", question, bounds.asked), ("answer", answer, bounds.said)):
        if len(text) > most and (count := tokens(text)) > most:
            yield "too-long", f"the {what} has {count:,} words"
    if (gap := _GAP.search(quality.prose_of(answer))) and not _GAP.search(question):
        yield "unfilled", f"{RULES['unfilled']}: {gap[0]}"
    lost = _GARBLED.findall(f"{question}\n{answer}")
    if len(lost) >= _SOME:
        yield "garbled", f"{RULES['garbled']}: {len(lost)} of them, such as {lost[0]!r}"


_ASKS_QUANTITY = re.compile(
    r"\b(?:how (?:many|much|far|long|old|fast|tall)|calculate|compute|solve|what is the (?:sum"
    r"|total|product|length|area|volume|probability|average|mean|perimeter|value|speed|ratio|difference"
    r"|number|percentage))\b(?=.*\?|.*[.:])",
    re.IGNORECASE | re.DOTALL,
)
_RESULT = re.compile(
    r"\d|\\(?:frac|sqrt|pi|infty|boxed)|[=∞π√]|\b(?:zero|one|two|three|four|five|six|seven|eight|nine"
    r"|ten|eleven|twelve|twenty|dozen|hundred|half|third|quarter|none|no solution|infinite\w*|never"
    r"|always|impossible|undefined|same|equal|yes|no|true|false|both|neither|\(?[A-E]\)?)\b"
    r"|[零一二三四五六七八九十百千]",
    re.IGNORECASE,
)


def _no_result(sample: Sample) -> str:
    """A quantity is asked for, and the answer tells none."""
    said = "\n".join(answer for _, answer in turns(sample.messages))
    if not _ASKS_QUANTITY.search(sample.instruction) or _RESULT.search(said):
        return ""
    return f"{tokens(said)} words without a number"


_NETWORK_TASK = re.compile(
    r"\b(?:download\w*|upload\w*|scrap(?:e|es|ing)|crawl\w*|fetch\w* (?:data"
    r"|the|a) .{0,30}(?:from|url|api|web)|web ?(?:scraper|crawler|server|socket)s?|http (?:request"
    r"|server|client|get|post)s?|rest(?:ful)? api|api (?:call|request|endpoint|key)s?|(?:tcp|udp)"
    r" (?:socket|server|client|connection)|chat server|socket (?:server|client|program\w*)|ftp|ssh"
    r"|smtp|send\w* (?:an? )?e-?mails?|using the [\w.]+ api|from the (?:web|internet)"
    r"|a given url)\b",
    re.IGNORECASE,
)
_FILE_TASK = re.compile(
    r"\b(?:read\w*|load\w*|open\w*|pars\w+|import\w*|process\w*|writ\w+|sav\w+|stor\w+|export\w*"
    r"|creat\w+|delet\w+|copy|copies|renam\w+|mov\w+|list\w*|search\w*|merg\w+|split\w*|convert\w*"
    r"|count\w*) [^.?!\n]{0,40}\b(?:(?:text|csv|json|xml|excel|log|pdf|image|binary|config\w*|yaml"
    r"|zip|audio|video|local|input|output|data|source|the|a|all|multiple|large|two|from|to) files?"
    r"|files? (?:in|from|to) (?:a|the)|director(?:y|ies)|folders?|on disk|file ?system"
    r"|spreadsheet)\b"
    r"|\b(?:file (?:name|path)s? as|\w+\.(?:csv|txt|xlsx|log|pdf)\b)",
    re.IGNORECASE,
)
_NETWORK_CODE = re.compile(
    r"^\s*(?:import|from)\s+(?:requests|urllib\w*|http|socket\w*|aiohttp|httpx|ftplib|smtplib|imaplib"
    r"|paramiko|boto3|selenium|scrapy|websockets?|flask|fastapi|django|tornado|tweepy|telnetlib"
    r"|google\.cloud|googleapiclient|openai|pymongo|redis|mysql|psycopg2)\b"
    r"|\brequire\(['\"](?:node:)?(?:https?|net|axios|express|node-fetch|request|ws|socket\.io)['\"]\)"
    r"|\bfrom ['\"](?:axios|express|node-fetch|https?|ws)['\"]|\bfetch\(|\baxios\.|XMLHttpRequest"
    r"|\bjava\.net\.|\bHttpURLConnection\b|\bjava\.net;|\"net/http\"|^\s*\"net\"$|\breqwest::"
    r"|std::net|\bcurl_(?:easy_)?init\b|<sys/socket\.h>|System\.Net\b|\bHttpClient\b|Net::HTTP"
    r"|^\s*(?:\$ )?(?:sudo )?(?:curl|wget|ssh|scp|rsync|ping)\s",
    re.MULTILINE,
)
_FILE_CODE = re.compile(
    r"(?<![\w.])open\([^)\n]*\)|\bos\.(?:remove|listdir|walk|makedirs|mkdir|rename|unlink|scandir)\("
    r"|\bshutil\.|\bPath\([^)\n]*\)\.(?:read|write|open|unlink|glob|iterdir)|\bpd\.read_\w+\("
    r"|\.to_(?:csv|excel|json)\(['\"]|\brequire\(['\"](?:node:)?fs(?:/promises)?['\"]\)|\bfs\.\w+\("
    r"|\bjava\.io\.(?:File|BufferedReader;\s.*FileReader)|\bnew File(?:Reader|Writer|InputStream"
    r"|OutputStream)?\(|\bFiles\.\w+\(|\bos\.(?:Open|Create|ReadFile|WriteFile)\(|\bioutil\.ReadFile"
    r"|std::fs|\bFile::(?:open|create)\(|<fstream>|\b[io]?fstream\b|\bfopen\(|File\.(?:open|read"
    r"|write|ReadAll\w*|WriteAll\w*)\b|\bStream(?:Reader|Writer)\(",
)


def _network(sample: Sample) -> str:
    return _said(_NETWORK_TASK, sample.instruction) or _said(_NETWORK_CODE, _code(sample))


def _file_io(sample: Sample) -> str:
    return _said(_FILE_TASK, sample.instruction) or _said(_FILE_CODE, _code(sample))


def _code(sample: Sample) -> str:
    files = "\n".join(file.text for file in sample.files)
    return "\n".join((sample.code or sample.response, files))


def _said(pattern: re.Pattern[str], text: str) -> str:
    """The first words that a pattern finds."""
    match = pattern.search(text)
    return f'"{" ".join(match[0].split())[:60]}"' if match else ""


Judge = Callable[[Sample], str]
_OF_DOMAIN: dict[str, dict[str, Judge]] = {
    "code": {"network": _network, "file-io": _file_io},
    "math": {"no-result": _no_result},
}
