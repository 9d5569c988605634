"""What the C library is told about memory; only glibc can be told, others give memory back unasked."""

from __future__ import annotations

import ctypes
import functools

# mallopt's parameters (malloc.h).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
# Blocks from 3 MB on, such as an encoder's pictures, go back to the system when they are freed. By itself glibc raises
# that limit with every encoder that is closed, and a film would keep 50 MB more.
TRIM_BYTES, MMAP_BYTES = 128_000_000, 3_000_000


@functools.cache
def settle() -> None:
    """Have threads share what closed encoders leave, and give the most of it back."""
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return
    library.mallopt(M_ARENA_MAX, 1)
    library.mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)
    library.mallopt(M_TRIM_THRESHOLD, TRIM_BYTES)
