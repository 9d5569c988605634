"""The composition root: the only place that knows every part and puts them together."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from adengine.core.catalog import Feed
from adengine.core.errors import GeneratorMissing, Invalid
from adengine.core.film import Film
from adengine.core.preflight import Measured
from adengine.core.shipping import ship_by_table
from adengine.core.style import Style
from adengine.core.tax import tax_by_table
from adengine.core.template import Template
from adengine.core.timeline import Timeline
from adengine.engine import AdEngine
from adengine.indexes import index_for
from adengine.ports import Cancelled, FeedSource, Files, Generator, Meaning, Payments, Ports, Publish, Shelf, Studio
from adengine.settings import Settings
from integrations import pictures, placements, storyboards
from integrations.bursts import Burst
from integrations.files import FolderFiles, S3Files
from integrations.news import open_news
from integrations.post import WebPost
from integrations.queue import Sender, celery_app
from integrations.sandbox import SandboxPayments
from integrations.sandbox_shop import SandboxShop

if TYPE_CHECKING:
    from integrations.stripe import StripePayments

TEMPLATES = Path(__file__).resolve().parent.parent / "templates"


# Stripe's library is large: a process that never talks to Stripe does not load it.
def stripe_payments(settings: Settings) -> StripePayments:
    from integrations.stripe import StripePayments

    return StripePayments(
        key=settings.stripe_key,
        webhook_secrets=settings.stripe_webhook_secret,
        publishable_key=settings.stripe_publishable_key,
        recipient_countries=settings.stripe_recipient_countries,
        public_url=settings.public_url,
        api_base=settings.stripe_api_base,
        api_version=settings.stripe_api_version,
    )


PAYMENTS: dict[str, Callable[[Settings], Payments]] = {
    "sandbox": lambda settings: SandboxPayments(secret=settings.secret(), public_url=settings.public_url),
    "stripe": stripe_payments,
}


def build(settings: Settings) -> AdEngine:
    """Put the product together as the settings say; raises Invalid for a setting that names nothing."""
    if settings.payments not in PAYMENTS:
        raise Invalid(f"ADENGINE_PAYMENTS is '{settings.payments}'; choose one of {', '.join(PAYMENTS)}")
    ports = Ports(
        files=_files(settings),
        payments=PAYMENTS[settings.payments](settings),
        orders=SandboxShop(settings.home_path / "sandbox-shop"),
        taxes=tax_by_table,
        shipping=ship_by_table,
        post=WebPost(allow_private=settings.private_webhooks == "1"),
        shelf=_shelf(settings),
        studio=_studio(settings),
        sketch=_sketch,
        measure=_measure,
        generator=lambda name: _generator(settings, name),
        templates=_templates(),
        styles=_styles(),
        placements=placements.load(TEMPLATES / "placements.yaml"),
        search=index_for(settings.database),
        meaning=_meaning(settings),
        enqueue=Sender(celery_app(settings.broker_url, settings.home_path)),
        publish=_publisher(settings),
        clock=lambda: datetime.now(UTC),
    )
    return AdEngine(settings, ports)


def _publisher(settings: Settings) -> Publish:
    news = open_news(settings.broker_url, settings.home_path)
    return Burst[str](lambda uris: news.publish(tuple(dict.fromkeys(uris))))


# They come with the code, and a process reads them once.
@cache
def _templates() -> Mapping[str, Template]:
    return storyboards.load(TEMPLATES / "ads")


@cache
def _styles() -> Mapping[str, Style]:
    return storyboards.load_styles(TEMPLATES / "styles")


def _files(settings: Settings) -> Files:
    folder = settings.home_path / "files"
    if not settings.files_url:
        return FolderFiles(folder)
    return S3Files(settings.files_url, endpoint=settings.s3_endpoint, cache=folder)


def _shelf(settings: Settings) -> Shelf:
    allow_private = settings.private_images == "1"

    def open_feed(source: str) -> FeedSource:
        data, base, name = pictures.read_feed_source(source, allow_private=allow_private)
        return FeedSource(data, base, name)

    def read_feed(data: bytes, currency: str) -> Feed:
        from integrations import feed  # pandas is large, and only imports need it

        return feed.read_feed(data, currency=currency)

    return Shelf(
        open=open_feed,
        read=read_feed,
        fetch=lambda source, base: pictures.fetch_bytes(source, base=base, allow_private=allow_private),
        inspect=pictures.inspect,
    )


def _meaning(settings: Settings) -> Callable[[], Meaning | None]:
    @cache
    def load() -> Meaning | None:
        from integrations.meanings import StaticMeaning

        return StaticMeaning.load(settings.search_model) if settings.search_model else None

    return load


# A web process never loads the film stack: what draws is imported where a worker first calls it.
def _studio(settings: Settings) -> Studio:
    folder, megabytes = settings.home_path / "cache" / "studio", int(settings.cache_mb)

    def draw(
        timeline: Timeline,
        *,
        resolve: Callable[[str], Path],
        out: Path,
        progress: Callable[[int, int], None],
    ) -> Film:
        from workers.studio import render
        from workers.studio.making.cache import Cache

        cache = Cache(folder, megabytes * 1_000_000) if megabytes else None
        return render(
            timeline, resolve=resolve, out=out, progress=progress, cache=cache, quality=settings.render_quality
        )

    return draw


def _sketch(
    timeline: Timeline,
    *,
    frames: Sequence[int],
    resolve: Callable[[str], Path],
    out: Path,
    shown: Callable[[Path], None],
    cancelled: Cancelled,
) -> Film:
    from workers.studio import ANIMATIC_SCALE, animatic, still

    for number, frame in enumerate(frames):
        path = out / f"still-{number}.webp"
        still(timeline, frame, resolve=resolve, scale=ANIMATIC_SCALE).save(path, quality=82)
        shown(path)
    return animatic(timeline, resolve=resolve, out=out, cancelled=cancelled)


def _measure(timeline: Timeline, *, resolve: Callable[[str], Path], film: Film | None = None) -> Measured:
    from workers.studio import inspect

    return inspect.measure(timeline, resolve=resolve, film=film)


def _generator(settings: Settings, name: str) -> Generator:
    from workers.generators import GeneratorSettings, generator_named

    chosen = GeneratorSettings(model=settings.generator_model, device=settings.generator_device)
    if settings.generator_steps:
        chosen = replace(chosen, steps=int(settings.generator_steps))
    if name == "diffusion" and not settings.generator_model:
        raise GeneratorMissing("no video model is set; put a Wan folder or hub id into ADENGINE_GENERATOR_MODEL")
    if settings.generator_guidance:
        chosen = replace(chosen, guidance=float(settings.generator_guidance))
    return generator_named(name, chosen)
