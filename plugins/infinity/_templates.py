"""What many questions have in common: their text with numbers, names and quotations masked."""

import re

_QUOTED = re.compile(
    r"\"[^\"\n]{1,400}\"|“[^”\n]{1,400}”|(?<!\w)'[^'\n]{1,400}'(?!\w)|`[^`\n]{1,400}`|「[^」\n]{1,400}」"
)
_FENCED = re.compile(r"```.*?(?:```|\Z)", re.DOTALL)
_LINK = re.compile(r"\b\w+://\S+|\S+@\S+\.\w+")
_NUMBER = re.compile(
    r"(?<![^\W\d_])[$€£]?-?\d[\d,.:/]*%?"
    r"|\b(?:one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|twenty|thirty|forty|fifty"
    r"|hundred|thousand)\b(?! of)", re.IGNORECASE,
)  # fmt: skip
# A capital letter in a sentence; at its beginning, before a word that follows a name.
_INSIDE = re.compile(r"(?<=[a-z,;:>] )(?!I\b)[A-Z][\w’'-]*(?: [A-Z][\w’'-]*)*")
_FIRST = re.compile(
    r"(?:^|(?<=[.!?] ))(?!(?:What|Who|Where|When|How|Which|Why|This|That|There|It|He|She|They|We"
    r"|You|If|The|A|An|In|On|At|For|To|Is|Are|Was|Do|Does|Did|Can|Each|Every|All|Some|Here|These|One)\b)"
    r"[A-Z][a-z]+(?: [A-Z][a-z]+)*(?=['’]s |(?:['’]s)? (?:has|had|is|was|and|wants|needs|buys"
    r"|bought|sells|sold|makes|made|can|went|goes|gets|got|gave|gives|runs|works|earns|spends|spent|saves|saved"
    r"|reads|eats|ate|drives|plans|bakes|collects|picks|picked|ordered|invited|decides|decided)\b)",
    re.MULTILINE,
)
_WORD = re.compile(r"<\w>|[^\W_]+(?:['’]\w+)?")
_SMALL = {"a", "an", "the", "please", "kindly", "that", "this", "of"}
_MOST = 4000


def masked(text: str) -> str:
    """A question as a template: lower case, with <n>, <q>, <c> and <p> for what changes.

    >>> masked('Tom has 3 apples. What does "apple" mean in Spain?')
    '<p> has <n> apples what does <q> mean in <p>'
    """
    text = _FENCED.sub(" <c> ", text[:_MOST])
    text = _LINK.sub("<q>", _QUOTED.sub("<q>", text))
    text = _INSIDE.sub("<p>", _FIRST.sub("<p>", text))
    text = _NUMBER.sub("<n>", text)
    return " ".join(_WORD.findall(text.lower()))


def opening(template: str, words: int) -> str:
    """How a template begins, small words left out; empty if it has no more than that.

    >>> opening("write a short story about <p> and <n> dogs", 3)
    'write short story'
    """
    found = [word for word in template.split() if word not in _SMALL]
    return " ".join(found[:words]) if len(found) > words else ""
