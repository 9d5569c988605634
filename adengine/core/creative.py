"""From brief, product and template to a storyboard: what a film says and shows, and each claim's source."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import Decimal

from adengine.core.arranging import arranged, counted
from adengine.core.catalog import Image, Product, Variant
from adengine.core.commerce import discount_percent
from adengine.core.errors import Invalid
from adengine.core.facts import (
    Fact,
    day,
    packed_picture,
    pair_of,
    product_facts,
    short_title,
    shorten,
    split_row,
)
from adengine.core.layers import Box, Text
from adengine.core.money import Money, percent
from adengine.core.pacing import fits, longest_s
from adengine.core.score import BEATS
from adengine.core.script import Script
from adengine.core.speech import word_count
from adengine.core.storyboard import FORMATS, Brand, CameoPart, Row, Shot, Storyboard, Visual
from adengine.core.style import CAPTIONS, Style
from adengine.core.template import ITEMS, Scene, Template, localised

SHORTEST_S, LONGEST_S = 6, 60
# Scenes with room for a round appearance and its label; a large one has its own layout.
CAMEO_LAYOUTS = ("host", "headline", "reason", "close", "photo", "panel", "price", "quotes", "steps", "versus")
CELLS = 4
LISTS = ("grid", "versus", "steps", "compare")
SPOKEN = ("hook", "title", "reason", "quote", "caption", "price", "cta")
WORDS_A_SECOND, SPEECH_LEAD_S = 2.5, 0.2
SENTENCE_ENDS = (".", "!", "?", "…", "。", "！", "？", "؟")
RECORDING, NO_CAPTIONS = "recording", "none"
# What templates need that not every product has: what it is, and where a merchant writes it.
NEEDS = {
    "reason": (
        "reasons to buy the product",
        "write them into its description or into the product fields custom.reason_1 to custom.reason_3",
    ),
    "review": (
        "what buyers wrote, word for word",
        "copy a review into the product field custom.review_1",
    ),
    "rating": (
        "the stars of the product's reviews",
        "fill the product fields reviews.rating and reviews.rating_count",
    ),
    "versus": (
        "a comparison with other products",
        "write a line like 'ours | theirs' into the product field custom.versus_1",
    ),
    "step": (
        "steps that show how the product is used",
        "write each into a product field of its own, custom.step_1 to custom.step_3",
    ),
}
COUNTS = ("", "", "two ", "three ", "four ")


@dataclass(frozen=True)
class Companion:
    """Another product shown beside the ad's own: its picture and the price text of the variant on sale."""

    product_id: str
    variant_id: str
    title: str
    price: str
    picture: Image


@dataclass(frozen=True)
class Brief:
    """What a merchant asks for. `was_lowest`, the lowest of 30 days, is the only lawful struck price.

    Empty `style`, `mood` and `captions` leave the choice to brand, template and style; `captions` may be 'none'.
    `voice` names one of VOICES, `recording` is the file key of the merchant's own. `offer_ends` is an ISO date.
    """

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
    style: str = ""
    mood: str = ""
    voice: str = ""
    recording: str = ""
    captions: str = ""
    companions: tuple[Companion, ...] = ()
    offer_ends: str = ""
    offer_code: str = ""
    placements: tuple[str, ...] = ()


@dataclass(frozen=True)
class Item:
    """A product, variant or further picture that a collection shows."""

    title: Fact
    price: Fact
    image: Image
    product_id: str
    variant_id: str


def plan(brief: Brief, product: Product, template: Template, *, style: Style, brand: Brand, safe: Box) -> Storyboard:
    """Choose words, pictures and scenes; prices and claims come from the product, the brief or the brand."""
    _check(brief)
    variant = _variant(brief, product)
    pictures = _pictures(product, variant)
    items = _items(brief, product, variant, pictures)
    facts = _facts(brief, product, variant, brand, items)
    _check_needs(template, facts)
    mood = mood_of(brief, template, style)
    script = Script(facts, template.words, brief.locale, brand.tone)
    kept = arranged(template, brief.seconds, script, BEATS[mood])
    script = replace(script, facts=counted(kept, facts))
    shown = _Shown(pictures, tuple(product.images), items)
    clip = _clip_place(kept) if brief.clip else -1
    made = tuple(
        _shot(scene, place, brief, script, shown, style, with_clip=place == clip) for place, scene in enumerate(kept)
    )
    shots = _spoken(made, kept, brief, script, BEATS[mood])
    return Storyboard(
        template=template.name,
        format=brief.format,
        seconds=brief.seconds,
        locale=brief.locale,
        mood=mood,
        style=style,
        safe=safe,
        seed=brief.seed,
        brand=brand,
        product_id=product.id or product.handle,
        product_title=facts["product.title"].text,
        variant_id=variant.id,
        key_picture=pictures[0].file,
        shots=shots,
        sources=_sources(shots),
        cameo=brief.cameo,
        generator=brief.generator,
        voice=brief.voice,
        recording=brief.recording if brief.voice == RECORDING else "",
        caption_look=_caption_look(brief, style),
    )


def style_name(brief: Brief, brand: Brand, template: Template) -> str:
    """Return the style a film is made in: the one asked for, else the shop's, else the template's."""
    return brief.style or brand.style or template.style


def mood_of(brief: Brief, template: Template, style: Style) -> str:
    """Return the music's mood: the one asked for, else that of a style other than the template's own, else its own."""
    own = template.mood if style.name == template.style else style.mood
    return brief.mood or own or template.mood


def _check(brief: Brief) -> None:
    if brief.format not in FORMATS:
        raise Invalid(f"Format '{brief.format}' is unknown; choose one of {', '.join(FORMATS)}")
    if not SHORTEST_S <= brief.seconds <= LONGEST_S:
        raise Invalid(f"A film lasts {SHORTEST_S} to {LONGEST_S} seconds, not {brief.seconds}")
    if brief.mood and brief.mood not in BEATS:
        raise Invalid(f"There is no music in the mood '{brief.mood[:40]}'; choose one of {', '.join(BEATS)}")
    if brief.captions and brief.captions not in (NO_CAPTIONS, *CAPTIONS):
        raise Invalid(f"Captions '{brief.captions[:40]}' are unknown; choose none or one of {', '.join(CAPTIONS)}")
    if brief.voice == RECORDING and not brief.recording:
        raise Invalid("The voice 'recording' needs your recording; upload one or choose another voice")
    if brief.cameo and not brief.cameo.disclosure.strip():
        raise Invalid(f"{brief.cameo.name} has no disclosure text; write one into the licence, it is shown on screen")
    if len(brief.companions) > ITEMS - 1:
        raise Invalid(f"A film shows at most {ITEMS} products; choose {ITEMS - 1} or fewer beside this one")


def _check_needs(template: Template, facts: Mapping[str, Fact]) -> None:
    missing = [field for field in template.needs if field not in facts]
    if missing:
        asked = "; it also needs ".join(_asked(kind, template) for kind in dict.fromkeys(map(_kind, missing)))
        raise Invalid(f"The template '{template.name}' needs {asked}, or choose another template")


def _asked(kind: str, template: Template) -> str:
    """Say what of a kind a template needs, how many, and where it is written."""
    what, where = NEEDS[kind]
    count = sum(_kind(field) == kind and field != "rating.count" for field in template.needs)
    return f"{COUNTS[count]}{what}: {where}"


def _kind(field: str) -> str:
    return field.rstrip("_0123456789").split(".")[0]


def _caption_look(brief: Brief, style: Style) -> str:
    if brief.captions == NO_CAPTIONS:
        return ""
    return brief.captions or (style.captions if brief.voice else "")


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
    """Order usable pictures: the variant's own first; those of other variants only where no other is left.

    A picture of how things were before is kept for the comparison alone.
    """
    pair = pair_of(product.images)
    usable = sorted((i for i in product.images if i.file and not (pair and i == pair[0])), key=lambda i: i.position)
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


def _items(brief: Brief, product: Product, variant: Variant, pictures: tuple[Image, ...]) -> tuple[Item, ...]:
    """What a collection shows: companions with the product first, else its variants, else its pictures."""
    own_id, locale = product.id or product.handle, brief.locale
    own = Item(
        Fact(short_title(product.title), "product.title"),
        Fact(variant.price.display(locale), f"variant:{variant.id}.price"),
        pictures[0],
        own_id,
        variant.id,
    )
    if brief.companions:
        return (own, *(_beside(one) for one in brief.companions if one.picture.file))
    choices = [replace(own, title=Fact(variant.title, f"variant:{variant.id}.title"))]
    seen = {pictures[0].source}
    for other in product.variants:
        image = next((i for i in product.images if i.file and i.source == other.image), None)
        if other.is_available and image and image.source not in seen:
            seen.add(image.source)
            price = Fact(other.price.display(locale), f"variant:{other.id}.price")
            title = Fact(other.title, f"variant:{other.id}.title")
            choices.append(Item(title, price, image, own_id, other.id))
    if len(choices) > 1:
        return tuple(choices[:ITEMS])
    none = Fact("", "")
    return (own, *(Item(none, none, image, own_id, variant.id) for image in pictures[1:4]))


def _beside(one: Companion) -> Item:
    name = f"companion:{one.product_id}"
    return Item(
        Fact(short_title(one.title), f"{name}.title"),
        Fact(one.price, f"variant:{one.variant_id}.price"),
        one.picture,
        one.product_id,
        one.variant_id,
    )


def _facts(brief: Brief, product: Product, variant: Variant, brand: Brand, items: tuple[Item, ...]) -> dict[str, Fact]:
    facts = {
        **product_facts(product, variant, brief.locale),
        "brand.name": Fact(brand.name, "brand.name"),
        "brand.end_line": Fact(brand.end_line, "brand.end_line"),
        "brief.headline": Fact(brief.headline or "", "brief.headline"),
        "brief.call_to_action": Fact(brief.call_to_action or "", "brief.call_to_action"),
        "offer.ends": Fact(day(brief.offer_ends, brief.locale) if brief.offer_ends else "", "brief.offer_ends"),
        "offer.code": Fact(brief.offer_code, "brief.offer_code"),
        "companions": Fact(str(len(items)) if brief.companions else "", "brief.companions"),
        **_item_facts(items),
        **_saving(brief, variant),
        **_cameo_facts(brief),
    }
    return {name: fact for name, fact in facts.items() if fact.text.strip()}


def _item_facts(items: tuple[Item, ...]) -> dict[str, Fact]:
    facts = {}
    for place, item in enumerate(items, 1):
        facts[f"item_{place}"] = Fact(item.title.text or item.image.source, item.title.source)
        facts[f"item_{place}.title"], facts[f"item_{place}.price"] = item.title, item.price
    return facts


def _saving(brief: Brief, variant: Variant) -> dict[str, Fact]:
    was = brief.was_lowest
    if was is None or not variant.price < was:
        return {}
    part = discount_percent(was, variant.price)
    source = "brief.was_lowest"
    discount = Fact(f"-{percent(Decimal(part) / 100, brief.locale)}", f"{source}, variant:{variant.id}.price")
    return {"was": Fact(was.display(brief.locale), source), **({"discount": discount} if part else {})}


def _cameo_facts(brief: Brief) -> dict[str, Fact]:
    if brief.cameo is None:
        return {}
    source = f"cameo:{brief.cameo.cameo_id}"
    return {
        "cameo.name": Fact(brief.cameo.name, f"{source}.name"),
        "cameo.disclosure": Fact(brief.cameo.disclosure, f"{source}.disclosure"),
    }


@dataclass(frozen=True)
class _Shown:
    """The pictures a film may show."""

    pictures: tuple[Image, ...]
    every: tuple[Image, ...]
    items: tuple[Item, ...]


def _clip_place(scenes: tuple[Scene, ...]) -> int:
    """Return the first scene that shows one picture: a generated clip takes its place."""
    return next(place for place, scene in enumerate(scenes) if scene.layout not in LISTS)


def _shot(
    scene: Scene, place: int, brief: Brief, script: Script, shown: _Shown, style: Style, *, with_clip: bool
) -> Shot:
    clip = brief.clip if with_clip else None
    said: dict[str, Text] = {}
    for text in filter(None, map(script.text, scene.texts)):
        said.setdefault(text.text.casefold(), text)
    texts = tuple(said.values())
    pair = pair_of(shown.every) if scene.layout == "compare" else None
    layout = scene.layout if brief.cameo or scene.layout != "host" else "headline"
    has_cameo = brief.cameo is not None and bool(texts) and layout in CAMEO_LAYOUTS
    item = _item_of(scene, shown) if scene.shows == "item" and not clip else None
    return Shot(
        name=scene.name,
        layout=layout,
        stage=scene.stage,
        backdrop=_backdrop(scene.backdrop, style, place),
        motion=scene.motion,
        transition=style.transition(scene.transition),
        share=scene.share,
        min_s=scene.min_s,
        visual=Visual("clip", clip) if clip else _visual(scene, shown),
        texts=texts,
        rows=_rows(scene, script, shown),
        before=_seen(pair[0], "photo") if pair else None,
        cameo=has_cameo,
        product_id=item.product_id if item else "",
        variant_id=item.variant_id if item else "",
    )


def _item_of(scene: Scene, shown: _Shown) -> Item:
    return shown.items[(scene.picture - 1) % len(shown.items)]


def _backdrop(asked: str, style: Style, place: int) -> str:
    """Return the form behind a product that the style has; one it has not gives way to another of its own."""
    if asked == "plain" or not style.backdrops:
        return "plain"
    return asked if asked in style.backdrops else style.backdrops[place % len(style.backdrops)]


def _rows(scene: Scene, script: Script, shown: _Shown) -> tuple[Row, ...]:
    match scene.layout:
        case "grid":
            items = shown.items[scene.picture - 1 :][:CELLS]
            return tuple(_cell(item) for item in items)
        case "versus":
            heads = (script.fill("{brand.name}"), script.fill("{words.others|'…'}"))
            head = Row(tuple(Text("label", one.text, "", one.sources) for one in heads if one))
            return (head, *(_against(script.facts[field]) for field in scene.rows if field in script.facts))
        case "steps":
            named = [script.facts[field] for field in scene.rows if field in script.facts]
            return tuple(
                Row((Text("number", str(place)), Text("point", fact.text, "", (fact.source,))))
                for place, fact in enumerate(named, 1)
            )
        case _:
            return ()


def _cell(item: Item) -> Row:
    title = Text("label", shorten(item.title.text, 26), "", (item.title.source,))
    price = Text("point", item.price.text, "", (item.price.source,))
    texts = tuple(text for text in (title, price) if text.text)
    return Row(texts, _seen(item.image), item.product_id, item.variant_id)


def _against(fact: Fact) -> Row:
    ours, theirs = split_row(fact.text)
    return Row(
        (
            Text("point", ours, "tick", (fact.source,)),
            Text("point", theirs, "cross", (fact.source,)),
        )
    )


def _visual(scene: Scene, shown: _Shown) -> Visual:
    # What the shop cut out itself is better than what was cut out of a photograph.
    cutouts = [i for i in shown.pictures if i.has_alpha] or [i for i in shown.pictures if i.alone]
    photos = [i for i in shown.pictures if not i.has_alpha]
    match scene.shows:
        case "item":
            return _seen(_item_of(scene, shown).image)
        case "pair" if pair := pair_of(shown.every):
            return _seen(pair[1], "photo")
        case "packed" if packed := packed_picture(shown.every):
            return _seen(packed)
        case "photo":
            among, how = (photos, "photo") if photos else (cutouts, "cutout")
        case "detail":
            among, how = (photos[1:], "photo") if photos[1:] else (cutouts or photos, "")
        case _:
            among, how = (cutouts, "cutout") if cutouts else (photos, "photo")
    # Where there are photographs only, the first has already opened the film.
    later = 1 if scene.shows == "photo" and not cutouts else 0
    return _seen(among[(scene.picture - 1 + later) % len(among)], how)


def _seen(image: Image, how: str = "") -> Visual:
    """Show a picture cut out where it can be and nothing else is asked for."""
    cut = "" if how == "photo" else image.alone
    return Visual("cutout" if cut else "photo", cut or image.file, image.width, image.height, image.alt)


def _spoken(
    shots: tuple[Shot, ...], scenes: tuple[Scene, ...], brief: Brief, script: Script, beat: int
) -> tuple[Shot, ...]:
    """Give every shot what is said in it and the time that takes; what a short film has no time for is not said."""
    lines = _lines(shots, scenes, script)
    if not (brief.voice or brief.captions not in ("", NO_CAPTIONS)):
        return tuple(replace(shot, speech=_joined(line)) for shot, line in zip(shots, lines, strict=True))
    for place, line in enumerate(lines):
        while _speech_s(line) > longest_s(beat):
            _drop(line, ends=place == len(lines) - 1)
    while not fits(
        least := [max(s.min_s, _speech_s(x)) for s, x in zip(shots, lines, strict=True)], brief.seconds, beat
    ):
        longest = max(range(len(lines)), key=lambda place: least[place] - shots[place].min_s if lines[place] else -1.0)
        if not lines[longest]:
            break
        _drop(lines[longest], ends=longest == len(lines) - 1)
    return tuple(
        replace(shot, speech=_joined(line), min_s=round(max(shot.min_s, _speech_s(line)), 3))
        for shot, line in zip(shots, lines, strict=True)
    )


def _lines(shots: tuple[Shot, ...], scenes: tuple[Scene, ...], script: Script) -> list[list[str]]:
    """What each shot says: its own pattern, or its texts; nothing is said twice."""
    said: set[str] = set()
    lines = []
    for shot, scene in zip(shots, scenes, strict=True):
        pattern = script.fill(localised(dict(scene.speech), script.locale)) if scene.speech else None
        own = [pattern.text] if pattern and pattern.text else [t.text for t in shot.texts if t.role in SPOKEN]
        own += [row.texts[-1].text for row in shot.rows if scene.layout == "steps"]
        new = [text for text in dict.fromkeys(own) if text.casefold() not in said]
        said.update(text.casefold() for text in new)
        lines.append(new)
    return lines


def _drop(line: list[str], *, ends: bool) -> None:
    """Say one text less: the end card keeps its call to action longest, other shots their first words."""
    line.pop(0 if ends else -1)


def _speech_s(line: list[str]) -> float:
    return word_count(_joined(line)) / WORDS_A_SECOND + SPEECH_LEAD_S if line else 0.0


def _joined(line: list[str]) -> str:
    return " ".join(text if text.endswith(SENTENCE_ENDS) else f"{text}." for text in line)


def _sources(shots: tuple[Shot, ...]) -> tuple[tuple[str, str], ...]:
    texts = (text for shot in shots for text in (*shot.texts, *(one for row in shot.rows for one in row.texts)))
    return tuple(dict.fromkeys((text.role, source) for text in texts for source in text.sources if source))
