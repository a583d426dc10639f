"""What the tiny model is taught: replies of a form, among them code with line breaks and quotes."""

import tiny
from stub_model import prompt

from backfeed.engine.models import _prompts

TITLES = {
    name: f'def {name}(a, b):\n    """Says \\"{sign}\\"."""\n    return a {sign} b'
    for name, sign in {
        "add": "+", "sub": "-", "mul": "*", "div": "/", "mod": "%", "both": "&", "either": "|",
        "power": "**",
    }.items()
}  # fmt: skip
PROMPTS = {name: prompt(f"{name}! " * 8) for name in TITLES}
"""What is asked, by the name of the function that is the answer."""

ALL = [
    tiny.Lesson(
        _prompts.messages(PROMPTS[name]), tiny.compact({"title": title, "score": len(name)})
    )
    for name, title in TITLES.items()
]
