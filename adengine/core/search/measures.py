"""Measures read from words: one token for `1.5 l`, `1,5 Liter` and `1500 ml`."""

from __future__ import annotations

import re
from decimal import Decimal

# Unit -> (what it is told in, how many of those).
UNITS: dict[str, tuple[str, str]] = {}
for _told, _table in {
    "ml": {"1": "ml milliliter milliliters millilitre millilitres", "10": "cl", "100": "dl"}
    | {"1000": "l ltr liter liters litre litres"},
    "g": {"1": "g gr gram grams gramm gramme grammes", "1000": "kg kilo kilos kilogram kilograms kilogramm"},
    "mm": {"1": "mm millimeter millimetre", "10": "cm centimeter centimetre centimeters centimetres zentimeter"}
    | {"1000": "m meter meters metre metres"},
    "km": {"1": "km kilometer kilometre kilometers"},
    "inch": {"1": "inch inches zoll pouce pouces"},
    "ft": {"1": "ft foot feet"},
    "oz": {"1": "oz ounce ounces"},
    "lb": {"1": "lb lbs pound pounds"},
    "gal": {"1": "gal gallon gallons"},
    "quart": {"1": "qt quart quarts"},
    "gb": {"1": "gb gigabyte gigabytes gbyte", "1000": "tb terabyte terabytes"},
    "mb": {"1": "mb megabyte megabytes"},
    "mbps": {"1": "mbps mbit", "1000": "gbps gbit"},
    "w": {"1": "w watt watts", "1000": "kw kilowatt"},
    "wh": {"1": "wh", "1000": "kwh"},
    "mah": {"1": "mah"},
    "v": {"1": "v volt volts"},
    "hz": {"1": "hz hertz"},
    "khz": {"1": "khz"},
    "mhz": {"1": "mhz"},
    "ghz": {"1": "ghz"},
    "mp": {"1": "mp megapixel megapixels"},
    "fps": {"1": "fps"},
    "rpm": {"1": "rpm"},
    "lm": {"1": "lm lumen lumens"},
    "db": {"1": "db"},
    "dpi": {"1": "dpi"},
    "btu": {"1": "btu"},
    "hour": {"1": "h hr hrs hour hours stunde stunden heure heures std"},
    "pack": {"1": "pack packs pcs pieces piece count ct stuck er-pack er-set"},
    "port": {"1": "port ports"},
    "key": {"1": "key keys"},
    "cup": {"1": "cup cups tassen"},
    "bit": {"1": "bit"},
}.items():
    for _factor, _names in _table.items():
        UNITS.update(dict.fromkeys(_names.split(), (_told, _factor)))
# Words of their own when a space stands before them ("2 in 1", "5 a day").
ATTACHED = {"in": ("inch", "1"), "a": ("amp", "1"), "go": ("gb", "1"), "to": ("gb", "1000"), "x": ("times", "1")}
KINDS = frozenset(told for told, _ in (*UNITS.values(), *ATTACHED.values()))
NUMBER = r"\d{1,3}(?:[,.]\d{3})+(?=[\s-]?[a-z])(?:[.,]\d{1,2})?|\d+(?:[.,]\d+)?"
_LONGEST_FIRST = "|".join(sorted((re.escape(name) for name in UNITS), key=len, reverse=True))
MEASURE = re.compile(
    rf"(?<![\w.,])(?P<number>{NUMBER})(?:[\s-]?(?P<unit>{_LONGEST_FIRST})|-?(?P<attached>{'|'.join(ATTACHED)})"
    r'|\s?(?P<quote>"|\'\'))(?![^\W_])'
)
TOLD = re.compile(rf"\d+(?:p\d+)?(?:{'|'.join(sorted(KINDS, key=len, reverse=True))})")
PACK_OF = re.compile(r"\b(?:pack|set|box|case) of (\d+)\b|\b(\d+)er[ -](?:pack|set)\b")


def told(number: str, unit: str) -> str:
    """One token for a measure: `1.5`, `l` is `1500ml`; `15,6`, `zoll` is `15p6inch`."""
    kind, factor = UNITS.get(unit) or ATTACHED.get(unit) or ("inch", "1")
    value = _value(number) * Decimal(factor)
    if kind == "gb" and value >= 1024 and value % 1024 == 0:
        value = value / 1024 * 1000
    return plain(value) + kind


def plain(value: Decimal) -> str:
    """A number as a token: no zeros behind the point, which is written `p`."""
    text = format(value, "f")
    return (text.rstrip("0").rstrip(".") if "." in text else text).replace(".", "p") or "0"


def number_token(text: str) -> str:
    """A number without a unit as a token: `3.0` is `3`, `5,3` is `5p3`."""
    return plain(_value(text)) if len(text) < 30 else text.replace(".", "p").replace(",", "p")


def in_other_units(token: str) -> tuple[str, ...]:
    """The same length in inches and in whole centimetres, for screens and furniture: 65 inch is sold as 165 cm."""
    number, unit = token[: -len(unit_of(token))].replace("p", "."), unit_of(token)
    if unit == "inch" and 10 <= Decimal(number) <= 120:
        return (f"{round(Decimal(number) * Decimal('2.54'))}0mm",)
    if unit == "mm" and Decimal(number) % 10 == 0 and 300 <= Decimal(number) <= 3000:
        return (f"{round(Decimal(number) / Decimal('25.4'))}inch",)
    return ()


def is_measure(token: str) -> bool:
    return token[0].isdigit() and TOLD.fullmatch(token) is not None


def unit_of(token: str) -> str:
    """What a measure is told in: `inch` of `15p6inch`."""
    return token.lstrip("0123456789p") if not token.endswith(("port", "pack")) else token[-4:]


def _value(text: str) -> Decimal:
    if re.fullmatch(r"\d{1,3}(?:[,.]\d{3})+", text) and not text.startswith("0"):
        # 5,000 and 10.000 are thousands, but 1.125 of something is not.
        grouped = "," in text or text.count(".") > 1 or text.endswith(".000")
        return Decimal(re.sub(r"[,.]", "", text)) if grouped else Decimal(text)
    if re.fullmatch(r"\d{1,3}(?:,\d{3})+\.\d+", text):
        return Decimal(text.replace(",", ""))
    if re.fullmatch(r"\d{1,3}(?:\.\d{3})+,\d+", text):
        return Decimal(text.replace(".", "").replace(",", "."))
    return Decimal(text.replace(",", "."))
