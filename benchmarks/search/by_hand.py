"""About a hundred queries and what would serve each, written by hand over the generated shop before its search existed.

They check that search was not tuned to how `asks` makes queries; nobody tunes by them.
"""

from __future__ import annotations

from benchmarks.search.truth import (
    NOTHING,
    Asked,
    Need,
    Test,
    called,
    carries,
    costs,
    fits,
    fits_any_of,
    has,
    lacks,
    made_by,
    measures,
)

Tests = tuple[Test, ...]


def _want(text: str, kinds: str, *wants: Test, hard: Tests = (), near: str = "", intent: str = "hand") -> Asked:
    return Asked(text, intent, Need(frozenset(kinds.split()), frozenset(near.split()), hard, wants))


def _nothing(text: str) -> Asked:
    return Asked(text, "hand, nothing", NOTHING)


RUNNING = (has("sport", "yes"), has("water", "yes"), has("link", "wireless"))
DIVES = has("water", "yes")
TO_USB_C = has("ends", "USB-C to USB-C", "USB-A to USB-C")
BLACK = has("colour", "black")
WIRELESS = has("link", "wireless")
PHONE = ("Brontavo", "Yarrow 8 Lite")
OTHER_PHONE = ("Marnovex", "Dune 9")

BY_HAND = (
    # What shoppers type most: one or two words.
    _want("notebook", "laptop", near="tablet"),
    _want("telly", "tv", near="projector"),
    _want("beamer", "projector"),
    _want("thumb drive", "usb-stick", near="memory-card"),
    _want("cans for music", "headphones", near="earbuds"),
    _want("joypad", "controller"),
    _want("rucksack", "backpack", near="camera-bag"),
    _want("trainers", "sneakers", near="running-shoes"),
    _want("jumper", "sweater", near="hoodie"),
    _want("hoover", "vacuum", near="robot-vacuum"),
    _want("moisturiser", "face-cream"),
    _want("bedding", "bed-linen"),
    _want("record player", "turntable"),
    _want("wifi extender", "repeater", near="mesh"),
    # Attributes, units and sizes.
    _want("oled tv 65 inch", "tv", has("panel", "OLED"), has("inch", "65")),
    _want("tv 4k 165 cm", "tv", has("resolution", "4K"), has("inch", "65")),
    _want("2tb nvme", "ssd", has("bus", "NVMe"), has("capacity_gb", "2000"), near="external-ssd"),
    _want("2000 GB portable ssd", "external-ssd", has("capacity_gb", "2000"), near="external-hdd ssd"),
    _want("micro sd 256gb", "memory-card", has("card", "microSD"), has("capacity_gb", "256")),
    _want("32 gb ddr5 laptop ram", "ram", has("ram_gb", "32"), has("ddr", "DDR5"), has("form", "SO-DIMM")),
    _want("27 inch 1440p 144hz monitor", "monitor", has("inch", "27"), has("resolution", "1440p"), has("hertz", "144")),
    _want("100w usb c charger", "phone-charger", has("watt", "100"), has("plug", "USB-C"), near="laptop-charger"),
    _want("10 m lan cable cat 7", "ethernet-cable", has("metres", "10"), has("cat", "Cat 7")),
    _want("hdmi cable 3 metres 8k", "hdmi-cable", has("metres", "3"), has("resolution", "8K")),
    _want("usb c to hdmi", "adapter", has("ends", "USB-C to HDMI"), near="usb-hub dock"),
    _want("mini jack adapter for usb-c phone", "adapter", has("ends", "USB-C to 3.5 mm jack")),
    _want("e14 bulb that I can dim from an app", "smart-bulb", has("socket", "E14")),
    _want("aaa rechargeable", "battery", has("cell", "AAA"), has("rechargeable", "yes")),
    _want("8 port poe switch", "switch", has("ports", "8"), has("poe", "yes")),
    _want("50mm f1.8 lens", "lens", has("focal", "50"), has("aperture", "f/1.8")),
    _want("28cm induction pan", "frying-pan", has("diameter_cm", "28"), has("induction", "yes"), near="saucepan"),
    _want("1700 ml kettle", "kettle", has("litres", "1.7")),
    _want("bottle 750ml keeps drinks hot", "water-bottle", has("litres", "0.75"), has("insulated", "yes")),
    _want("1kg espresso beans decaf", "coffee-beans", has("grams", "1000"), has("decaf", "yes")),
    _want("sun cream factor 50", "sunscreen", has("spf", "50")),
    _want("duvet cover 200 x 200 linen", "bed-linen", has("bed", "200x200"), has("material", "linen")),
    _want("1000 piece jigsaw", "puzzle", has("pieces", "1000")),
    _want("tent for 4", "tent", has("persons", "4")),
    _want("a dress size m in linen", "dress", has("material", "linen"), hard=(has("cloth", "M"),)),
    _want("mens running shoes 43", "running-shoes", has("gender", "men"), hard=(has("shoe", "43"),), near="sneakers"),
    _want("hiking boots 38 women waterproof", "hiking-boots", has("gender", "women"), DIVES, hard=(has("shoe", "38"),)),
    _want("navy hoodie XL", "hoodie", has("colour", "blue"), hard=(has("cloth", "XL"),), near="sweater"),
    # Colours and materials.
    _want("charcoal office chair with arm rests", "office-chair", has("colour", "grey"), has("armrest", "yes")),
    _want("see-through phone case", "phone-case", has("clear", "yes")),
    _want("leather strap 22mm", "watch-strap", has("material", "leather"), has("mm", "22")),
    _want("olive backpack for a laptop", "backpack", has("colour", "green"), has("laptop", "yes")),
    _want("wooden headphone hanger", "headphone-stand", has("material", "wood")),
    _want("round mirror 60", "mirror", has("shape", "round"), has("cm", "60")),
    # Prices.
    _want("laptop under 500 euros", "laptop", hard=(costs(0, 500),), near="tablet"),
    _want("noise cancelling headphones below 120 €", "headphones", has("anc", "yes"), hard=(costs(0, 120),)),
    _want("monitor between 200 and 300 eur", "monitor", hard=(costs(200, 300),)),
    _want("espresso machine over 500", "coffee-machine", has("brew", "espresso", "bean-to-cup"), hard=(costs(500),)),
    _want("max 15 eur usb-c cable 2m", "usb-cable", has("metres", "2"), TO_USB_C, hard=(costs(0, 15),)),
    _want("phone up to €300 with dual sim", "smartphone", has("dual_sim", "yes"), hard=(costs(0, 300),)),
    # Makers, models, numbers.
    _want("lumqvist headphones", "headphones", made_by("Lumqvist"), near="earbuds"),
    _want("drovanti gaming laptop", "laptop", made_by("Drovanti"), has("use", "gaming")),
    _want("Kettlewyn toaster", "toaster", made_by("Kettlewyn")),
    Asked("Drovanti Gale 2", "hand", Need(hard=(called("Drovanti", "Gale 2"),))),
    Asked("SI-Y9A9436", "hand", Need(hard=(carries("SI-Y9A9436"),))),
    Asked("pe-om9t7238", "hand", Need(hard=(carries("PE-OM9T7238"),))),
    # Accessories and what they are for.
    _want("brontavo yarrow 8 lite case", "phone-case", hard=(fits(*PHONE),)),
    _want("black cover for my marnovex dune 9", "phone-case", BLACK, hard=(fits(*OTHER_PHONE),)),
    _want("tempered glass Marnovex Dune 9", "screen-protector", hard=(fits(*OTHER_PHONE),)),
    Asked("Marnovex Dune 9", "hand", Need(hard=(called(*OTHER_PHONE),))),
    _want("ink for pexlan inlet 7 printer", "ink", hard=(fits("Pexlan", "Inlet 7"),)),
    _want(
        "black cartridge kelquin dune 5 mini", "ink", has("ink_colour", "black"), hard=(fits("Kelquin", "Dune 5 Mini"),)
    ),
    _want("Pexlan Inlet 7 printer", "printer", called("Pexlan", "Inlet 7"), hard=(made_by("Pexlan"),)),
    _want("spare battery ruvonik gale 5 max", "camera-battery", hard=(fits("Ruvonik", "Gale 5 Max"),)),
    _want("heads for bellavonne umber 4 toothbrush", "brush-head", hard=(fits("Bellavonne", "Umber 4"),)),
    _want("bands for zorvane watches", "watch-strap", hard=(fits_any_of("Zorvane"),)),
    _want("camera not a bag", "camera", near="action-camera instant-camera"),
    _want("TV, not the bracket", "tv", near="projector monitor"),
    _want("headphones themselves, no stand", "headphones", near="earbuds"),
    # Misspellings.
    _want("blutooth hedphones", "headphones", WIRELESS, near="earbuds"),
    _want("keybord mecanical", "keyboard", has("switch", "mechanical")),
    _want("smartfone 256 gb", "smartphone", has("capacity_gb", "256")),
    _want("vaccum clener", "vacuum", near="robot-vacuum"),
    _want("bagpack waterprof", "backpack", DIVES),
    _want("Ombreksa monitor", "monitor", made_by("Ombrexa")),
    # Sentences.
    _want(
        "a gift for someone who listens to music while running, under 80 EUR",
        "earbuds headphones",
        *RUNNING,
        hard=(costs(0, 80),),
    ),
    _want("my wifi does not reach the bedroom", "repeater mesh", near="router"),
    _want("I need something to keep my coffee warm on the train", "water-bottle", has("insulated", "yes"), near="mug"),
    _want("what do I need to hang a 65 inch television on the wall", "tv-mount", measures("max_inch", 65)),
    _want("something to charge three phones at once", "phone-charger", has("ports", "3")),
    _want("watch films in the garden on a big screen", "projector", has("portable", "yes"), near="projector-screen"),
    _want("typing at night without waking my partner", "keyboard", has("switch", "membrane"), has("backlit", "yes")),
    _want("see who is at the front door when I am away", "doorbell", near="security-camera"),
    _want("toy for a child of two who likes to build", "building-blocks", measures("age", 0, 2)),
    _want("warm hat made of merino", "beanie", has("material", "merino"), near="cap"),
    # Not this.
    _want("headphones without cable", "headphones", hard=(WIRELESS,), near="earbuds"),
    _want("vacuum cleaner without bags", "vacuum", hard=(has("bagless", "yes"),)),
    _want("winter jacket no down", "winter-jacket", hard=(lacks("fill", "down"),)),
    _want("coffee maker that does not use pods", "coffee-machine", hard=(lacks("brew", "pod"),)),
    _want("flat monitor, not curved", "monitor", hard=(has("curved", "no"),)),
    # German and French.
    _want("kabellose Kopfhörer schwarz", "headphones", WIRELESS, BLACK, near="earbuds"),
    _want("Wasserkocher 1,7 l Edelstahl", "kettle", has("litres", "1.7"), has("material", "steel")),
    _want("ordinateur portable 15,6 pouces", "laptop", has("inch", "15.6")),
    _want("Wanderschuhe Größe 42 unter 150 Euro", "hiking-boots", hard=(has("shoe", "42"), costs(0, 150))),
    _want("écran 4K 32 pouces", "monitor", has("resolution", "4K"), has("inch", "32"), near="tv"),
    # What no shop of this sort has, or not so.
    _nothing("garden hose"),
    _nothing("wedding ring"),
    _nothing("winter tyres 205/55 r16"),
    _nothing("dog food"),
    _nothing("flight to Lisbon"),
    _nothing("grand piano"),
    _want("oled tv under 50 EUR", "tv", hard=(costs(0, 50),), intent="hand, nothing"),
    _want("sneakers size 58", "sneakers", hard=(has("shoe", "58"),), intent="hand, nothing"),
    _nothing("qwpzx vrtkk"),
    _nothing("someone to repair my roof"),
)
