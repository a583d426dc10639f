"""The filter, run here by a small interpreter of its language: for both architectures."""

import struct

import pytest

from backfeed.sandboxes import _seccomp as sc

ERRORS = {sc.EPERM, sc.ENOSYS}
BOTH = pytest.mark.parametrize("machine", sc.MACHINES)


def answer(machine: str, call: int, *arguments: int, audit: int | None = None) -> int:
    """What the filter returns for a system call."""
    word = sc.MACHINES[machine].audit if audit is None else audit
    data = struct.pack("=IIQ6Q", call, word, 0, *arguments, *[0] * (6 - len(arguments)))
    code = sc.program(machine)
    assert code is not None
    steps = list(struct.iter_unpack("=HBBI", code))
    at = held = 0
    while True:
        kind, yes, no, value = steps[at]
        at += 1
        if kind == sc.LOAD:
            (held,) = struct.unpack_from("=I", data, value)
        elif kind == sc.RETURN:
            return value
        elif kind == sc.JUMP:
            at += value
        else:
            at += yes if HOLDS[kind](held, value) else no


HOLDS = {
    sc.EQUAL: lambda held, value: held == value,
    sc.AT_LEAST: lambda held, value: held >= value,
    sc.ANY_BIT: lambda held, value: bool(held & value),
}


@BOTH
def test_every_call_is_answered_by_the_tables(machine):
    column = sc.MACHINES[machine].column
    denied = {pair[column] for pair in sc.DENIED.values()} - {None}
    absent = {pair[column] for pair in sc.ABSENT.values()}
    special = {sc.MACHINES[machine].socket}
    for call in set(range(500)) - special:
        wanted = sc.ALLOW
        if call in denied | absent:
            wanted = sc.ERRNO | (sc.ENOSYS if call in absent else sc.EPERM)
        assert answer(machine, call) == wanted, call


@BOTH
def test_arguments_are_looked_at(machine):
    this = sc.MACHINES[machine]
    assert answer(machine, this.clone, 0x11) == sc.ALLOW
    assert answer(machine, this.clone, 0x10000011) == sc.ERRNO | sc.EPERM
    assert answer(machine, this.socket, 2) == sc.ALLOW
    assert answer(machine, this.socket, 40) == sc.ERRNO | sc.EAFNOSUPPORT
    assert answer(machine, this.ioctl, 0, 0x5401) == sc.ALLOW
    assert answer(machine, this.ioctl, 0, 0x5412) == sc.ERRNO | sc.EPERM
    for size in sc.BUFFER_SIZES:
        assert answer(machine, this.setsockopt, 3, sc.SOL_SOCKET, size) == sc.ERRNO | 0
        assert answer(machine, this.setsockopt, 3, 6, size) == sc.ALLOW
    assert answer(machine, this.setsockopt, 3, sc.SOL_SOCKET, 2) == sc.ALLOW


@BOTH
def test_foreign_calls_end_the_program(machine):
    assert answer(machine, 39, audit=0x40000003) == sc.KILL


def test_x32_ends_the_program():
    assert answer("x86_64", sc.X32 + 39) == sc.KILL


def test_an_unknown_machine_has_no_filter():
    assert sc.program("m68k") is None
