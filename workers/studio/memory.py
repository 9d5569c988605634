"""What libraries are told before they work: glibc and Python about memory, numpy's linear algebra about threads."""

from __future__ import annotations

import atexit
import ctypes
import functools
import gc
import os

# mallopt's parameters (malloc.h).
M_TRIM_THRESHOLD, M_MMAP_THRESHOLD, M_ARENA_MAX = -1, -3, -8
# Blocks from 3 MB on, such as an encoder's pictures, go back to the system when they are freed. By itself glibc raises
# that limit with every encoder that is closed, and a film would keep 50 MB more.
TRIM_BYTES, MMAP_BYTES = 128_000_000, 3_000_000
# OpenBLAS starts a thread for every further core, which waits by spinning: a tenth of a second that encoders could
# have, for a library that multiplies no matrices here. It reads this when numpy is loaded.
BLAS_THREADS = "OPENBLAS_NUM_THREADS"


@functools.cache
def settle() -> None:
    """Have threads share what closed encoders leave and give the most of it back, and numpy start none of its own.

    Only glibc can be told; other C libraries give memory back unasked.
    """
    os.putenv(BLAS_THREADS, "1")
    # A process that ends would look three times through all that libraries have made, for cycles to take apart: 20 to
    # 40 ms, and the system takes its memory back anyway.
    atexit.register(gc.freeze)
    library = ctypes.CDLL(None)
    if not hasattr(library, "mallopt"):
        return
    library.mallopt(M_ARENA_MAX, 1)
    library.mallopt(M_MMAP_THRESHOLD, MMAP_BYTES)
    library.mallopt(M_TRIM_THRESHOLD, TRIM_BYTES)
