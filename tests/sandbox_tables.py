"""Programs for tests of sandboxes: such as attack, and such as look at their interpreter.

An attack stands with the verdicts it may come to. One that finds a hole prints HOLE; loops are
bounded, so that a hole costs little.
"""

from backfeed.engine.requests import Limits

CALL = "import ctypes, os\nlibc = ctypes.CDLL(None, use_errno=True)\n"


def denied(*calls: str) -> str:
    """A program that tries system calls, given as arguments of syscall()."""
    tries = "".join(f"if libc.syscall({call}) >= 0: print('HOLE', {call!r})\n" for call in calls)
    return CALL + "b = ctypes.create_string_buffer(256)\n" + tries


ATTACKS = {
    "heap": ("b = []\nfor i in range(64):\n  b.append(bytearray(b'x') * (64 << 20))", {"MLE"}),
    "shared mapping": (
        "import mmap\nm = mmap.mmap(-1, 1 << 30)\nfor i in range(0, 1 << 30, 4096): m[i] = 1",
        {"MLE"},
    ),
    "many processes with much": (
        "import os, time\nfor i in range(20):\n  if os.fork() == 0:\n"
        "    x = bytearray(b'x') * (30 << 20)\n    time.sleep(9)\n    os._exit(0)\n"
        "while True:\n  os.wait()  # as long as it takes them to have it",
        {"MLE"},
    ),
    "memfd": ("import os\nf = os.memfd_create('x')", {"RE"}),
    "SysV memory": (CALL + "if libc.shmget(0, 1 << 20, 0o1600) >= 0: print('HOLE')", {"AC"}),
    "fill disks": (
        "import os\n"
        "for d in ('/work', '/tmp', '/dev/shm', '/dev', '/run', '/var/tmp', '/', '/etc'):\n"
        "  n = 0\n  try:\n    for k in range(12):\n      with open(f'{d}/f{k}', 'wb') as f:\n"
        "        f.write(b'x' * (31 << 20)); n += 31\n  except OSError: pass\n"
        "  if n > 128: print('HOLE', d, n)",
        {"AC"},
    ),
    "inodes": (
        "import os\nfor n in range(20_000): os.close(os.open(f'{n}', os.O_CREAT))", {"RE"},
    ),
    "large file": (
        "f = open('big', 'wb')\nfor _ in range(64): f.write(b'x' * (1 << 20)); f.flush()", {"RE"},
    ),
    "sparse file": ("open('big', 'wb').truncate(1 << 40)", {"RE"}),
    "forks": (
        "import os, time\nfor n in range(2000):\n  if os.fork() == 0:\n    time.sleep(5)", {"RE"},
    ),
    "threads": (
        "import threading, time\nthreading.stack_size(65536)\nfor n in range(2000):\n"
        "  threading.Thread(target=time.sleep, args=(5,), daemon=True).start()",
        {"RE"},
    ),
    "spin": ("while True: pass", {"TLE"}),
    "spin deaf": (
        "import signal\nfor s in range(1, 65):\n  try: signal.signal(s, signal.SIG_IGN)\n"
        "  except (OSError, ValueError): pass\nwhile True: pass",
        {"TLE"},
    ),
    "spin in children": (
        "import os\nfor i in range(20):\n  if os.fork() == 0: break\nwhile True: pass", {"TLE"},
    ),
    "sleep": ("import time\ntime.sleep(60)", {"IDLE"}),
    "stop itself": ("import os, signal\nos.kill(os.getpid(), signal.SIGSTOP)", {"IDLE"}),
    "flood": ("import os\nfor _ in range(16384): os.write(1, b'y' * 65536)", {"OLE"}),
    "flood errors": ("import os\nfor _ in range(16384): os.write(2, b'y' * 65536)", {"OLE"}),
    "close all and spin": ("import os\nos.closerange(0, 3)\nwhile True: pass", {"TLE"}),
    "zombies": (
        "import os\ntry:\n  for n in range(200):\n    if os.fork() == 0: os._exit(0)\n"
        "except OSError: pass",
        {"AC"},
    ),
    "kill upwards": (
        "import os\nfor p in (os.getppid(), 1):\n  for s in (9, 19): os.kill(p, s)", {"AC"},
    ),
    "kill all": ("import os\nos.kill(-1, 9)", {"RE"}),
    "recursion": (
        "import sys\nsys.setrecursionlimit(10**9)\ndef f(n): return f(n + 1) + 1\nf(0)",
        {"MLE", "RE", "SIG", "TLE"},
    ),
    "host files": (
        "for p in ('/etc/shadow', '/proc/1/environ', '/proc/1/mem', '/proc/kcore',\n"
        "          '/sys/kernel', '/var/run/docker.sock', '/boot', '/home'):\n"
        "  try: open(p, 'rb').read(1)\n  except OSError: continue\n  print('HOLE', p)",
        {"AC"},
    ),
    "kernel settings": (
        "import os\nfor p in ('sys/kernel/core_pattern', 'sys/kernel/randomize_va_space',\n"
        "          'sys/vm/overcommit_memory', 'sysrq-trigger', 'self/uid_map'):\n"
        "  try: os.write(os.open('/proc/' + p, 1), b'' if 'trig' in p else open('/proc/' + p, 'rb')"
        ".read())\n  except OSError: continue\n  print('HOLE', p)",
        {"AC"},
    ),
    "write shared": (
        "for p in ('/usr/x', '/etc/x', '/x', '/dev/x', '/bin/ls', '/lib/x', '/etc/passwd',\n"
        "          '/usr/lib/python3/dist-packages/evil.pth'):\n"
        "  try: open(p, 'a')\n  except OSError: continue\n  print('HOLE', p)",
        {"AC"},
    ),
    "become root": ("import os\nos.setuid(0)", {"RE"}),
    "su": ("import subprocess\nsubprocess.run(['su', '-c', 'id'], check=True)", {"RE"}),
    "mount": ("import os\nos.system('mount -t tmpfs x /tmp && echo HOLE')", {"AC"}),
    "calls": (
        denied(
            "101, 16, 1, 0, 0", "310, 1, 0, 0, 0, 0, 0", "165, b'x', b'/tmp', b'tmpfs', 0, 0",
            "272, 0x10000000", "272, 0x20000", "161, b'/tmp'", "56, 0x10000011, 0, 0, 0, 0",
            "435, b, 88", "308, 0, 0", "155, b'/', b'/'", "250, 22, -1, -3",
            "248, b'user', b'k', b'v', 1, -3", "425, 4, b", "321, 0, b, 128", "323, 0",
            "298, b, 0, -1, -1, 0", "246, 0, 0, 0, 0", "169, 0, 0, 0, 0", "164, b, 0",
            "133, b'/tmp/n', 0o60666, 1",
            "41, 40, 1, 0", "41, 17, 3, 3", "41, 38, 5, 0", "447, 0", "135, 0x0400000",
        ),
        {"AC"},
    ),
    "foreign calls": (denied("0x40000000 + 39"), {"SIG"}),
    "descriptors": (
        "import os\nfor n in range(3, 1024):\n  try: os.fstat(n)\n  except OSError: continue\n"
        "  print('HOLE', n)",
        {"AC"},
    ),
    "exit 137": ("import os\nos._exit(137)", {"RE"}),
    "exit 124": ("import sys\nsys.exit(124)", {"RE"}),
    "kill itself": ("import os\nos.kill(os.getpid(), 9)", {"SIG"}),
    "abort": ("import os\nos.abort()", {"SIG"}),
    "garbage": ("import os\nos.write(1, b'\\x00\\xff\\x1b]0;x\\x07\\xed\\xa0\\x80')", {"AC"}),
}  # fmt: skip


def limits_for(verdicts: set[str]) -> Limits:
    """Wall time is no limit of those who compute, however busy the machine is."""
    wall_s = 1.5 if verdicts == {"IDLE"} else 15.0
    return Limits(cpu_s=1.0, wall_s=wall_s, memory_mb=128, processes=32, output_kb=1024)


PROGRAMS = {
    "finalizers": "class A:\n  def __del__(self): print('gone')\na = A()\nprint('end')",
    "threads": "import threading, time\nthreading.Thread(target=lambda: (time.sleep(.05),"
    " print('t'))).start()\nprint('m')",
    "unittest": "import unittest\nclass T(unittest.TestCase):\n  def test_a(self): self.fail()\n"
    "unittest.main()",
    "doctest": 'def f():\n  """\n  >>> f()\n  2\n  """\n  return 2\nimport doctest\n'
    "print(doctest.testmod())",
    "dataclass": "from dataclasses import dataclass as d\n@d\nclass P:\n  x: int = 1\nprint(P())",
    "pickle": "import pickle\nclass P: pass\nprint(type(pickle.loads(pickle.dumps(P()))))",
    "hash order": "print({'a', 'b', 'c', 'd'})",
    "closed stdout": "import sys\nsys.stdout.close()",
    "input lines": "import sys\nprint([l for l in sys.stdin])",
    "subprocess": "import subprocess\nprint(subprocess.check_output(['echo', 'x']))",
    "getsource": "import inspect\ndef f(): return 1\nprint(inspect.getsource(f))",
    "name": "print(__name__, __file__)",
    "random": "import random\nrandom.seed(1)\nprint(random.random())",
    "loopback": "import socket, threading\ns = socket.create_server(('127.0.0.1', 8000))\n"
    "c = socket.create_connection(('localhost', 8000))\nc.send(b'x')\n"
    "print(s.accept()[0].recv(1))",
    "temporary": "import tempfile\nwith tempfile.TemporaryFile('w+') as f: print(f.write('x'))",
    "user": "import pwd, os\nprint(pwd.getpwuid(os.getuid()).pw_name, os.path.expanduser('~'))",
    "bad bytes": "import os\nos.write(1, b'\\xff')\nprint('\\udcff')",
}  # fmt: skip
