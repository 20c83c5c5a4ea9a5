"""ONNX files with an image of another size, for onnxruntime, which takes the file's own alone.

This knows as much of protobuf's wire format as that takes: the package onnx need not be there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

__all__ = ["with_image_size"]

# Numbers of fields in onnx.proto: ModelProto's graph; GraphProto's input, output and value_info;
# ValueInfoProto's name, and the way to its shape (type, tensor_type, shape); the shape's
# dimensions, and the value of one.
_GRAPH, _INPUT, _OUTPUT, _VALUE_INFO, _NAME, _DIM, _DIM_VALUE = 7, 11, 12, 13, 1, 1, 1
_SHAPE = (2, 1, 2)

_VARINT, _EIGHT_BYTES, _LENGTH, _FOUR_BYTES = 0, 1, 2, 5


class _Field(NamedTuple):
    number: int
    whole: bytes
    content: bytes


def with_image_size(model: bytes, name: str, size: tuple[int, int]) -> bytes:
    """The ONNX network `model` with its input `name`, [b, 3, H, W], of `size` (height, width).

    The shapes that it states for outputs and within the network are left out; onnxruntime infers
    them. Raises `ValueError` for what is no such network.
    """

    def sized(shape: bytes) -> bytes:
        sides = [_field(_DIM, _varint(_DIM_VALUE << 3) + _varint(side)) for side in size]
        return b"".join([*[each.whole for each in _fields(shape)][:2], *sides])

    def as_image(value: bytes) -> bytes:
        is_image = any(f.number == _NAME and f.content == name.encode() for f in _fields(value))
        return _changed(value, _SHAPE, sized) if is_image else value

    model = _changed(model, (_GRAPH, _VALUE_INFO), lambda _: None)
    model = _changed(model, (_GRAPH, _OUTPUT, *_SHAPE), lambda _: None)
    return _changed(model, (_GRAPH, _INPUT), as_image)


def _changed(message: bytes, path: Sequence[int], change: Callable[[bytes], bytes | None]) -> bytes:
    """The message with the content of the fields at `path` changed; None leaves a field out."""
    number, *further = path
    parts: list[bytes] = []
    for field in _fields(message):
        if field.number != number:
            parts.append(field.whole)
            continue
        content = _changed(field.content, further, change) if further else change(field.content)
        if content is not None:
            parts.append(_field(number, content))
    return b"".join(parts)


def _fields(message: bytes) -> Iterator[_Field]:
    """The fields of a message, one after another."""
    at = 0
    while at < len(message):
        start = at
        key, at = _read_varint(message, at)
        kind = key & 7
        if kind == _LENGTH:
            length, begin = _read_varint(message, at)
            at = begin + length
        elif kind in (_EIGHT_BYTES, _FOUR_BYTES):
            begin, at = at, at + (8 if kind == _EIGHT_BYTES else 4)
        elif kind == _VARINT:
            begin, (_, at) = at, _read_varint(message, at)
        else:
            raise ValueError(f"a field of the kind {kind}")
        if at > len(message):
            raise ValueError("a field beyond the end")
        yield _Field(key >> 3, message[start:at], message[begin:at])


def _field(number: int, content: bytes) -> bytes:
    return _varint(number << 3 | _LENGTH) + _varint(len(content)) + content


def _varint(value: int) -> bytes:
    """Seven bits a byte, the lowest first; all but the last have the highest bit set."""
    found = bytearray()
    while value > 0x7F:
        found.append(value & 0x7F | 0x80)
        value >>= 7
    return bytes([*found, value])


def _read_varint(message: bytes, at: int) -> tuple[int, int]:
    """The number at a place, and the place behind it."""
    value = shift = 0
    while True:
        if at >= len(message) or shift > 63:
            raise ValueError("a number that doesn't end")
        byte = message[at]
        value |= (byte & 0x7F) << shift
        at, shift = at + 1, shift + 7
        if byte < 0x80:
            return value, at
