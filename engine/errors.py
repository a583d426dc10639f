"""The errors of Backfeed: three families that never mix, and one that a stage may catch.

BackfeedError
├── CallerError            the caller's mistake: one message, exit 2, nothing done
│   ├── ConfigError            a recipe, flag or setting is wrong
│   ├── UnknownName            no plug-in, stage, key or row of that name
│   ├── MissingExtra           an optional package is not installed
│   ├── PluginFault            a plug-in breaks its contract
│   ├── InputError             an input cannot be read, or is not what it claims to be
│   ├── ServiceRefusal         a service refuses us (401, 403, 404): key, address or model name
│   └── RunConflict            the directory holds another run, or another writer has it
├── WorldError             the world's failure or ours: retried, then reported; exit 3
│   ├── Outage                 a service did not answer: not stored, not thrown into a stage
│   │   ├── Throttled              it asked for fewer requests (429): retried, and slowed down
│   │   ├── NotYet                 nobody has been there in this run: a server may be starting
│   │   └── Missing                what is only looked up is not there: not retried
│   ├── Unreachable            nobody was ever there at a service's address: it ends the run
│   ├── Stopping               the run is stopping: nothing new is asked
│   └── StoreFault             disk full, directory read-only, a file damaged
├── AskFailed              a fact about one request; stored, and thrown into the stage that asked
│   ├── Refused                the service declined the request (too long, filtered, malformed)
│   └── InvalidReply           every attempt was answered, none in the form asked for
└── Interrupted            Ctrl-C; exit 130
"""


class BackfeedError(Exception):
    """Base of all errors that Backfeed raises on purpose."""


class CallerError(BackfeedError):
    """The caller can mend this: the message says what, with which value, and what to do."""


class ConfigError(CallerError):
    """A recipe, flag or setting is wrong."""


class UnknownName(CallerError):
    """Something was asked for by a name that nothing has."""


class MissingExtra(CallerError):
    """An optional package is needed and not installed."""


class PluginFault(CallerError):
    """A plug-in does not keep its contract, or two claim one name."""


class InputError(CallerError):
    """An input cannot be read, or is not what it claims to be."""


class RunConflict(CallerError):
    """The output directory belongs to another run, or another process writes to it."""


class WorldError(BackfeedError):
    """Not the caller's doing and not the sample's: exit 3, and running again goes on."""


class Outage(WorldError):
    """A service did not answer. `wait_s` is how long it asked to be left alone, if it said so."""

    def __init__(self, message: str, wait_s: float | None = None) -> None:
        super().__init__(message, wait_s)
        self.message = message
        self.wait_s = wait_s

    def __str__(self) -> str:
        return self.message


class Throttled(Outage):
    """A service asked for fewer requests."""


class NotYet(Outage):
    """Nobody has been at a service's address in this run: says nothing of any request."""


class Missing(Outage):
    """A service that only looks answers up has none to this request."""


class Unreachable(WorldError):
    """A service's address was tried for a while, and never reached in this run: it ends the run."""


class ServiceRefusal(CallerError):
    """A service refuses every request of ours: wrong key, address or model name."""


class Stopping(WorldError):
    """The run is stopping (budget, time, Ctrl-C, a silent service): nothing new is asked."""


class StoreFault(WorldError):
    """Writing or reading the run's own files failed."""


class AskFailed(BackfeedError):
    """A fact about one request. `reason` is a short word for counting, `detail` says more."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason = reason
        self.detail = detail

    def __str__(self) -> str:
        return f"{self.reason}: {self.detail}" if self.detail else self.reason


class Refused(AskFailed):
    """The service declined the request; asking again gives the same."""


class InvalidReply(AskFailed):
    """Every attempt was answered, none in the form asked for."""


class Interrupted(BackfeedError):
    """The user pressed Ctrl-C."""
