"""Queries over two small shops of other hands, each hit judged by a person: the demo's, and the shared sample."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from benchmarks.search.running import HOUSE

DEMO_FEED = HOUSE / "adengine/demo/shop/products.csv"
SAMPLE_FEED = HOUSE.parent / "shared/catalog-sample/products_export.csv"


@dataclass(frozen=True)
class SmallShop:
    """A feed, and a grade by handle for each query; what is not named is worth nothing."""

    name: str
    feed: Path
    judged: dict[str, dict[str, int]]


DEMO = SmallShop(
    "demo shop",
    DEMO_FEED,
    {
        "mug": {"loam-mug": 3},
        "coffee cup": {"loam-mug": 3},
        "something to drink tea from": {"loam-mug": 3, "trail-bottle": 1},
        "green mug under 30 EUR": {"loam-mug": 3},
        "thermos for hiking": {"trail-bottle": 3},
        "water bottle 750 ml": {"trail-bottle": 3},
        "0,5 l bottle": {"trail-bottle": 3},
        "bottle under 28 euros": {"trail-bottle": 3},
        "bedside lamp": {"dusk-lamp": 3},
        "lamp with a linen shade": {"dusk-lamp": 3},
        "light for the living room": {"dusk-lamp": 3, "ember-candle": 1},
        "scented candle": {"ember-candle": 3},
        "candle that smells of fig": {"ember-candle": 3},
        "wireless speaker": {"murmur-speaker": 3},
        "bluetooth speeker": {"murmur-speaker": 3},
        "play music outdoors": {"murmur-speaker": 3},
        "sofa pillow": {"meadow-cushion": 3},
        "linen cushion 60 cm": {"meadow-cushion": 3},
        "linen": {"meadow-cushion": 3, "dusk-lamp": 1},
        "wooden stool": {"orchard-stool": 3},
        "small seat of oak": {"orchard-stool": 3},
        "flower vase": {"column-vase": 3},
        "ceramic": {"column-vase": 3, "dusk-lamp": 3, "loam-mug": 2},
        "present for somebody who likes coffee, below 25 EUR": {"loam-mug": 3},
        "Tasse": {"loam-mug": 3},
        "Tischlampe": {"dusk-lamp": 3},
        "coussin en lin": {"meadow-cushion": 3},
        "vase under 20 EUR": {},
        "laptop": {},
        "running shoes size 42": {},
        "phone charger": {},
        "wine glasses": {},
    },
)
SAMPLE = SmallShop(
    "sample catalogue",
    SAMPLE_FEED,
    {
        "espresso machine": {"automatic-espresso-machine": 3},
        "coffee maker bean to cup": {"automatic-espresso-machine": 3},
        "silver coffee machine under 900 EUR": {"automatic-espresso-machine": 3},
        "hoover": {"cordless-stick-vacuum-18v": 3},
        "vacuum cleaner without cord": {"cordless-stick-vacuum-18v": 3},
        "blow dryer": {"travel-hair-dryer": 3},
        "hairdryer for travelling": {"travel-hair-dryer": 3},
        "food procesor 3 l": {"food-processor-3l": 3},
        "kitchen appliance under 200": {"food-processor-3l": 3},
        "trainers": {"blue-plimsolls": 3, "hi-top-basketball-shoe": 3},
        "shoes size 46": {"hi-top-basketball-shoe": 3},
        "blue shoes 42": {"blue-plimsolls": 3},
        "shoes under 100 EUR": {"blue-plimsolls": 3},
        "red cap size M": {"solidus-cap": 3},
        "hat": {"solidus-cap": 3},
        "mugs black large": {"solidus-mug-set": 3},
        "drinking bottle": {"solidus-water-bottle": 3},
        "couch": {"leather-sofa": 3},
        "brown leather sofa": {"leather-sofa": 3},
        "house plant": {"spiky-cactus": 3},
        "camera that prints at once": {"instant-camera": 3},
        "something to drink": {"carrot-juice": 3, "solidus-water-bottle": 1},
        "throw pillow": {"white-parrot-cusion": 3},
        "cushon white": {"white-parrot-cusion": 3},
        "sofa under 500 EUR": {},
        "shoes size 50": {},
        "headphones": {},
        "bicycle": {},
        "winter jacket": {},
    },
)
SMALL_SHOPS = (DEMO, SAMPLE)
