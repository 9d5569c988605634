"""A bed of music on the film's beat: sparse at first, fuller with every cut, open on the end card, and at rest."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from adengine.core.score import Score
from workers.studio.sound import RATE, Sound
from workers.studio.sound.drums import drum
from workers.studio.sound.loudness import smooth_size
from workers.studio.sound.moods import MOODS, Mood, Part
from workers.studio.sound.tones import Instrument, add, glide, noise, note, shaped

TONIC_HZ = 110.0
# Seeds move the key by at most three semitones, so that every instrument stays where it sounds well.
KEYS = (0, 2, -1, 3, -2, 1, -3)
LONGEST_TAIL_S = 2.2
PAD_LOWEST, BASS_LOWEST = 3, -14
DRUMS_LEVEL = 1.5


def bed(score: Score) -> Sound:
    """Return stereo music, shape (2, frames * 48000 // fps), not yet levelled; the same for the same score."""
    plan = _Plan(score)
    chords, low, drums = (np.zeros((2, plan.samples), np.float32) for _ in range(3))
    for bar in plan.bars():
        _play_pad(chords, plan, bar)
        _play_comp(chords, plan, bar)
        _play_lead(chords, plan, bar)
        _play_bass(low, plan, bar)
        _play_drums(drums, plan, bar)
    _play_opening(chords, plan)
    _play_arrival(chords, low, drums, plan)
    _press(chords, low, plan)
    sent = _halved(chords) + np.float32(0.35) * _halved(drums)
    # In place: a long film's tracks are tens of megabytes each.
    chords += low
    chords += drums
    _add_room(chords, sent, plan.mood)
    return _faded(chords, plan)


def tonic_hz(score: Score) -> float:
    """Return the pitch of the key's first note, between 65 and 160 Hz."""
    return float(TONIC_HZ * 2 ** ((MOODS[score.mood].tonic + KEYS[score.seed % len(KEYS)]) / 12))


@dataclass(frozen=True)
class _Bar:
    """A bar of the film: the chord's root as a degree, and the end of what sounds (samples)."""

    number: int
    at: int
    end: int
    root: int


class _Plan:
    """A score in samples, with its bars counted from the drop so that a bar always starts there."""

    def __init__(self, score: Score) -> None:
        self.mood: Mood = MOODS[score.mood]
        self.score = score
        self.samples = _samples(score, score.frames)
        self.drop = _samples(score, score.drop)
        self.step = score.beat_frames * RATE / score.fps / 4
        self.beat = round(self.step * 4)
        self.bar = round(self.step * 4 * self.mood.beats_a_bar)
        self.tonic = self.mood.tonic + KEYS[score.seed % len(KEYS)]
        self.random = np.random.default_rng(score.seed)
        self.pick = score.seed // len(KEYS) + score.seed
        self.close = self._close()
        self.steps = self.mood.beats_a_bar * 4
        self.notes: dict[tuple[int, float, int, float, int], Sound] = {}
        self.kicks: list[tuple[int, float]] = []

    def bars(self) -> Iterator[_Bar]:
        """Yield the bars up to the closing chord."""
        road = self.mood.roads[self.pick % len(self.mood.roads)]
        arrival = self.mood.arrivals[self.pick % len(self.mood.arrivals)]
        first = -(-self.drop // self.bar)
        for number in range(-first, -(-(self.close - self.drop) // self.bar)):
            at = self.drop + number * self.bar
            root = road[number % len(road)] if number < 0 else arrival[number % len(arrival)]
            yield _Bar(number, at, min(at + self.bar, self.close), root)

    def part(self, at: int) -> Part:
        """Return who plays at a moment: intro to the first cut, verse, build from the middle cut, drop."""
        if at >= self.drop:
            return self.mood.drop
        entry, middle = self.turns
        return self.mood.intro if at < entry else self.mood.verse if at < middle else self.mood.build

    @property
    def turns(self) -> tuple[int, int]:
        """Where verse and build begin: on cuts, the second one nearest to the middle of the way to the drop."""
        cuts = [_samples(self.score, cut) for cut in self.score.cuts if 0 < cut < self.score.drop]
        entry = cuts[0] if cuts else self.drop // 3
        middle = min(cuts[1:] or [(entry + self.drop) // 2], key=lambda cut: abs(cut - (entry + self.drop) / 2))
        return entry, middle

    def holds_back(self, at: int) -> bool:
        """Say whether drums and bass wait: the last beat before the drop."""
        return self.drop - self.beat <= at < self.drop

    def pitch(self, root: int, degree: int, lowest: int) -> int:
        """Return a tone of the scale in semitones above 110 Hz, in the octave from `lowest` on."""
        octave, place = divmod(root + degree, len(self.mood.scale))
        return lowest + (self.tonic + self.mood.scale[place] + 12 * octave - lowest) % 12

    def moments(self, bar: _Bar) -> Iterator[tuple[int, int, int]]:
        """Yield a bar's quarters of a beat inside the film as (number, where it is written, where it is played).

        Played is swung, and a little early or late as players are.
        """
        for step in range(self.steps):
            written = bar.at + round(step * self.step)
            swing = self.mood.swing * self.step if step % 2 else 0
            played = int(written + swing + self.random.normal(0, 0.0022) * RATE)
            if 0 <= written < bar.end:
                yield step, written, max(0, played)

    def tone(self, instrument: Instrument, semitones: int, samples: int, shine: float, strand: int = 0) -> Sound:
        """Return a note, made the first time it is asked for."""
        key = (id(instrument), semitones, samples, shine, strand)
        if key not in self.notes:
            hertz = TONIC_HZ * 2 ** (semitones / 12)
            self.notes[key] = note(instrument, hertz, samples, shine=shine, strand=strand)
        return self.notes[key]

    def _close(self) -> int:
        """The last chord falls on a beat and has the time to die away."""
        tail = min(LONGEST_TAIL_S * RATE, 0.42 * (self.samples - self.drop))
        return self.drop + int((self.samples - self.drop - tail) // self.beat) * self.beat


def _samples(score: Score, frame: int) -> int:
    return frame * RATE // score.fps


def _chord(plan: _Plan, root: int, octave: int = 0) -> list[int]:
    return sorted(plan.pitch(root, degree, PAD_LOWEST + 12 * octave) for degree in plan.mood.stack)


def _play_pad(out: Sound, plan: _Plan, bar: _Bar) -> None:
    level = plan.part(max(0, bar.at)).pad
    if not level:
        return
    if plan.mood.pad.attack_s < 0.005:
        _strum(out, plan, bar, level)
        return
    at, shine = max(0, bar.at), plan.part(max(0, bar.at)).shine
    samples = bar.end - at + int(plan.mood.pad.release_s * RATE)
    for tone in _chord(plan, bar.root):
        for strand in (0, 1):
            add(out, at, plan.tone(plan.mood.pad, tone, samples, shine, strand), level, 1.4 * strand - 0.7)


def _strum(out: Sound, plan: _Plan, bar: _Bar, level: float) -> None:
    """A plucked pad is strummed off the beat."""
    for step, written, played in plan.moments(bar):
        for number, tone in enumerate(_chord(plan, bar.root, 1) if step % 4 == 2 else ()):
            wave = plan.tone(plan.mood.pad, tone, plan.beat // 2, plan.part(written).shine)
            add(out, played + int(number * 0.011 * RATE), wave, level * 0.5, -0.45 + 0.1 * number)


def _play_comp(out: Sound, plan: _Plan, bar: _Bar) -> None:
    tones = _chord(plan, bar.root, plan.mood.comp_octave)
    samples = int(plan.beat * plan.mood.comp_beats)
    for step, written, played in plan.moments(bar):
        part = plan.part(written)
        sign = part.comp[step]
        level = part.comp_level * plan.random.uniform(0.85, 1.0) * (1.0 if step % 4 == 0 else 0.82)
        if sign == "c":
            for number, tone in enumerate(tones):
                wave = plan.tone(plan.mood.comp, tone, samples, part.shine)
                add(out, played + number * 90, wave, level * 0.62, 0.3 * (number - 1.5))
        elif sign != ".":
            wave = plan.tone(plan.mood.comp, tones[int(sign)], samples, part.shine)
            add(out, played, wave, level, (-1) ** (step // 2) * (0.2 + 0.1 * int(sign)))


def _play_lead(out: Sound, plan: _Plan, bar: _Bar) -> None:
    """Play the motif: hinted at in the build, whole from the drop on."""
    motif = {step: (degree, held) for step, degree, held in plan.mood.motifs[plan.pick % len(plan.mood.motifs)]}
    lowest = PAD_LOWEST + 12 * plan.mood.lead_octave
    for step, written, played in plan.moments(bar):
        level = plan.part(written).lead
        if level and step in motif:
            degree, held = motif[step]
            samples = int(held * plan.step + plan.mood.lead.release_s * RATE)
            wave = plan.tone(plan.mood.lead, plan.pitch(bar.root, degree, lowest), samples, 1.0)
            add(out, played, wave, level, 0.12)


def _play_bass(out: Sound, plan: _Plan, bar: _Bar) -> None:
    root = plan.pitch(bar.root, 0, BASS_LOWEST)
    for step, written, played in plan.moments(bar):
        part = plan.part(written)
        pattern = part.bass or "." * plan.steps
        if pattern[step] == "." or plan.holds_back(written):
            continue
        held = next((later for later in range(step + 1, plan.steps) if pattern[later] != "."), plan.steps) - step
        samples = int(min(held, 6) * plan.step * 0.92)
        tone = root + {"r": 0, "f": 7, "o": 12}[pattern[step]]
        add(out, played, plan.tone(plan.mood.bass, tone, samples, part.shine), 1.0)


def _play_drums(out: Sound, plan: _Plan, bar: _Bar) -> None:
    for step, written, played in plan.moments(bar):
        for place, (name, pattern, level) in enumerate(plan.part(written).drums):
            if pattern[step] == "." or plan.holds_back(written):
                continue
            struck = DRUMS_LEVEL * level * (0.5 if pattern[step] == "o" else 1.0) * plan.random.uniform(0.88, 1.0)
            is_kick = name.endswith("kick")
            add(out, played, drum(name), struck, 0.0 if is_kick else (0.35, -0.2, 0.15, -0.4)[place % 4])
            if is_kick:
                plan.kicks.append((played, min(1.0, struck / 0.9)))
    if bar.number == -1:
        _play_fill(out, plan)


def _play_fill(out: Sound, plan: _Plan) -> None:
    """Quickening strokes over the last beat before the drop."""
    level = max(level for _, _, level in plan.mood.build.drums)
    for number, quarter in enumerate((0, 1, 2, 2.5, 3, 3.5)):
        at = plan.drop - plan.beat + int(quarter * plan.step)
        add(out, max(0, at), drum(plan.mood.fill), level * (0.35 + 0.1 * number), -0.3 + 0.12 * number)


def _play_opening(out: Sound, plan: _Plan) -> None:
    """The first frame has a sound, also where the film begins in the middle of a bar."""
    # A film that is all end card opens with the closing chord.
    root = next((bar.root for bar in plan.bars()), 0)
    for number, tone in enumerate(_chord(plan, root, plan.mood.comp_octave)):
        wave = plan.tone(plan.mood.comp, tone, int(plan.beat * plan.mood.comp_beats), plan.mood.intro.shine)
        add(out, RATE // 100 + number * 240, wave, 0.55 * plan.mood.intro.comp_level, 0.3 * (number - 1.5))


def _play_arrival(chords: Sound, low: Sound, drums: Sound, plan: _Plan) -> None:
    """A rise into the drop, a cymbal on it, and the closing chord on the tonic, rung out to the last sample."""
    part, root = plan.mood.drop, 0
    rise = _rise(plan)
    add(chords, plan.drop - len(rise), rise, 0.05 + 0.09 * plan.mood.effects)
    add(drums, plan.drop, drum("crash"), 0.05 + 0.13 * plan.mood.pump + 0.05 * plan.mood.effects)
    left = plan.samples - plan.close
    for tone in _chord(plan, root):
        for strand in (0, 1):
            wave = plan.tone(plan.mood.pad, tone, left, 1.0, strand)
            add(chords, plan.close, wave, part.pad, 1.4 * strand - 0.7)
    for number, tone in enumerate([*_chord(plan, root, plan.mood.comp_octave), *_chord(plan, root, 2)[:1]]):
        wave = plan.tone(plan.mood.comp, tone, left, 1.0)
        add(chords, plan.close + number * 700, wave, part.comp_level * 0.75, 0.2 * (number - 2))
    add(low, plan.close, plan.tone(plan.mood.bass, plan.pitch(root, 0, BASS_LOWEST), left, 0.8), 0.9)
    for name, pattern, level in part.drums:
        if pattern[0] == "x":
            add(drums, plan.close, drum(name), DRUMS_LEVEL * level)


def _rise(plan: _Plan) -> Sound:
    samples = min(plan.drop, plan.beat * 4)
    if samples < RATE // 10:
        return np.zeros(0, np.float32)
    swell = np.linspace(0, 1, samples, dtype=np.float32) ** 2.5
    air = noise(RATE, 1500, 9000, 21)
    wind = np.resize(air, samples) * swell
    start = TONIC_HZ * 2 ** (plan.pitch(0, 0, 3) / 12)
    return shaped(np.asarray(0.5 * wind + 0.35 * glide(start, start * 4, samples) * swell), 0.01, 0.02)


def _press(chords: Sound, low: Sound, plan: _Plan) -> None:
    """Press chords and bass down under every kick, in place."""
    if not plan.mood.pump or not plan.kicks:
        return
    gain = np.ones(plan.samples, np.float32)
    dip = np.exp(-np.arange(int(0.5 * RATE), dtype=np.float32) / np.float32(0.13 * RATE))
    dip[: RATE // 250] *= np.linspace(0, 1, RATE // 250, dtype=np.float32)
    for at, struck in plan.kicks:
        held = gain[at : at + len(dip)]
        np.minimum(held, 1 - np.float32(plan.mood.pump * struck) * dip[: len(held)], out=held)
    chords *= gain
    low *= gain


def _halved(track: Sound) -> Sound:
    """Return a stereo track as mono at half the rate: rooms are dull."""
    return np.asarray((track[:, 0:-1:2] + track[:, 1::2]).sum(0) * np.float32(0.25))


def _add_room(track: Sound, sent: Sound, mood: Mood) -> None:
    """Add the reverb of what was sent into the room, at half the rate: dense noise that dies away."""
    samples, size_of_track = int(mood.room_s * RATE / 2), 2 * len(sent)
    time = np.arange(samples, dtype=np.float32) / (RATE / 2)
    fall = np.exp(-time * (5.5 / mood.room_s)) * np.minimum(1, time / 0.012)
    size = smooth_size(len(sent) + samples)
    spectrum = np.fft.rfft(sent, size)
    for side in (0, 1):
        tail = noise(samples, 220, 5500, 31 + side) * fall
        tail *= mood.room * 6 / np.sqrt(samples)
        back = np.fft.irfft(spectrum * np.fft.rfft(tail, size), size)[: len(sent)].astype(np.float32)
        track[side, 0:size_of_track:2] += back
        track[side, 1:size_of_track:2] += (back + np.append(back[1:], np.float32(0))) / 2


def _faded(sound: Sound, plan: _Plan) -> Sound:
    """Start without a click and let the closing chord go before the last frame."""
    rise, tail = RATE // 100, max(1, plan.samples - plan.close)
    sound[:, :rise] *= np.linspace(0, 1, rise, dtype=np.float32)
    sound[:, -tail:] *= np.cos(np.linspace(0, np.pi / 2, tail)).clip(0).astype(np.float32) ** np.float32(1.2)
    return sound
