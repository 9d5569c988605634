"""How merchants and shoppers write a fact: in three languages, several units and several ways."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from pathlib import Path
from random import Random

# fact value | English | German | French; what nobody mentions (no noise cancelling) has no line.
TABLE = Path(__file__).with_name("wording.txt")
SEVERAL = {
    "count": ("{}-pack;pack of {};set of {};{} pcs", "{}er-Pack;{} Stück", "lot de {}"),
    "hours": ("{} hours playtime;{}h battery;up to {} hours", "{} Stunden Akku", "{} heures"),
    "hertz": ("{} Hz;{}Hz", "{} Hz", "{} Hz"),
    "mah": ("{} mAh;{}mAh", "{} mAh", "{} mAh"),
    "megapixels": ("{} MP;{} megapixels", "{} Megapixel", "{} mégapixels"),
    "speed": ("{} MB/s;up to {}MB/s", "{} MB/s", "{} Mo/s"),
    "wifi_gen": ("Wi-Fi {0};WiFi {0};WiFi{0}", "Wi-Fi {0};WLAN {0}", "Wi-Fi {0}"),
    "ports": ("{}-port;{} ports", "{}-Port;{} Anschlüsse", "{} ports"),
    "bays": ("{}-bay;{} bays", "{} Bay", "{} baies"),
    "screens": ("for {} screens;{} displays", "für {} Monitore", "{} écrans"),
    "fans": ("{} fans;{}-fan", "{} Lüfter", "{} ventilateurs"),
    "slots": ("{} slots", "{} Fächer", "{} emplacements"),
    "sockets": ("{}-way;{} sockets;{} outlets", "{}-fach;{} Steckdosen", "{} prises"),
    "years": ("{} year battery;{}-year", "{} Jahre", "{} ans"),
    "persons": ("{}-person;for {} people;{}P", "{} Personen;{}-Mann", "{} personnes;{} places"),
    "pieces": ("{} pieces;{}-piece;{} pcs", "{} Teile", "{} pièces"),
    "players": ("up to {} players;{} players", "{} Spieler", "{} joueurs"),
    "age": ("ages {}+;from {} years", "ab {} Jahren", "dès {} ans"),
    "spf": ("SPF {0};SPF{0}", "LSF {}", "SPF {0};indice {0}"),
    "ml": ("{} ml;{}ml", "{} ml", "{} ml"),
    "slices": ("{}-slice;{} slices", "{} Scheiben", "{} tranches"),
    "celsius": ("comfort {} °C;{}C", "Komfort {} °C", "confort {} °C"),
    "ball": ("size {}", "Größe {}", "taille {}"),
    "shoe": ("size {0};EU {0}", "Größe {0};Gr. {0}", "taille {0};pointure {0}"),
    "cloth": ("size {0};{0}", "Größe {0}", "taille {0}"),
}
DECIMAL = {"en": ".", "de": ",", "fr": ","}
LANGUAGES = ("en", "de", "fr")


def say(name: str, value: str, language: str, rng: Random) -> str:
    """The fact in words; empty where nobody would mention it."""
    written = ways(name, value, language)
    return rng.choice(written) if written else ""


@cache
def ways(name: str, value: str, language: str) -> tuple[str, ...]:
    """Every way the fact is written, the plainest first."""
    column = LANGUAGES.index(language)
    if (name, value) in _table():
        return _table()[name, value][column]
    if name in SEVERAL:
        written = (one.format(value) for one in SEVERAL[name][column].split(";"))
        return () if (name, value) in {("count", "1"), ("ports", "1")} else tuple(written)
    if name in MEASURED:
        return tuple(MEASURED[name](value, language))
    return () if value in {"yes", "no"} else (value,)


@cache
def _table() -> dict[tuple[str, str], tuple[tuple[str, ...], ...]]:
    found = {}
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        fact, *words = line.split("|")
        name, value = fact.split(" ", 1)
        found[name, value] = tuple(tuple(one.split(";")) for one in words)
    return found


def _number(value: str, language: str) -> str:
    return value.replace(".", DECIMAL[language])


def _capacity(value: str, language: str) -> list[str]:
    giga, tera = ("Go", "To") if language == "fr" else ("GB", "TB")
    small = [f"{value} {giga}", f"{value}{giga}"]
    if int(value) < 1000:
        return small
    return [f"{int(value) // 1000} {tera}", f"{int(value) // 1000}{tera}", *small]


def _memory(value: str, language: str) -> list[str]:
    return [f"{value} Go RAM"] if language == "fr" else [f"{value} GB RAM", f"{value}GB RAM", f"{value} GB memory"]


def _inches(value: str, language: str) -> list[str]:
    number = _number(value, language)
    long = {"en": [f"{number} inch", f"{number}-inch"], "de": [f"{number} Zoll"], "fr": [f"{number} pouces"]}[language]
    short = [f'{number}"', f'{value.replace(".", ",")}"']
    return long + short + [f"{round(float(value) * 2.54)} cm"] * (language == "en" and float(value) > 30)


def _litres(value: str, language: str) -> list[str]:
    number = _number(value, language)
    millilitres = round(float(value) * 1000)
    return [
        f"{number} l",
        f"{number}L",
        f"{millilitres} ml",
        f"{number} litre" if language != "de" else f"{number} Liter",
    ]


def _metres(value: str, language: str) -> list[str]:
    number = _number(value, language)
    centimetres = [f"{round(float(value) * 100)} cm"] if float(value) <= 3 else []
    return [f"{number} m", f"{number}m", *centimetres, *([f"{number} metre"] if language == "en" else [])]


def _grams(value: str, language: str) -> list[str]:
    return [f"{value} g", f"{value}g"] if int(value) < 1000 else [f"{int(value) // 1000} kg", f"{value} g"]


def _unit(unit: str) -> Callable[[str, str], list[str]]:
    def written(value: str, language: str) -> list[str]:
        number = _number(value, language)
        return [f"{number} {unit}", f"{number}{unit}"]

    return written


def _pair(value: str, _language: str) -> list[str]:
    one, other = value.split("x")
    return [f"{one} x {other} cm", f"{one}x{other}", f"{one}x{other} cm"]


def _up_to_inches(value: str, language: str) -> list[str]:
    return [f"max. {one}" for one in _inches(value, language)]


MEASURED: dict[str, Callable[[str, str], list[str]]] = {
    "capacity_gb": _capacity,
    "ram_gb": _memory,
    "vram_gb": lambda value, _language: [f"{value} GB VRAM", f"{value}GB GDDR6"],
    "inch": _inches,
    "max_inch": _up_to_inches,
    "litres": _litres,
    "metres": _metres,
    "grams": _grams,
    "kilograms": _unit("kg"),
    "watt": _unit("W"),
    "cm": _unit("cm"),
    "diameter_cm": _unit("cm"),
    "mm": _unit("mm"),
    "focal": _unit("mm"),
    "bed": _pair,
    "towel": _pair,
    "rug": _pair,
}
