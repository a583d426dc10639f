"""Languages that are told by the script in which they are written, without a classifier."""

import re

_SCRIPTS = {
    "han": r"\u3400-\u4dbf\u4e00-\u9fff",
    "kana": r"\u3040-\u30ff",
    "hangul": r"\u1100-\u11ff\uac00-\ud7af",
    "cyrillic": r"\u0400-\u04ff",
    "arabic": r"\u0600-\u06ff",
    "hebrew": r"\u0590-\u05ff",
    "greek": r"\u0370-\u03ff",
    "devanagari": r"\u0900-\u097f",
    "thai": r"\u0e00-\u0e7f",
    "latin": r"A-Za-z\u00c0-\u024f",
}
_LETTERS = {name: re.compile(f"[{signs}]") for name, signs in _SCRIPTS.items()}
# Those of other scripts than Latin; a script of one language names it.
_WRITTEN = {
    "zh": "han", "ja": "kana", "ko": "hangul", "ru": "cyrillic", "uk": "cyrillic",
    "bg": "cyrillic", "sr": "cyrillic", "mk": "cyrillic", "be": "cyrillic", "ar": "arabic",
    "fa": "arabic", "ur": "arabic", "he": "hebrew", "el": "greek", "hi": "devanagari",
    "mr": "devanagari", "ne": "devanagari", "th": "thai",
}  # fmt: skip
_ONLY = {"han": "zh", "kana": "ja", "hangul": "ko", "hebrew": "he", "greek": "el", "thai": "th"}
_NAMES = {"chinese": "zh", "japanese": "ja", "korean": "ko", "english": "en", "russian": "ru"}
_LEAST = 4
_MOST = 4000


def misread(text: str, tag: str) -> str:
    """The ISO 639 code of a language that a text's script names, where its tag says another.

    "" if the script does not tell: a Latin one is that of too many.

    >>> misread("请写一首关于秋天的诗", "ko")
    'zh'
    """
    said = tag.strip().lower().replace("_", "-").partition("-")[0]
    said = _NAMES.get(said, said)
    counts = {name: len(signs.findall(text[:_MOST])) for name, signs in _LETTERS.items()}
    if counts["kana"]:
        counts["kana"] += counts.pop("han")  # Japanese is written in both
    script = max(counts, key=lambda name: counts[name])
    total = sum(counts.values())
    if counts[script] < _LEAST or counts[script] < 0.6 * total:
        return ""
    told = _ONLY.get(script, "")
    return told if told and said != told and _WRITTEN.get(said) != script else ""
