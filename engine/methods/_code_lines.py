"""How lines of code begin, in a language or in any."""

import re
from functools import cache

_CODE_LINE = re.compile(
    r"^\s*(def |async def |class |import |from \w+ import |return\b|if .*:|for .*:|while .*:|"
    r"#include|public |function |const |let |var |fn |func |package |using |print\(|\w+ = |@\w|"
    r"#!/|[\w.:-]+ ?\(\) ?[{(]|\w+\+?=[\"'$(\w]|if \[|if \(\(|(?:for|while) .*; do$|set -|"
    r"(?:done|esac|fi|end)$|(?:echo|printf) [\"'$]|local (?:function |-?\w+ ?=)|sub \w+|"
    r"(?:my|our) [$@%(]|use [\w:]+[^\n]*;$|[$@%]\w+[^\n=]{0,60}=|print [\"'$])",
    re.MULTILINE,
)
# How lines of code begin in languages that share little with those.
_OWN_LINES = {
    "bash": r"(?:alias|apt(?:-get)?|awk|brew|cat|cd|chmod|chown|cp|curl|cut|df|docker|du|exit"
    r"|export|find|git|grep|head|kill|ls|mkdir|mv|npm|pip3?|ps|pwd|python3?|read|rm|sed|sort"
    r"|source|sudo|systemctl|tail|tar|tr|uname|wc|wget|whoami|xargs|yum)(?: [-./~|$\w*\"'{]|$)",
    "ruby": r"(?:puts|p|require|require_relative|module|attr_\w+|include|raise) \S|\w+\.each\b",
    "sql": r"--|/\*|(?:SELECT|INSERT|UPDATE|DELETE|CREATE|ALTER|DROP|WITH|MERGE|FROM|WHERE|VALUES"
    r"|BEGIN)\b|(?:select|insert into|update \S+ set|delete from|create|alter|drop|with \w+ as)\b"
    r"|Select \*",
    "html": r"<[!/?a-zA-Z]",
    "css": r"[^\s{}][^{}\n]*\{|[\w-]+\s*:[^;\n]*;|\}",
    "json": r"[\[{}\]\"]",
    "yaml": r"- \S|---$|[\w\"'./-]+:(?:\s|$)",
    "toml": r"\[+[\w.\"'-]+\]+|[\w.\"'-]+ = ",
    "csharp": r"(?:namespace|private|protected|internal|static|int|string|void|record|\[\w+\])\b",
    "kotlin": r"(?:fun|val|data|enum|sealed|object|interface|override|private) ",
    "rust": r"(?:pub|pub\(\w+\)|impl|struct|enum|trait|mod|unsafe|static) |impl<|#!?\[",
    "swift": r"(?:struct|enum|extension|protocol|guard|actor|@\w+) ",
    "scala": r"(?:object|trait|val|case|enum|given|extension|implicit) ",
    "haskell": r"module |data |newtype |instance |\w[\w']* ::|\w[\w' ]* = ",
    "julia": r"(?:struct|module|macro|abstract) |\w+\([^()]*\) = ",
    "dart": r"(?:void|int|String|bool|double|final|late|enum|mixin|extension|Future<\w+>) ",
    "zig": r"(?:pub|test|comptime) ",
    "elixir": r"(?:defmodule|defp|defmacro) |\|> |@\w+",
}


@cache
def code_line(language: str) -> re.Pattern[str]:
    """How a line of code begins, in a language or in any."""
    own = _OWN_LINES.get(language)
    return re.compile(rf"{_CODE_LINE.pattern}|^\s*(?:{own})", re.MULTILINE) if own else _CODE_LINE
