"""Functions that nobody has seen: each does a few things with lists of numbers, all differ.

They stand for seeds of a corpus where many are needed, and for what a model answers about them.
"""

import random

_STEPS = (
    ("{a} = [{x} {op} {k} for {x} in {a}]", "change each number with {k}"),
    ("{a} = [{x} for {x} in {a} if {x} % {m} != {r}]", "leave out what is {r} modulo {m}"),
    ("{a} = {a}[{r}:] + {a}[:{r}]", "move the first {r} to the end"),
    ("{a} = [{x} if {x} > {k} else {k} - {x} for {x} in {a}]", "turn what is up to {k} around"),
    ("{a} = sorted({a}, key=lambda {x}: ({x} % {m}, {x}))", "sort by the rest modulo {m}"),
    ("{a} = [sum({a}[:{i} + 1]) % {p} for {i} in range(len({a}))]", "take sums modulo {p}"),
    ("{a} = [{x} * {x} % {p} for {x} in {a}]", "square modulo {p}"),
    ("{a} = {a}[::-{s}]", "take each {s}th from the end"),
    ("{a} = [max({x}, {y}) + {k} for {x}, {y} in zip({a}, {a}[1:])]", "take larger neighbours"),
    ("{a} = list(dict.fromkeys({x} // {m} for {x} in {a}))", "divide by {m}, each once"),
)
_TEXT = (
    "amount angle batch border budget bucket column counter credit current degree digit edge entry"
    " factor field figure frame gain grade group height index item kernel label lane layer length"
    " level limit load margin mark measure moment node number offset order part peak phase piece"
    " place point portion price quota rank rate ratio reading record rest result rise row"
    " sample scale score section series shade share shift signal size slice slot source span speed"
    " spot stage step stock stride stroke table task term tick token total track trend unit"
    " value vertex volume wave weight width window word yard zone"
)
_WORDS = _TEXT.split()


def name(number: int) -> str:
    """The name of a function."""
    rng = random.Random(f"name {number}")  # noqa: S311 - must be repeatable, keeps no secret
    return f"{rng.choice(_WORDS)}_{rng.choice(_WORDS)}_{number}"


def source(number: int) -> tuple[str, str]:
    """A function of 8 to 12 lines, and what it does in words."""
    rng = random.Random(number)  # noqa: S311 - must be repeatable, keeps no secret
    words = rng.sample(_WORDS, 4)
    fields = {"a": words[0] + "s", "x": words[1], "y": words[2], "i": words[3]}
    lines, told = [], []
    for text, meaning in rng.sample(_STEPS, rng.randint(5, 8)):
        numbers = {
            "k": rng.randint(2, 90), "m": rng.randint(2, 9), "r": rng.randint(0, 1),
            "p": rng.choice((97, 101, 103, 211)), "s": rng.randint(1, 2), "op": rng.choice("+-*"),
        }  # fmt: skip
        lines.append("    " + text.format(**fields, **numbers))
        told.append(meaning.format(**numbers))
    head = f"def {name(number)}({fields['a']}):"
    body = [f"    {fields['a']} = list({fields['a']})", *lines]
    total = f"    return sum({fields['a']}) + {rng.randint(1, 999)} * len({fields['a']})"
    return "\n".join([head, *body, total]) + "\n", "; ".join(told)


def cases(number: int, most: int = 6) -> list[str]:
    """Assertions that hold of a function."""
    rng = random.Random(f"cases {number}")  # noqa: S311 - must be repeatable, keeps no secret
    given = [[rng.randint(0, 99) for _ in range(rng.randint(4, 9))] for _ in range(most)]
    space: dict[str, object] = {}
    exec(source(number)[0], space)  # noqa: S102 - our own text
    function = space[name(number)]
    assert callable(function)
    return [f"assert {name(number)}({items}) == {function(items)!r}" for items in given]
