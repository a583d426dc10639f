"""Holds answers to what they are, for `backfeed_harness.py`, beside which it lies in a sandbox.

What an assertion compares is reduced to builtin types first. An object of a class that the answer
made, with an equality of its own, is compared through a guard: among the values that it is held
against, in an order that it cannot know, the true one must be the only one that it is equal to.
What an answer changes in unittest, doctest or the builtins is put back. Standard library only.
"""

import builtins
import ctypes
import doctest
import os
import pathlib
import random
import sys
import unittest
import unittest.case
import unittest.result
import unittest.runner
import unittest.suite

ATOMS = frozenset({int, str, float, bool, bytes, complex, type(None), type, type(...)})
SIMPLE = (int, str, float, bytes, complex)
HEAP = 1 << 9
SLOT = type(object.__eq__)
COMPARING = ("__eq__", "__ne__", "__lt__", "__le__", "__gt__", "__ge__", "__contains__")
PASSED_ON = (
    "add", "radd", "sub", "rsub", "mul", "rmul", "truediv", "rtruediv", "floordiv", "mod", "pow",
    "neg", "pos", "abs", "float", "int", "index", "round", "complex", "getitem", "call", "reversed",
)  # fmt: skip
DUMPABLE = 4
CANDIDATES = 8
DEEPEST = 50
WATCHED = (
    unittest.TestCase, unittest.TestResult, unittest.TextTestResult, unittest.TestSuite,
    unittest.suite.BaseTestSuite, unittest.TestLoader, unittest.TextTestRunner,
    unittest.case._Outcome, doctest.OutputChecker, doctest.DocTestRunner, doctest.DocTestParser,
    doctest.DocTestFinder,
)  # fmt: skip
MODULES = (builtins, unittest, unittest.case, unittest.result, unittest.runner, doctest)

real_type, members = type, type.__dict__["__dict__"].__get__
line_of = type.__dict__["__mro__"].__get__
chance = random.SystemRandom()


class Dishonest(AssertionError):
    """A value that says it is what it is not."""


class Nothing:
    """Nothing that is honest is equal to this, or below it, or above."""


def owner_of(cls, name):
    """The class in which a special method is found, and the method; whatever the metaclass says."""
    for base in line_of(cls):
        found = members(base)
        if name in found:
            return base, found[name]
    return object, None


def is_made(cls):
    """Was the class made by Python code?"""
    return bool(real_type.__dict__["__flags__"].__get__(cls) & HEAP)


def is_own(cls, name, tests):
    """Has the class a method that nobody vouches for? Those of the standard library and of what is
    installed are known by their files; a wildcard is one that the tests must have asked for.
    """
    base, method = owner_of(cls, name)
    if base is object or not is_made(base):
        return False
    if real_type(method) is SLOT and method.__objclass__ is base:
        return False
    code = getattr(method, "__code__", None)
    if f"class {base.__name__}" in tests and code is not None:
        return False
    module = sys.modules.get(str(members(base).get("__module__")))
    if code is None or getattr(module, base.__name__, None) is not base:
        return True
    path = str(code.co_filename)
    if path.endswith(os.path.join("unittest", "mock.py")):
        return "ANY" not in tests and "mock" not in tests
    return path.startswith(os.getcwd() + os.sep) or not os.path.isabs(path) or missing(path)


def missing(path):
    """Is there no such file? One in an archive counts as there."""
    return not any(os.path.isfile(part) for part in (path, *map(str, pathlib.Path(path).parents)))


def reduced(value, tests="", depth=0):
    """The value in builtin types; a guard where that cannot be."""
    cls = real_type(value)
    if cls in ATOMS or depth > DEEPEST:
        return value
    if cls in (list, tuple, set, frozenset, dict):
        return contents(value, cls, tests, depth)
    if not is_made(cls):
        return value
    for base in SIMPLE:
        if base in line_of(cls) and owner_of(cls, "__eq__")[0] is not base:
            return exact(value, base)
    if any(is_own(cls, name, tests) for name in COMPARING):
        return Guard(value)
    for base in (list, tuple, set, frozenset, dict):
        if base in line_of(cls) and owner_of(cls, "__eq__")[0] is base:
            return contents(value, base, tests, depth, whole=value)
    return value


def exact(value, base):
    """A value of a subclass of a simple type as one of that type, past all that it overrides."""
    if base is str:
        return str.__str__(value)
    if base is bytes:
        return bytes.__getitem__(value, slice(None))
    return base.__pos__(value)


def contents(value, base, tests, depth, whole=None):
    """A container whose items are reduced; the same one if nothing in it had to be."""
    parts = list(base.items(value) if base is dict else base.__iter__(value))
    if base is dict:
        made = [(reduced(k, tests, depth + 1), reduced(v, tests, depth + 1)) for k, v in parts]
        same = all(k is a and v is b for (k, v), (a, b) in zip(made, parts))  # noqa: B905
    else:
        made = [reduced(part, tests, depth + 1) for part in parts]
        same = all(one is other for one, other in zip(made, parts))  # noqa: B905
    if same:
        return value if whole is None else whole
    return base(made)


class Guard:
    """Stands for an object of the answer in a comparison."""

    __slots__ = ("value",)

    def __init__(self, value):
        self.value = value

    def __repr__(self):
        return repr(self.value)

    def __hash__(self):
        return hash(self.value)

    def __bool__(self):
        return bool(self.value)

    def __contains__(self, item):
        try:
            everything = Nothing() in self.value
        except Exception:
            everything = False
        if everything:
            raise Dishonest("a container that has everything in it")
        return item in self.value

    @property
    def __class__(self):
        return real_type(self.value)

    def __len__(self):
        return len(self.value)

    def __iter__(self):
        return iter(self.value)

    def __getattr__(self, name):
        return getattr(self.value, name)

    def __eq__(self, other):
        if real_type(other) is Guard:
            other = other.value
        found = None
        for one in shuffled(other):
            try:
                said = self.value == one
            except Exception:
                if one is other:
                    raise
                continue
            if real_type(said) is not bool:
                raise Dishonest("a comparison that is neither true nor false")
            if one is other:
                found = said
            elif said:
                raise Dishonest("a value that is equal to everything")
        return found

    def __ne__(self, other):
        return not self == other

    def ordered(self, other, name):
        if real_type(other) is Guard:
            other = other.value
        said = getattr(real_type(self.value), name)(self.value, other)
        if said is NotImplemented:
            return said
        for one in (float("-inf"), float("inf"), Nothing()):
            try:
                both = self.value < one and self.value > one
            except Exception:
                continue
            if both or (real_type(one) is Nothing and self.value < one):
                raise Dishonest("a value that is on every side of everything")
        return said

    def __lt__(self, other):
        return self.ordered(other, "__lt__")

    def __le__(self, other):
        return self.ordered(other, "__le__")

    def __gt__(self, other):
        return self.ordered(other, "__gt__")

    def __ge__(self, other):
        return self.ordered(other, "__ge__")


def passed_on(name):
    """A method of a guard that is its object's."""

    def method(self, *others):
        found = getattr(real_type(self.value), name, None)
        plain = [one.value if real_type(one) is Guard else one for one in others]
        return NotImplemented if found is None else found(self.value, *plain)

    return method


for each in PASSED_ON:
    setattr(Guard, f"__{each}__", passed_on(f"__{each}__"))


def shuffled(value):
    """The value among others that are like it, and nothing that is honest is equal to."""
    among = [value, *(varied(value, step) for step in range(1, CANDIDATES))]
    chance.shuffle(among)
    return among


def varied(value, step):
    """Another value of the same kind, or, of a kind that is not known, nothing."""
    cls = real_type(value)
    if cls is bool or value is None:
        return Nothing()
    if cls in (int, float, complex):
        return value + step * (step * 7919 if cls is int else 1.5 + abs(value))
    if cls in (str, bytes):
        return value + value[:1] + (chr(96 + step) if cls is str else bytes([96 + step]))
    if cls in (list, tuple):
        return cls([*value, *value[:1], step])
    return Nothing()


def kept():
    """What stands in the classes and modules that tests rest on."""
    return [(place, dict(vars(place))) for place in (*WATCHED, *MODULES)]


def put_back(before):
    """Undo what was changed there. Returns the first name that was."""
    first = ""
    for place, known in before:
        now = vars(place)
        for name, value in known.items():
            if (name in now and now[name] is value) or name == "_":
                continue
            setattr(place, name, value)
            first = first or f"{place.__name__}.{name}"
        if isinstance(place, real_type):
            for name in set(now) - set(known):
                delattr(place, name)
                first = first or f"{place.__name__}.{name}"
    return first


def shut(yes):
    """Let nobody look into this process through /proc, or let them again."""
    ctypes.CDLL(None).prctl(DUMPABLE, 0 if yes else 1, 0, 0, 0)
