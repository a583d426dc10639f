"""SQL doing nothing, and SQL with small faults: changes of sqlglot's tree, written out again."""

import hashlib
import re
from collections.abc import Iterator
from dataclasses import dataclass

from sqlglot import exp

from backfeed.analyzers import _sql_dialects, _sql_text
from backfeed.analyzers._sql_dialects import Told
from backfeed.analyzers._sql_text import Statement

_NOTHING = "SELECT NULL WHERE 0;\n"
_SWAPS: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.EQ: exp.NEQ, exp.NEQ: exp.EQ, exp.LT: exp.LTE, exp.LTE: exp.LT, exp.GT: exp.GTE,
    exp.GTE: exp.GT, exp.And: exp.Or, exp.Or: exp.And, exp.Add: exp.Sub, exp.Sub: exp.Add,
    exp.Mul: exp.Add, exp.Div: exp.Mul, exp.Mod: exp.Mul, exp.Intersect: exp.Except,
    exp.Except: exp.Intersect,
}  # fmt: skip
_AGGREGATES: dict[type[exp.Expr], type[exp.Expr]] = {
    exp.Sum: exp.Avg,
    exp.Avg: exp.Sum,
    exp.Min: exp.Max,
    exp.Max: exp.Min,
    exp.Count: exp.Max,
}
_LEFT_OUT = (exp.Where, exp.Having, exp.Order, exp.Limit, exp.Offset, exp.ColumnConstraint)
_TURNED = (exp.In, exp.Between, exp.Like, exp.Exists, exp.Is)


@dataclass(frozen=True, slots=True)
class _Change:
    """A node of a statement, by its numbers, and what it becomes; None where it is left out.

    `operator` is the word for it, as other languages have it.
    """

    operator: str
    statement: int
    node: int
    number: int
    new: exp.Expr | None


def stub(code: str) -> str:
    """The code, whose queries give nothing and whose changes do not happen."""
    found = _sql_text.statements(code)
    if not found or not is_query(found[-1].text):
        return _NOTHING
    before = [one.text for one in found[:-1] if re.match(r"CREATE|INSERT", _plain(one))]
    query = found[-1].text.rstrip().removesuffix(";")
    made = f"SELECT * FROM (\n{query}\n) AS backfeed_stub WHERE 1 = 0;"  # noqa: S608 - it is code
    return "\n".join([*before, made]) + "\n"


def is_query(statement: str) -> bool:
    """Is it asked for its rows alone?"""
    text = _sql_text.plain(statement).text
    if text.startswith("WITH "):
        return not re.search(r"\b(?:INSERT INTO|UPDATE \S+ SET|DELETE FROM)\b", text)
    return text.lstrip("( ").startswith(("SELECT ", "VALUES "))


def _plain(statement: Statement) -> str:
    return _sql_text.plain(statement.text).text


def mutants(code: str, most: int) -> list[tuple[str, str]]:
    """Up to `most` different mutants, spread over the statements; which ones hangs on the code."""
    dialect = _read_by(code)
    trees = _trees(code, dialect) if dialect else []
    changes = [change for n, tree in enumerate(trees) for change in _changes(n, tree)]
    found: dict[str, str] = {}
    for change in sorted(changes, key=lambda one: _mark(code, one)):
        if len(found) >= most:
            break
        made = _written(code, trees, change, dialect=dialect)
        if made and not isinstance(_sql_dialects.parsed(made, dialect), Told):
            found.setdefault(made, change.operator)
    return [(operator, made) for made, operator in found.items() if made != code]


def _read_by(code: str) -> str:
    return next(
        (name for name in _sql_text.DIALECTS if _sql_dialects.told_by(code, name).word == "ok"), ""
    )


def _trees(code: str, dialect: str) -> list[exp.Expr]:
    """A tree of each statement; a command, where it has none."""
    found = []
    for one in _sql_text.statements(code):
        read = _sql_dialects.parsed(one.text, dialect)
        single = not isinstance(read, Told) and len(read) == 1
        found.append(read[0] if single and not isinstance(read, Told) else exp.Command(this=""))
    return found


def _mark(code: str, change: _Change) -> bytes:
    told = f"{change.statement} {change.node} {change.number} {code}"
    return hashlib.blake2b(told.encode("utf-8", "replace"), digest_size=8).digest()


def _written(code: str, trees: list[exp.Expr], change: _Change, *, dialect: str) -> str:
    """The code with one change; empty if the statement reads as before."""
    plain = trees[change.statement]
    changed = plain.copy()
    target = next(node for n, node in enumerate(changed.walk()) if n == change.node)
    if change.new is None:
        target.pop()
    elif target is changed:
        changed = change.new
    else:
        target.replace(change.new)
    text = changed.sql(dialect=dialect)
    if text == plain.sql(dialect=dialect):
        return ""
    parts = [one.text for one in _sql_text.statements(code)]
    parts[change.statement] = f"{text};"
    return "\n".join(parts) + "\n"


def _changes(number: int, tree: exp.Expr) -> Iterator[_Change]:
    if isinstance(tree, exp.Command):
        return
    for n, node in enumerate(tree.walk()):
        for k, (operator, new) in enumerate(_replacements(node)):
            yield _Change(operator, number, n, k, new)


def _replacements(node: exp.Expr) -> Iterator[tuple[str, exp.Expr | None]]:
    """What a node may become, with the word for it."""
    kind = type(node)
    if isinstance(node, _LEFT_OUT) and node.parent is not None:
        yield "statement", None
    elif kind in _SWAPS and not isinstance(node.parent, exp.Update):
        swapped = _SWAPS[kind](**{key: _copied(value) for key, value in node.args.items()})
        yield "operator", swapped
    elif kind in _AGGREGATES and isinstance(node.this, exp.Column):
        yield "operator", _AGGREGATES[kind](this=node.this.copy())
    elif isinstance(node, exp.Literal) and not isinstance(node.parent, exp.DataTypeParam):
        yield from (("string" if node.is_string else "number", new) for new in _literals(node))
    elif isinstance(node, _TURNED):
        yield "condition", exp.Not(this=exp.Paren(this=node.copy()))
    elif isinstance(node, exp.Not):
        yield "condition", node.this.copy()
    else:
        yield from (("returned", new) for new in _parts(node))


def _copied(value: object) -> object:
    return value.copy() if isinstance(value, exp.Expr) else value


def _literals(node: exp.Literal) -> Iterator[exp.Expr]:
    if node.is_string:
        yield from [exp.Literal.string("")] if node.this else []
    elif str(node.this).isdigit():
        yield exp.Literal.number(int(node.this) + 1)


def _parts(node: exp.Expr) -> Iterator[exp.Expr]:
    """The node with one of its parts changed."""
    if isinstance(node, exp.Ordered):
        turned = _with(node, "desc", not node.args.get("desc"))
        yield _with(turned, "nulls_first", not node.args.get("nulls_first"))
    elif isinstance(node, exp.Join) and node.args.get("side"):
        yield _with(node, "side", None)
    elif isinstance(node, exp.Join) and node.args.get("on"):
        yield _with(node, "side", "LEFT")
    elif isinstance(node, exp.Union):
        yield _with(node, "distinct", not node.args.get("distinct"))
    elif isinstance(node, exp.Select) and node.args.get("distinct"):
        yield _with(node, "distinct", None)
    elif isinstance(node, exp.Coalesce):
        yield node.this.copy()


def _with(node: exp.Expr, part: str, value: object) -> exp.Expr:
    made = node.copy()
    made.set(part, value)
    return made
