import shlex
import shutil
import subprocess
import threading
from dataclasses import replace
from itertools import combinations, pairwise
from pathlib import Path

import av
import numpy as np
import pytest

from adengine.core.errors import Invalid, VoiceMissing
from adengine.core.score import BEATS, Score
from adengine.core.speech import Line, Spoken
from workers.studio.coding import QUALITIES, Coding
from workers.studio.making import mux
from workers.studio.making.encode import encode
from workers.studio.sound import RATE, Sound, aac, espeak
from workers.studio.sound.loudness import loudness, powers, true_peak
from workers.studio.sound.mix import is_spoken, silence, soundtrack, stems
from workers.studio.sound.moods import MOODS
from workers.studio.sound.music import bed
from workers.studio.sound.voices import Recording, Speech, voice_named

FPS = 30
SCRIPT = (
    Line("Meet the lamp that turns every evening into golden hour.", 0, 110),
    Line("Woven by hand from natural linen, it softens the light.", 110, 230),
    Line("Only $79.50 today!", 230, 320),
    Line("Shop the Dusk Lamp now.", 380, 450),
)


def score(mood: str = "warm", seconds: float = 15, seed: int = 0) -> Score:
    beat, frames = BEATS[mood], round(seconds * FPS)
    shots = max(2, round(seconds / 2.6))
    cuts = tuple(round(frames * shot / shots / beat) * beat for shot in range(shots))
    return Score(mood, beat, FPS, frames, cuts, (cuts[1] + 16, cuts[-1] + 24), cuts[-1], seed)


def hummed(spans: list[tuple[float, float]], seconds: float, rate: int = RATE) -> Sound:
    """A voice-like sound: a buzz at 140 Hz in syllables, silent outside the spans."""
    time = np.arange(int(seconds * rate)) / rate
    buzz = sum(np.sin(2 * np.pi * 140 * n * time) / n for n in range(1, 12)) * (
        0.6 + 0.4 * np.sin(2 * np.pi * 4 * time)
    )
    inside = np.any([(time >= start) & (time < end) for start, end in spans], axis=0)
    return np.asarray(0.2 * buzz * inside, np.float32)


def spoken_over(spans: list[tuple[float, float]], seconds: float = 15) -> Speech:
    return Speech(hummed(spans, seconds), Spoken())


def spectrum(sound: Sound) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Level in dB of 24 bands from 40 Hz to 16 kHz, their mean taken out."""
    power = np.abs(np.fft.rfft(sound.mean(0))) ** 2
    pitch = np.fft.rfftfreq(sound.shape[1], 1 / RATE)
    edges = np.geomspace(40, 16_000, 25)
    bands = np.array([power[(pitch >= low) & (pitch < high)].sum() for low, high in pairwise(edges)])
    level = 10 * np.log10(bands + 1e-9)
    return np.asarray(level - level.mean())


@pytest.mark.parametrize("seconds", [6, 15, 60])
@pytest.mark.parametrize("mood", sorted(BEATS))
def test_a_soundtrack_is_as_long_as_the_film_and_as_loud_as_platforms_ask(mood: str, seconds: int) -> None:
    sound = soundtrack(score(mood, seconds), None)
    assert sound.shape == (2, seconds * RATE)
    assert sound.dtype == np.float32
    assert abs(loudness(sound) + 14) < 0.6
    assert true_peak(sound) < 10 ** (-2.1 / 20)


def test_a_film_of_odd_length_and_rate_has_exactly_its_samples() -> None:
    odd = replace(score(), fps=24, frames=307, cuts=(0, 80, 160, 240), drop=240)
    assert soundtrack(odd, None).shape == (2, 307 * RATE // 24)


@pytest.mark.parametrize(
    ("frames", "cuts", "drop"), [(30, (0,), 0), (180, (0,), 0), (180, (0, 60), 175), (180, (), 90), (13, (0, 5), 5)]
)
@pytest.mark.parametrize("mood", sorted(BEATS))
def test_films_of_one_shot_or_of_a_breath_have_music_too(
    mood: str, frames: int, cuts: tuple[int, ...], drop: int
) -> None:
    sound = soundtrack(replace(score(mood), frames=frames, cuts=cuts, pops=(frames - 1,), drop=drop), None)
    assert sound.shape == (2, frames * RATE // FPS)
    assert np.isfinite(sound).all()
    assert 0.02 < true_peak(sound) < 10 ** (-2.1 / 20)


@pytest.mark.parametrize("mood", sorted(BEATS))
def test_music_builds_up_to_the_end_card_and_dies_away(mood: str) -> None:
    sound, film = soundtrack(score(mood), None), score(mood)
    power = powers(sound)
    at = [frame * 10 // FPS for frame in (film.cuts[1], film.drop)]
    intro, way, end = power[: at[0]].mean(), power[at[0] : at[1]].mean(), power[at[1] : at[1] + 10].mean()
    assert end > way > intro
    assert end > 2 * intro
    assert np.abs(sound[:, -RATE // 50 :]).max() < 0.01
    # The tail falls evenly: no tenth of its last second is more than 12 dB below the one before, but for the last.
    tail = 10 * np.log10(power[-10:])
    assert (np.diff(tail)[:-2] > -12).all()
    assert tail[0] > tail[4] > tail[8]


def test_the_film_opens_with_a_sound() -> None:
    for mood in BEATS:
        assert np.abs(soundtrack(score(mood), None)[:, : RATE // 5]).max() > 0.02


def test_moods_sound_different_from_each_other() -> None:
    voices = {mood: [spectrum(soundtrack(score(mood, seed=seed), None)) for seed in (0, 1)] for mood in MOODS}
    for left, right in combinations(voices, 2):
        within = max(np.abs(one - other).mean() for one, other in (voices[left], voices[right]))
        between = np.mean([np.abs(one - other).mean() for one in voices[left] for other in voices[right]])
        assert between > 1.9
        assert between > 1.2 * within


def test_every_mood_has_a_beat() -> None:
    assert MOODS.keys() == BEATS.keys()


@pytest.mark.parametrize("mood", sorted(MOODS))
def test_patterns_are_a_bar_long(mood: str) -> None:
    steps = MOODS[mood].beats_a_bar * 4
    for part in (MOODS[mood].intro, MOODS[mood].verse, MOODS[mood].build, MOODS[mood].drop):
        assert len(part.comp) == steps
        assert len(part.bass) in (0, steps)
        assert all(len(pattern) == steps for _, pattern, _ in part.drums)


def test_the_same_score_gives_the_same_bytes_and_another_seed_another_tune() -> None:
    first = soundtrack(score("bright", 6), None)
    assert first.tobytes() == soundtrack(score("bright", 6), None).tobytes()
    other = soundtrack(score("bright", 6, seed=3), None)
    assert np.abs(spectrum(first) - spectrum(other)).mean() > 0.3


def test_threads_do_not_change_a_soundtrack() -> None:
    alone = soundtrack(score("pulse", 6), None).tobytes()
    made: list[bytes] = []
    threads = [
        threading.Thread(target=lambda: made.append(soundtrack(score("pulse", 6), None).tobytes())) for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert made == [alone] * 3


def test_the_low_drum_of_the_drop_falls_on_the_end_card() -> None:
    film = score("bold")
    low = np.abs(np.fft.irfft(_low(np.fft.rfft(bed(film).mean(0))), film.frames * RATE // FPS))
    drop = film.drop * RATE // FPS
    # Drums hold back for the last beat before it.
    assert low[drop : drop + RATE // 10].max() > 2.5 * low[drop - RATE // 8 : drop - RATE // 50].max()


def _low(spectrum: np.ndarray[tuple[int], np.dtype[np.complex64]]) -> np.ndarray[tuple[int], np.dtype[np.complex64]]:
    return np.where(np.fft.rfftfreq(2 * (len(spectrum) - 1), 1 / RATE) < 120, spectrum, 0)


def test_cuts_and_pops_are_heard() -> None:
    film = score("warm")
    without = replace(film, cuts=(film.cuts[0], film.cuts[1], film.drop), pops=())
    heard = stems(film, None)[0] - stems(replace(film, pops=()), None)[0]
    at = film.pops[0] * RATE // FPS
    assert np.abs(heard[:, : at - 1]).max() == 0
    assert np.abs(heard[:, at : at + RATE // 20]).max() > 0.05
    assert not np.array_equal(stems(film, None)[0], stems(without, None)[0])


@pytest.mark.parametrize("mood", sorted(BEATS))
def test_the_bed_lies_ten_decibels_under_the_voice_and_returns_where_nobody_speaks(mood: str) -> None:
    under, voice = stems(score(mood), spoken_over([(0.2, 3.0), (4.0, 7.5), (12.8, 14.6)]))
    speaking = is_spoken(voice).reshape(-1, 10).mean(1) > 0.9
    bed_power, voice_power = powers(under), 2 * powers(voice)
    for start, end in ((0, 35), (38, 80), (125, 150)):
        spoken = speaking[start:end]
        over = voice_power[start:end][spoken].mean() / bed_power[start:end][spoken].mean()
        assert 10 * np.log10(over) > 10
    gap = bed_power[90:120].mean() / voice_power[speaking].mean()
    assert -8 < 10 * np.log10(gap) < 0


def test_the_bed_moves_out_of_the_way_without_a_jump() -> None:
    film = score("calm")
    alone, under = stems(film, None)[0], stems(film, spoken_over([(5, 9)]))[0]
    loud = np.abs(alone).max(0) > 0.01
    gain = 20 * np.log10(np.abs(under).max(0)[loud] / np.abs(alone).max(0)[loud])
    assert np.abs(np.diff(gain)).max() < 0.1
    assert np.ptp(gain) > 6


def test_a_soundtrack_with_a_voice_is_as_loud_as_one_without() -> None:
    for spans in ([(0.2, 14.5)], [(1.0, 2.5)]):
        sound = soundtrack(score(), spoken_over(spans))
        assert abs(loudness(sound) + 14) < 0.6
        assert true_peak(sound) < 10 ** (-2.1 / 20)


def test_without_music_there_is_only_the_voice() -> None:
    sound = soundtrack(score(), spoken_over([(5, 9)]), music=False)
    assert not sound[:, : 4 * RATE].any()
    assert sound[:, 6 * RATE : 8 * RATE].any()
    assert abs(loudness(sound) + 14) < 1


def test_the_silent_version_is_silent_and_as_long_as_the_film() -> None:
    assert silence(score()).shape == (2, 15 * RATE)
    assert not silence(score()).any()
    assert not soundtrack(score(), None, music=False).any()


def test_loudness_agrees_with_ffmpeg(tmp_path: Path) -> None:
    if not shutil.which("ffmpeg"):
        pytest.skip("ffmpeg is not installed")
    sound = soundtrack(score("bright", 6), None) * np.float32(0.5)
    (tmp_path / "sound.f32").write_bytes(np.ascontiguousarray(sound.T).tobytes())
    told = subprocess.run(
        shlex.split("ffmpeg -hide_banner -f f32le -ar 48000 -ac 2 -i sound.f32 -af ebur128=peak=true -f null -"),
        cwd=tmp_path,
        check=True,
        capture_output=True,
        text=True,
    ).stderr.split("Summary:")[1]
    measured, peak = (float(told.split(word)[1].split()[0]) for word in ("I:", "Peak:"))
    assert abs(loudness(sound) - measured) < 0.15
    assert abs(20 * np.log10(true_peak(sound)) - peak) < 0.3


def test_loudness_of_a_known_tone() -> None:
    tone = np.sin(2 * np.pi * 997 * np.arange(5 * RATE) / RATE).astype(np.float32)
    # EBU Tech 3341: a stereo 1 kHz sine at -23 dBFS reads -23 LUFS.
    assert loudness(np.stack([tone, tone]) * 10 ** (-23 / 20)) == pytest.approx(-23.0, abs=0.1)


def test_true_peaks_between_samples_are_seen() -> None:
    # A quarter of the sample rate, sampled 45 degrees beside its peaks.
    wave = np.sin(np.pi / 2 * np.arange(4800) + np.pi / 4).astype(np.float32)
    assert np.abs(wave).max() == pytest.approx(0.7071, abs=1e-3)
    assert true_peak(np.stack([wave, wave])) == pytest.approx(1.0, abs=0.03)


needs_espeak = pytest.mark.skipif(
    not espeak._wheel("espeak-ng-data") and espeak.ctypes.util.find_library("espeak-ng") is None,
    reason="the eSpeak NG library is not installed",
)


@needs_espeak
def test_espeak_says_the_script_and_times_its_words() -> None:
    speech = voice_named("espeak").speak(SCRIPT, fps=FPS, locale="en", seed=0)
    assert speech.notes == ()
    assert [word.text for word in speech.spoken.words] == " ".join(line.text for line in SCRIPT).split()
    assert [word.text for word in speech.spoken.words if word.before == "\n"] == ["Meet", "Woven", "Only", "Shop"]
    assert all(left.start < right.start and left.end <= right.start for left, right in pairwise(speech.spoken.words))
    words = iter(speech.spoken.words)
    for line in SCRIPT:
        for _ in line.text.split():
            word = next(words)
            assert line.start <= word.start < word.end <= line.end


@needs_espeak
def test_espeak_is_heard_in_its_lines_only_and_where_its_words_are() -> None:
    speech = voice_named("espeak").speak(SCRIPT, fps=FPS, locale="en", seed=0)
    level = np.abs(speech.samples.reshape(-1, RATE // FPS)).max(1)
    assert len(speech.samples) == 450 * RATE // FPS
    assert level[320:380].max() == 0
    assert all(level[word.start : word.end + 1].max() > 0.02 for word in speech.spoken.words)


@needs_espeak
def test_espeak_speaks_faster_to_fit_and_says_when_it_cannot() -> None:
    slow = voice_named("espeak").speak([replace(SCRIPT[0], end=200)], fps=FPS, locale="en", seed=0)
    natural = slow.spoken.words[-1].end
    tight = voice_named("espeak").speak([replace(SCRIPT[0], end=natural - 12)], fps=FPS, locale="en", seed=0)
    assert tight.notes == ()
    assert tight.spoken.words[-1].end <= natural - 12
    lines = [replace(SCRIPT[0], end=40), Line("Shop now.", 40, 200)]
    over = voice_named("espeak").speak(lines, fps=FPS, locale="en", seed=0)
    assert len(over.notes) == 1
    assert "has 1.2 s; it runs into the next shot" in over.notes[0]
    assert over.spoken.words[-2].start > 40
    assert over.spoken.words[-2].text == "Shop"


@needs_espeak
def test_espeak_names_what_a_film_cuts_off() -> None:
    speech = voice_named("espeak").speak([replace(SCRIPT[0], end=40)], fps=FPS, locale="en", seed=0)
    assert "its end is cut off" in speech.notes[0]
    assert len(speech.samples) == 40 * RATE // FPS
    assert max(word.end for word in speech.spoken.words) <= 40


@needs_espeak
@pytest.mark.parametrize(
    ("locale", "text"),
    [
        ("de-DE", "Das Licht für jeden Abend. Jetzt bestellen!"),
        ("zh-CN", "让你的家充满温暖的光。仅售¥299！"),
        ("ar", "مصباح يضيء كل مساء!"),
        ("pt_BR", "A luz de cada noite — hoje 😍!"),
    ],
)
def test_espeak_speaks_many_languages_and_times_every_word(locale: str, text: str) -> None:
    speech = voice_named("espeak").speak([Line(text, 0, 200)], fps=FPS, locale=locale, seed=0)
    assert speech.notes == ()
    assert "".join(word.text for word in speech.spoken.words) == "".join(text.split())
    starts = [word.start for word in speech.spoken.words]
    assert starts == sorted(starts)
    assert starts[-1] > starts[0]


@needs_espeak
def test_espeak_names_a_language_it_does_not_speak() -> None:
    speech = voice_named("espeak").speak([Line("hello", 0, 60)], fps=FPS, locale="xx-YY", seed=0)
    assert speech.notes == ("The voice 'espeak' does not speak xx-YY; it reads the words as English (en-us).",)
    assert speech.samples.any()


@needs_espeak
def test_espeak_sounds_the_same_every_time_and_from_every_thread() -> None:
    def said(seed: int = 0) -> bytes:
        return voice_named("espeak").speak(SCRIPT, fps=FPS, locale="en", seed=seed).samples.tobytes()

    first = said()
    heard: list[bytes] = []
    threads = [threading.Thread(target=lambda: heard.append(said())) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert heard == [first] * 3
    assert said(seed=1) != first


def test_a_missing_library_names_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    def absent(*args: object) -> object:
        raise OSError("cannot open shared object file")

    monkeypatch.setattr(espeak.ctypes, "CDLL", absent)
    with pytest.raises(VoiceMissing, match=r"adengine\[voice\].*libespeak-ng1"):
        voice_named("espeak").speak(SCRIPT, fps=FPS, locale="en", seed=0)


def test_an_unknown_voice_lists_the_known_ones() -> None:
    with pytest.raises(VoiceMissing, match="espeak, recording"):
        voice_named("nobody")
    with pytest.raises(VoiceMissing, match="sound file"):
        voice_named("recording")


def recorded(path: Path, samples: Sound, rate: int, layout: str = "mono", codec: str = "pcm_s16le") -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream(codec, rate=rate, layout=layout)
        channels = np.repeat(samples[None], stream.codec_context.channels, 0)
        pcm = np.ascontiguousarray((channels * 30_000).astype(np.int16).T.reshape(1, -1))
        frame = av.AudioFrame.from_ndarray(pcm, "s16", layout)
        frame.sample_rate = rate
        container.mux(stream.encode(frame))
        container.mux(stream.encode(None))
    return path


SPANS = [(0.5, 3.4), (4.0, 7.4), (8.0, 10.0), (12.8, 14.2)]


@pytest.mark.parametrize(("rate", "layout"), [(22_050, "mono"), (48_000, "stereo"), (44_100, "5.1"), (8_000, "quad")])
def test_a_recording_of_any_rate_and_layout_is_heard_where_it_speaks(tmp_path: Path, rate: int, layout: str) -> None:
    path = recorded(tmp_path / "voice.wav", hummed(SPANS, 15, rate), rate, layout)
    speech = voice_named("recording", Recording(path)).speak(SCRIPT, fps=FPS, locale="en", seed=0)
    assert speech.notes == ()
    assert speech.samples.dtype == np.float32
    assert abs(len(speech.samples) - 15 * RATE) < RATE // 20
    level = np.abs(speech.samples[: 145 * RATE // 10].reshape(-1, RATE // 10)).max(1)
    for start, end in SPANS:
        assert level[int(start * 10) + 1 : int(end * 10) - 1].min() > 0.02
        assert level[int(end * 10) + 1] < 0.005


def test_a_script_is_laid_over_the_recordings_speech(tmp_path: Path) -> None:
    path = recorded(tmp_path / "voice.wav", hummed(SPANS, 15, 22_050), 22_050)
    spoken = voice_named("recording", Recording(path)).speak(SCRIPT, fps=FPS, locale="en", seed=0).spoken
    assert [word.text for word in spoken.words] == " ".join(line.text for line in SCRIPT).split()
    assert [word.text for word in spoken.words if word.before == "\n"] == ["Meet", "Woven", "Only", "Shop"]
    assert all(left.start <= left.end <= right.start for left, right in pairwise(spoken.words))
    assert spoken.words[0].start == pytest.approx(0.5 * FPS, abs=1)
    assert spoken.words[-1].end == pytest.approx(14.2 * FPS, abs=2)
    for word in spoken.words:
        assert any(start * FPS - 2 <= word.start <= end * FPS + 2 for start, end in SPANS)


def test_words_of_a_webvtt_file_are_taken_as_they_stand(tmp_path: Path) -> None:
    path = recorded(tmp_path / "voice.wav", hummed(SPANS, 15, 22_050), 22_050)
    words = tmp_path / "voice.vtt"
    words.write_text(
        "WEBVTT\n\n1\n00:00.500 --> 00:03.400 align:start\n<v Lumi>Meet the lamp\n\n"
        "00:00:04.000 --> 00:00:07.400\nWoven by\nhand.\n",
        encoding="utf-8",
    )
    spoken = voice_named("recording", Recording(path, words)).speak(SCRIPT, fps=FPS, locale="en", seed=0).spoken
    assert [word.text for word in spoken.words] == ["Meet", "the", "lamp", "Woven", "by", "hand."]
    assert [spoken.words[0].start, spoken.words[2].end, spoken.words[3].start] == [15, 102, 120]


def test_a_recording_longer_than_the_film_is_trimmed_and_named(tmp_path: Path) -> None:
    path = recorded(tmp_path / "voice.wav", hummed([(0.5, 19.0)], 20, 22_050), 22_050)
    speech = voice_named("recording", Recording(path)).speak(SCRIPT, fps=FPS, locale="en", seed=0)
    assert len(speech.samples) == 15 * RATE
    assert abs(speech.samples[-1]) < 0.001
    assert "longer than the film" in speech.notes[0]


@pytest.mark.parametrize("damage", ["noise", "empty", "missing", "silent", "picture only"])
def test_a_recording_that_cannot_be_used_says_what_to_do(tmp_path: Path, damage: str) -> None:
    path = tmp_path / "voice.wav"
    match damage:
        case "noise":
            path.write_bytes(np.random.default_rng(1).bytes(5000))
        case "empty":
            path.write_bytes(b"")
        case "silent":
            recorded(path, np.zeros(22_050 * 3, np.float32), 22_050)
        case "picture only":
            path = _picture_only(tmp_path / "voice.mp4")
    with pytest.raises(Invalid, match=r"export it again|upload a") as refusal:
        voice_named("recording", Recording(path)).speak(SCRIPT, fps=FPS, locale="en", seed=0)
    assert path.name in refusal.value.message
    assert str(tmp_path) not in refusal.value.message


def _picture_only(path: Path) -> Path:
    with av.open(str(path), "w") as container:
        stream = container.add_stream("mpeg4", rate=25)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        container.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8), "rgb24")))
        container.mux(stream.encode(None))
    return path


@pytest.mark.parametrize("content", [b"\xff\xfe\x00", b"no captions", b"WEBVTT\n\n"])
def test_a_broken_webvtt_file_says_what_to_do(tmp_path: Path, content: bytes) -> None:
    path = recorded(tmp_path / "voice.wav", hummed(SPANS, 15, 22_050), 22_050)
    (tmp_path / "voice.vtt").write_bytes(content)
    with pytest.raises(Invalid, match=r"voice\.vtt"):
        voice_named("recording", Recording(path, tmp_path / "voice.vtt")).speak(SCRIPT, fps=FPS, locale="en", seed=0)


def muxed(track: aac.Packets, folder: Path) -> Path:
    """Return a film of six seconds with this sound."""
    coding = Coding(64, 64, FPS, QUALITIES["draft"])
    part = encode(lambda number, frame: frame.y.fill(number), range(180), coding, thumbs=(), done=lambda: None)
    with mux.Film(folder / "film.mp4", coding, track, frames=180, parts=1) as film:
        film.add(part)
    return film.path


def decoded(film: Path) -> Sound:
    with av.open(str(film)) as container:
        return np.concatenate([frame.to_ndarray() for frame in container.decode(audio=0)], axis=1)


@pytest.fixture(scope="module")
def track() -> tuple[Sound, aac.Packets]:
    sound = soundtrack(score("bright", 6), None)
    return sound, aac.packets(sound)


def test_packets_go_into_a_film_without_losing_loudness_or_length(
    track: tuple[Sound, aac.Packets], tmp_path: Path
) -> None:
    sound, packed = track
    film = muxed(packed, tmp_path)
    heard = decoded(film)
    with av.open(str(film)) as container:
        assert container.streams.audio[0].duration * container.streams.audio[0].time_base == 6
        assert container.streams.audio[0].codec_context.sample_rate == RATE
    assert 0 <= heard.shape[1] - sound.shape[1] < 1024
    assert loudness(heard) == pytest.approx(loudness(sound), abs=0.3)
    assert true_peak(heard) < 10 ** (-1 / 20)


def test_packets_keep_the_sound_in_time_with_the_pictures(track: tuple[Sound, aac.Packets], tmp_path: Path) -> None:
    sound, packed = track
    heard = decoded(muxed(packed, tmp_path))[0, : 3 * RATE]
    size = 2 * 3 * RATE
    together = np.fft.irfft(np.fft.rfft(heard, size) * np.conj(np.fft.rfft(sound[0, : 3 * RATE], size)), size)
    assert int(np.argmax(together)) == 0


def test_the_same_track_gives_the_same_packets(track: tuple[Sound, aac.Packets]) -> None:
    sound, packed = track
    assert aac.packets(sound) == packed
