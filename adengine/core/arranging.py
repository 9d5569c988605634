"""Which scenes a film of a length has time for: a template's own, more of them, and looks at the product."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from adengine.core.facts import Fact
from adengine.core.pacing import fits, longest_s, shot_count
from adengine.core.script import Script
from adengine.core.speech import word_count
from adengine.core.template import BLANK, Line, Scene, Template, choices, localised

CLOSING = ("price", "offer")
# What a film says once.
CLAIMS = ("reason", "quote")
READ = ("title", "reason", "point", "quote", "caption")
# People take in a text in a quarter of a second a word; a third is comfortable.
SECONDS_A_WORD, LONGEST_READ_S = 0.25, 3.2


def arranged(template: Template, seconds: int, script: Script, beat: int) -> tuple[Scene, ...]:
    """Choose the scenes a film of this length has time for: its own, then more, then looks at the product."""
    fewest, wanted = shot_count(seconds, beat)
    said: list[set[str]] = []
    own = [one for one in template.scenes if _applies(one, seconds, script.facts)]
    own = [_legible(one, seconds, script, beat) for one in _new(own, script, said)]
    kept = _fitting(own, seconds, wanted, beat)
    more = [replace(one, optional=True) for one in template.more if _applies(one, seconds, script.facts)]
    more = [_legible(one, seconds, script, beat) for one in _new(more, script, said)] if kept == own else []
    midway = [one for one in more if one.from_s]
    room = wanted - len(kept) - len(midway)
    extra = [one for one in more if not one.from_s][: max(0, room)]
    while extra and not fits([one.min_s for one in (*extra, *midway, *kept)], seconds, beat):
        extra.pop()
    looks = _looks(fewest - len(kept) - len(extra) - len(midway))
    while looks and not fits([one.min_s for one in (*looks, *extra, *midway, *kept)], seconds, beat):
        looks.pop()
    extra += looks
    closes = len(kept) > 3 and kept[-2].layout in CLOSING and kept[-2].shows != "item"
    place = len(kept) - (2 if closes else 1)
    scenes = [*kept[:place], *_varied(_mixed(extra), after=kept[place - 1]), *kept[place:]]
    for scene in midway:
        scenes.insert(len(scenes) // 2, scene)
    return tuple(scenes)


def _applies(scene: Scene, seconds: int, facts: Mapping[str, Fact]) -> bool:
    has_facts = all(field in facts for field in scene.needs) and not any(field in facts for field in scene.lacks)
    return has_facts and seconds >= scene.from_s


def _new(scenes: list[Scene], script: Script, said: list[set[str]]) -> Iterator[Scene]:
    """Yield scenes with claims that none before them made; one that has none is left out where it can be.

    `said` holds the words of every claim so far, and grows. Lists are no claims: they repeat on purpose.
    """
    for scene in scenes:
        lines = [_unsaid(line, script, said) if line.role in CLAIMS else line for line in scene.texts]
        if all(lines):
            yield replace(scene, texts=tuple(filter(None, lines)))
        elif not scene.optional:
            yield scene


def _unsaid(line: Line, script: Script, said: list[set[str]]) -> Line | None:
    """Return the line with the first of its alternatives that says something new; None where none does."""
    pattern = localised(dict(line.say), script.locale)
    blank = BLANK.fullmatch(pattern)
    alternatives = [f"{{{choice}}}" for choice in blank[1].split("|")] if blank else [pattern]
    tried = [replace(line, say=(("en", one),)) for one in alternatives]
    spoken = [(one, text.text) for one in tried if (text := script.text(one))]
    for one, claim in spoken:
        words = set(re.findall(r"\w+", claim.casefold()))
        if not any(words <= earlier for earlier in said):
            said.append(words)
            return one
    return None if spoken else line


def _legible(scene: Scene, seconds: int, script: Script, beat: int) -> Scene:
    """Give a scene the time to read what the product's own fields say in it, and lists no more rows than that.

    Headline, price and button do not count: films that differ in these alone cut on the same frames.
    """
    rows = scene.rows if scene.layout == "steps" else scene.rows[: max(2, seconds // 5)]
    said = [text.text for line in scene.texts if line.role in READ and (text := script.text(line))]
    said += [script.facts[field].text for field in rows if field in script.facts]
    wanted = SECONDS_A_WORD * sum(word_count(text) for text in said)
    longest = longest_s(beat) if rows else LONGEST_READ_S
    return replace(scene, rows=rows, min_s=max(scene.min_s, math.floor(min(longest, wanted) * 100) / 100))


def _fitting(scenes: list[Scene], seconds: int, wanted: int, beat: int) -> list[Scene]:
    """Drop optional scenes from the end until the shortest times fit and the film does not hurry."""
    kept = list(scenes)
    while len(kept) > wanted or not fits([scene.min_s for scene in kept], seconds, beat):
        place = next((p for p in reversed(range(len(kept))) if kept[p].optional), None)
        if place is None:
            break
        del kept[place]
    return kept


def _looks(count: int) -> list[Scene]:
    """Wordless looks at the product, close view and photograph in turn: a long film keeps cutting."""
    return [
        Scene(
            name=f"look {turn + 1}",
            layout="close" if turn % 2 == 0 else "photo",
            shows="product" if turn % 2 == 0 else "photo",
            share=1.0,
            min_s=1.0,
            texts=(),
            stage=("tint", "deep", "light")[turn // 2 % 3],
            motion=("drift_left", "pull_out", "drift_right", "push_in")[turn % 4],
            transition=("slide", "wipe", "rise")[turn % 3],
            picture=turn // 2 + 2,
        )
        for turn in range(max(0, count))
    ]


def _mixed(scenes: list[Scene]) -> list[Scene]:
    """Let looks and scenes with words take turns."""
    said, looks = [one for one in scenes if one.texts], [one for one in scenes if not one.texts]
    mixed: list[Scene] = []
    every = max(1, round(len(said) / (len(looks) + 1)))
    for place, scene in enumerate(said, 1):
        mixed.append(scene)
        if place % every == 0 and looks:
            mixed.append(looks.pop(0))
    return mixed + looks


def _varied(scenes: list[Scene], *, after: Scene) -> list[Scene]:
    """Let no two scenes of the same layout follow each other where another could stand between them."""
    left, ordered = list(scenes), [after]
    while left:
        following = next((one for one in left if one.layout != ordered[-1].layout), left[0])
        left.remove(following)
        ordered.append(following)
    return ordered[1:]


def counted(scenes: tuple[Scene, ...], facts: dict[str, Fact]) -> dict[str, Fact]:
    """Add how many reasons the kept scenes show: a short film must not promise three and show two."""
    patterns = {choice for scene in scenes for line in scene.texts for _, say in line.say for choice in choices(say)}
    patterns |= {field for scene in scenes for field in scene.rows}
    shown = [name for name in ("reason_1", "reason_2", "reason_3") if name in patterns and name in facts]
    if len(shown) < 2:
        return facts
    sources = ", ".join(facts[name].source for name in shown)
    return {**facts, "reason_count": Fact(str(len(shown)), sources)}
