"""Frames between the assistant and its worker: four bytes of length, big-endian, then the payload."""

import struct

LENGTH = struct.Struct(">I")


def frame(payload: bytes) -> bytes:
    """A payload with its length in front."""
    return LENGTH.pack(len(payload)) + payload


#: A worker that is ready to read says so once.
READY = b"ready"
