"""Errors: what went wrong, where, and what to do about it.

PseudolabelError                  exit 1
├── InputError (ValueError)       exit 2   a file or table that cannot be used as it is
│   └── ParameterError            exit 2   a parameter or option outside what is allowed
├── BusyError                     exit 3   another process is writing there
├── ResourceError (OSError)       exit 4   the disk is full, or the system refused a write
│   └── EngineError               exit 4   the machines or processes that did the work went away
└── HarmError                     exit 5   the verdict is `harms`, and that was to be a failure

Every message says in one sentence what is wrong (whose parameter, which file, line or column) and in
another what to do. The command line shows the message alone; `--debug` adds the traceback.
"""


class PseudolabelError(Exception):
    """Base of every error raised on purpose by this package.

    Attributes
    ----------
    exit_code : int
        What the command line exits with when this error ends it.
    """

    exit_code: int = 1


class InputError(PseudolabelError, ValueError):
    """A file or table that cannot be used as it is."""

    exit_code = 2


class ParameterError(InputError):
    """A parameter or option outside what is allowed."""


class BusyError(PseudolabelError):
    """Another process is writing where this one was to write."""

    exit_code = 3


class ResourceError(PseudolabelError, OSError):
    """The disk is full, or the system refused a write."""

    exit_code = 4


class EngineError(ResourceError):
    """The machines or processes that did the work went away."""


class HarmError(PseudolabelError):
    """The verdict is `harms`, and the user asked for that to be a failure."""

    exit_code = 5


class PseudolabelWarning(UserWarning):
    """Something the reader can act on, although the work goes on."""
