"""Writes its name under the same keys as others do, and prints what the book held each time.

`book_writer.py BOOK NAME COUNT`
"""

import asyncio
import sys
from pathlib import Path

from backfeed.engine.answers import Book


async def main(folder: Path, name: str, count: int) -> None:
    """Print one line per key: whose answer was given out."""
    book = Book(folder)
    keys = [number.to_bytes(20) for number in range(count)]
    for start in range(0, count, 7):
        held = await book.put_many("model", dict.fromkeys(keys[start : start + 7], name))
        sys.stdout.write("".join(f"{held[key]}\n" for key in keys[start : start + 7]))
        sys.stdout.flush()
    await book.close()


if __name__ == "__main__":
    asyncio.run(main(Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])))
