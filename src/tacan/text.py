"""Words of messages and results, and foreign text made safe for what shows it.

Names come from files, data sets and galleries that other people made. They may hold escape
sequences for a terminal, markup for a page, or formulas for a spreadsheet. Whoever writes text
that holds a name passes it through the function for its kind of output:

    a terminal     for_terminal
    a CSV file     csv_text
    a page         for_html
"""

from __future__ import annotations

import csv
import html
import io
import re
import unicodedata
from collections.abc import Collection, Iterable, Sequence

__all__ = [
    "counted",
    "csv_text",
    "for_html",
    "for_terminal",
    "is_address",
    "joined",
    "per_cent",
    "table",
    "without_password",
]  # fmt: skip

_UNSEEN = re.compile(
    # Control characters but line feed and tab; marks that turn the direction of writing;
    # separators of lines; halves of surrogate pairs, which stand for bytes that are no UTF-8.
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ud800-\udfff]"
)
_FORMULA = ("=", "+", "-", "@", "\t", "\n", "＝", "＋", "－", "＠")
"""What makes a spreadsheet take a cell for a formula, in narrow and in wide characters."""


def counted(number: int, one: str, many: str | None = None) -> str:
    """`number` of what is called `one` when there is one of it, else `many` (by default `one`s).

    >>> counted(1, "crop"), counted(0, "crop"), counted(1234, "query", "queries")
    ('1 crop', '0 crops', '1,234 queries')
    """
    return f"{number:,} {one if number == 1 else many or f'{one}s'}"


def joined(words: Sequence[str]) -> str:
    """Words as a list; of more than three, the first two and how many more there are.

    >>> joined(["a"]), joined(["a", "b", "c"]), joined(["a", "b", "c", "d"])
    ('a', 'a, b and c', 'a, b and 2 more')
    """
    shown = list(words) if len(words) <= 3 else [*words[:2], f"{len(words) - 2:,} more"]
    return " and ".join(filter(None, [", ".join(shown[:-1]), *shown[-1:]]))


def table(rows: Sequence[Sequence[str]], *, texts: Collection[int] = (0,)) -> str:
    """Rows in columns, the first under a rule: columns `texts` to the left, numbers to the right.

    >>> print(table([["model", "mAP"], ["street", "81.5"], ["mean", "7.2"]]))
    model    mAP
    ------  ----
    street  81.5
    mean     7.2
    """
    shown = [[for_terminal(cell).replace("\n", " ") for cell in row] for row in rows]
    widths = [max(map(_width, column)) for column in zip(*shown, strict=True)]
    lines = [shown[0], ["-" * width for width in widths], *shown[1:]]
    return "\n".join("  ".join(_aligned(line, widths, texts)).rstrip() for line in lines)


def _aligned(line: Sequence[str], widths: Sequence[int], texts: Collection[int]) -> Iterable[str]:
    for column, (cell, width) in enumerate(zip(line, widths, strict=True)):
        space = " " * (width - _width(cell))
        yield cell + space if column in texts else space + cell


def _width(cell: str) -> int:
    """Columns of a terminal that `cell` takes: two for a wide letter, none for an accent on one."""
    return sum(
        0 if unicodedata.combining(letter) else 1 + (unicodedata.east_asian_width(letter) in "WF")
        for letter in cell
    )


def for_terminal(text: str) -> str:
    """`text` in which what would act on a terminal, or can't be seen, is written as its code.

    Line feeds and tabs stay. Bytes of a name that are no UTF-8 become codes too, so that any
    result can be encoded.

    >>> print(for_terminal("a\\x1b[31mred"), for_terminal("photo_\\u202egpj.exe"))
    a\\u001b[31mred photo_\\u202egpj.exe
    """
    return _UNSEEN.sub(_code, text)


def _code(found: re.Match[str]) -> str:
    # Of this form alone, so that JSON which is shown on a terminal stays JSON and says the same.
    return f"\\u{ord(found[0]):04x}"


def for_html(text: str) -> str:
    """`text` for the inside of an element or a quoted attribute of a page (HTML or SVG).

    >>> for_html('<b title="x">')
    '&lt;b title=&quot;x&quot;&gt;'
    """
    return html.escape(for_terminal(text))


def csv_text(rows: Iterable[Iterable[object]]) -> str:
    """A CSV file of `rows` in which no text is a formula; numbers are written as they are.

    A text that a spreadsheet would reckon with gets an apostrophe before it, by which a
    spreadsheet knows text.

    >>> print(csv_text([["name", "x"], ["=1+1", -2.5]]), end="")
    name,x
    '=1+1,-2.5
    """
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerows(map(_csv_cell, row) for row in rows)
    return stream.getvalue()


def _csv_cell(value: object) -> object:
    if not isinstance(value, str):
        return value
    shown = for_terminal(value)
    return f"'{shown}" if shown.lstrip(" ").startswith(_FORMULA) else shown


def per_cent(share: float) -> str:
    """A share in whole per cent.

    >>> per_cent(0.426)
    '43 %'
    """
    return f"{share:.0%}".replace("%", " %")


def is_address(text: str) -> bool:
    """Whether `text` is an address of the network rather than a path.

    One slash after the scheme is enough, since `Path` makes one of two; one letter is a drive.

    >>> [is_address(text) for text in ("rtsp://door/live", "http:/door", "C:/door.mp4", "door.mp4")]
    [True, True, False, False]
    """
    return re.match(r"[A-Za-z][A-Za-z0-9+.-]+:/", text) is not None


def without_password(address: str) -> str:
    """An address without user, password and settings; a path stays as it is.

    Whatever stands before the last @ goes, since passwords hold slashes and question marks too; and
    every part that holds =, as cameras take their passwords, with all that follows a question mark.
    One slash after the scheme is enough, since `Path` makes one of two.

    >>> without_password("rtsp://me:secret@door:554/live?key=1"), without_password("a@b?.mp4")
    ('rtsp://...@door:554/live?...', 'a@b?.mp4')
    """
    if not is_address(address):
        return address
    hidden = re.sub(r"(:/{1,2}).*@", r"\1...@", address, flags=re.DOTALL)
    hidden = re.sub(r"\?.*", "?...", hidden, flags=re.DOTALL)
    return re.sub(r"[^/@]*=[^/]*", "...", hidden)
