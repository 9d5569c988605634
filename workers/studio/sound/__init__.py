"""The sound of a film: music, effects and a voice made into one track as loud as platforms ask."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

RATE = 48_000
Sound: TypeAlias = "NDArray[np.float32]"  # (2, samples) for a stereo track, (samples,) for one voice
