"""Runs pylint over the files of a folder in one process, and prints what it says as JSON.

Told: the archive of its packages, the messages that are wanted, the folder.
"""

import builtins
import importlib.util
import io
import json
import os
import sys
import zipfile
from contextlib import redirect_stdout

PLACE = "/tmp/backfeed_packages"
OF_SITE = ("exit", "quit", "copyright", "credits", "license", "help")  # `-S` leaves them out


def unpacked(archive):
    """Lay the packages out: bytecode of a Python like this one where it is looked for."""
    magic = importlib.util.MAGIC_NUMBER
    with zipfile.ZipFile(archive) as packed:
        for name in packed.namelist():
            data = packed.read(name)
            if name.endswith(".pyc"):
                if data[: len(magic)] != magic:
                    continue
                path = importlib.util.cache_from_source(os.path.join(PLACE, name[:-1]))
            else:
                path = os.path.join(PLACE, name)
            os.makedirs(os.path.dirname(path), exist_ok=True)
            with open(path, "wb") as file:
                file.write(data)
    sys.path.insert(0, PLACE)


def main(archive, wanted, folder):
    """One `Run` for all files. pylint's own output is no data."""
    unpacked(archive)
    for name in OF_SITE:
        setattr(builtins, name, getattr(builtins, name, print))
    os.environ["PYLINTHOME"] = "/tmp"
    from pylint.lint import Run
    from pylint.reporters import CollectingReporter

    reporter = CollectingReporter()
    files = sorted(os.path.join(folder, name) for name in os.listdir(folder))
    options = ["--rcfile=/dev/null", "--disable=all", f"--enable={wanted}", "--score=n"]
    with redirect_stdout(io.StringIO()):
        Run([*options, *files], reporter=reporter, exit=False)
    found = [
        [one.path, one.symbol, one.msg[:300], one.line, one.column] for one in reporter.messages
    ]
    json.dump(found, sys.stdout)


main(*sys.argv[1:])
