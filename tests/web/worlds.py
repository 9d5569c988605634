"""A shop with products, finished films and a licensed appearance over a real engine, and ways to use its pages."""

from __future__ import annotations

import re
import shutil
from dataclasses import dataclass, replace
from datetime import timedelta
from fractions import Fraction
from html import unescape
from pathlib import Path

import av
import numpy as np
from flask.testing import FlaskClient
from PIL import Image
from werkzeug.test import TestResponse

from adengine import database
from adengine.core.cameo import Terms
from adengine.core.catalog import Product
from adengine.core.film import Film
from adengine.engine import SYSTEM, Actor, AdEngine, merchant_actor, shopper
from adengine.services import ads, cameos, catalog, experiments, merchants, renders
from adengine.services.merchants import Shop
from adengine.services.planning import AdWish
from adengine.settings import Settings
from tests.fakes import Clock, Outbox, build_test_engine
from tests.shops import LAMP, MUG, OAT, write_shop

RUST = {**OAT, "Option1 Value": "Rust", "Variant SKU": "MUG-RUST"}
ROWS = [MUG, {**OAT, "Variant Inventory Qty": "3"}, RUST, LAMP]


@dataclass
class World:
    """Everything a test needs by name; `folder` is the engine's home."""

    engine: AdEngine
    folder: Path
    clock: Clock
    shop: Shop
    rival: Shop
    token: str
    film: Path

    @property
    def merchant(self) -> Actor:
        return merchant_actor(self.shop.id)

    @property
    def shopper(self) -> Actor:
        return shopper(self.shop.id)

    def product(self, handle: str = "mug") -> Product:
        with self.engine.unit(self.merchant) as unit:
            return catalog.get_product(unit, handle)

    def variant(self, title: str, handle: str = "mug") -> str:
        return next(one.id for one in self.product(handle).variants if one.title == title)

    def ad(self, *, handle: str = "mug", publish: bool = True, **wish: str) -> str:
        """An ad whose rows and files are real and whose frames are six made-up seconds."""
        with self.engine.unit(self.merchant) as unit:
            card = ads.create_ad(unit, AdWish(product=handle, seconds=6, **wish))  # type: ignore[arg-type]
        with self.engine.unit(self.merchant) as unit:
            order = renders.claim_render(unit, card.id)
        assert order is not None
        for part in self.film.iterdir():
            self.engine.ports.files.put(f"{order.prefix}/{part.name}", part)
        with self.engine.unit(self.merchant) as unit:
            assert renders.keep_film(unit, card.id, order.attempt, film_at(order.prefix))
            if publish:
                ads.publish(unit, card.id)
        return card.id

    def licence(self, *, placements: tuple[str, ...] = ("*",)) -> str:
        """Nix licenses her appearance for five per cent of net sales."""
        portrait = self.folder / "shelf" / "lamp.png"
        terms = Terms(
            subject="Nix",
            purposes=("advertising",),
            placements=placements,
            territories=("*",),
            starts=self.clock() - timedelta(days=1),
            merchant_ids=(self.shop.id,),
            needs_approval=False,
            endorsement=True,
            share_bps=500,
        )
        cameo_id = cameos.enrol(
            self.engine, self.merchant, "nix", title="Nix", kind="person", clip=portrait, still=portrait
        )
        with self.engine.unit(self.merchant) as unit:
            return cameos.license_cameo(unit, cameo_id, terms)

    def experiment(self, *ad_ids: str) -> str:
        with self.engine.unit(self.merchant) as unit:
            return experiments.start(unit, "Two openings", ad_ids, planned_viewers=1000)


def film_at(prefix: str) -> Film:
    return Film(
        film=f"{prefix}/film.mp4",
        poster=f"{prefix}/poster.webp",
        poster_jpeg=f"{prefix}/poster.webp",
        captions=f"{prefix}/captions.vtt",
        frames=180,
        width=270,
        height=480,
        duration_s=6.0,
        bytes=1000,
        sha256="0" * 64,
        audio=False,
        subtitles=f"{prefix}/captions.srt",
        preview=f"{prefix}/preview.webp",
        sprites=f"{prefix}/sprites.jpg",
        sprites_vtt=f"{prefix}/sprites.vtt",
    )


def draw_film(folder: Path) -> Path:
    """Six seconds of a moving square, with poster, captions and a sheet of six small pictures."""
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
    Image.new("RGB", (120, 213), (214, 200, 180)).save(folder / "preview.webp")
    Image.new("RGB", (720, 213), (120, 140, 110)).save(folder / "sprites.jpg")
    cues = (f"00:0{at}.000 --> 00:0{at + 1}.000\nsprites.jpg#xywh={at * 120},0,120,213\n" for at in range(6))
    (folder / "sprites.vtt").write_text("\n".join(("WEBVTT\n", *cues)))
    (folder / "captions.srt").write_text("1\n00:00:00,000 --> 00:00:03,000\nStoneware Mug\n")
    (folder / "captions.vtt").write_text("WEBVTT\n\n00:00.000 --> 00:03.000\nStoneware Mug\n")
    return folder


def copy_world(seed: World, folder: Path, public_url: str = "http://localhost") -> World:
    """A world of the test's own, quicker copied than made."""
    shutil.copytree(seed.folder, folder, dirs_exist_ok=True)
    clock = Clock()
    return replace(seed, engine=open_engine(folder, clock, public_url), folder=folder, clock=clock)


def open_engine(folder: Path, clock: Clock, public_url: str) -> AdEngine:
    settings = Settings(home=str(folder), secret_key="x" * 32, shop="lumen", public_url=public_url)
    return build_test_engine(settings, clock=clock, outbox=Outbox())


def build_world(folder: Path, film: Path) -> World:
    clock = Clock()
    engine = open_engine(folder, clock, "http://localhost")
    database.upgrade(engine.sql)
    with engine.unit(SYSTEM) as unit:
        shop = merchants.open_shop(unit, "lumen", title="Lumen & Loam")
        rival = merchants.open_shop(unit, "rival", title="Rival")
        token = merchants.make_token(unit, shop, kind="merchant")
    world = World(engine, folder, clock, shop, rival, token, film)
    catalog.import_feed(engine, world.merchant, str(write_shop(folder / "shelf", ROWS)))
    return world


def fields(html: str, form: str = "<form") -> dict[str, str]:
    """The hidden fields of the page's first form whose tag holds the given text."""
    found = re.findall(r"<form.*?</form>", html, re.DOTALL)
    chosen = next(one for one in found if form in one.split(">", 1)[0])
    hidden = re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', chosen)
    return {name: unescape(value) for name, value in hidden}


def wish(client: FlaskClient, world: World, page: str = "/shops/lumen/products/mug", **more: str) -> dict[str, str]:
    """What the page's buy form sends for one sage mug."""
    form = 'id="sheet"' if "/ads/" in page else 'id="buy"'
    return fields(client.get(page).text, form) | {"variant": world.variant("Sage"), "quantity": "1"} | more


def open_checkout(client: FlaskClient, world: World, **more: str) -> str:
    """Send the buy form; answers the checkout's path."""
    return client.post("/shops/lumen/checkout", data=wish(client, world, **more)).location


def to_payment(client: FlaskClient, world: World, checkout: str) -> str:
    """Press Pay; answers the payment page's path."""
    answer = client.post(f"{checkout}/pay", data=fields(client.get(checkout).text, "/pay"))
    return answer.location.removeprefix(world.engine.settings.public_url)


def decide(client: FlaskClient, payment: str, outcome: str = "paid") -> TestResponse:
    return client.post(payment, data=fields(client.get(payment).text) | {"outcome": outcome})


def bought(client: FlaskClient, world: World, **more: str) -> str:
    """Buy through the sandbox; answers the order page's path."""
    checkout = open_checkout(client, world, **more)
    return decide(client, to_payment(client, world, checkout)).location


def act(client: FlaskClient, page: str, action: str, **more: str) -> TestResponse:
    """Send the page's form for that action (the page's own address where it names none)."""
    given = fields(client.get(page).text, f'action="{action}"' if action != page else 'class="pair"')
    return client.post(action, data=given | more)
