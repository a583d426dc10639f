"""What is told how a run goes."""

from backfeed.engine.lanes import Engine, LaneResult


class Watcher:
    """Is told how a run goes; this one says nothing."""

    def started(self, engine: Engine, seeds: int) -> None:
        """A run begins, with so many seeds."""

    def begun(self, step: str, rows: int, *, together: bool) -> None:
        """A segment begins with so many rows more, or a stage with all of them."""

    def committed(self, step: str, result: LaneResult) -> None:
        """A row has gone through a segment."""

    def finished(self, step: str) -> None:
        """A stage has had all its rows."""

    def ended(self) -> None:
        """The run is over, or never began."""
