"""One film from its timeline to its files: words first, then parts and sound at once, then everything joined."""

from __future__ import annotations

import functools
import hashlib
import itertools
import json
import threading
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

from adengine.core.film import Film
from adengine.core.flashes import worst_field
from adengine.core.timeline import Timeline
from workers.studio.coding import Coding, Part
from workers.studio.making import captions, mux, outputs
from workers.studio.making.cache import Cache, kept, unbundle
from workers.studio.making.outputs import Extract
from workers.studio.making.parts import (
    PREVIEW_S,
    Crew,
    Easel,
    Names,
    Painter,
    Parts,
    key_of,
    tools,
    wait_for,
    wanted_parts,
)
from workers.studio.making.track import Track, track_of, voice_of

FILM, POSTER, POSTER_JPEG = "film.mp4", "poster.webp", "poster.jpg"
CAPTIONS, SUBTITLES = "captions.vtt", "captions.srt"
PREVIEW, SPRITES, SPRITES_VTT = "preview.webp", "sprites.jpg", "sprites.vtt"
HLS, HLS_VIDEO, HLS_AUDIO, HLS_CAPTIONS = "hls.m3u8", "hls-video.m3u8", "hls-audio.m3u8", "hls-captions.m3u8"
HLS_PICTURES, HLS_SOUND = "hls-video.m4s", "hls-audio.m4s"
HLS_FILES = (HLS_VIDEO, HLS_PICTURES, HLS_AUDIO, HLS_SOUND, HLS_CAPTIONS)
# In the order in which they appear: the film last, so that whoever sees it finds the others.
NAMES = (POSTER, POSTER_JPEG, CAPTIONS, SUBTITLES, PREVIEW, SPRITES, SPRITES_VTT, *HLS_FILES, HLS, FILM)


# How long the sound takes, in the time that one of the film's frames takes.
MIXING_EFFORT = 1 / 20


class Production:
    """The making of one film; `film` does it, `close` lets go of the painter."""

    def __init__(
        self,
        timeline: Timeline,
        resolve: Callable[[str], Path],
        coding: Coding,
        scale: float,
        cache: Cache,
        painter: Callable[[Timeline], Painter],
    ) -> None:
        self._coding, self._cache = coding, cache
        self._easel = Easel(painter, timeline)
        self._voice = voice_of(timeline, resolve, cache)
        self.timeline = self._easel.timeline = self._spoken(timeline)
        names = Names(self.timeline, resolve, coding, scale)
        self._parts = Parts(wanted_parts(self.timeline, names), self._easel, coding, cache)
        self._poster = names.wanted(timeline.poster_frame, timeline.poster_frame + 1, ())
        self._extract = Extract()
        self._track: Track
        self._worst_flashes: tuple[int, int]
        self._is_mixed, self._is_extracted = threading.Event(), threading.Event()

    def _spoken(self, timeline: Timeline) -> Timeline:
        """Return the film with its spoken words; while a new one is spoken, its painter makes ready."""
        if not self._voice:
            return replace(timeline)  # of our own, so that the draws it keeps go with us: rows share theirs
        if not self._voice.is_known:
            self._easel.prepare()
        try:
            return timeline.with_spoken(self._voice.words[0])
        except BaseException:  # nobody will close what is not made
            self._easel.close()
            raise

    def film(self, drafts: dict[str, Path], crew: Crew, progress: Callable[[int, int], None]) -> Film:
        """Write everything into the drafts; the crew's threads do the work, this one tells of progress."""
        missing = self._parts.missing()
        count = itertools.count(1)

        def on_frame() -> None:
            progress(next(count), self.timeline.frames)

        crew.count(self.timeline.frames - sum(one.frames for one in missing), on_frame)
        jobs: list[tuple[float, Callable[[], object]]] = [
            (one.effort, functools.partial(self._parts.make, one, crew.frame_done)) for one in missing
        ]
        jobs.append((self.timeline.frames * MIXING_EFFORT, self._mix))
        jobs.sort(key=lambda job: -job[0])
        # Small things come last: they fill the time in which other threads finish the last parts.
        ends = self._write_preview, self._write_posters, self._join, self._look_through
        crew.run([*(job for _, job in jobs), *(functools.partial(end, drafts, crew) for end in ends)], on_frame)
        self._write_captions(drafts)
        return self._described(drafts[FILM])

    def close(self) -> None:
        """Close the clips that the painter opened."""
        self._easel.close()

    def _mix(self) -> None:
        self._track = track_of(self.timeline.score(), self._voice, self._cache)
        self._is_mixed.set()

    def _write_posters(self, drafts: dict[str, Path], crew: Crew) -> None:
        def make() -> bytes:
            crew.check_wanted()
            return outputs.posters(self._easel, self._poster.start, self._coding)

        _, (webp, jpeg) = unbundle(kept(self._cache, "poster", self._poster.key, make))
        drafts[POSTER].write_bytes(webp)
        drafts[POSTER_JPEG].write_bytes(jpeg)

    def _write_preview(self, drafts: dict[str, Path], crew: Crew) -> None:
        fps, opening = self.timeline.fps, Extract()
        wanted = [one for one in self._parts.wanted if one.start < PREVIEW_S * fps]
        self._parts.wait_for(wanted, crew.check_wanted)
        for one in wanted:
            opening.add(self._parts.read(one))
        shown = outputs.opening(opening.thumbs, fps)
        made = kept(self._cache, "preview", _key_of_pictures(shown), lambda: outputs.preview(shown, fps))
        drafts[PREVIEW].write_bytes(made)

    def _join(self, drafts: dict[str, Path], crew: Crew) -> None:
        """Read every part once, into the MP4, into the stream's file, and for what the other files need of it."""
        wait_for(self._is_mixed, crew.check_wanted)
        sound, wanted = self._track.packets, self._parts.wanted
        part: Part
        with (
            mux.Film(drafts[FILM], self._coding, sound, frames=self.timeline.frames, parts=len(wanted)) as film,
            mux.Stream(drafts[HLS_PICTURES], self._coding) as pictures,
        ):
            for one in wanted:
                crew.check_wanted()
                self._parts.wait_for([one], crew.check_wanted)
                part = self._parts.read(one)
                film.add(part)
                pictures.add(part)
                self._extract.add(part)
            self._is_extracted.set()
        video = pictures.track()
        audio = mux.audio_track(drafts[HLS_SOUND], sound, self.timeline.seconds)
        look = mux.look_of(part, self._coding, self.timeline.locale)
        drafts[HLS_VIDEO].write_text(mux.playlist(video, HLS_PICTURES))
        drafts[HLS_AUDIO].write_text(mux.playlist(audio, HLS_SOUND))
        drafts[HLS_CAPTIONS].write_text(mux.captions_playlist(CAPTIONS, self.timeline.seconds))
        drafts[HLS].write_text(
            mux.master_playlist(HLS_VIDEO, HLS_AUDIO, HLS_CAPTIONS, tracks=(video, audio), look=look)
        )

    def _look_through(self, drafts: dict[str, Path], crew: Crew) -> None:
        """Make what is made of all parts' small pictures and light, while their packets are written."""
        wait_for(self._is_extracted, crew.check_wanted)
        self._write_sprites(drafts)
        self._worst_flashes = self._flashes()

    def _write_sprites(self, drafts: dict[str, Path]) -> None:
        frames, fps = self.timeline.frames, self.timeline.fps
        shown = outputs.seconds(self._extract.thumbs, frames, fps)
        tile, (jpeg,) = unbundle(kept(self._cache, "sprites", _key_of_pictures(shown), lambda: outputs.sheet(shown)))
        drafts[SPRITES].write_bytes(jpeg)
        drafts[SPRITES_VTT].write_text(outputs.sprites_vtt(SPRITES, tile, frames, fps))

    def _write_captions(self, drafts: dict[str, Path]) -> None:
        drafts[CAPTIONS].write_text(captions.webvtt(self.timeline), encoding="utf-8")
        drafts[SUBTITLES].write_text(captions.subrip(self.timeline), encoding="utf-8")

    def _described(self, film: Path) -> Film:
        with film.open("rb") as file:
            sha256 = hashlib.file_digest(file, "sha256").hexdigest()
        return Film(
            film=FILM,
            poster=POSTER,
            poster_jpeg=POSTER_JPEG,
            captions=CAPTIONS,
            frames=self.timeline.frames,
            width=self._coding.width,
            height=self._coding.height,
            duration_s=self.timeline.seconds,
            bytes=film.stat().st_size,
            sha256=sha256,
            audio=self._track.loudness_lufs is not None,
            notes=self._notes(),
            subtitles=SUBTITLES,
            preview=PREVIEW,
            sprites=SPRITES,
            sprites_vtt=SPRITES_VTT,
            hls=HLS,
            hls_files=HLS_FILES,
            loudness_lufs=self._track.loudness_lufs,
            peak_dbtp=self._track.peak_dbtp,
            luma=tuple(self._extract.luma),
            stir=tuple(self._extract.stir),
            flashes=self._worst_flashes,
        )

    def _flashes(self) -> tuple[int, int]:
        fields, fps = bytes(self._extract.fields), self.timeline.fps
        key = key_of(tools(), hashlib.blake2b(fields).hexdigest(), fps)
        count, frame = json.loads(
            kept(self._cache, "flashes", key, lambda: json.dumps(worst_field(fields, fps)).encode())
        )
        return count, frame

    def _notes(self) -> tuple[str, ...]:
        spoken = self._voice.words[1] if self._voice else ()
        return tuple(
            dict.fromkeys(
                (
                    *spoken,
                    *_missing_letters(self.timeline, self._cache),
                    *sorted({*self._easel.notes, *self._extract.notes}),
                    *self._parts.notes,
                )
            )
        )


def _key_of_pictures(shown: Sequence[tuple[int, bytes]]) -> str:
    return key_of(tools(), [(frame, hashlib.blake2b(jpeg).hexdigest()) for frame, jpeg in shown])


def _missing_letters(timeline: Timeline, cache: Cache) -> tuple[str, ...]:
    """Name the characters that no font shows; each text is looked up once, for that takes the fonts' library."""
    texts = [text.text for placed in timeline.layers if placed.layer.kind == "block" for text in placed.layer.texts]
    texts += [placed.layer.text for placed in timeline.layers if placed.layer.kind == "badge"]
    texts += [word.text for word in timeline.spoken] if timeline.caption_look else []
    rare = dict.fromkeys(text for text in texts if not text.isascii())
    absent = "".join(
        kept(cache, "letters", key_of(tools(), text), functools.partial(_looked_up, text)).decode() for text in rare
    )
    if not absent:
        return ()
    from workers.studio.letters.fonts import named

    missing = named("".join(dict.fromkeys(absent)))
    return (f"No font on this machine shows {missing}; left out. Install one (Noto covers most).",)


def _looked_up(text: str) -> bytes:
    from workers.studio.letters.fonts import shelf

    return shelf().missing(text).encode()
