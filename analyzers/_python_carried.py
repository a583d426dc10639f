"""What a piece of a Python file needs to run alone, and the text of both together.

Needed are the top-level statements that bind its free names, those that change what is bound (a
table that is filled by a loop), and so on, through imports from the standard library. What comes
from elsewhere cannot be carried.
"""

import ast
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field

from backfeed.analyzers._python_code import Definition, Import, root_of
from backfeed.analyzers._python_names import bound_names, free_names

STDLIB = frozenset(sys.stdlib_module_names)


@dataclass(frozen=True, slots=True)
class SourceFile:
    """A parsed file: its lines, and the top-level statements that bind or change a name."""

    text: str
    lines: list[str]
    tree: ast.Module
    binders: dict[str, list[ast.stmt]] = field(default_factory=dict)
    changers: dict[str, list[ast.stmt]] = field(default_factory=dict)
    _free: dict[int, frozenset[str]] = field(default_factory=dict)

    def free(self, node: ast.stmt) -> frozenset[str]:
        """The free names of one of its statements, worked out once."""
        if id(node) not in self._free:
            self._free[id(node)] = frozenset(free_names(node) | set(_counted(node)))
        return self._free[id(node)]

    def source(self, node: ast.stmt) -> str:
        """The lines of a statement, from its first decorator on."""
        return "".join(self.lines[first_line(node) - 1 : node.end_lineno])


def source_file(text: str, tree: ast.Module) -> SourceFile:
    """A file whose lines end in newlines alone, as `tree` has been made from it."""
    file = SourceFile(text, [line + "\n" for line in text.split("\n")], tree)
    for node in tree.body:
        for name in bound_names(node):
            file.binders.setdefault(name, []).append(node)
        for name in _changed(node):
            file.changers.setdefault(name, []).append(node)
    return file


def first_line(node: ast.stmt) -> int:
    """The line of the first decorator, or of the statement itself."""
    decorators: list[ast.expr] = getattr(node, "decorator_list", [])
    return min([node.lineno, *(decorator.lineno for decorator in decorators)])


def needs(file: SourceFile, node: Definition) -> tuple[list[ast.stmt], tuple[str, str] | None]:
    """The top-level statements that a unit needs, in the order of the text; or why it cannot be."""
    wanted: dict[int, ast.stmt] = {}
    todo = [node.name, *sorted(file.free(node))]
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        sources = [node] if name == node.name else _binders(file, name)
        if not sources:
            return [], ("free-name", name)
        if not isinstance(sources[0], Import):
            sources = [*sources, *file.changers.get(name, ())]
        for source in sources:
            if (problem := _foreign(source, name)) is not None:
                return [], problem
            if id(source) not in wanted and source is not node:
                wanted[id(source)] = source
                todo += sorted(file.free(source))
    return sorted(wanted.values(), key=lambda part: part.lineno), None


def assembled(file: SourceFile, node: Definition, parts: list[ast.stmt]) -> str:
    """Imports first, then what else is needed and the unit, in the order of the text."""
    used = set().union(*(file.free(part) for part in [node, *parts]))
    future = [n for n in file.tree.body if _is_future(n)]
    imports = [ast.unparse(part) + "\n" for part in future]
    imports += [_import(part, used) for part in parts if isinstance(part, Import)]
    head = "".join(dict.fromkeys(imports))
    rest = [part for part in [*parts, node] if not isinstance(part, Import)]
    rest.sort(key=lambda part: part.lineno)
    texts = [file.source(part).rstrip() + "\n" for part in rest]
    return (head + "\n\n" if head else "") + "\n\n".join(texts)


def _is_future(node: ast.stmt) -> bool:
    return isinstance(node, ast.ImportFrom) and node.module == "__future__"


def _binders(file: SourceFile, name: str) -> list[ast.stmt]:
    """The last statement that binds a name, and those before it which it leans on."""
    found: list[ast.stmt] = []
    for node in reversed(file.binders.get(name, [])):
        found.append(node)
        if not _goes_on(node, name):
            break
    return found


def _goes_on(node: ast.stmt, name: str) -> bool:
    """Does a binding go on with what the name was before: `x += 1`, or `import a.c` after `a.b`?"""
    if isinstance(node, ast.Import):
        return any(alias.asname is None and "." in alias.name for alias in node.names)
    if isinstance(node, ast.ImportFrom | Definition):
        return False
    read = (n for n in ast.walk(node) if isinstance(n, ast.Name) and isinstance(n.ctx, ast.Load))
    return name in _counted(node) or any(n.id == name for n in read)


def _counted(node: ast.stmt) -> Iterator[str]:
    """Names that a top-level statement adds to (`x += 1`): they are read before they are bound."""
    if isinstance(node, Definition):
        return
    for child in ast.walk(node):
        if isinstance(child, ast.AugAssign) and isinstance(child.target, ast.Name):
            yield child.target.id


def _changed(node: ast.stmt) -> Iterator[str]:
    """Names whose values a top-level statement changes without binding them."""
    if isinstance(node, Definition | Import) or _is_main(node):
        return
    own = set(bound_names(node))
    for child in ast.walk(node):
        name = ""
        if isinstance(child, ast.Attribute | ast.Subscript) and not isinstance(child.ctx, ast.Load):
            name = root_of(child)
        elif isinstance(child, ast.Expr) and isinstance(child.value, ast.Call):
            called = child.value.func
            name = root_of(called) if isinstance(called, ast.Attribute) else ""
        if name and name not in own:
            yield name


def _is_main(node: ast.stmt) -> bool:
    """Is this what a file does when it is run as a program?"""
    return isinstance(node, ast.If) and "__name__" in ast.unparse(node.test)


def _foreign(source: ast.stmt, name: str) -> tuple[str, str] | None:
    """Does a statement bring in something from outside the standard library?"""
    for child in ast.walk(source):
        if isinstance(child, ast.ImportFrom):
            if child.level or not child.module:
                return ("project-import", f"{name} comes from the project")
            if child.module.partition(".")[0] not in STDLIB:
                return ("package-import", child.module)
            if any(alias.name == "*" for alias in child.names):
                return ("star-import", child.module)
        elif isinstance(child, ast.Import):
            outside = [a.name for a in child.names if a.name.partition(".")[0] not in STDLIB]
            if outside:
                return ("package-import", outside[0])
    return None


def _import(part: ast.Import | ast.ImportFrom, used: set[str]) -> str:
    """An import statement with only the names that are used."""
    names = [a for a in part.names if (a.asname or a.name).partition(".")[0] in used]
    if not names:
        return ""
    if isinstance(part, ast.Import):
        return ast.unparse(ast.Import(names)) + "\n"
    return ast.unparse(ast.ImportFrom(part.module, names, 0)) + "\n"
