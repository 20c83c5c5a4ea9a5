"""The command line: one file per command, each loaded only when it is called."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from cyclopts import App, CycloptsError, Group

from tacan.cli.outputs import check_outputs
from tacan.cli.surroundings import (
    drop_output,
    mend_streams,
    nothing_under_home,
    tell_warnings,
)
from tacan.errors import TacanError
from tacan.installing import missing_library
from tacan.text import for_terminal
from tacan.version import VERSION

__all__ = ["COMMANDS", "GROUPS", "build_app", "main"]

GROUPS = {
    "Find people in your videos": {
        "serve": "the page: look, search and decide in a browser, on this machine alone",
        "index": "find and follow the people in videos, and put them into a gallery",
        "search": "who else is this? Finds where else in a gallery somebody was seen",
        "link": "tracklets become people, across cameras",
        "people": "who was where; names, and a human's word on who is who",
        "gallery": "look after a gallery: info, verify, export, merge, shift, delete, log, retain",
        "video": "write a video with its people drawn into it",
    },
    "Train, embed and evaluate": {
        "doctor": "check a copy of a data set and say what is wrong with it",
        "train": "train a model",
        "adapt": "let a model's clip weight learn on your own footage, without labels",
        "embed": "turn tracklets into embeddings",
        "export": "write a model as a file for ONNX Runtime or OpenVINO",
        "evaluate": "mAP and CMC, from anyone's features",
        "splits": "mean and deviation over the ten splits of iLIDS-VID or PRID-2011",
        "paper": "the paper's tables, each from nothing, beside the published figures",
    },
    "Generate people, and try it out": {
        "demo": "the main job in small, from nothing: generate, train, embed, evaluate, report",
        "synth": "write a generated data set in a real data set's layout",
        "scenes": "film generated people with several cameras, with ground truth",
        "sheet": "one picture of generated people, as many cameras see them",
    },
}
"""What each command does, in groups. It is the function or app `NAME` in `tacan.cli.NAME`."""

COMMANDS = tuple(name for commands in GROUPS.values() for name in commands)

EXIT_FAULT = 1
EXIT_USAGE = 2
EXIT_INTERRUPTED = 130
EXIT_TERMINATED = 143


def build_app(command: str | None = None) -> App:
    """The application. `command` is loaded for its own help; the others stay a name and a line."""
    app = App(
        name="tacan",
        help="Find the same person again in video.",
        help_epilogue="`tacan COMMAND --help` explains a command and shows an example.",
        version=VERSION,
        suppress_keyboard_interrupt=False,
    )
    for number, (title, commands) in enumerate(GROUPS.items()):
        group = Group(title, sort_key=number)
        for place, (name, purpose) in enumerate(commands.items()):
            own_help = {} if name == command else {"help": purpose}
            where = f"tacan.cli.{name}:{name}"
            app.command(where, name=name, group=group, sort_key=place, **own_help)
    options = Group("Options", sort_key=len(GROUPS))
    for flag in ("--help", "--version"):
        app[flag].group = (options,)
    return app


def main(tokens: Sequence[str] | None = None) -> None:
    """Runs the command and exits: 0 done, 1 an expected fault, 2 wrong usage, 130 interrupted, 143
    terminated."""
    mend_streams()
    words = list(sys.argv[1:] if tokens is None else tokens)
    if os.getpid() == 1:
        # The first process of a container gets no signal that it has not asked for.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _terminate)
    try:
        with nothing_under_home():
            _run(words)
        sys.stdout.flush()
    except CycloptsError:
        sys.exit(EXIT_USAGE)
    except TacanError as error:
        _complain(str(error))
        sys.exit(EXIT_FAULT)
    except _TerminatedError:
        _complain("terminated")
        sys.exit(EXIT_TERMINATED)
    except KeyboardInterrupt:
        _complain("interrupted")
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        drop_output()  # the reader has left (`| head`), and is owed no complaint
        sys.exit(EXIT_FAULT)
    except ImportError as error:
        missing = missing_library(error)
        if missing is None:
            raise
        _complain(f"a library of the system must be there; got {error}. {missing[1]}")
        sys.exit(EXIT_FAULT)
    except OSError as error:
        # What the system refuses anywhere: a name too long, a loop of links, a full output.
        drop_output()
        _complain(f"the system must allow what is asked; got {error}.")
        sys.exit(EXIT_FAULT)


def _run(words: list[str]) -> None:
    app = build_app(words[0] if words else None)
    command, bound, _ = app.parse_args(words, exit_on_error=False)
    if command.__module__.startswith("tacan."):  # not what prints help and version
        check_outputs(command, bound)
    with tell_warnings():
        command(*bound.args, **bound.kwargs)


def _complain(message: str) -> None:
    sys.stderr.write(f"{for_terminal(f'tacan: {message}')}\n")


class _TerminatedError(KeyboardInterrupt):
    """Asked to end; work ends as it does by Ctrl-C."""


def _terminate(*_: object) -> NoReturn:
    raise _TerminatedError
