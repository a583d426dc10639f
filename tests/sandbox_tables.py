"""Programs for tests of sandboxes that look at their interpreter. Those that attack are shipped."""

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
