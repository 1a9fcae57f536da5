"""GIF files with as many frames as they were made of, whether these are alike or not."""

from collections.abc import Iterator
from math import ceil

CONTROL, LABEL, IMAGE, END = 0x21, 0xF9, 0x2C, 0x3B
"""How blocks begin: extensions (one that says how long a frame lasts has a label), images, and the end of the file."""
HEADER, DESCRIPTOR = 13, 10
"""Bytes before a table of colours: of the file, and of an image."""
UNIT = 10
"""Milliseconds in which a GIF counts."""
STILL = bytes.fromhex("2c0000000001000100800000000000000202440100")
"""An image of one pixel, in the first of two colours; in a frame where that is transparent, nothing changes."""


def unmerged(content: bytes, each: float) -> bytes:
    """A GIF in which a frame that lasts longer is followed by frames that change nothing.

    Pillow writes frames that are alike as one that lasts as long as they do together.

    Args:
        content: A GIF by Pillow whose frames all lasted equally long.
        each: Milliseconds of each, `UNIT` or more.
    """
    found, lasts = bytearray(), int(each / UNIT).to_bytes(2, "little")
    still = bytes([CONTROL, LABEL, 4, 0b101]) + lasts + bytes([0, 0]) + STILL
    further = 0
    for block in _blocks(content):
        if block[:2] == bytes([CONTROL, LABEL]):
            together = int.from_bytes(block[4:6], "little")
            further = ceil(together * UNIT / each - 1e-6) - 1
            block = block[:4] + lasts + block[6:]
        found += block
        if block[0] == IMAGE:
            found += still * further
            further = 0
    return bytes(found)


def _blocks(content: bytes) -> Iterator[bytes]:
    """The parts of a file: its header, extensions, images with their colours, and the end."""
    start = 0
    end = HEADER + _colours(content[10])
    while start < len(content):
        yield content[start:end]
        start = end
        if start == len(content) or content[start] == END:
            yield content[start:]
            return
        end = start + 2
        if content[start] == IMAGE:
            end = start + DESCRIPTOR + _colours(content[start + DESCRIPTOR - 1]) + 1
        while content[end]:  # parts of at most 255 bytes, and one of none
            end += content[end] + 1
        end += 1


def _colours(flags: int) -> int:
    """Bytes of a table of colours, by the flags before it."""
    return 3 * 2 ** ((flags & 0b111) + 1) if flags & 0b1000_0000 else 0
