"""The generated shop: products as merchants write them, each beside what it truly is; a seed gives the same bytes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from random import Random

from adengine.core.catalog import Option, Product, Variant
from adengine.core.money import Money
from benchmarks.search.kinds import SHORT, Kind, Trait, kinds
from benchmarks.search.truth import Offer, Truth
from benchmarks.search.wording import LANGUAGES, say, ways

SEED = 20_261_121
BRANDS = {
    "audio computing storage network phones tv photo wearables smarthome gaming power": (
        "Zorvane Kelquin Brontavo Nuvetta Pexlan Ruvonik Sildovar Tarnoxe Ulmivar Vossarin Quillodyn Marnovex "
        "Drovanti Ombrexa Fynquar Jastorel Lumqvist Ekotharn Wendrax Ytrellon Hoxivar Cravendo Bexmoor Ilvantis"
    ),
    "clothing shoes sports": (
        "Ostrelle Thornavex Murrowick Felsquill Ardenouk Pintarrow Havelquist Sorrelby Windquarry Calvorna "
        "Brackendou Ullivane Norstrivane Tamberlou"
    ),
    "home kitchen": (
        "Hearthquill Mossavane Oakendrell Pottermoor Linnaquist Cobblevane Sagemarrow Tiderelle Umberlough Vellamere "
        "Kettlewyn Brasmarrow"
    ),
    "beauty toys": "Amavielle Dewquilla Florimarne Puzzlemarrow Tumblequin Wobblevane Rosaquell Nimblemoor Bellavonne",
}
LINES = (
    "Alder Brisk Cinder Dune Fjord Gale Heron Inlet Juno Kestrel Larch Mica Nook Otter Plume Quartz Rook Sable Tern "
    "Umber Vale Wren Yarrow Zest"
)
SUFFIXES = ("", "", "", " Pro", " Lite", " Max", " Plus", " Mini")
GROUP_NAMES = {
    "audio": "Audio",
    "computing": "Computers & Accessories",
    "storage": "Storage",
    "network": "Networking",
    "phones": "Mobile Accessories",
    "tv": "TV & Home Cinema",
    "photo": "Photo & Video",
    "wearables": "Wearables",
    "smarthome": "Smart Home",
    "gaming": "Gaming",
    "power": "Power",
    "clothing": "Apparel",
    "shoes": "Footwear",
    "home": "Home & Living",
    "kitchen": "Kitchen",
    "beauty": "Beauty",
    "toys": "Toys",
    "sports": "Sport & Outdoor",
}
PRAISE = {
    "en": (
        "Made to last, and easy to repair.",
        "Comes with a two year warranty.",
        "Customers like how simple it is to set up.",
        "A good gift for birthdays and holidays.",
        "Shipped in a box without plastic.",
        "Designed with care for every day.",
        "Small, light and always ready.",
        "The newest version of our best seller.",
        "Tested by us for a whole year.",
        "Great value for the price.",
    ),
    "de": ("Zwei Jahre Garantie.", "Ein schönes Geschenk.", "Einfach einzurichten.", "Lange haltbar und leicht."),
    "fr": ("Garantie deux ans.", "Une belle idée de cadeau.", "Simple à installer.", "Léger et solide."),
}
DECOYS = {
    "en": (
        "Pairs well with {}.",
        "Also look at our {} and {}.",
        "Not included: {}.",
        "Works well next to your {} or {}.",
        "Bought together with {} by many.",
    ),
    "de": ("Passt gut zu: {}.", "Nicht enthalten: {}.", "Sehen Sie auch: {} und {}."),
    "fr": ("Va bien avec : {}.", "Non inclus : {}.", "Voir aussi : {} et {}."),
}
FOR = {"en": ("for", "compatible with", "fits"), "de": ("für", "passend für"), "fr": ("pour", "compatible avec")}
STUFFING = (
    "NEW",
    "2026",
    "TOP",
    "gift idea",
    "best price",
    "premium",
    "hot deal",
    "original",
    "!!!",
    "for men and women",
)
BUNDLES = {
    "console": "controller",
    "camera": "lens",
    "smartphone": "phone-case",
    "laptop": "mouse",
    "tablet": "stylus",
    "printer": "ink",
    "tv": "hdmi-cable",
    "turntable": "bookshelf-speakers",
    "keyboard": "mouse",
    "tent": "sleeping-bag",
    "coffee-machine": "coffee-beans",
    "action-camera": "camera-mount",
}
LABELS = {
    "colour": "Colour",
    "cloth": "Size",
    "shoe": "Size",
    "capacity_gb": "Capacity",
    "inch": "Size",
    "metres": "Length",
    "mm": "Width",
    "litres": "Volume",
    "kilograms": "Weight",
    "lip": "Shade",
}
STEEP = {"capacity_gb", "inch", "metres", "kilograms", "litres", "rug", "bed", "towel", "mm", "cm"}


@dataclass(frozen=True)
class Shop:
    """All products as the merchant keeps them, and in the same order what each truly is."""

    products: tuple[Product, ...]
    truths: tuple[Truth, ...]


@dataclass(frozen=True)
class Device:
    """Something that accessories are made for."""

    brand: str
    model: str


@dataclass(frozen=True)
class Draft:
    """A product before anybody writes about it."""

    kind: Kind
    brand: str
    model: str
    code: str
    facts: dict[str, str]
    variants: tuple[dict[str, str], ...]
    fits: tuple[Device, ...]
    with_kind: Kind | None


def make_shop(count: int = 20_000, seed: int = SEED) -> Shop:
    """A shop of `count` products, three fifths of them electronics; devices first, since others are made for them."""
    rng = Random(f"{seed}")  # noqa: S311 (nothing here is secret)
    devices: dict[str, list[Device]] = {}
    taken: set[tuple[str, str, str]] = set()
    made = []
    for number, kind in enumerate(_kinds_of(count)):
        draft = _draft(kind, devices, taken, rng)
        devices.setdefault(kind.key, []).append(Device(draft.brand, draft.model))
        made.append(_product(draft, number, rng))
    rng.shuffle(made)
    return Shop(tuple(product for product, _ in made), tuple(truth for _, truth in made))


def _kinds_of(count: int) -> list[Kind]:
    everything = sorted(kinds().values(), key=lambda one: bool(one.fits))
    electronics = sum(one.weight for one in everything if one.is_electronic)
    others = sum(one.weight for one in everything if not one.is_electronic)
    shares = [one.weight / electronics * 0.6 if one.is_electronic else one.weight / others * 0.4 for one in everything]
    ends = [round(count * sum(shares[: place + 1])) for place in range(len(shares))]
    return [kind for kind, begin, end in zip(everything, [0, *ends], ends, strict=False) for _ in range(end - begin)]


def _draft(kind: Kind, devices: dict[str, list[Device]], taken: set[tuple[str, str, str]], rng: Random) -> Draft:
    brand, model = _name(kind, taken, rng)
    facts = {one.name: rng.choice(one.values) for one in kind.traits if not one.varies}
    variants = _variants([one for one in kind.traits if one.varies], rng)
    fits: tuple[Device, ...] = ()
    if kind.fits and devices.get(kind.fits):
        # Half of what people own is a few models.
        pool = devices[kind.fits]
        first = rng.choice(pool[: max(1, len(pool) // 6)]) if rng.random() < 0.5 else rng.choice(pool)
        siblings = [one for one in pool if one.brand == first.brand and one != first]
        fits = (first, *rng.sample(siblings, min(len(siblings), rng.choice((0, 0, 0, 1, 2)))))
    other = kinds()[BUNDLES[kind.key]] if kind.key in BUNDLES and rng.random() < 0.06 else None
    code = f"{_initials(brand)}-{_initials(model)}{rng.randrange(1000, 9999)}"
    return Draft(kind, brand, model, code, facts, variants, fits, other)


def _name(kind: Kind, taken: set[tuple[str, str, str]], rng: Random) -> tuple[str, str]:
    brands = next(names.split() for groups, names in BRANDS.items() if kind.group in groups.split())
    own = Random(kind.key)  # noqa: S311 (each kind has its own makers)
    makers = own.sample(brands, min(len(brands), 12))
    lines = own.sample(LINES.split(), 7)
    for attempt in range(1000):
        brand = rng.choice(makers)
        number = rng.randrange(1, 10) if attempt < 30 else rng.randrange(10, 900)
        model = f"{rng.choice(lines)} {number}{rng.choice(SUFFIXES)}"
        if (kind.key, brand, model) not in taken:
            taken.add((kind.key, brand, model))
            return brand, model
    raise RuntimeError(f"no names left for {kind.key}")


def _initials(name: str) -> str:
    return "".join(re.findall(r"[A-Z]", name) + re.findall(r"\d+", name)) + name[1:2].upper()


def _variants(traits: Sequence[Trait], rng: Random) -> tuple[dict[str, str], ...]:
    rows: list[dict[str, str]] = [{}]
    for one in traits:
        values = list(dict.fromkeys(rng.sample(one.values, len(one.values))))
        if one.name in SHORT:
            most = len(SHORT[one.name].split("/"))
            begin = rng.randrange(0, most // 2)
            chosen = SHORT[one.name].split("/")[begin : begin + rng.randrange(3, 7)]
        else:
            chosen = values[: rng.choice((1, 1, 2, 3))]
        if one.name in STEEP:
            chosen = sorted(chosen, key=lambda value: [float(part) for part in value.split("x")])
        rows = [row | {one.name: value} for row in rows for value in chosen]
    return tuple(rows[:12])


def _product(draft: Draft, number: int, rng: Random) -> tuple[Product, Truth]:
    language = rng.choices(LANGUAGES, (88, 8, 4))[0]
    prices = _prices(draft, rng)
    is_gone, is_draft = rng.random() < 0.04, rng.random() < 0.02
    variants, offers = [], []
    for place, (own, price) in enumerate(zip(draft.variants, prices, strict=True)):
        stock = 0 if is_gone or rng.random() < 0.1 else rng.choice((None, 3, 8, 40, 200))
        sku = draft.code if len(draft.variants) == 1 else f"{draft.code}-{place + 1}"
        variants.append(_variant(own, language, price, stock, sku, rng))
        is_available = stock != 0 and not is_draft
        offers.append(Offer(draft.facts | own, price, is_available, sku))
    title = _title(draft, language, rng)
    description = _description(draft, language, rng)
    handle = f"{_slug(title)[:60]}-{number}"
    product = Product(
        handle=handle,
        title=title,
        description=description,
        vendor=draft.brand if rng.random() < 0.96 else "",
        kind=_kind_field(draft.kind, language, rng),
        tags=_tags(draft, language, rng),
        status="draft" if is_draft else "active",
        variants=tuple(variants),
        metafields=_metafields(draft, language, rng.random() < 0.4 or not description),
    )
    includes = (draft.with_kind.key,) if draft.with_kind else ()
    fits = tuple((one.brand, one.model) for one in draft.fits)
    return product, Truth(handle, draft.kind.key, draft.brand, draft.model, tuple(offers), fits, includes)


def _prices(draft: Draft, rng: Random) -> list[int]:
    low, high = draft.kind.cheapest_minor, draft.kind.dearest_minor
    base = low * (high / low) ** rng.betavariate(1.6, 2.2)
    steep = [name for name in draft.variants[0] if name in STEEP]
    order = {name: list(dict.fromkeys(one[name] for one in draft.variants)) for name in steep}
    prices = []
    for one in draft.variants:
        steps = sum(order[name].index(one[name]) for name in steep)
        price = base * 1.22**steps * (1.3 if draft.with_kind else 1)
        prices.append(max(100, round(price / 100) * 100 - rng.choice((1, 1, 5, 10, 0))))
    return prices


def _variant(own: dict[str, str], language: str, price: int, stock: int | None, sku: str, rng: Random) -> Variant:
    options = tuple(Option(LABELS.get(name, "Variant"), _option(name, own[name], language, rng)) for name in own)
    title = " / ".join(one.value for one in options) or "Default Title"
    compare_at = Money(round(price * 1.25), "EUR") if rng.random() < 0.15 else None
    return Variant(sku, title, options, Money(price, "EUR"), compare_at, sku=sku, stock=stock)


def _option(name: str, value: str, language: str, rng: Random) -> str:
    written = value if name in SHORT else say(name, value, language, rng) or value
    return written.title() if name == "colour" else written


def _title(draft: Draft, language: str, rng: Random) -> str:
    noun = rng.choice((draft.kind.named(language)[0], *draft.kind.named(language)))
    noun = noun if language == "de" or rng.random() < 0.3 else noun[0].upper() + noun[1:]
    said = _said(draft, language, rng)
    own = [
        say(name, value, language, rng) for name, value in draft.variants[0].items() if _is_one(draft, name) and value
    ]
    facts = rng.sample(said + own, min(len(said + own), rng.choice((0, 1, 2, 2, 3, 4))))
    if draft.fits:
        return _title_of_accessory(draft, noun, facts, language, rng)
    name = f"{draft.brand} {draft.model}"
    if draft.with_kind:
        return f"{name} {noun} + {draft.with_kind.named(language)[0]} {rng.choice(('Bundle', 'Set', 'Kit'))}"
    return _title_of_device(draft, name, noun, facts, language, rng)


def _title_of_device(draft: Draft, name: str, noun: str, facts: list[str], language: str, rng: Random) -> str:
    tail = "".join(f", {one}" for one in facts)
    style = rng.random()
    if style < 0.06:
        return name
    if style < 0.18:
        return " ".join([name, noun, *facts, *draft.kind.named(language), *rng.sample(STUFFING, 3)])
    if style < 0.38:
        return " ".join([name, *facts[:2], noun, draft.code])
    if style < 0.55 and facts:
        return f"{facts[0]} {noun} {name}" + "".join(f", {one}" for one in facts[1:])
    return f"{name} {noun}{tail}"


def _title_of_accessory(draft: Draft, noun: str, facts: list[str], language: str, rng: Random) -> str:
    devices = " / ".join(f"{one.brand} {one.model}" for one in draft.fits)
    device_noun = rng.choice(("", "", " " + kinds()[draft.kind.fits].named(language)[0]))
    style = rng.random()
    if style < 0.25:
        return f"{devices} {noun} {' '.join(facts)}".strip()
    if style < 0.4:
        return " ".join([devices, noun, *facts, *draft.kind.named(language), *rng.sample(STUFFING, 3)])
    return f"{draft.brand} {noun} {rng.choice(FOR[language])} {devices}{device_noun}" + "".join(f", {x}" for x in facts)


def _is_one(draft: Draft, name: str) -> bool:
    return len({one[name] for one in draft.variants}) == 1


def _said(draft: Draft, language: str, rng: Random) -> list[str]:
    return [text for name, value in draft.facts.items() if (text := say(name, value, language, rng))]


def _description(draft: Draft, language: str, rng: Random) -> str:
    """Every fact once in some wording, praise, and often other products' names; one in twelve has none at all."""
    if rng.random() < 0.08:
        return ""
    noun = rng.choice(draft.kind.named(language))
    said = _said(draft, language, rng)
    rng.shuffle(said)
    parts = [f"{draft.brand} {draft.model}: {noun}."]
    if said:
        parts.append(
            {"en": "Features: ", "de": "Merkmale: ", "fr": "Points forts : "}[language] + ", ".join(said) + "."
        )
    if draft.fits:
        parts.append(f"{rng.choice(FOR[language]).capitalize()} {_devices(draft)}.")
    if draft.with_kind:
        box = {"en": "In the box: ", "de": "Lieferumfang: ", "fr": "Contenu : "}[language]
        parts.append(f"{box}{noun}, {draft.with_kind.named(language)[0]}.")
    parts += rng.sample(PRAISE[language], rng.choice((1, 2, 3)))
    if rng.random() < 0.35:
        others = rng.sample(sorted(kinds()), 2)
        parts.append(rng.choice(DECOYS[language]).format(*(rng.choice(kinds()[one].named(language)) for one in others)))
    if draft.facts.get("link") == "wired" and language == "en" and rng.random() < 0.4:
        parts.append("No batteries and no Bluetooth: plug in and go.")
    return " ".join(parts)


def _devices(draft: Draft) -> str:
    return ", ".join(f"{one.brand} {one.model}" for one in draft.fits)


def _kind_field(kind: Kind, language: str, rng: Random) -> str:
    style = rng.random()
    if style < 0.12:
        return ""
    if style < 0.25:
        return GROUP_NAMES[kind.group]
    word = rng.choice(kind.named(language))
    word = word[0].upper() + word[1:]
    return f"{GROUP_NAMES[kind.group]} > {word}" if style < 0.37 else word


def _tags(draft: Draft, language: str, rng: Random) -> tuple[str, ...]:
    pool = [*draft.kind.named(language), *_said(draft, language, rng), draft.kind.group, "gift", "new", "sale"]
    # Some shops write down what shoppers say.
    pool += draft.kind.asked if rng.random() < 0.25 and language == "en" else ()
    return tuple(dict.fromkeys(rng.sample(pool, min(len(pool), rng.choice((0, 1, 2, 3, 5))))))


def _metafields(draft: Draft, language: str, is_kept: bool) -> tuple[tuple[str, str], ...]:
    """Facts as a table where it is kept; what a product fits always."""
    rows = [
        (f"specs.{name}", text)
        for name, value in draft.facts.items()
        if is_kept and (text := (ways(name, value, language) or (value,))[0])
    ]
    if draft.fits:
        rows.append(("specs.compatible_with", _devices(draft)))
    return tuple(rows)


def _slug(text: str) -> str:
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")
