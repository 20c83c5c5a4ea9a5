"""The command line: one file per command, each loaded only when it is called."""

from __future__ import annotations

import os
import signal
import sys
from collections.abc import Sequence
from typing import NoReturn

from cyclopts import App, CycloptsError

import tacan
from tacan.errors import TacanError

__all__ = ["COMMANDS", "build_app", "main"]

COMMANDS = {
    "demo": "the main job in small, from nothing: generate, train, embed, evaluate, report",
    "synth": "write a generated data set in a real data set's layout",
    "sheet": "one picture of generated people, as many cameras see them",
    "scenes": "film generated people with several cameras, with ground truth",
    "doctor": "check a copy of a data set and say what is wrong with it",
    "train": "train a model",
    "embed": "turn tracklets into embeddings",
    "evaluate": "mAP and CMC, from anyone's features",
    "splits": "mean and deviation over the ten splits of iLIDS-VID or PRID-2011",
    "index": "find and follow the people in videos, and put them into a gallery",
    "video": "write a video with its people drawn into it",
    "search": "who else is this? Finds where else in a gallery somebody was seen",
    "gallery": "look after a gallery: info, verify, export, delete",
}
"""Each command and what it does. It is the function, or the app, `NAME` in `tacan.cli.NAME`."""

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
        version=tacan.__version__,
        suppress_keyboard_interrupt=False,
    )
    for name, purpose in COMMANDS.items():
        own_help = {} if name == command else {"help": purpose}
        app.command(f"tacan.cli.{name}:{name}", name=name, **own_help)
    return app


def main(tokens: Sequence[str] | None = None) -> None:
    """Runs the command and exits: 0 done, 1 an expected fault, 2 wrong usage, 130 interrupted, 143
    terminated."""
    words = list(sys.argv[1:] if tokens is None else tokens)
    if os.getpid() == 1:
        # The first process of a container gets no signal that it has not asked for.
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, _terminate)
    try:
        build_app(words[0] if words else None)(
            words, exit_on_error=False, result_action="return_none"
        )
    except CycloptsError:
        sys.exit(EXIT_USAGE)
    except TacanError as error:
        sys.stderr.write(f"tacan: {error}\n")
        sys.exit(EXIT_FAULT)
    except _TerminatedError:
        sys.stderr.write("tacan: terminated\n")
        sys.exit(EXIT_TERMINATED)
    except KeyboardInterrupt:
        sys.stderr.write("tacan: interrupted\n")
        sys.exit(EXIT_INTERRUPTED)
    except BrokenPipeError:
        # The reader has left (`| head`). Python would complain once more when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(EXIT_FAULT)


class _TerminatedError(KeyboardInterrupt):
    """Asked to end; work ends as it does by Ctrl-C."""


def _terminate(*_: object) -> NoReturn:
    raise _TerminatedError
