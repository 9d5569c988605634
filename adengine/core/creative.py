"""From brief, product and template to a storyboard: what a film says and shows, and each claim's source."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from adengine.core.catalog import Image, Product, Variant
from adengine.core.commerce import discount_percent
from adengine.core.errors import Invalid
from adengine.core.money import Money
from adengine.core.template import BLANK, Line, Scene, Template, choices, literal

FORMATS = {"9x16": (1080, 1920), "1x1": (1080, 1080), "16x9": (1920, 1080)}
SHORTEST_S, LONGEST_S = 6, 60
LONGEST_SHOT_S = 4.0
ROLE_LIMITS = {"hook": 72, "title": 64, "reason": 88, "caption": 110, "cta": 28, "brand": 40, "badge": 24}
NUMBER_WORDS = ("", "", "Two", "Three")


@dataclass(frozen=True)
class Brand:
    """How a shop looks: its name and three colours as `#RRGGBB`."""

    name: str
    ink: str
    paper: str
    accent: str


@dataclass(frozen=True)
class CameoPart:
    """A licensed appearance: `clip` and `still` are file keys, `disclosure` is shown from its first frame."""

    cameo_id: str
    name: str
    clip: str
    still: str
    disclosure: str


@dataclass(frozen=True)
class Brief:
    """What a merchant asks for. `was_lowest`, the lowest of 30 days, is the only lawful struck price."""

    template: str
    format: str = "9x16"
    seconds: int = 15
    locale: str = "en"
    headline: str | None = None
    call_to_action: str | None = None
    variant_id: str | None = None
    cameo: CameoPart | None = None
    clip: str | None = None
    generator: str = "studio"
    was_lowest: Money | None = None
    seed: int = 0


@dataclass(frozen=True)
class Text:
    """A text as it will be painted, and the source fields it was made from."""

    role: str
    text: str
    aside: str = ""
    sources: tuple[str, ...] = ()


@dataclass(frozen=True)
class Visual:
    """The moving or still picture of a shot; width and height are 0 where they are not known."""

    how: Literal["cutout", "photo", "clip"]
    file: str
    width: int = 0
    height: int = 0
    alt: str = ""


@dataclass(frozen=True)
class Shot:
    """A scene with its words and its picture chosen."""

    name: str
    layout: str
    stage: str
    backdrop: str
    motion: str
    transition: str
    share: float
    min_s: float
    visual: Visual
    texts: tuple[Text, ...]


@dataclass(frozen=True)
class Storyboard:
    """A film that can be laid out. `sources` are (role, source field) pairs of every price and claim."""

    template: str
    format: str
    seconds: int
    locale: str
    mood: str
    face: str
    seed: int
    brand: Brand
    product_id: str
    product_title: str
    variant_id: str
    key_picture: str
    shots: tuple[Shot, ...]
    sources: tuple[tuple[str, str], ...]
    cameo: CameoPart | None = None
    generator: str = "studio"
    version: int = 1


@dataclass(frozen=True)
class Fact:
    """A value a text may use, and the field it was read from."""

    text: str
    source: str


def plan(brief: Brief, product: Product, template: Template, *, brand: Brand) -> Storyboard:
    """Choose words, pictures and scenes; prices and claims come from the product, the brief or the brand."""
    _check(brief, template)
    variant = _variant(brief, product)
    pictures = _pictures(product, variant)
    facts = _facts(brief, product, variant, brand)
    _check_needs(template, facts)
    kept = _fitting(template.scenes, brief.seconds, facts)
    facts = _counted(kept, facts)
    shots = _filled(kept, brief.seconds)
    made = tuple(_shot(scene, brief, pictures, facts, first=place == 0) for place, scene in enumerate(shots))
    return Storyboard(
        template=template.name,
        format=brief.format,
        seconds=brief.seconds,
        locale=brief.locale,
        mood=template.mood,
        face=template.face,
        seed=brief.seed,
        brand=brand,
        product_id=product.id or product.handle,
        product_title=facts["product.title"].text,
        variant_id=variant.id,
        key_picture=pictures[0].file,
        shots=made,
        sources=_sources(made),
        cameo=brief.cameo if template.needs_cameo else None,
        generator=brief.generator,
    )


def shorten(text: str, limit: int) -> str:
    """Return `text` on one line; beyond `limit` characters it is cut at a word, with an ellipsis."""
    flat = re.sub(r"[^\S\u00a0\u202f]+", " ", text).strip()
    if len(flat) <= limit:
        return flat
    head = flat[: limit - 1]
    cut = head.rfind(" ")
    return (head[:cut] if cut >= limit // 2 else head).rstrip(" ,;:-–—.([") + "…"


def _check(brief: Brief, template: Template) -> None:
    if brief.format not in FORMATS:
        raise Invalid(f"Format '{brief.format}' is unknown; choose one of {', '.join(FORMATS)}")
    if not SHORTEST_S <= brief.seconds <= LONGEST_S:
        raise Invalid(f"A film lasts {SHORTEST_S} to {LONGEST_S} seconds, not {brief.seconds}")
    if template.needs_cameo and brief.cameo is None:
        raise Invalid(f"The template '{template.name}' shows a licensed appearance; name one")
    if brief.cameo and not brief.cameo.disclosure.strip():
        raise Invalid(f"{brief.cameo.name} has no disclosure text; write one into the licence, it is shown on screen")


def _check_needs(template: Template, facts: Mapping[str, Fact]) -> None:
    missing = [field for field in template.needs if field not in facts]
    if missing:
        raise Invalid(
            f"The template '{template.name}' needs {', '.join(missing)}; fill the metafields custom.reason_1"
            " to custom.reason_3 or the description, or choose another template"
        )


def _variant(brief: Brief, product: Product) -> Variant:
    title = shorten(product.title, 60)
    if brief.variant_id is None:
        return _cheapest(product, title)
    variant = next((v for v in product.variants if v.id == brief.variant_id), None)
    if variant is None:
        raise Invalid(f"'{title}' has no variant '{brief.variant_id}'; choose one of its own")
    if variant.price.minor <= 0:
        raise Invalid(f"The variant '{variant.title}' costs {variant.price.display()}; give it a price above zero")
    if not variant.is_available:
        raise Invalid(f"The variant '{variant.title}' is out of stock; choose another or restock it")
    return variant


def _cheapest(product: Product, title: str) -> Variant:
    """Return the cheapest variant; among equals the one that the photographs show."""
    least = product.cheapest
    if least is None:
        raise Invalid(f"'{title}' has no variant in stock with a price above zero; add one")
    equals = [v for v in product.variants if v.is_available and v.price == least.price]
    photos = [image for image in product.images if image.file and not image.has_alpha]
    return next((v for v in equals if any(_named(image, v, product) for image in photos)), least)


def _pictures(product: Product, variant: Variant) -> tuple[Image, ...]:
    """Order usable pictures: the variant's own first; those of other variants only where no other is left."""
    usable = sorted((i for i in product.images if i.file), key=lambda i: i.position)
    if not usable:
        raise Invalid(f"'{shorten(product.title, 60)}' has no usable picture; add one to the product and sync again")
    own = [i for i in usable if i.source == variant.image]
    rest = [i for i in usable if i.source != variant.image and not _of_another(i, product, variant)]
    return tuple(own + rest) or tuple(usable)


def _of_another(image: Image, product: Product, variant: Variant) -> bool:
    """Say whether a picture is another variant's, or describes only another one's option."""
    others = [v for v in product.variants if v.id != variant.id and v.image != variant.image]
    if any(v.image == image.source for v in others if v.image):
        return True
    return not _named(image, variant, product) and any(_named(image, v, product) for v in others)


def _named(image: Image, variant: Variant, product: Product) -> bool:
    """Say whether the picture's description names an option value that not all variants share."""
    shared = set.intersection(*({option.value.casefold() for option in v.options} for v in product.variants))
    said = set(re.findall(r"\w+", image.alt.casefold()))
    values = {option.value.casefold() for option in variant.options} - shared
    return any(set(re.findall(r"\w+", value)) <= said for value in values if value.strip())


def _facts(brief: Brief, product: Product, variant: Variant, brand: Brand) -> dict[str, Fact]:
    title = shorten(product.title, 240)
    own_title = "" if variant.title.casefold() in ("default title", title.casefold()) else variant.title
    reasons = _reasons(product)
    facts = {
        "product.title": Fact(title, "product.title"),
        "product.vendor": Fact(product.vendor, "product.vendor"),
        "product.kind": Fact(product.kind, "product.kind"),
        "product.summary": Fact(next(_sentences(product.description), ""), "product.description"),
        "product.material": Fact(product.metafield("custom.material"), "product.metafields.custom.material"),
        "variant.title": Fact(own_title, f"variant:{variant.id}.title"),
        "price": Fact(variant.price.display(), f"variant:{variant.id}.price"),
        "brand.name": Fact(brand.name, "brand.name"),
        "brief.headline": Fact(brief.headline or "", "brief.headline"),
        "brief.call_to_action": Fact(brief.call_to_action or "", "brief.call_to_action"),
        **{f"reason_{n}": fact for n, fact in enumerate(reasons, 1)},
        **_saving(brief, variant),
        **_cameo_facts(brief),
    }
    return {name: fact for name, fact in facts.items() if fact.text.strip()}


def _saving(brief: Brief, variant: Variant) -> dict[str, Fact]:
    was = brief.was_lowest
    if was is None or not variant.price < was:
        return {}
    percent = discount_percent(was, variant.price)
    source = "brief.was_lowest"
    return {
        "was": Fact(was.display(), source),
        **({"discount": Fact(f"-{percent}\u00a0%", f"{source}, variant:{variant.id}.price")} if percent else {}),
    }


def _cameo_facts(brief: Brief) -> dict[str, Fact]:
    if brief.cameo is None:
        return {}
    source = f"cameo:{brief.cameo.cameo_id}"
    return {
        "cameo.name": Fact(brief.cameo.name, f"{source}.name"),
        "cameo.disclosure": Fact(brief.cameo.disclosure, f"{source}.disclosure"),
    }


def _reasons(product: Product) -> tuple[Fact, ...]:
    """Up to three facts in the shop's own words: its reasons, then material and sentences.

    Tags are search words: 'Electronics' is no reason to buy anything.
    """
    own = [
        Fact(product.metafield(f"custom.reason_{n}").strip(), f"product.metafields.custom.reason_{n}")
        for n in (1, 2, 3)
    ]
    material = Fact(product.metafield("custom.material").strip(), "product.metafields.custom.material")
    said = [Fact(sentence, "product.description") for sentence in _sentences(product.description)]
    found: dict[str, Fact] = {}
    for fact in (*own, material, *said):
        found.setdefault(fact.text.casefold(), replace(fact, text=shorten(fact.text, 88)))
    found.pop("", None)
    return tuple(found.values())[:3]


def _sentences(text: str) -> Iterator[str]:
    for part in re.split(r"(?<=[.!?。！？])\s+|(?<=[。！？])|\n+", text):
        sentence = part.strip().rstrip(".。")
        if len(sentence) > 3:
            yield sentence


def _fitting(scenes: tuple[Scene, ...], seconds: int, facts: Mapping[str, Fact]) -> tuple[Scene, ...]:
    """Drop scenes whose facts are missing, then optional ones from the end until the shortest times fit."""
    kept = [scene for scene in scenes if all(field in facts for field in scene.needs)]
    while sum(scene.min_s for scene in kept) > seconds:
        place = next((p for p in reversed(range(len(kept))) if kept[p].optional), None)
        if place is None:
            need = sum(scene.min_s for scene in kept)
            raise Invalid(f"This template needs at least {need:.0f} seconds; ask for a longer film")
        del kept[place]
    return tuple(kept)


def _counted(scenes: tuple[Scene, ...], facts: dict[str, Fact]) -> dict[str, Fact]:
    """Add how many reasons the kept scenes show: a short film must not promise three and show two."""
    patterns = {choice for scene in scenes for line in scene.texts for _, say in line.say for choice in choices(say)}
    shown = [name for name in ("reason_1", "reason_2", "reason_3") if name in patterns and name in facts]
    if len(shown) < 2:
        return facts
    sources = ", ".join(facts[name].source for name in shown)
    return {**facts, "reason_count": Fact(NUMBER_WORDS[len(shown)], sources)}


def _filled(scenes: tuple[Scene, ...], seconds: int) -> tuple[Scene, ...]:
    """Add wordless looks at the product, close view and photograph in turn: a long film keeps cutting."""
    kept, pattern = list(scenes), next((scene for scene in scenes if scene.fill), None)
    wanted = int(seconds / LONGEST_SHOT_S) - len(scenes) if pattern else 0
    for turn in range(max(0, wanted)):
        close = turn % 2 == 0
        look = replace(
            pattern or scenes[0],
            name=f"look {turn + 1}",
            layout="close" if close else "photo",
            shows="product" if close else "photo",
            stage=("tint", "deep", "light")[turn // 2 % 3],
            motion=("drift_left", "pull_out", "drift_right", "push_in")[turn % 4],
            transition=("slide", "wipe", "rise")[turn % 3],
            picture=turn // 2 + 2,
            texts=(),
        )
        kept.insert(min(3 + 2 * turn, len(kept) - 1), look)
    return tuple(kept)


def _shot(scene: Scene, brief: Brief, pictures: tuple[Image, ...], facts: Mapping[str, Fact], *, first: bool) -> Shot:
    texts = (_text(line, brief.locale, facts) for line in scene.texts)
    clip = brief.clip if first else None
    return Shot(
        name=scene.name,
        layout=scene.layout,
        stage=scene.stage,
        backdrop=scene.backdrop,
        motion=scene.motion,
        transition=scene.transition,
        share=scene.share,
        min_s=scene.min_s,
        visual=Visual("clip", clip) if clip else _visual(scene, pictures),
        texts=tuple(text for text in texts if text),
    )


def _visual(scene: Scene, pictures: tuple[Image, ...]) -> Visual:
    cutouts = [i for i in pictures if i.has_alpha]
    photos = [i for i in pictures if not i.has_alpha]
    wanted = {
        "product": cutouts or photos,
        "photo": photos or cutouts,
        "detail": photos[1:] or cutouts or photos,
    }
    among = wanted[scene.shows]
    # Where there are photographs only, the first has already opened the film.
    later = 1 if scene.shows == "photo" and not cutouts else 0
    image = among[(scene.picture - 1 + later) % len(among)]
    how: Literal["cutout", "photo"] = "cutout" if image.has_alpha else "photo"
    return Visual(how, image.file, image.width, image.height, image.alt)


def _text(line: Line, locale: str, facts: Mapping[str, Fact]) -> Text | None:
    """Fill a pattern; None where one of its fields has no value, so that no half sentence is shown."""
    patterns = dict(line.say)
    pattern = patterns.get(locale) or patterns.get(locale.split("-", maxsplit=1)[0]) or patterns["en"]
    filled, sources = _fill(pattern, facts)
    if not filled:
        return None
    aside, aside_sources = _fill(line.aside, facts)
    limit = ROLE_LIMITS.get(line.role, 200)
    return Text(line.role, shorten(filled, limit), aside, tuple(dict.fromkeys(sources + aside_sources)))


def _fill(pattern: str, facts: Mapping[str, Fact]) -> tuple[str, tuple[str, ...]]:
    sources: list[str] = []
    missing = False

    def value(match: re.Match[str]) -> str:
        nonlocal missing
        for choice in match[1].split("|"):
            if choice in facts:
                sources.append(facts[choice].source)
                return facts[choice].text
            if literal(choice):
                return literal(choice)
        missing = True
        return ""

    filled = BLANK.sub(value, pattern)
    return ("", ()) if missing else (filled, tuple(sources))


def _sources(shots: tuple[Shot, ...]) -> tuple[tuple[str, str], ...]:
    pairs = ((text.role, source) for shot in shots for text in shot.texts for source in text.sources)
    return tuple(dict.fromkeys(pairs))
