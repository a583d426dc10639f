"""What a program in C or C++ is not built for want of: a header, or a library."""

import re
from collections.abc import Sequence

_HEADER = re.compile(r"fatal error: (\S{1,300}): No such file or directory")
_UNDEFINED = re.compile(r"undefined reference to [`'\"]([^'\n]{1,300})'")
_IMPLICIT = re.compile(r"implicit declaration of function [‘'`](\w+)")
_ERROR = re.compile(r":\d+:\d+: (?:fatal )?error:")
# Headers that need no library besides those that are linked.
_PLAIN = re.compile(
    r"[a-z_0-9]+|(?:a(?:io|ssert)|complex|cpio|ctype|dirent|dlfcn|errno|fcntl|fenv|float|fmtmsg|fnmatch"
    r"|ftw|getopt|glob|grp|iconv|inttypes|iso646|langinfo|libgen|limits|locale|malloc|math|memory|mqueue"
    r"|netdb|nl_types|poll|pthread|pwd|regex|sched|search|semaphore|setjmp|signal|spawn|std\w+|string"
    r"|strings|stropts|syslog|tar|termios|tgmath|time|uchar|ulimit|unistd|utime\w*|utmpx?|values|wchar"
    r"|wctype|wordexp)\.h|(?:arpa|asm|bits|linux|net|netinet|sys|experimental|tr1)/.*"
)
_INCLUDED = re.compile(r"^[ \t]*#[ \t]*include[ \t]*([<\"])([^>\"\n]{1,300})", re.MULTILINE)


def absent(said: str, codes: Sequence[str]) -> str:
    """The header that is not there, or one whose library is not; empty if it was something else.

    A function that a header declares and no library brings is no fault of the code; one that the
    code itself declares is.
    """
    text = "\n".join(codes)
    included = _INCLUDED.findall(text)
    if found := _HEADER.search(said):
        own = ('"', found[1]) in included and "/" not in found[1]
        return f"./{found[1]}" if own else found[1]
    names = [_bare(name) for name in _UNDEFINED.findall(said)]
    foreign = [name for mark, name in included if mark == "<" and not _PLAIN.fullmatch(name)]
    if not names or not foreign or _ERROR.search(said):
        return ""
    implicit = set(_IMPLICIT.findall(said))
    own = any(name in implicit or _is_declared(name, text) for name in names)
    return "" if own else f"a library for {foreign[0]}"


def _bare(symbol: str) -> str:
    """The outermost name of a symbol: of what it is a member, or its own."""
    name = re.sub(r"^(?:vtable|typeinfo(?: name)?|VTT|guard variable) for ", "", symbol)
    return re.split(r"::|[(<\[]", name)[0].strip()


def _is_declared(name: str, text: str) -> bool:
    declared = rf"\b(?:class|struct|namespace|enum|union)\s+{re.escape(name)}\b"
    return bool(
        re.search(
            rf"{declared}|^[^\n;={{}}()]*\b\w[\w<>:&*, ]*[ *&]{re.escape(name)}\s*\(", text, re.M
        )
        and not re.search(rf"^\s*(?:return|else)\b[^\n]*\b{re.escape(name)}\s*\(", text, re.M)
    )
