"""The seven moods as data: scale, chords, who plays, and what they play in each part of a film."""

from __future__ import annotations

from dataclasses import dataclass

from workers.studio.sound.tones import Instrument, Spectrum

MAJOR, MINOR = (0, 2, 4, 5, 7, 9, 11), (0, 2, 3, 5, 7, 8, 10)


@dataclass(frozen=True)
class Part:
    """Who plays in a part of the film. Patterns are a bar long, one sign a quarter of a beat, '.' is a rest.

    In `comp` a digit is a tone of the chord and c all of it; in `bass` r, f and o are root, fifth and octave; in
    `drums`, as (drum, pattern, level), x is a stroke and o a soft one. `shine` opens the instruments' brightness.
    """

    comp: str
    bass: str = ""
    drums: tuple[tuple[str, str, float], ...] = ()
    pad: float = 1.0
    comp_level: float = 1.0
    shine: float = 0.6
    lead: float = 0.0


@dataclass(frozen=True)
class Mood:
    """Everything a mood plays.

    `tonic` is in semitones above 110 Hz. Chords are degrees of the scale, one a bar: `roads` lead to the drop,
    their last bar being the one before it, `arrivals` start on it. `stack` are a chord's tones as degrees above its
    root. A motif is (quarter of a beat, degree above the chord's root, quarters held). `swing` delays every second
    quarter of a beat, as a share of it. `pump` is how far the kick presses the chords down, `room` the reverb's
    level and `effects` that of whooshes and pops.
    """

    tonic: int
    scale: tuple[int, ...]
    stack: tuple[int, ...]
    roads: tuple[tuple[int, ...], ...]
    arrivals: tuple[tuple[int, ...], ...]
    motifs: tuple[tuple[tuple[int, int, int], ...], ...]
    beats_a_bar: int
    swing: float
    pad: Instrument
    comp: Instrument
    lead: Instrument
    bass: Instrument
    comp_beats: float
    comp_octave: int
    lead_octave: int
    intro: Part
    verse: Part
    build: Part
    drop: Part
    fill: str
    pump: float
    room: float
    room_s: float
    effects: float


_AIR_PAD = Instrument(Spectrum(1.7, 1800), Spectrum(1.1, 3200), 0.028, 0.05, 0.5, 0.30, 0.45, 0.5, 7)
_SOFT_PAD = Instrument(Spectrum(2.0, 1100), Spectrum(1.5, 2000), 0.026, 0.05, 0.4, 0.35, 0.5, 0.4, 6)
_GLASS_PAD = Instrument(
    Spectrum(2.6, 1500, extra=((4, 0.22), (6, 0.08))), Spectrum(2, 3000), 0.034, 0.03, 0.2, 0.7, 0.9, 0.3, 9
)
_SAW_PAD = Instrument(Spectrum(1.25, 1300), Spectrum(1.0, 3800), 0.023, 0.05, 0.8, 0.06, 0.2, 0.7, 12)
_STRINGS = Instrument(Spectrum(1.3, 2300), Spectrum(1.1, 4200), 0.026, 0.02, 0.15, 0.28, 0.4, 0.45, 9, 7)
_SUPER_SAW = Instrument(Spectrum(1.05, 2600), Spectrum(1.0, 7000), 0.026, 0.05, 0.5, 0.02, 0.2, 0.7, 17)

_KEYS = Instrument(
    Spectrum(2.6, 1400), Spectrum(2.2, 3400, extra=((4, 0.45), (7, 0.12))), 0.16, 2.0, 9, 0.003, 0.06, 0.8, 3
)
_PLUCK = Instrument(Spectrum(1.5, 2600), Spectrum(0.9, 7500), 0.16, 4.5, 16, 0.002, 0.04, 0.9)
_STAB = Instrument(Spectrum(1.0, 2800), Spectrum(0.8, 9000), 0.13, 3.0, 8, 0.004, 0.05, 0.9, 11)
_FELT = Instrument(Spectrum(2.1, 1200), Spectrum(1.4, 2400), 0.20, 1.5, 6, 0.008, 0.20, 0.4, 2)
_MARIMBA = Instrument(
    Spectrum(5, 3000, extra=((4, 0.22),)), Spectrum(4, 6000, extra=((10, 0.7), (4, 0.7))), 0.23, 7, 30, 0.001, 0.03
)
_UKE = Instrument(Spectrum(1.4, 2400), Spectrum(0.9, 5200), 0.14, 5.5, 20, 0.002, 0.03, 0.8)
_HARP = Instrument(Spectrum(1.9, 2600), Spectrum(1.2, 6000), 0.18, 2.3, 9, 0.002, 0.12, 0.7)
_SQUARE = Instrument(Spectrum(1.1, 1500, odd=True), Spectrum(0.9, 6500), 0.16, 5.0, 9, 0.002, 0.03, 0.9, 8)

_BELL = Instrument(
    Spectrum(4, 5000, extra=((3, 0.25),)), Spectrum(3, 9000, extra=((5, 0.5), (8, 0.3))), 0.13, 2.2, 6, 0.002, 0.1
)
_WHISTLE = Instrument(Spectrum(4.5, 6000), Spectrum(3.5, 8000), 0.10, 0.4, 3, 0.035, 0.07, 0.3, 0, 14)
_BRASS = Instrument(Spectrum(1.2, 2600), Spectrum(1.0, 7000), 0.09, 0.9, 3, 0.018, 0.06, 0.8, 9)
_VIOLIN = Instrument(Spectrum(1.25, 3200), Spectrum(1.1, 6000), 0.085, 0.2, 1.0, 0.09, 0.12, 0.5, 4, 16)
_LASER = Instrument(Spectrum(1.05, 3600), Spectrum(0.9, 9000), 0.075, 1.2, 3, 0.004, 0.06, 0.8, 14, 6)

_ROUND_BASS = Instrument(Spectrum(2.6, 700), Spectrum(1.6, 1500), 0.27, 1.1, 7, 0.010, 0.06, 0.4)
_BRIGHT_BASS = Instrument(Spectrum(1.9, 900), Spectrum(1.2, 2600), 0.26, 1.8, 9, 0.006, 0.05, 0.5)
_SAW_BASS = Instrument(Spectrum(1.1, 1100), Spectrum(0.9, 3600), 0.26, 1.0, 6, 0.005, 0.05, 0.7, 5)
_TUBA = Instrument(Spectrum(1.6, 800), Spectrum(1.2, 1300), 0.26, 2.6, 9, 0.012, 0.04, 0.4)
_CONTRABASS = Instrument(Spectrum(1.7, 800), Spectrum(1.1, 2200), 0.26, 2.2, 12, 0.006, 0.08, 0.5)
_SUB = Instrument(Spectrum(3.2, 600), Spectrum(1.3, 1300), 0.28, 0.7, 5, 0.004, 0.04, 0.4)

MOODS = {
    "warm": Mood(
        tonic=3,
        scale=MAJOR,
        stack=(0, 2, 4, 6),
        roads=((5, 3, 1, 4), (3, 0, 3, 4)),
        arrivals=((0, 3, 5, 4), (0, 5, 3, 4)),
        motifs=(((0, 4, 3), (3, 5, 3), (6, 4, 2), (8, 2, 6)), ((0, 2, 4), (4, 4, 2), (6, 5, 2), (10, 4, 5))),
        beats_a_bar=4,
        swing=0.16,
        pad=_SOFT_PAD,
        comp=_KEYS,
        lead=_BELL,
        bass=_ROUND_BASS,
        comp_beats=1.8,
        comp_octave=1,
        lead_octave=2,
        intro=Part("c.....2...3.1...", pad=0.9, comp_level=0.8),
        verse=Part(
            "c..2..1...3.2...",
            "r.....r...f.....",
            (("shaker", "o.x.o.x.o.x.o.x.", 0.10), ("rim", "....o.......o...", 0.16)),
        ),
        build=Part(
            "c..2..1..c.3..1.",
            "r.....r...f...r.",
            (
                ("shaker", "ooxooox.ooxooox.", 0.12),
                ("rim", "....x.......x...", 0.22),
                ("round kick", "x.......x.x.....", 0.42),
            ),
            pad=1.1,
            shine=0.8,
            lead=0.4,
        ),
        drop=Part(
            "c..2..c..c.3..c.",
            "r..r..r...f.o.r.",
            (
                ("shaker", "xoxoxoxoxoxoxoxo", 0.14),
                ("snare", "....x.......x..o", 0.34),
                ("round kick", "x.....x.x.x.....", 0.60),
                ("hat", "..x...x...x...x.", 0.10),
            ),
            pad=1.3,
            comp_level=1.2,
            shine=1.0,
            lead=1.0,
        ),
        fill="rim",
        pump=0.18,
        room=0.24,
        room_s=1.3,
        effects=0.8,
    ),
    "bright": Mood(
        tonic=-2,
        scale=MAJOR,
        stack=(0, 2, 4, 8),
        roads=((0, 4, 5, 4), (3, 0, 5, 4)),
        arrivals=((0, 4, 5, 3), (0, 3, 5, 4)),
        motifs=(
            ((0, 7, 2), (3, 4, 2), (6, 5, 2), (8, 4, 4), (14, 2, 2)),
            ((0, 4, 2), (2, 5, 2), (4, 7, 4), (10, 5, 2), (12, 4, 4)),
        ),
        beats_a_bar=4,
        swing=0.0,
        pad=_AIR_PAD,
        comp=_PLUCK,
        lead=_BELL,
        bass=_BRIGHT_BASS,
        comp_beats=1.0,
        comp_octave=2,
        lead_octave=2,
        intro=Part("0.1.2.1.3.1.2.1.", pad=0.7, comp_level=1.0, shine=0.5),
        verse=Part(
            "0.1.2.1.3.2.1.2.",
            "r.....r.r.....f.",
            (("hat", "..x...x...x...x.", 0.12), ("snap", "....x.......x...", 0.26)),
        ),
        build=Part(
            "0.12.1.23.21.212",
            "r..r..r.r..r..f.",
            (
                ("hat", "o.x.o.x.o.x.o.x.", 0.14),
                ("clap", "....x.......x...", 0.32),
                ("round kick", "x...x...x...x...", 0.50),
            ),
            shine=0.85,
            lead=0.4,
        ),
        drop=Part(
            "c.12c.12c.12c.12",
            "r.or..o.r.or..of",
            (
                ("hat", "oxxooxxooxxooxxo", 0.14),
                ("open hat", "..x...x...x...x.", 0.12),
                ("clap", "....x.......x..o", 0.42),
                ("round kick", "x...x...x...x.o.", 0.70),
            ),
            pad=1.2,
            comp_level=1.1,
            shine=1.0,
            lead=1.1,
        ),
        fill="clap",
        pump=0.38,
        room=0.20,
        room_s=1.0,
        effects=1.0,
    ),
    "bold": Mood(
        tonic=-5,
        scale=MINOR,
        stack=(0, 4, 7, 9),
        roads=((0, 5, 2, 6), (0, 3, 5, 6)),
        arrivals=((0, 5, 2, 6), (0, 2, 5, 6)),
        motifs=(
            ((0, 7, 3), (3, 7, 3), (6, 9, 4), (12, 8, 4)),
            ((0, 4, 3), (3, 7, 3), (6, 8, 2), (8, 7, 6)),
        ),
        beats_a_bar=4,
        swing=0.0,
        pad=_SAW_PAD,
        comp=_STAB,
        lead=_BRASS,
        bass=_SAW_BASS,
        comp_beats=0.6,
        comp_octave=1,
        lead_octave=1,
        intro=Part("c.......c..c....", pad=0.9, comp_level=1.1, shine=0.45),
        verse=Part(
            "c..c..c.....c...",
            "r.r.r.r.r.r.r.r.",
            (("hat", "x.o.x.o.x.o.x.o.", 0.12), ("tom", "x.......x.......", 0.40)),
            pad=0.7,
        ),
        build=Part(
            "c..c..c...c.c...",
            "rrr.rrr.rrr.rrr.",
            (
                ("hat", "xoxoxoxoxoxoxoxo", 0.14),
                ("big snare", "....x.......x...", 0.34),
                ("hard kick", "x.....x.x.......", 0.62),
            ),
            pad=0.8,
            shine=0.8,
            lead=0.4,
        ),
        drop=Part(
            "c..c..c.c..c..cc",
            "rrr.rrr.rrr.rrof",
            (
                ("hat", "xoxoxoxoxoxoxoxo", 0.16),
                ("big snare", "....x.......x...", 0.55),
                ("hard kick", "x..x..x.x..x..x.", 0.85),
                ("tom", "..............xx", 0.40),
            ),
            pad=1.1,
            comp_level=1.15,
            shine=1.0,
            lead=1.0,
        ),
        fill="tom",
        pump=0.42,
        room=0.20,
        room_s=1.1,
        effects=1.2,
    ),
    "calm": Mood(
        tonic=0,
        scale=MAJOR,
        stack=(0, 4, 8, 9),
        roads=((3, 5, 3, 4), (5, 3, 0, 3)),
        arrivals=((0, 3, 0, 3), (0, 5, 3, 0)),
        motifs=(((0, 4, 8), (8, 2, 4), (12, 1, 4)), ((0, 2, 6), (6, 4, 6), (12, 7, 4))),
        beats_a_bar=4,
        swing=0.0,
        pad=_GLASS_PAD,
        comp=_FELT,
        lead=_FELT,
        bass=_ROUND_BASS,
        comp_beats=3.6,
        comp_octave=1,
        lead_octave=2,
        intro=Part("0.......2.......", pad=1.2, comp_level=0.8, shine=0.4),
        verse=Part("0...2...3...1...", "r...............", pad=1.2, comp_level=0.9, shine=0.5),
        build=Part(
            "0.2.3.1.2.3.1.2.",
            "r.......f.......",
            (("brush", "....o.......x...", 0.12), ("soft kick", "x...............", 0.35)),
            pad=1.3,
            lead=0.4,
        ),
        drop=Part(
            "c.2.3.1.c.3.1.2.",
            "r.......r.....f.",
            (
                ("brush", "..o.x.o...o.x.o.", 0.16),
                ("soft kick", "x.......x.......", 0.50),
                ("triangle", "x...............", 0.05),
            ),
            pad=1.6,
            comp_level=1.15,
            shine=0.9,
            lead=1.0,
        ),
        fill="brush",
        pump=0.08,
        room=0.42,
        room_s=1.9,
        effects=0.55,
    ),
    "playful": Mood(
        tonic=-4,
        scale=MAJOR,
        stack=(0, 2, 4, 7),
        roads=((0, 5, 1, 4), (0, 3, 1, 4)),
        arrivals=((0, 3, 0, 4), (0, 5, 3, 4)),
        motifs=(
            ((0, 4, 2), (2, 5, 2), (4, 7, 2), (8, 5, 2), (10, 4, 2), (12, 2, 3)),
            ((0, 7, 2), (4, 4, 2), (6, 5, 2), (8, 7, 3), (12, 9, 3)),
        ),
        beats_a_bar=4,
        swing=0.30,
        pad=_UKE,
        comp=_MARIMBA,
        lead=_WHISTLE,
        bass=_TUBA,
        comp_beats=0.7,
        comp_octave=2,
        lead_octave=2,
        intro=Part("0.2...1.3...2...", comp_level=1.1, pad=0.0),
        verse=Part(
            "0.2.1.2.3.2.1.2.",
            "r.......f.......",
            (("snap", "....x.......x...", 0.30), ("shaker", "..o...o...o...o.", 0.10)),
            pad=0.5,
        ),
        build=Part(
            "0.231.2.3.213.2.",
            "r.......f.....f.",
            (
                ("snap", "....x.......x...", 0.36),
                ("shaker", "x.ox.ox.x.ox.ox.", 0.12),
                ("block", "......x.......xo", 0.14),
                ("soft kick", "x.......x.......", 0.45),
            ),
            pad=0.9,
            lead=0.4,
        ),
        drop=Part(
            "c.231.2.c.213.23",
            "r...f...r...f.o.",
            (
                ("clap", "....x.......x.o.", 0.38),
                ("shaker", "xoxoxoxoxoxoxoxo", 0.14),
                ("block", "..x...x...x...xo", 0.16),
                ("round kick", "x.......x..x....", 0.58),
            ),
            pad=1.2,
            comp_level=1.1,
            shine=1.0,
            lead=1.1,
        ),
        fill="block",
        pump=0.0,
        room=0.16,
        room_s=0.7,
        effects=1.0,
    ),
    "elegant": Mood(
        tonic=-2,
        scale=MAJOR,
        stack=(0, 2, 4, 8),
        roads=((5, 3, 1, 4), (0, 5, 3, 4)),
        arrivals=((0, 5, 3, 4), (0, 3, 1, 4)),
        motifs=(((0, 4, 4), (4, 5, 4), (8, 7, 4)), ((0, 7, 6), (6, 5, 2), (8, 4, 4))),
        beats_a_bar=3,
        swing=0.0,
        pad=_STRINGS,
        comp=_HARP,
        lead=_VIOLIN,
        bass=_CONTRABASS,
        comp_beats=2.0,
        comp_octave=1,
        lead_octave=1,
        intro=Part("0.1.2.3.2.1.", pad=0.35, comp_level=0.9, shine=0.5),
        verse=Part("0.1.2.3.2.1.", "r...........", pad=0.8),
        build=Part(
            "0.12323.2.1.",
            "r.....f.....",
            (("brush", "....x...x...", 0.10),),
            pad=1.2,
            shine=0.8,
            lead=0.4,
        ),
        drop=Part(
            "c.123.3.3.21",
            "r...f...f...",
            (("brush", "....x...x...", 0.16), ("timpani", "x.......o...", 0.42), ("triangle", "x.....o.....", 0.06)),
            pad=1.7,
            comp_level=1.1,
            shine=1.0,
            lead=1.2,
        ),
        fill="timpani",
        pump=0.0,
        room=0.34,
        room_s=1.7,
        effects=0.6,
    ),
    "pulse": Mood(
        tonic=-3,
        scale=MINOR,
        stack=(0, 2, 4, 7),
        roads=((5, 2, 6, 6), (0, 5, 2, 6)),
        arrivals=((0, 5, 2, 6), (0, 2, 6, 5)),
        motifs=(
            ((0, 7, 3), (3, 9, 3), (6, 8, 4), (12, 7, 3)),
            ((0, 9, 2), (4, 8, 2), (6, 7, 4), (12, 4, 4)),
        ),
        beats_a_bar=4,
        swing=0.0,
        pad=_SUPER_SAW,
        comp=_SQUARE,
        lead=_LASER,
        bass=_SUB,
        comp_beats=0.45,
        comp_octave=1,
        lead_octave=1,
        intro=Part("0.2.1.3.0.2.1.3.", pad=0.5, comp_level=1.3, shine=0.15),
        verse=Part(
            "0213021302130213",
            "..r...r...r...r.",
            (("hat", "..o...o...o...o.", 0.12), ("soft kick", "x...x...x...x...", 0.42)),
            pad=0.3,
            shine=0.35,
        ),
        build=Part(
            "0213023103120213",
            "..r...r...r...ro",
            (
                ("open hat", "..x...x...x...x.", 0.12),
                ("clap", "....x.......x...", 0.24),
                ("hard kick", "x...x...x...x...", 0.62),
            ),
            pad=0.6,
            shine=0.7,
            lead=0.4,
        ),
        drop=Part(
            "0c1302c303c20c13",
            "..rr..ro..rr..rf",
            (
                ("hat", "xoxoxoxoxoxoxoxo", 0.10),
                ("open hat", "..x...x...x...x.", 0.18),
                ("clap", "....x.......x...", 0.40),
                ("hard kick", "x...x...x...x...", 0.85),
            ),
            pad=1.4,
            comp_level=1.1,
            shine=1.0,
            lead=1.0,
        ),
        fill="clap",
        pump=0.62,
        room=0.18,
        room_s=1.0,
        effects=1.1,
    ),
}
