"""Renew engine/vocabulary/LANGUAGE.toml from what the tools of each language list.

    .venv/bin/python tools/vocabulary.py [LANGUAGE...]

It asks the tools that are installed, and says which are not. Which modules are worth a section
stands in vocabulary.toml beside this; what is in them the tools say. Files that were not renewed
stay as they are.
"""

import builtins
import importlib
import json
import keyword
import re
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

HERE = Path(__file__).parent
PLACE = HERE.parent / "engine" / "vocabulary"
CHOSEN = tomllib.loads((HERE / "vocabulary.toml").read_text())
MOST = 16
"""So many terms of a section, at most."""
STRAY = re.compile(r"_|.*(?:Error|Exception|Warning)$")
Groups = dict[str, list[str]]


def chosen(name: str) -> list[str]:
    """What was chosen by hand."""
    return str(CHOSEN[name]).split()


def said(*command: str, stdin: str = "") -> str:
    """What a program writes."""
    done = subprocess.run(
        command, input=stdin, capture_output=True, text=True, check=True, timeout=120
    )
    return done.stdout


def best(names: Iterable[str], prefix: str = "") -> list[str]:
    """The first names that are public, each once."""
    kept = dict.fromkeys(name for name in names if name and not name.startswith("_"))
    return [f"{prefix}{name}" for name in kept][:MOST]


def python() -> tuple[Groups, Groups]:
    """Keywords and built-ins; modules and what they export."""
    kinds = (str, list, dict, set, bytes)
    sections = {f"{one.__name__} methods": best(vars(one), f"{one.__name__}.") for one in kinds}
    for name in chosen("python"):
        module = importlib.import_module(name)
        names = getattr(module, "__all__", None) or vars(module)
        sections[f"{name} module"] = best(
            (one for one in names if callable(getattr(module, one, None)) and not STRAY.match(one)),
            f"{name}.",
        )
    errors = [n for n, v in vars(builtins).items() if isinstance(v, type) and STRAY.match(n)]
    built = [n for n, v in vars(builtins).items() if callable(v) and n.islower() and n[0] != "_"]
    return {"keywords": keyword.kwlist, "errors": best(errors), "built-ins": built}, sections


def javascript() -> tuple[Groups, Groups]:
    """Global objects with their methods; modules of Node."""
    program = """
    const own = (o) => Object.getOwnPropertyNames(o).filter((n) => /^[a-z]\\w*$/i.test(n));
    const dull = ['constructor', 'length', 'name', 'prototype', 'caller', 'arguments'];
    const found = {};
    for (const n of process.argv[1].split(' ')) {
      const o = globalThis[n];
      const names = [...(o.prototype ? own(o.prototype) : []), ...own(o)];
      found[n + ' object'] = names.filter((k) => !dull.includes(k)).map((k) => n + '.' + k);
    }
    for (const n of process.argv[2].split(' ')) {
      const m = require(n);
      const names = own(m).filter((k) => typeof m[k] === 'function');
      found[n + ' module'] = names.map((k) => n + '.' + k);
    }
    console.log(JSON.stringify(found));"""
    names = (" ".join(chosen(one)) for one in ("objects", "javascript"))
    found = json.loads(said("node", "-e", program, *names))
    words = chosen("javascript_words")
    return {"keywords": words}, {name: best(names) for name, names in found.items()}


def go() -> tuple[Groups, Groups]:
    """Packages and what they export."""
    there = set(said("go", "list", "std").split())
    found = {}
    for name in (one for one in chosen("go") if one in there):
        names = re.findall(r"^\s*(?:func|type) (\w+)", said("go", "doc", "-short", name), re.M)
        found[f"{name} package"] = best(names, f"{name.rpartition('/')[2]}.")
    return {"keywords": chosen("go_words")}, found


def php() -> tuple[Groups, Groups]:
    """Extensions and their functions; those of the standard one by what they begin with."""
    program = (
        "foreach (explode(' ', $argv[1]) as $e) $f[$e] = get_extension_funcs($e) ?: [];"
        " echo json_encode($f);"
    )
    found: Groups = json.loads(said("php", "-r", program, " ".join(chosen("php"))))
    families = chosen("php_families")
    for name in found.pop("standard"):
        if (family := name.partition("_")[0]) in families:
            found.setdefault(family, []).append(name)
    return {}, {f"{name} functions": best(names) for name, names in found.items()}


def ruby() -> tuple[Groups, Groups]:
    """Core classes and their methods."""
    program = (
        'require "json"; require "set"; puts ARGV[0].split.to_h { |n| c = Object.const_get(n);'
        " [n, (c.instance_methods(false) + c.singleton_methods(false)).map(&:to_s)] }.to_json"
    )
    found: Groups = json.loads(said("ruby", "-e", program, " ".join(chosen("ruby"))))
    return {}, {
        f"{name} methods": best((m for m in names if re.match(r"[a-z]\w+[?!]?$", m)), f"{name}.")
        for name, names in found.items()
    }


def perl() -> tuple[Groups, Groups]:
    """Core functions that have a prototype; core modules with their exports."""
    program = (
        "use Opcode qw(opset_to_ops full_opset); for (opset_to_ops(full_opset)) {"
        ' print "$_\\n" if /^[a-z]+$/ && defined eval { prototype "CORE::$_" } }'
    )
    exports = (
        'my $m = shift; eval "require $m; 1" or exit; no strict "refs";'
        ' print "@{$m.q(::EXPORT)} @{$m.q(::EXPORT_OK)}"'
    )
    sections = {
        f"{one} module": best(
            n for n in said("perl", "-e", exports, one).split() if n.isidentifier()
        )
        for one in chosen("perl")
    }
    return {"functions": said("perl", "-e", program).split()}, sections


def lua() -> tuple[Groups, Groups]:
    """Libraries and their functions."""
    program = (
        "for k, v in pairs(_G) do if type(v) == 'table' and k ~= '_G' then"
        " for n in pairs(v) do print(k .. '.' .. n) end elseif type(v) == 'function' then"
        " print(k) end end"
    )
    names = sorted(said("lua", "-e", program).split())
    sections: Groups = {}
    for name in names:
        library, dot, _ = name.partition(".")
        if dot and library != "package":
            sections.setdefault(f"{library} library", []).append(name)
    return {"functions": [name for name in names if "." not in name]}, sections


def bash() -> tuple[Groups, Groups]:
    """Built-ins and reserved words."""
    names = said("bash", "-c", "compgen -b; compgen -k").split()
    return {"built-ins": sorted({name for name in names if re.match(r"[a-z]+$", name)})}, {}


def java() -> tuple[Groups, Groups]:
    """Packages and their public types, those with short names first."""
    home = Path(shutil.which("java") or "").resolve().parents[1]
    image = str(home / "lib/modules")
    listed = said("jimage", "list", "--include", r"regex:/java.base/java/.*", image)
    paths = re.findall(r"(java/[\w/]+/[A-Z]\w+)\.class", listed)
    names = [path.replace("/", ".") for path in paths]
    names = [name for name in names if name.rpartition(".")[0] in chosen("java")]
    public = re.findall(
        r"^public .*?(?:class|interface|enum|record) ([\w.]+)", said("javap", *names), re.M
    )
    found: Groups = {}
    for name in sorted(public, key=lambda one: (len(one), one)):
        package, _, bare = name.rpartition(".")
        if not STRAY.match(bare) and not bare.startswith("Abstract"):
            found.setdefault(f"{package} package", []).append(bare)
    return {}, {name: best(found[name]) for name in sorted(found)}


def rust() -> tuple[Groups, Groups]:
    """Modules of std with their types, traits and functions, as its documentation lists them."""
    root = Path(said("rustc", "--print", "sysroot").strip()) / "share/doc/rust/html/std"
    found = {}
    for name in chosen("rust"):
        pages = sorted(page.name for page in (root / name).glob("*.html"))
        items = (re.fullmatch(r"(?:struct|enum|trait|fn)\.(\w+)\.html", page) for page in pages)
        found[f"std::{name} module"] = best((m[1] for m in items if m), f"{name}::")
    words = sorted(page.name.split(".")[1] for page in root.glob("keyword.[a-z]*.html"))
    return {"keywords": words}, found


def c() -> tuple[Groups, Groups]:
    """Standard headers and the functions of ISO C that they declare."""
    found = {}
    for name in chosen("c"):
        command = ("gcc", "-std=c11", "-E", "-P", "-x", "c", "-")
        text = said(*command, stdin=f"#include <{name}.h>\n")
        names = re.findall(r"\b([a-z]\w+) ?\((?!\()[^;{}]*\)[^;{}]*;", text)
        found[f"{name}.h header"] = best(n for n in names if n not in {"sizeof", "void"})
    return {}, found


def cpp() -> tuple[Groups, Groups]:
    """Standard headers that are there; what is in them a compiler does not list."""
    there = []
    for name in chosen("cpp"):
        said("g++", "-fsyntax-only", "-x", "c++", "-", stdin=f"#include <{name}>\n")
        there.append(f"{name} header")
    return {"headers": there}, {}


def sql() -> tuple[Groups, Groups]:
    """Functions that only the parsers of some dialects know, and statements."""
    from sqlglot.dialects.dialect import Dialect

    def known(dialect: str) -> set[str]:
        return set(Dialect.get_or_raise(dialect).parser_class.FUNCTIONS)

    sections = {
        f"{name} functions": sorted(n for n in known(name) - known("") if re.match("[A-Z]", n))
        for name in chosen("sql")
    }
    words = [" ".join(one.split()) for one in CHOSEN["sql_words"].split(",")]
    return {"statements": words}, sections


LANGUAGES: dict[str, Callable[[], tuple[Groups, Groups]]] = {
    "python": python, "javascript": javascript, "go": go, "php": php, "ruby": ruby, "perl": perl,
    "lua": lua, "bash": bash, "java": java, "rust": rust, "c": c, "cpp": cpp, "sql": sql,
}  # fmt: skip


def lines(language: str, groups: Groups, sections: Groups) -> Iterator[str]:
    """The file of a language."""
    yield "# From the tools of the language, by tools/vocabulary.py."
    yield f'language = "{language}"'
    for table, found in (("groups", groups), ("sections", sections)):
        yield f"\n[{table}]"
        for name, terms in found.items():
            if terms:
                told = list(dict.fromkeys(term.lower() for term in terms))
                yield f"{json.dumps(name.lower())} = {json.dumps(told)}"


def main() -> None:
    """Write the files of the languages named, or of all."""
    for language in sys.argv[1:] or LANGUAGES:
        try:
            groups, sections = LANGUAGES[language]()
        except (OSError, subprocess.SubprocessError) as error:
            print(f"{language}: left as it is: {error}")
            continue
        text = "\n".join(lines(language, groups, sections)) + "\n"
        (PLACE / f"{language}.toml").write_text(text)
        count = sum(map(len, groups.values())) + sum(map(len, sections.values())) + len(sections)
        print(f"{language}: {count} terms in {len(sections)} sections")


if __name__ == "__main__":
    main()
