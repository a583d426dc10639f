"""Are secrets found, and code that is not safe? Counted on planted secrets and on labelled files.

    python benchmarks/inspection.py secrets DATA/seeds
    python benchmarks/inspection.py rules DATA/security/bandit_examples.jsonl

`secrets` puts 100 secrets of ten kinds into source files, one a file, drawn by a fixed seed, and
asks the stage `inspect` about them and about 500 other files that nothing was put into. No secret
is real: each is random letters in the form that its service gives to its keys. Found means that a
finding names the line. `rules` asks semgrep and ast-grep with our rules, and ruff's S rules, about
the examples of bandit, whose own tests say how many findings each file has: expected and found by
rule of ours, over the files that are about it.
"""

import argparse
import base64
import json
import random
import string
import sys
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from _bandit import measure

from backfeed.engine.records import Sample
from backfeed.engine.requests import rejoined
from backfeed.engine.stages.inspect import Inspect

HERE = Path(__file__).resolve().parent
DATA = HERE.parents[1] / "shared" / "data"
SEED = 6
PLANTED, CLEAN = 100, 500
FOUND, FLAGGED = 0.95, 0.01
EXAMPLES = "bandit_examples.jsonl"
LETTERS = string.ascii_letters + string.digits


def drawn(rng: random.Random, letters: str, count: int) -> str:
    """Random letters."""
    return "".join(rng.choice(letters) for _ in range(count))


def web_token(rng: random.Random) -> str:
    """A JSON web token: header, payload, signature, each in base64."""
    payload = {"sub": drawn(rng, string.hexdigits, 12), "iat": rng.randrange(10**9, 2 * 10**9)}
    told = [json.dumps(each).encode() for each in ({"alg": "HS256", "typ": "JWT"}, payload)]
    parts = [base64.urlsafe_b64encode(each).decode().rstrip("=") for each in told]
    return ".".join([*parts, drawn(rng, LETTERS + "-_", 43)])


def private_key(rng: random.Random) -> str:
    """A key in PEM, on one line as it stands in a string."""
    lines = [drawn(rng, LETTERS + "+/", 64) for _ in range(rng.randint(3, 12))]
    kind = rng.choice(["RSA ", "EC ", "OPENSSH ", ""])
    return "\\n".join(
        [f"-----BEGIN {kind}PRIVATE KEY-----", *lines, f"-----END {kind}PRIVATE KEY-----"]
    )


def password(rng: random.Random) -> str:
    """As people choose them: letters, at least two digits, perhaps a sign."""
    made = drawn(rng, string.ascii_letters, rng.randint(5, 9)) + drawn(rng, string.digits, 2)
    return made + rng.choice(["", "!", "#", "_"]) + drawn(rng, LETTERS, 2)


def database(rng: random.Random) -> str:
    """An address with a password in it."""
    kind = rng.choice(["postgres", "mysql", "mongodb", "redis", "amqp"])
    user = drawn(rng, string.ascii_lowercase, 6)
    return f"{kind}://{user}:{drawn(rng, LETTERS, 14)}@db.prod.net/app"


Make = Callable[[random.Random], str]


def slack(rng: random.Random) -> str:
    """A token of a bot."""
    numbers = [str(rng.randrange(10**11, 10**12)) for _ in range(2)]
    return "-".join(["xo" + "xb", *numbers, drawn(rng, string.ascii_lowercase + string.digits, 24)])


# In two pieces, so that no scanner takes this file for a leak.
KINDS: Mapping[str, tuple[str, Make]] = {
    "aws-key": ("AWS_ID", lambda r: "AK" + "IA" + drawn(r, string.ascii_uppercase + "234567", 16)),
    "github-token": ("token", lambda r: "gh" + r.choice("pos") + "_" + drawn(r, LETTERS, 36)),
    "slack-token": ("slack", slack),
    "stripe-key": ("stripe", lambda r: r.choice("sr") + "k_" + "live_" + drawn(r, LETTERS, 24)),
    "google-key": ("maps", lambda r: "AI" + "za" + drawn(r, LETTERS + "-_", 35)),
    "web-token": ("jwt", web_token),
    "private-key": ("pem", private_key),
    "database-url": ("dsn", database),
    "password": ("db_password", password),
    "api-key": ("api_key", lambda r: drawn(r, "0123456789abcdef", r.choice([32, 40, 64]))),
}  # fmt: skip
# How a text is given a name in each language of the seeds; `@n` is the name, `@v` the text.
STATEMENTS = {
    "python": "@n = '@v'", "java": 'String @n = "@v";', "go": '@n := "@v"',
    "rust": 'let @n = "@v";', "typescript": "const @n: string = '@v';",
    "javascript": "const @n = '@v';", "c": 'const char *@n = "@v";',
    "cpp": 'const std::string @n = "@v";', "c++": 'const std::string @n = "@v";',
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Planted:
    """A file with a secret in it: of which kind, and in which line."""

    sample: Sample
    kind: str
    line: int


def plant(sample: Sample, kind: str, rng: random.Random) -> Planted:
    """The file with one more line: a statement, or every third time a comment."""
    name, make = KINDS[kind]
    form = STATEMENTS[sample.language]
    if rng.random() < 1 / 3:
        form = ("# " if sample.language == "python" else "// ") + form
    lines = sample.code.split("\n")
    at = rng.randrange(len(lines) + 1)
    lines.insert(at, form.replace("@n", name).replace("@v", make(rng)))
    return Planted(sample.but(code="\n".join(lines)), kind, at + 1)


def files(folder: Path) -> Iterator[Sample]:
    """The source files of the seeds, those of filter_cases left out: some hold secrets."""
    for path in sorted(folder.glob("*.jsonl")):
        if not path.name.startswith("filter_"):
            for line in path.read_text(encoding="utf-8").splitlines():
                row = json.loads(line)
                yield Sample(id=row["id"], language=row["language"], code=row["text"])


def inspected(sample: Sample) -> dict[int, str]:
    """What the stage finds: the rule by line."""
    stage = Inspect(families=("secret",))
    [row] = rejoined(stage.each(sample), lambda asked: asked.function(*asked.arguments))
    found = {f.line: f.rule for f in row.checks[-1].findings}
    assert bool(found) == (row.rejected is not None and row.rejected.reason == "secret")
    return found


def secrets(folder: Path) -> dict[str, Any]:
    """How many planted secrets are found, by kind, and how many clean files are flagged."""
    rng = random.Random(SEED)  # noqa: S311 - must be repeatable, keeps no secret
    rows = [sample for sample in files(folder) if sample.language in STATEMENTS]
    rng.shuffle(rows)
    kinds = [kind for kind in KINDS for _ in range(PLANTED // len(KINDS))]
    planted = [plant(row, kind, rng) for row, kind in zip(rows, kinds, strict=False)]
    clean = rows[PLANTED : PLANTED + CLEAN]
    hits = {one.sample.id: one.line in inspected(one.sample) for one in planted}
    found = [one for one in planted if hits[one.sample.id]]
    flagged = {row.id: got for row in clean if (got := inspected(row))}
    return {
        "planted": len(planted), "found": len(found), "share": len(found) / len(planted),
        "by_kind": dict(Counter(one.kind for one in found)),
        "languages": dict(Counter(one.sample.language for one in planted)),
        "missed": [[p.kind, p.sample.language, p.sample.code.split("\n")[p.line - 1]]
                   for p in planted if p not in found],
        "clean": len(clean), "clean_flagged": len(flagged), "flagged": flagged,
    }  # fmt: skip


def tell(part: str, found: Mapping[str, Any]) -> None:
    """The counts for people."""
    if part == "secrets":
        print(f"planted {found['planted']}, found {found['found']}: {found['by_kind']}")
        print(f"clean files {found['clean']}, flagged {found['clean_flagged']}")
        for one in (*found["missed"], *found["flagged"].items()):
            print("  wrong:", *one)
        return
    print(f"{found['files']} files, {found['findings']} findings expected")
    for name, line in (*found["rules"].items(), ("no rule of ours", found["no rule of ours"])):
        told = [f"{key} {n}" for key, n in line.items() if not key.endswith("_extra") or n]
        print(f"{name:<24}", ", ".join(told))


def main() -> int:
    """Print what was counted; 1 if fewer secrets are found, or more files flagged, than allowed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("part", choices=("secrets", "rules"))
    parser.add_argument("data", nargs="?", type=Path)
    parser.add_argument("--json", action="store_true")
    given = parser.parse_args()
    place = given.data or DATA / {"secrets": "seeds", "rules": f"security/{EXAMPLES}"}[given.part]
    if not place.exists():
        sys.exit(f"{place} is not there: name the data")
    found = secrets(place) if given.part == "secrets" else measure(place)
    print(json.dumps(found, indent=1)) if given.json else tell(given.part, found)
    if given.part == "rules":
        return 0
    return int(found["share"] < FOUND or found["clean_flagged"] > FLAGGED * found["clean"])


if __name__ == "__main__":
    sys.exit(main())
