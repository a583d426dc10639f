"""The seccomp program: what no program in a sandbox may ask of the kernel.

A deny list that answers EPERM (an allow list breaks with every new libc), assembled by hand so that
no library is needed. Calls of a foreign architecture end the program. `clone3`, whose flags cannot
be looked at, and what holds memory that no process is seen to hold are ENOSYS, as in an old kernel.
`setsockopt` says yes to another size of buffer and does nothing: such memory, too, is nobody's.
"""

import struct

from backfeed.engine.errors import ConfigError

ALLOW, ERRNO, KILL = 0x7FFF0000, 0x00050000, 0x80000000
EPERM, ENOSYS, EAFNOSUPPORT = 1, 38, 97
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN, JUMP = 0x20, 0x15, 0x35, 0x45, 0x06, 0x05
NEW_NAMESPACES = 0x7E020000  # CLONE_NEWNS, CGROUP, UTS, IPC, USER, PID, NET
FAMILIES = (1, 2, 10, 16)  # unix, inet, inet6, netlink: no vsock, packet or kernel crypto
TERMINAL_INPUT = (0x5412, 0x541C)  # TIOCSTI, TIOCLINUX
SOL_SOCKET, BUFFER_SIZES = 1, (7, 8, 32, 33)  # SO_SNDBUF, SO_RCVBUF, and both by force
X32 = 0x40000000

# Numbers of x86_64 and of aarch64; None where the architecture has no such call.
DENIED: dict[str, tuple[int | None, int | None]] = {
    "ptrace": (101, 117), "process_vm_readv": (310, 270), "process_vm_writev": (311, 271),
    "kcmp": (312, 272), "syslog": (103, 116), "acct": (163, 89), "mount": (165, 40),
    "umount2": (166, 39), "pivot_root": (155, 41), "chroot": (161, 51), "swapon": (167, 224),
    "swapoff": (168, 225), "reboot": (169, 142), "sethostname": (170, 161),
    "setdomainname": (171, 162), "iopl": (172, None), "ioperm": (173, None),
    "create_module": (174, None), "init_module": (175, 105), "delete_module": (176, 106),
    "finit_module": (313, 273), "quotactl": (179, 60), "quotactl_fd": (443, 443),
    "nfsservctl": (180, 42), "kexec_load": (246, 104), "kexec_file_load": (320, 294),
    "add_key": (248, 217), "request_key": (249, 218), "keyctl": (250, 219), "unshare": (272, 97),
    "setns": (308, 268), "perf_event_open": (298, 241), "fanotify_init": (300, 262),
    "name_to_handle_at": (303, 264), "open_by_handle_at": (304, 265), "bpf": (321, 280),
    "userfaultfd": (323, 282), "io_uring_setup": (425, 425), "io_uring_enter": (426, 426),
    "io_uring_register": (427, 427), "open_tree": (428, 428), "move_mount": (429, 429),
    "fsopen": (430, 430), "fsconfig": (431, 431), "fsmount": (432, 432), "fspick": (433, 433),
    "pidfd_getfd": (438, 438), "mount_setattr": (442, 442), "settimeofday": (164, 170),
    "clock_settime": (227, 112), "adjtimex": (159, 171), "clock_adjtime": (305, 266),
    "lookup_dcookie": (212, 18), "move_pages": (279, 239), "migrate_pages": (256, 238),
    "mbind": (237, 235), "set_mempolicy": (238, 237), "vhangup": (153, 58), "uselib": (134, None),
    "ustat": (136, None), "sysfs": (139, None), "_sysctl": (156, None), "modify_ldt": (154, None),
    "personality": (135, 92), "mknod": (133, None), "mknodat": (259, 33),
}  # fmt: skip
ABSENT: dict[str, tuple[int, int]] = {
    "clone3": (435, 435), "memfd_create": (319, 279), "memfd_secret": (447, 447),
    "shmget": (29, 194),
}  # fmt: skip


class Machine:
    """The numbers of one architecture: its audit word, its column above, and four calls."""

    def __init__(self, audit: int, column: int, **calls: int) -> None:
        self.audit, self.column = audit, column
        self.clone, self.ioctl = calls["clone"], calls["ioctl"]
        self.socket, self.setsockopt = calls["socket"], calls["setsockopt"]


MACHINES = {
    "x86_64": Machine(0xC000003E, 0, clone=56, socket=41, ioctl=16, setsockopt=54),
    "aarch64": Machine(0xC00000B7, 1, clone=220, socket=198, ioctl=29, setsockopt=208),
}


def _do(code: int, value: int, jumps: tuple[int, int] = (0, 0)) -> bytes:
    return struct.pack("=HBBI", code, *jumps, value)


def _refuse(numbers: list[int], error: int) -> list[bytes]:
    found = []
    for number in numbers:
        found += [_do(EQUAL, number, (0, 1)), _do(RETURN, ERRNO | error)]
    return found


def _decide(table: list[tuple[int, int]]) -> list[bytes]:
    """A search tree over (call, error): falls through for other calls. The kernel runs a filter
    once per call number when it is installed, so its depth is paid by every program.
    """
    if len(table) <= 4:
        return [code for number, error in table for code in _refuse([number], error)]
    middle = len(table) // 2
    low, high = _decide(table[:middle]), _decide(table[middle:])
    past = _do(JUMP, len(high))
    return [_do(AT_LEAST, table[middle][0], (len(low) + 1, 0)), *low, past, *high]


def _argument(call: int, offset: int, rules: list[bytes]) -> list[bytes]:
    """Rules about the low word of an argument of one call; what they let through is allowed."""
    body = [_do(LOAD, offset), *rules, _do(RETURN, ALLOW)]
    return [_do(EQUAL, call, (0, len(body))), *body]


def program(machine: str) -> bytes | None:
    """The filter for a machine as `platform.machine()` names it; None without a table for it."""
    if machine not in MACHINES:
        return None
    this = MACHINES[machine]
    denied = sorted({n for pair in DENIED.values() if (n := pair[this.column]) is not None})
    absent = sorted({pair[this.column] for pair in ABSENT.values()})
    families = [
        _do(EQUAL, family, (len(FAMILIES) - index, 0)) for index, family in enumerate(FAMILIES)
    ]
    namespaces = [_do(ANY_BIT, NEW_NAMESPACES, (0, 1)), _do(RETURN, ERRNO | EPERM)]
    buffers = [
        _do(EQUAL, SOL_SOCKET, (1, 0)), _do(RETURN, ALLOW), _do(LOAD, 32),
        *_refuse(list(BUFFER_SIZES), 0),
    ]  # fmt: skip
    code = [
        _do(LOAD, 4), _do(EQUAL, this.audit, (1, 0)), _do(RETURN, KILL), _do(LOAD, 0),
        *([_do(AT_LEAST, X32, (0, 1)), _do(RETURN, KILL)] if machine == "x86_64" else []),
        *_decide(sorted([(n, EPERM) for n in denied] + [(n, ENOSYS) for n in absent])),
        *_argument(this.clone, 16, namespaces),
        *_argument(this.ioctl, 24, _refuse(list(TERMINAL_INPUT), EPERM)),
        *_argument(this.setsockopt, 24, buffers),
        *_argument(this.socket, 16, [*families, _do(RETURN, ERRNO | EAFNOSUPPORT)]),
        _do(RETURN, ALLOW),
    ]  # fmt: skip
    return b"".join(code)


def required(machine: str) -> bytes:
    """The filter for a machine. Raises `ConfigError` without a table for it."""
    made = program(machine)
    if made is None:
        raise ConfigError(f"no system call filter for {machine}; there are: {', '.join(MACHINES)}")
    return made
