from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest

from adengine.core.clip import ClipAsk
from adengine.core.errors import RenderFailed
from workers.generators.mp4 import write_mp4

from .conftest import decoded


def test_colours_survive_and_are_tagged(ask: ClipAsk, tmp_path: Path) -> None:
    frame = np.zeros((48, 32, 3), dtype=np.uint8)
    frame[:24], frame[24:] = (200, 30, 40), (20, 160, 90)
    write_mp4([frame] * 5, ask, out=tmp_path / "a.mp4")
    got = decoded(tmp_path / "a.mp4")[4]
    np.testing.assert_allclose(got[10, 16], (200, 30, 40), atol=4)
    np.testing.assert_allclose(got[40, 16], (20, 160, 90), atol=4)
    with av.open(tmp_path / "a.mp4") as container:
        stream = container.streams.video[0]
        assert (stream.codec_context.name, stream.pix_fmt, stream.frames) == ("h264", "yuv420p", 5)
        assert float(stream.average_rate or 0) == 16
        assert float((stream.duration or 0) * (stream.time_base or 0)) == 5 / 16
        assert stream.codec_context.colorspace == 1, "not tagged BT.709"


@pytest.mark.parametrize("count", [4, 6])
def test_a_wrong_frame_count_leaves_the_earlier_clip_as_it_was(ask: ClipAsk, tmp_path: Path, count: int) -> None:
    out = tmp_path / "a.mp4"
    out.write_bytes(b"the earlier clip")
    frame = np.zeros((48, 32, 3), dtype=np.uint8)
    with pytest.raises(RenderFailed, match=f"gave {count} frames where 5"):
        write_mp4([frame] * count, replace(ask), out=out)
    assert out.read_bytes() == b"the earlier clip"
    assert [file.name for file in tmp_path.iterdir()] == ["a.mp4"]
