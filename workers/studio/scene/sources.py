"""A film's pictures as they come: read, measured, cut out; and what is kept of them for the next film."""

from __future__ import annotations

import hashlib
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Protocol, TypeVar

from adengine.core.errors import PictureUnusable, StorageFull
from adengine.core.palette import Swatch
from workers.studio.pixels.planes import Plate, kernel_id
from workers.studio.scene.sprites import Placed, Store, packed, unpacked

if TYPE_CHECKING:
    from PIL import Image

    from workers.studio.scene import pictures

Made = TypeVar("Made")
Painted = TypeVar("Painted", Plate, Placed)
# Raise it when what is painted changes for the same draws: kept planes of an older number are not used.
VERSION = 1
# A picture is cut out at this many frame pixels, more than any film shows of it.
CUT_SIDE = 1300
SWATCH_SIDE = 300
NO_ROOM = "The cache has no room: pictures were not kept for the next film"


class Keep(Protocol):
    """Where made things outlive a film: bytes by kind and key."""

    def get(self, kind: str, key: str) -> bytes | None: ...

    def put(self, kind: str, key: str, content: bytes) -> None: ...

    def path(self, kind: str, key: str, make: Callable[[Path], None]) -> Path: ...


class Sources:
    """The files of one film. `scale` is device pixels a frame pixel; what is odd about a file goes into `notes`."""

    def __init__(
        self,
        resolve: Callable[[str], Path],
        store: Store,
        *,
        scale: float,
        keep: Keep | None,
        notes: dict[str, None],
    ) -> None:
        self.resolve, self.notes = resolve, notes
        self._store, self._scale, self._keep = store, scale, keep
        self._folder: tempfile.TemporaryDirectory[str] | None = None

    def read(self, file: str, w: float, h: float) -> Image.Image:
        """Return a picture about as large as it is shown, `w` x `h` frame pixels, and note what is odd about it."""
        from workers.studio.scene import pictures

        shown = max(1, round(w * self._scale)), max(1, round(h * self._scale))
        picture = pictures.read(self.resolve(file), at_most=shown)
        if note := pictures.note_of(picture):
            self.notes[f"The picture {file} is approximate: {note}"] = None
        return picture

    def note_enlarged(self, file: str, w: float, h: float) -> None:
        """Note a picture that has far fewer pixels than the `w` x `h` of the full-size frame that it fills."""
        from workers.studio.scene import pictures

        if note := pictures.enlargement_note(file, pictures.size_of(self.resolve(file)), (round(w), round(h))):
            self.notes[note] = None

    def cutout(self, file: str) -> pictures.Cutout | None:
        """Return a picture trimmed by its transparency, None where it has none to speak of."""

        def make() -> pictures.Cutout | None:
            from workers.studio.scene import pictures

            return pictures.cutout(self.read(file, CUT_SIDE, CUT_SIDE))

        return self._store.get(("cutout", file), make)

    def solid(self, file: str) -> tuple[int, int, int, int] | None:
        """Return the box of a cut-out's opaque part, None for a picture without one."""

        def make() -> list[int]:
            cut = self.cutout(file)
            return list(cut.solid) if cut else []

        solid = self._store.get(("solid", file), lambda: self.known("solid", (self.digest(file), self._scale), make))
        return (solid[0], solid[1], solid[2], solid[3]) if solid else None

    def swatches(self, file: str) -> list[Swatch]:
        """Return a picture's dominant colours, the same at every scale of the film."""

        def make() -> list[tuple[str, float]]:
            from workers.studio.scene import pictures

            side = SWATCH_SIDE / self._scale
            return [(swatch.colour, swatch.weight) for swatch in pictures.swatches(self.read(file, side, side))]

        known = self.known("swatches", self.digest(file), make)
        return [Swatch(colour, weight) for colour, weight in known]

    def digest(self, file: str) -> str:
        """Return a hash of the file's bytes."""

        def make() -> str:
            with self.resolve(file).open("rb") as opened:
                return hashlib.file_digest(opened, "blake2b").hexdigest()

        return self._store.get(("digest", file), make)

    def mezzanine(self, file: str, height: int, *, cut_out: bool) -> Path:
        """Return a clip in the form that films read; raises PictureUnusable for one that cannot be played."""

        def make() -> Path | PictureUnusable:
            try:
                return self._mezzanine(file, height, cut_out=cut_out)
            except PictureUnusable as error:
                return error

        made = self._store.get(("mezzanine", file, height, cut_out), make)
        if isinstance(made, PictureUnusable):
            raise made
        return made

    def close(self) -> None:
        """Remove the files that nobody keeps."""
        if self._folder:
            self._folder.cleanup()
            self._folder = None

    def kept(self, kind: str, parts: object, make: Callable[[], Painted]) -> Painted:
        """Return planes that an earlier film left, or those `make` returns, which are then left for the next.

        `parts` holds all that decides their pixels.
        """
        key = _key(kind, (kernel_id(), parts))
        content = self._keep.get("planes", key) if self._keep else None
        if content is not None:
            return unpacked(content)  # type: ignore[return-value]
        made = make()
        if self._keep:
            self._put("planes", key, packed(made))
        return made

    def known(self, kind: str, parts: object, make: Callable[[], list[Made]]) -> list[Made]:
        """Return what an earlier film found out, or what `make` finds out: numbers and words."""
        key = _key(kind, parts)
        content = self._keep.get("facts", key) if self._keep else None
        if content is not None:
            return list(json.loads(content))
        made = make()
        self._put("facts", key, json.dumps(made).encode())
        return made

    def _mezzanine(self, file: str, height: int, *, cut_out: bool) -> Path:
        import av

        from workers.studio.scene import reels

        def write(path: Path) -> None:
            reels.mezzanine(self.resolve(file), path, height=height, cut_out=cut_out)

        key = _key("mezzanine", (kernel_id(), av.__version__, self.digest(file), height, cut_out))
        if self._keep:
            try:
                return self._keep.path("mezzanine", key, write)
            except StorageFull:
                self.notes[NO_ROOM] = None
        if self._folder is None:
            self._folder = tempfile.TemporaryDirectory(prefix="adengine-clips-")
        path = Path(self._folder.name) / f"{key}.mp4"
        write(path)
        return path

    def _put(self, kind: str, key: str, content: bytes) -> None:
        try:
            if self._keep:
                self._keep.put(kind, key, content)
        except StorageFull:
            self.notes[NO_ROOM] = None


def _key(kind: str, parts: object) -> str:
    return hashlib.blake2b(repr((VERSION, kind, parts)).encode(), digest_size=20).hexdigest()
