"""A shop with a product, films and a licensed appearance over a real engine, and a browser to look at it."""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from flask import Flask
from flask.testing import FlaskClient
from PIL import Image, ImageDraw
from playwright.sync_api import Browser, Page, sync_playwright
from werkzeug.serving import make_server

from adengine.core.cameo import Terms
from adengine.core.film import Film
from adengine.engine import SYSTEM, AdEngine, merchant_actor, shopper
from adengine.models import Base
from adengine.ports import FeedSource, PictureFacts, Ports, Shelf
from adengine.services import ads, cameos, catalog, merchants, renders
from adengine.services.ads import AdWish
from adengine.services.merchants import Shop
from adengine.settings import Settings
from adengine.web import create_app
from integrations import feed, pictures, storyboards
from integrations.files import FolderFiles
from integrations.sandbox import SandboxPayments

CHROMIUM = Path("/usr/bin/chromium")
QUIET = (
    "--no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking "
    "--disable-component-update --disable-sync --autoplay-policy=no-user-gesture-required"
).split()
TEMPLATES = Path(__file__).resolve().parents[2] / "templates" / "ads"
HEADER = (
    "Handle,Title,Body (HTML),Vendor,Type,Option1 Name,Option1 Value,Variant SKU,Variant Inventory Tracker,"
    "Variant Inventory Qty,Variant Inventory Policy,Variant Price,Image Src,Image Alt Text,Variant Image,Status,"
    "reason_1 (product.metafields.custom.reason_1)\n"
)
MUG = (
    'mug,Stoneware Mug,<p>A mug with a bare clay foot.</p>,Lumen,Mug,Colour,Sage,M-S,shopify,8,deny,24.00,sage.png,'
    "Sage mug,sage.png,active,Holds 350 ml\n"
    "mug,,,,,,Oat,M-O,shopify,3,deny,26.00,oat.png,Oat mug,oat.png,,\n"
    "mug,,,,,,Rust,M-R,shopify,0,deny,24.00,,,,,\n"
)
LAMP = "lamp,Table Lamp,,Lumen,Lamp,Title,Default Title,L-1,,,deny,89.00,oat.png,A lamp,,active,Woven linen shade\n"
HOSTILE = (
    "hostile,\"</title><script>document.title='owned'</script>\",x,\"\"\"><img src=x onerror=alert(1)>\",Mug,Title,"
    "Default Title,H-1,,,deny,5.00,oat.png,\"\"\" onload=\"\"alert(1)\",,active,x\n"
)


@dataclass
class World:
    """Everything a test needs by name. `now` is the engine's clock."""

    engine: AdEngine
    folder: Path
    shop: Shop
    token: str
    now: datetime
    jobs: list[tuple[str, str]] = field(default_factory=list)

    @property
    def merchant(self):
        return merchant_actor(self.shop.id)

    @property
    def shopper(self):
        return shopper(self.shop.id)

    def product(self, handle: str = "mug"):
        with self.engine.unit(self.merchant) as unit:
            return catalog.get_product(unit, handle)

    def ad(self, *, handle: str = "mug", publish: bool = True, film: Path, **wish: object) -> str:
        """An ad with a finished film; its frames are made up, its row and files are real."""
        with self.engine.unit(self.merchant) as unit:
            card = ads.create_ad(unit, AdWish(product=handle, seconds=6, **wish))  # type: ignore[arg-type]
        with self.engine.unit(self.merchant) as unit:
            order = renders.claim_render(unit, card.id)
        assert order is not None
        keys = {name: f"{order.prefix}/{name}" for name in ("film.mp4", "poster.webp", "captions.vtt")}
        for name, key in keys.items():
            self.engine.ports.files.put(key, film / name)
        made = film_value(keys, (film / "film.mp4").stat().st_size)
        with self.engine.unit(self.merchant) as unit:
            assert renders.keep_film(unit, card.id, order.attempt, made)
            if publish:
                ads.publish(unit, card.id)
        return card.id

    def licence(self, name: str = "mara") -> str:
        portrait = self.folder / "shelf" / "sage.png"
        terms = Terms(
            subject="Mara",
            purposes=("advertising",),
            placements=("*",),
            territories=("*",),
            starts=self.now - timedelta(days=1),
            merchant_ids=(self.shop.id,),
            needs_approval=False,
            endorsement=True,
            share_bps=500,
            disclosure="AI-generated, used with permission",
        )
        with self.engine.unit(self.merchant) as unit:
            cameo_id = cameos.enrol(unit, name, title="Mara", kind="person", clip=portrait, still=portrait)
            return cameos.license_cameo(unit, cameo_id, terms)


def film_value(keys: dict[str, str], size: int) -> Film:
    return Film(
        film=keys["film.mp4"],  # type: ignore[arg-type]
        poster=keys["poster.webp"],  # type: ignore[arg-type]
        poster_jpeg=keys["poster.webp"],  # type: ignore[arg-type]
        captions=keys["captions.vtt"],  # type: ignore[arg-type]
        frames=180,
        width=270,
        height=480,
        duration_s=6.0,
        bytes=size,
        sha256="0" * 64,
        audio=False,
    )


@pytest.fixture(scope="session")
def film(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six seconds of a moving square, with poster and captions."""
    folder = tmp_path_factory.mktemp("film")
    with av.open(str(folder / "film.mp4"), "w", options={"movflags": "faststart"}) as out:
        stream = out.add_stream("libx264", rate=15)
        stream.width, stream.height, stream.pix_fmt = 270, 480, "yuv420p"
        for number in range(90):
            picture = np.full((480, 270, 3), (214, 200, 180), np.uint8)
            picture[150 + number : 250 + number, 80:190] = (120, 140, 110)
            frame = av.VideoFrame.from_ndarray(picture, format="rgb24")
            frame.pts, frame.time_base = number, Fraction(1, 15)
            out.mux(stream.encode(frame))
        out.mux(stream.encode())
    Image.new("RGB", (270, 480), (214, 200, 180)).save(folder / "poster.webp")
    (folder / "captions.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:03.000\nStoneware Mug\n")
    return folder


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    made = build_world(tmp_path, "http://127.0.0.1:8400")
    yield made
    made.engine.close()


def build_world(folder: Path, public_url: str) -> World:
    settings = Settings(home=str(folder), secret_key="x" * 32, shop="lumen", public_url=public_url)
    held = World(engine=None, folder=folder, shop=None, token="", now=datetime(2026, 11, 21, 9, 0, tzinfo=UTC))  # type: ignore[arg-type]
    ports = Ports(
        files=FolderFiles(folder / "files"),
        payments=SandboxPayments(secret=settings.secret(), public_url=public_url),
        shelf=_shelf(),
        studio=None,  # type: ignore[arg-type]  the tests bring their films
        generator=None,  # type: ignore[arg-type]
        templates=storyboards.load(TEMPLATES),
        enqueue=lambda job, row_id: held.jobs.append((job, row_id)),
        clock=lambda: held.now,
    )
    engine = held.engine = AdEngine(settings, ports)
    Base.metadata.create_all(engine.sql)
    with engine.unit(SYSTEM) as unit:
        held.shop = merchants.open_shop(unit, "lumen", title="Lumen & Loam")
        merchants.open_shop(unit, "rival", title="Rival")
        held.token = merchants.make_token(unit, held.shop, kind="merchant")
    shelf = folder / "shelf"
    shelf.mkdir()
    for name, colour in (("sage", (150, 165, 140)), ("oat", (222, 208, 186))):
        picture = Image.new("RGB", (640, 800), (240, 234, 224))
        ImageDraw.Draw(picture).ellipse((160, 240, 480, 640), fill=colour)
        picture.save(shelf / f"{name}.png")
    (shelf / "products.csv").write_text(HEADER + MUG + LAMP)
    catalog.import_feed(engine, held.merchant, str(shelf / "products.csv"))
    return held


def _shelf() -> Shelf:
    def inspect(data: bytes) -> PictureFacts:
        facts = pictures.inspect(data)
        return PictureFacts(facts.width, facts.height, facts.has_alpha, facts.sha256, facts.extension)

    return Shelf(
        open=lambda source: FeedSource(*feed_source(source)),
        read=lambda data, currency: feed.read_feed(data, currency=currency),
        fetch=lambda source, base: pictures.fetch_bytes(source, base=base),
        inspect=inspect,
    )


def feed_source(source: str) -> tuple[bytes, Path | None, str]:
    return pictures.read_feed_source(source)


@pytest.fixture
def app(world: World) -> Flask:
    return create_app(world.engine)


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def studio(app: Flask, world: World) -> FlaskClient:
    """A browser that is signed in to the studio."""
    client = app.test_client()
    assert client.get(f"/sign-in?token={world.token}").status_code == 303
    return client


def fields(html: str, form: str = "") -> dict[str, str]:
    """The hidden fields of the page's form with that id or action, or of its first form."""
    forms = re.findall(r"<form.*?</form>", html, re.DOTALL)
    chosen = next(one for one in forms if form in one.split(">", 1)[0])
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', chosen)
    return dict(hidden)


def buy(client: FlaskClient, world: World, page: str, variant: str, form: str = 'id="buy"', **more: str):
    given = fields(client.get(page).text, form) | {"variant": variant, "quantity": "1"} | more
    return given, client.post("/shops/lumen/checkout", data=given)


def paid(client: FlaskClient, world: World, page: str = "/shops/lumen/products/mug", **more: str) -> str:
    """Buy the first variant through the sandbox; answers the order page's path."""
    _, opened = buy(client, world, page, world.product().variants[0].id, **more)
    checkout = opened.location
    pay = client.post(f"{checkout}/pay", data=fields(client.get(checkout).text, "/pay"))
    sandbox = pay.location.removeprefix(world.engine.settings.public_url)
    token = fields(client.get(sandbox).text)
    return client.post(sandbox, data=token | {"outcome": "paid"}).location


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    if not CHROMIUM.exists():
        pytest.skip("chromium is not installed at /usr/bin/chromium")
    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=QUIET)
        yield opened
        opened.close()


@dataclass
class Site:
    """The app on a real port, with a film of the mug, and what its pages complained about."""

    world: World
    url: str
    ad_id: str


@pytest.fixture(scope="session")
def site(tmp_path_factory: pytest.TempPathFactory, film: Path) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    held: dict[str, Flask] = {}
    server = make_server("127.0.0.1", 0, lambda environ, start: held["app"](environ, start), threaded=True)
    url = f"http://127.0.0.1:{server.server_port}"
    world = build_world(folder, url)
    held["app"] = create_app(world.engine)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield Site(world, url, world.ad(film=film))
    server.shutdown()
    thread.join()
    server.server_close()
    world.engine.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """A page at desktop width that fails its test for any script error or refused content."""
    context = browser.new_context(viewport={"width": 1280, "height": 900})
    context.set_default_timeout(10_000)
    opened = context.new_page()
    errors: list[str] = []
    opened.on("pageerror", lambda error: errors.append(str(error)))
    opened.on("console", lambda message: errors.append(message.text) if message.type == "error" else None)
    yield opened
    context.close()
    assert errors == []
