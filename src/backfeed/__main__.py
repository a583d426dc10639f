"""The command line, as `python -m backfeed`."""

from backfeed.engine.cli import main

if __name__ == "__main__":
    main()
