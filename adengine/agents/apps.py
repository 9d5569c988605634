"""The apps hosts show beside tools' answers: each one page that needs nothing else, and what it may load."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import urlsplit

from mcp.server.apps import Apps, ResourceCsp

from adengine.agents import ui
from adengine.engine import AdEngine

FOLDER = Path(__file__).resolve().parents[2] / "templates" / "apps"
INCLUDE = re.compile(r"^\{\{ (\S+) \}\}$", re.MULTILINE)
BLOCK = re.compile(r'(<style>\n|<script type="module">\n)(.*?)(</style>|</script>)', re.DOTALL)
# What of a script is kept as it stands (strings, templates, regular expressions), and its comments, which go.
JS_TOKEN = re.compile(
    r"""("(?:\\.|[^"\\\n])*"|`(?:\\.|[^`\\])*`"""
    r"""|(?<=[(,=:!&|?])[ ]*/(?![/*])(?:\\.|\[(?:\\.|[^\]\\\n])*\]|[^/\\\n\[])+/[a-z]*)"""
    r"""|(/\*.*?\*/|//[^\n]*)""",
    re.DOTALL,
)


@dataclass(frozen=True)
class App:
    """A page of templates/apps and the address hosts read it from."""

    uri: str
    title: str
    file: str
    about: str


PLAYER = App(ui.PLAYER, "Shoppable film", "player.html", "Plays a film; what is in it can be bought at its moment.")
CAROUSEL = App(ui.CAROUSEL, "Products", "carousel.html", "Shows products found, their films and how to buy them.")
CHECKOUT = App(ui.CHECKOUT, "Checkout", "checkout.html", "Shows a checkout; the buyer pays on the shop's own page.")
EXPERIMENT = App(ui.EXPERIMENT, "Experiment", "experiment.html", "Shows which film does better, and how sure that is.")
APPS = {
    "search_catalog": CAROUSEL,
    "search_ads": PLAYER,
    "get_ad": PLAYER,
    "create_checkout": CHECKOUT,
    "get_checkout": CHECKOUT,
    "update_checkout": CHECKOUT,
    "complete_checkout": CHECKOUT,
    "get_experiment": EXPERIMENT,
}


def app_extension(engine: AdEngine) -> Apps:
    """The MCP Apps extension with every app as a resource; each may load from our public address and nowhere else."""
    origins = [origin_of(engine.settings.public_url)]
    apps = Apps()
    for app in (PLAYER, CAROUSEL, CHECKOUT, EXPERIMENT):
        apps.add_html_resource(
            app.uri,
            page(app.file),
            name=app.file.removesuffix(".html"),
            title=app.title,
            description=app.about,
            csp=ResourceCsp(resource_domains=origins, connect_domains=origins),
            prefers_border=False,
        )
    return apps


def origin_of(address: str) -> str:
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"


@cache
def page(file: str) -> str:
    """The app's page with the parts it names put in, without comments and blanks that only people read."""
    own = BLOCK.sub(lambda found: found[1] + _squeezed(found[2], found[1]) + found[3], _text(file))
    return INCLUDE.sub(lambda found: _squeezed(_text(found[1]), found[1]), own)


def _text(file: str) -> str:
    return (FOLDER / file).read_text(encoding="utf-8")


def _squeezed(text: str, kind: str) -> str:
    """The text of a stylesheet or script squeezed, with what it includes on lines of their own."""
    squeeze = squeeze_css if kind.endswith((".css", "<style>\n")) else squeeze_js
    parts = INCLUDE.split(text)  # text and names of parts in turn
    return "\n".join(f"{{{{ {one} }}}}" if number % 2 else squeeze(one) for number, one in enumerate(parts)).strip()


def squeeze_css(text: str) -> str:
    text = re.sub(r"\s+", " ", re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL))
    return re.sub(r" ?([{};,]) ?", r"\1", text).replace(": ", ":").replace(";}", "}").strip()


def squeeze_js(text: str) -> str:
    """The script without comments and indentation; strings, templates and regular expressions stay as they are.

    A template may hold no other template.
    """
    parts = JS_TOKEN.split(text)  # code, what is kept, a comment, and again
    return "".join(
        _code(code) + (kept or "") for code, kept in zip(parts[::3], [*parts[1::3], ""], strict=True)
    ).strip()


def _code(text: str) -> str:
    text = re.sub(r" ?\n\s*", "\n", re.sub(r"[ \t]+", " ", text))
    text = re.sub(r" ?([{}()\[\];,:?=<>*/|&!]) ?", r"\1", text)
    text = re.sub(r"(?<=\w) ([+-]) (?=\w)", r"\1", text)
    text = re.sub(r"(?<![\w)\]])\((\w+)\)=>", r"\1=>", text)
    return re.sub(r"(?<=[{;,(}])\n+|\n+(?=[})\]\n])|,\n?(?=[)}\]])", "", text)
