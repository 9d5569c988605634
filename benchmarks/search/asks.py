"""Judged queries made from what the products of the generated shop truly are, by intent; a seed gives the same ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property
from hashlib import sha256
from random import Random

from benchmarks.search.judging import Judge
from benchmarks.search.kinds import Kind, kinds
from benchmarks.search.market import BRANDS, SEED
from benchmarks.search.truth import (
    NOTHING,
    Asked,
    Need,
    Offer,
    Test,
    Truth,
    called,
    carries,
    costs,
    fits,
    has,
    lacks,
    made_by,
)
from benchmarks.search.wording import ways

# What shoppers name first of a thing; sizes are asked for apart from these.
SALIENT = (
    "link anc sport water switch layout use touch curved resolution panel print colour_print bus card wifi_gen poe "
    "material brew roast gender cordless bagless cell rechargeable body video power place coating fill dimmable scent "
    "skin hair animal ends clear magnet socket light shape numpad vertical silent insulated sleeve fit blackout "
)
SIZES = (
    "capacity_gb inch litres metres grams kilograms watt cm diameter_cm mah hertz ml spf persons pieces bed rug towel "
    "ports count megapixels ram_gb mm focal max_inch"
)
WORN = {"shoe": ("size {}", "EU {}"), "cloth": ("size {}", "in {}")}
NOT = (
    ("headphones without wires", "headphones", "link", "wired"),
    ("headphones that are not Bluetooth", "headphones", "link", "wireless"),
    ("mouse without cable", "mouse", "link", "wired"),
    ("keyboard without numpad", "keyboard", "numpad", "yes"),
    ("non-mechanical keyboard", "keyboard", "switch", "mechanical"),
    ("laser printer, no inkjet", "printer", "print", "inkjet"),
    ("vacuum without cord", "vacuum", "cordless", "no"),
    ("phone case not leather", "phone-case", "material", "leather"),
    ("not black headphones", "headphones", "colour", "black"),
    ("batteries not rechargeable", "battery", "rechargeable", "yes"),
    ("jacket for winter without down", "winter-jacket", "fill", "down"),
    ("coffee machine without capsules", "coffee-machine", "brew", "pod"),
    ("frying pan without nonstick coating", "frying-pan", "coating", "nonstick"),
    ("water bottle no plastic", "water-bottle", "material", "plastic"),
    ("lunch box that is not plastic", "lunch-box", "material", "plastic"),
    ("sweater without wool", "sweater", "material", "wool"),
    ("knife not ceramic", "knife", "material", "ceramic"),
    ("tv but not oled", "tv", "panel", "OLED"),
    ("monitor not VA panel", "monitor", "panel", "VA"),
    ("controller without wire", "controller", "link", "wired"),
    ("coffee beans without caffeine", "coffee-beans", "decaf", "no"),
    ("shampoo not for oily hair", "shampoo", "hair", "oily"),
    ("security camera that needs no mains", "security-camera", "power", "mains"),
    ("smart bulb not E27", "smart-bulb", "socket", "E27"),
    ("watch strap no leather", "watch-strap", "material", "leather"),
)
PURPOSES = (
    ("cancel out the noise on the plane", "headphones earbuds", (has("anc", "yes"),)),
    ("music in the shower", "bluetooth-speaker", (has("water", "yes"),)),
    ("make the sound of my television better", "soundbar", ()),
    ("play my old vinyl records", "turntable", ()),
    ("record my podcast at home", "microphone", ()),
    ("something light to write my thesis on", "laptop", (has("use", "study"),)),
    ("connect two screens to my notebook with one cable", "dock", (has("screens", "2"),)),
    ("print photos and letters at home in colour", "printer", (has("colour_print", "yes"),)),
    ("read novels at the pool", "ereader", (has("water", "yes"),)),
    ("more space for my console games, fast and inside", "ssd", (has("bus", "NVMe"),)),
    ("back up all of my photos to a disk I can carry", "external-hdd external-ssd", ()),
    ("network for a whole house with three floors", "mesh", ()),
    ("charge my phone on a long hike", "power-bank", ()),
    ("charge a phone without plugging it in", "wireless-charger", ()),
    ("hold my phone on the bicycle", "phone-mount", (has("place", "bicycle"),)),
    ("take pictures of myself with friends from further away", "selfie-stick", ()),
    ("film while surfing", "action-camera", (has("water", "yes"),)),
    ("photos of my house from the air", "drone", ()),
    ("photos that come out on paper at once", "instant-camera", ()),
    ("count my steps and my sleep", "fitness-tracker", ()),
    ("turn my lamps on with the phone", "smart-bulb smart-plug", ()),
    ("know whether somebody is in the garden at night", "security-camera", (has("place", "outdoor"),)),
    ("open the door without a key", "smart-lock", ()),
    ("warn me when there is smoke", "smoke-alarm", ()),
    ("sit well while gaming for hours", "gaming-chair", ()),
    ("keep my head warm in winter", "beanie", ()),
    ("stay dry in a storm", "rain-jacket", ()),
    ("warm feet at home", "slippers", ()),
    ("read in bed without waking anyone", "table-lamp", (has("dimmable", "yes"),)),
    ("make the bedroom dark", "curtain", (has("blackout", "yes"),)),
    ("work standing up", "desk", (has("adjustable", "yes"),)),
    ("cook on an induction hob", "frying-pan saucepan", (has("induction", "yes"),)),
    ("take lunch to the office", "lunch-box", ()),
    ("boil water for tea at exactly 80 degrees", "kettle", (has("temperature", "yes"),)),
    ("fresh coffee from beans at the push of a button", "coffee-machine", (has("brew", "bean-to-cup"),)),
    ("clean the floor while I am at work", "robot-vacuum", ()),
    ("protect my skin at the beach", "sunscreen", ()),
    ("something soft for a child that loves dinosaurs", "plush-toy", (has("animal", "dinosaur"),)),
    ("a game for six people after dinner", "board-game", (has("players", "6"),)),
    ("sleep outside at minus ten", "sleeping-bag", (has("celsius", "-10"),)),
    ("be seen on my bike in the dark", "bike-light", ()),
    ("do yoga at home on a thick mat", "yoga-mat", (has("mm", "10"),)),
)
ABSENT = (
    "chainsaw;lawn mower;cat litter;wedding dress;violin strings;electric guitar;swimming pool pump;garden shed;"
    "baby stroller;car battery 12V 70Ah;motor oil 5w30;fresh salmon;red wine;cheddar cheese;"
    "hearing aid;blood pressure monitor;reading glasses +2.5;fishing rod;surfboard;skis 170 cm;horse saddle;"
    "aquarium filter;hamster cage;bird seed;roof tiles;paint for walls 10 l;cordless drill;angle grinder;"
    "concert tickets;gift card;hotel room in Vienna;tax advice;driving lessons;insurance for my phone;haircut;"
    "piano lessons;wood pellets;solar panel 400 W;washing machine;dishwasher;refrigerator;oven 60 cm;bathtub;"
    "toilet seat;ladder 3 m;hedge trimmer;snow shovel;zxqv brlpt;asdfghjkl;xxyyzz 99;tennis racket;golf clubs;"
    "bicycle pump;kayak;contact lenses;vitamin D tablets;diapers size 4;passport photo;used car"
)
KEYS = {"a": "sq", "e": "wr", "i": "uo", "o": "ip", "r": "et", "t": "ry", "n": "bm", "s": "ad", "l": "k", "h": "gj"}


@dataclass(frozen=True)
class Maker:
    """What the queries are made from: who judges them, and chance."""

    judge: Judge
    rng: Random

    @cached_property
    def sellable(self) -> list[Truth]:
        return [one for one in self.judge.truths if any(offer.is_available for offer in one.offers)]

    @cached_property
    def table(self) -> list[Kind]:
        return [one for one in kinds().values() if len(self.judge.of_kind(one.key)) >= 3]

    def seed_product(self) -> tuple[Truth, Offer, Kind]:
        product = self.rng.choice(self.sellable)
        offer = self.rng.choice([one for one in product.offers if one.is_available])
        return product, offer, kinds()[product.kind]

    def any_kind(self) -> Kind:
        return self.rng.choices(self.table, [one.weight for one in self.table])[0]

    def noun(self, kind: Kind, language: str = "en") -> str:
        return self.rng.choice(kind.named(language))

    def word(self, name: str, value: str, language: str = "en") -> str:
        written = ways(name, value, language)
        return self.rng.choice(written) if written else ""


def make_asks(judge: Judge, seed: int = SEED) -> tuple[Asked, ...]:
    """Every intent's queries, each with something in the shop that serves it wholly, or, where so named, nothing."""
    found: dict[str, Asked] = {}
    for intent, (count, make) in INTENTS.items():
        maker = Maker(judge, Random(f"{seed} {intent}"))  # noqa: S311 (nothing here is secret)
        left = count
        for asked in _tries(maker, make):
            if asked is not None and asked.text.casefold() not in found and _is_fair(judge, asked, intent):
                found[asked.text.casefold()] = replace(asked, intent=intent)
                left -= 1
            if left == 0:
                break
    return tuple(found.values())


def is_held_out(asked: Asked) -> bool:
    """Half of all queries, by a hash of their text: nobody tunes by them."""
    return sha256(asked.text.casefold().encode()).digest()[0] % 2 == 1


def _tries(maker: Maker, make: Callable[[Maker], Asked | None]) -> Iterator[Asked | None]:
    for _ in range(600):
        yield make(maker)


def _is_fair(judge: Judge, asked: Asked, intent: str) -> bool:
    best = max(judge.grades(asked.need).values(), default=0)
    return best == 0 if intent == "nothing suitable" else best == 3


def _asked(text: str, kind: Kind, *wants: Test, hard: tuple[Test, ...] = ()) -> Asked:
    return Asked(text, "", Need(frozenset({kind.key}), frozenset(kind.near), hard, wants))


def _facts(maker: Maker, offer: Offer, among: str, count: int) -> list[tuple[str, str, str]]:
    """Facts of the offer that somebody would ask for: name, value, English words."""
    said = [(name, value, maker.word(name, value)) for name, value in offer.facts.items() if name in among.split()]
    said = [one for one in said if one[2]]
    return maker.rng.sample(said, min(count, len(said)))


def _head(maker: Maker) -> Asked:
    kind = maker.any_kind()
    return _asked(maker.noun(kind), kind)


def _with_attribute(maker: Maker) -> Asked | None:
    _, offer, kind = maker.seed_product()
    facts = _facts(maker, offer, SALIENT, 1)
    if not facts:
        return None
    name, value, words = facts[0]
    is_after = words.startswith(("for ", "with ")) or maker.rng.random() < 0.3
    text = f"{maker.noun(kind)} {words}" if is_after else f"{words} {maker.noun(kind)}"
    return _asked(text, kind, has(name, value))


def _with_size(maker: Maker) -> Asked | None:
    _, offer, kind = maker.seed_product()
    facts = _facts(maker, offer, SIZES, 1)
    if not facts:
        return None
    name, value, words = facts[0]
    noun = maker.noun(kind)
    return _asked(maker.rng.choice((f"{noun} {words}", f"{words} {noun}")), kind, has(name, value))


def _worn(maker: Maker) -> Asked | None:
    _, offer, kind = maker.seed_product()
    name = next((one for one in WORN if one in offer.facts), None)
    if name is None:
        return None
    gender = maker.word("gender", offer.facts.get("gender", "no"))
    wants = (has("gender", offer.facts["gender"]),) if gender else ()
    size = maker.rng.choice(WORN[name]).format(offer.facts[name])
    noun = maker.noun(kind)
    who = f"{noun} {gender}" if gender.startswith("for ") else f"{gender} {noun}"
    return _asked(f"{who} {size}".strip(), kind, *wants, hard=(has(name, offer.facts[name]),))


def _several(maker: Maker) -> Asked | None:
    _, offer, kind = maker.seed_product()
    facts = _facts(maker, offer, SALIENT + SIZES + " colour", maker.rng.choice((2, 2, 3)))
    if len(facts) < 2:
        return None
    first, *rest = facts
    text = " ".join([first[2], maker.noun(kind), *(words for _, _, words in rest)])
    return _asked(text, kind, *(has(name, value) for name, value, _ in facts))


def _in_colour(maker: Maker) -> Asked | None:
    _, offer, kind = maker.seed_product()
    if "colour" not in offer.facts:
        return None
    colour = maker.word("colour", offer.facts["colour"]).split()[-1]
    return _asked(f"{colour} {maker.noun(kind)}", kind, has("colour", offer.facts["colour"]))


def _brand(maker: Maker) -> Asked:
    brand = maker.rng.choice(" ".join(BRANDS.values()).split())
    return Asked(maker.rng.choice((brand, brand.lower())), "", Need(hard=(made_by(brand),)))


def _brand_and_kind(maker: Maker) -> Asked:
    product, _, kind = maker.seed_product()
    noun = maker.noun(kind)
    text = maker.rng.choice(
        (f"{product.brand} {noun}", f"{noun} by {product.brand}", f"{product.brand.lower()} {noun}")
    )
    return _asked(text, kind, made_by(product.brand))


def _model(maker: Maker) -> Asked | None:
    """The very thing by its name; others of its maker are a poor answer, what is made for it is none."""
    product, _, kind = maker.seed_product()
    if product.fits:
        # What is made for a device goes by the device's name, seldom by its own.
        return None
    name = maker.rng.choice((product.name, product.name.lower()))
    return _named(maker, name, product, kind)


def _named(maker: Maker, name: str, product: Truth, kind: Kind) -> Asked:
    """By name and kind, or by the name alone, which things of several kinds may have."""
    if maker.rng.random() < 0.5:
        return _asked(f"{name} {kind.words[0]}", kind, _is(product), hard=(made_by(product.brand),))
    so_called = frozenset(one.kind for one in maker.judge.truths if one.name == product.name)
    return Asked(name, "", Need(so_called, hard=(made_by(product.brand),), wants=(_is(product),)))


def _is(product: Truth) -> Test:
    return called(product.brand, product.model)


def _sku(maker: Maker) -> Asked:
    _, offer, _ = maker.seed_product()
    sku = offer.sku
    return Asked(maker.rng.choice((sku, sku.lower(), sku.replace("-", " "))), "", Need(hard=(carries(sku),)))


def _price(maker: Maker) -> Asked:
    _, offer, kind = maker.seed_product()
    euros = max(5, -(-offer.price_minor // 500) * 5)
    noun = maker.noun(kind)
    if maker.rng.random() < 0.15:
        return _asked(f"{noun} over {euros - 5} EUR", kind, hard=(costs(euros - 5),))
    if maker.rng.random() < 0.2:
        low = max(1, round(euros * 0.7))
        return _asked(f"{noun} between {low} and {euros} euros", kind, hard=(costs(low, euros),))
    form = maker.rng.choice(
        ("under {} EUR", "below €{}", "up to {} euros", "less than {}€", "max {} eur", "for {} euro")
    )
    if form.startswith("for"):
        return _asked(f"{noun} at most {euros} euro", kind, hard=(costs(0, euros),))
    return _asked(f"{noun} {form.format(euros)}", kind, hard=(costs(0, euros),))


def _price_and_attribute(maker: Maker) -> Asked | None:
    _, offer, kind = maker.seed_product()
    facts = _facts(maker, offer, SALIENT + SIZES, 1)
    if not facts:
        return None
    name, value, words = facts[0]
    euros = max(5, -(-offer.price_minor // 1000) * 10)
    text = f"{words} {maker.noun(kind)} {maker.rng.choice(('under', 'below', 'cheaper than'))} {euros} euros"
    return _asked(text, kind, has(name, value), hard=(costs(0, euros),))


def _accessory(maker: Maker) -> Asked | None:
    product, _, kind = maker.seed_product()
    if not product.fits:
        return None
    brand, model = product.fits[0]
    noun = maker.noun(kind)
    text = maker.rng.choice(("{0} for {1}", "{0} {1}", "{1} {0}", "{0} for my {1}", "{0} compatible with {1}"))
    return _asked(text.format(noun, f"{brand} {model}"), kind, hard=(fits(brand, model),))


def _device(maker: Maker) -> Asked | None:
    """The device that others sell accessories for, by its name or as a kind."""
    product, _, kind = maker.seed_product()
    if product.kind not in {one.fits for one in kinds().values()}:
        return None
    if maker.rng.random() < 0.7:
        return _named(maker, product.name, product, kind)
    return _asked(f"{kind.words[0]} {product.brand}", kind, made_by(product.brand))


def _misspelt(maker: Maker) -> Asked | None:
    _, offer, kind = maker.seed_product()
    noun = maker.noun(kind)
    if len(noun) < 6:
        return None
    facts = _facts(maker, offer, SALIENT, 1) if maker.rng.random() < 0.4 else []
    text = " ".join([_slip(noun, maker.rng), *(words for _, _, words in facts)])
    return _asked(text, kind, *(has(name, value) for name, value, _ in facts))


def _slip(text: str, rng: Random) -> str:
    """One slip of the fingers inside the longest word; its first letter stands."""
    words = text.split(" ")
    longest = max(range(len(words)), key=lambda place: len(words[place]))
    word = words[longest]
    at = rng.randrange(1, len(word) - 1)
    near = rng.choice(KEYS.get(word[at], word[at] * 2))
    slips = (word[:at] + word[at + 1 :], word[:at] + word[at] + word[at:], word[:at] + near + word[at + 1 :])
    swapped = word[:at] + word[at + 1] + word[at] + word[at + 2 :]
    words[longest] = rng.choice((*slips, swapped))
    return " ".join(words)


def _misspelt_brand(maker: Maker) -> Asked:
    product, _, kind = maker.seed_product()
    return _asked(f"{_slip(product.brand, maker.rng)} {maker.noun(kind)}", kind, made_by(product.brand))


def _synonym(maker: Maker) -> Asked | None:
    _, offer, kind = maker.seed_product()
    facts = _facts(maker, offer, SALIENT, 1) if maker.rng.random() < 0.3 else []
    text = " ".join([*(words for _, _, words in facts), maker.rng.choice(kind.asked)])
    return _asked(text, kind, *(has(name, value) for name, value, _ in facts))


def _plural(maker: Maker) -> Asked | None:
    kind = maker.any_kind()
    noun = kind.words[0]
    return None if noun == _turned(noun) else _asked(_turned(noun), kind)


def _turned(noun: str) -> str:
    """The plural of a singular, and the other way round."""
    if noun.endswith("ss") or noun in {"RAM", "NAS", "jeans"}:
        return noun
    if noun.endswith("ies"):
        return noun[:-3] + "y"
    if noun.endswith("s"):
        return noun[:-1]
    return noun[:-1] + "ies" if noun.endswith("y") and noun[-2] not in "aeo" else noun + "s"


def _sentence(maker: Maker) -> Asked | None:
    _, offer, kind = maker.seed_product()
    facts = _facts(maker, offer, SALIENT + " colour", maker.rng.choice((1, 2)))
    if not facts:
        return None
    euros = max(10, -(-offer.price_minor // 1000) * 10)
    noun, words = maker.noun(kind), " and ".join(one[2] for one in facts)
    has_limit = maker.rng.random() < 0.5
    limit = f", for no more than {euros} euros" if has_limit else ""
    form = maker.rng.choice(
        (
            "I am looking for {1}, {0}{2}",
            "can you show me {1}, ideally {0}{2}?",
            "my old {1} broke and I need a new one, {0}{2}",
            "which {1} would you recommend? It should be {0}{2}",
            "please find {1} for my sister, {0}{2}",
        )
    )
    hard = (costs(0, euros),) if has_limit else ()
    return _asked(form.format(words, noun, limit), kind, *(has(name, value) for name, value, _ in facts), hard=hard)


def _purpose(maker: Maker) -> Asked:
    text, keys, wants = maker.rng.choice(PURPOSES)
    near = frozenset(one for key in keys.split() for one in kinds()[key].near)
    return Asked(text, "", Need(frozenset(keys.split()), near, (), wants))


def _negated(maker: Maker) -> Asked:
    text, key, name, value = maker.rng.choice(NOT)
    return _asked(text, kinds()[key], hard=(lacks(name, value),))


def _foreign(language: str) -> Callable[[Maker], Asked | None]:
    def make(maker: Maker) -> Asked | None:
        _, offer, kind = maker.seed_product()
        noun = maker.noun(kind, language)
        if maker.rng.random() < 0.3:
            return _asked(noun, kind)
        if maker.rng.random() < 0.3:
            euros = max(5, -(-offer.price_minor // 500) * 5)
            limit = {"de": f"unter {euros} Euro", "fr": f"moins de {euros} euros"}[language]
            return _asked(f"{noun} {limit}", kind, hard=(costs(0, euros),))
        names = [
            one for one in offer.facts if one in (SALIENT + SIZES).split() and ways(one, offer.facts[one], language)
        ]
        if not names:
            return None
        name = maker.rng.choice(names)
        words = maker.word(name, offer.facts[name], language)
        return _asked(f"{noun} {words}", kind, has(name, offer.facts[name]))

    return make


def _nothing(maker: Maker) -> Asked | None:
    """What the shop does not have: another trade, a price too low, a size too large, a device that nobody makes."""
    style = maker.rng.random()
    if style < 0.4:
        return Asked(maker.rng.choice(ABSENT.split(";")), "", NOTHING)
    product, offer, kind = maker.seed_product()
    noun = maker.noun(kind)
    if style < 0.5:
        euros = max(1, kind.cheapest_minor // 100 // 3)
        return _asked(f"{noun} under {euros} EUR", kind, hard=(costs(0, euros),))
    if style < 0.52:
        return Asked(f"QX-ZZ{maker.rng.randrange(100000, 999999)}", "", NOTHING)
    if "shoe" in offer.facts:
        return _asked(f"{noun} size 61", kind, hard=(has("shoe", "61"),))
    if product.fits and style < 0.7:
        brand, _ = product.fits[0]
        return _asked(f"{noun} for {brand} Obsidian 77X", kind, hard=(fits(brand, "Obsidian 77X"),))
    return None


INTENTS: dict[str, tuple[int, Callable[[Maker], Asked | None]]] = {
    "head": (40, _head),
    "attribute": (45, _with_attribute),
    "size, unit": (40, _with_size),
    "size worn": (15, _worn),
    "several": (35, _several),
    "colour": (20, _in_colour),
    "brand": (10, _brand),
    "brand, kind": (20, _brand_and_kind),
    "model": (25, _model),
    "sku": (15, _sku),
    "price": (25, _price),
    "price, attribute": (20, _price_and_attribute),
    "accessory": (30, _accessory),
    "device": (20, _device),
    "misspelt": (30, _misspelt),
    "misspelt brand": (10, _misspelt_brand),
    "synonym": (30, _synonym),
    "plural": (15, _plural),
    "sentence": (30, _sentence),
    "purpose": (40, _purpose),
    "negation": (24, _negated),
    "German": (25, _foreign("de")),
    "French": (15, _foreign("fr")),
    "nothing suitable": (60, _nothing),
}
