"""What crosses the edge: the JSON of products, ads, checkouts and orders, the same on REST, MCP and CLI.

Money is an integer of minor units beside its currency. Texts such as titles are the shop's: data, never orders.
"""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core import catalog as values
from adengine.core.buyer import Address, Buyer
from adengine.core.lint import RULES, Report
from adengine.core.pacing import FPS
from adengine.core.quote import Quote
from adengine.services.ads import AdCard
from adengine.services.checkout import CheckoutCard
from adengine.services.orders import OrderCard
from adengine.services.search import Hit
from adengine.services.showings import Showing


@dataclass(frozen=True)
class Links:
    """Builds public addresses of one shop."""

    public_url: str
    shop: str

    def __call__(self, path: str = "") -> str:
        return f"{self.public_url.rstrip('/')}/shops/{self.shop}/{path}"

    def picture(self, file: str) -> str:
        return self(f"pictures/{file.rsplit('/', 1)[-1]}")


@dataclass(frozen=True)
class OptionView:
    name: str
    value: str


@dataclass(frozen=True)
class VariantView:
    """One buyable variant. `price` and `compare_at` are minor units of `currency`; `cost` is for the merchant only."""

    id: str
    title: str
    options: list[OptionView]
    price: int
    currency: str
    price_text: str
    available: bool
    stock: int | None
    sku: str
    compare_at: int | None = None
    cost: int | None = None


@dataclass(frozen=True)
class ImageView:
    url: str
    alt: str
    width: int
    height: int


@dataclass(frozen=True)
class ProductView:
    id: str
    handle: str
    title: str
    description: str
    vendor: str
    kind: str
    tags: list[str]
    status: str
    url: str
    images: list[ImageView]
    variants: list[VariantView]
    details: list[OptionView]
    ads: list[str]


@dataclass(frozen=True)
class HitView:
    """A search hit, short: ask get_product for the rest. `reasons` say why it was found."""

    id: str
    handle: str
    title: str
    url: str
    image: str
    price: int
    currency: str
    price_text: str
    variant_id: str
    variants_fitting: int
    reasons: list[str]
    ads: list[str]


@dataclass(frozen=True)
class HotspotView:
    """A buyable moment: seconds of the film, a box in fractions of its frame, and what it costs now."""

    start_s: float
    end_s: float
    x: float
    y: float
    w: float
    h: float
    product_id: str
    handle: str
    title: str
    variant_id: str
    variant_title: str
    price: int
    currency: str
    price_text: str
    available: bool


@dataclass(frozen=True)
class FindingView:
    """What one rule of the check says: `level` is error, warning or note, `second` the moment it is about."""

    rule: str
    about: str
    level: str
    score: float
    words: str
    second: float | None


@dataclass(frozen=True)
class LintView:
    """The check of a film: a mark of 100, findings worst first, and the rules that nothing was measured for."""

    score: int
    has_errors: bool
    findings: list[FindingView]
    unchecked: list[str]


@dataclass(frozen=True)
class AdView:
    """An ad short: its state and, once there is a film, its files. `score` is its check's mark, for the merchant."""

    id: str
    title: str
    product_id: str
    template: str
    style: str
    format: str
    locale: str
    status: str
    reason: str
    percent: int
    url: str
    film_url: str | None
    poster_url: str | None
    preview_url: str | None
    captions_url: str | None
    subtitles_url: str | None
    hls_url: str | None
    duration_s: float | None
    width: int | None
    height: int | None
    bytes: int | None
    sha256: str | None
    score: int | None
    notes: list[str]


@dataclass(frozen=True)
class ShowingView:
    """A published ad to play and buy from."""

    ad: AdView
    embed_url: str
    product_handle: str
    product_title: str
    hotspots: list[HotspotView]
    transcript: str
    disclosure: str
    appearance: str


@dataclass(frozen=True)
class LineView:
    """`discount` is what codes take off this line; `left` is how many can be had where that is fewer than asked."""

    variant_id: str
    title: str
    quantity: int
    unit_price: int
    amount: int
    discount: int
    tax: int
    left: int | None


@dataclass(frozen=True)
class CodeView:
    """A discount code and what it takes off, or `reason` and `message` why it takes off nothing."""

    code: str
    amount: int
    reason: str = ""
    message: str = ""


@dataclass(frozen=True)
class ShippingView:
    """A way to ship; the chosen one is in the total. It arrives in `days[0]` to `days[1]` days."""

    id: str
    title: str
    price: int
    days: list[int]
    is_chosen: bool


@dataclass(frozen=True)
class TaxView:
    """Tax of one rate; `is_included`: it lies inside the prices, and nothing is added."""

    name: str
    jurisdiction: str
    bps: int
    amount: int
    is_included: bool


@dataclass(frozen=True)
class CheckoutView:
    """A checkout and the link where the buyer confirms and pays. Amounts are minor units of `currency`.

    total = subtotal - discount + shipping + tax. `needs` names what is missing before it can be paid: address, option
    (choose a way to ship) or delivery (none goes there). `trouble` is what became of the last try to pay.
    """

    id: str
    status: str
    lines: list[LineView]
    subtotal: int
    discount: int
    shipping: int
    tax: int
    total: int
    currency: str
    total_text: str
    expires_at: str
    url: str
    order_id: str | None
    trouble: str
    needs: list[str]
    codes: list[CodeView]
    options: list[ShippingView]
    taxes: list[TaxView]
    buyer: Buyer | None
    address: Address | None
    notes: str


@dataclass(frozen=True)
class RefundView:
    id: str
    amount: int
    status: str


@dataclass(frozen=True)
class OrderView:
    """A paid order; `ad_id` and `second` say which moment of which film earned it.

    `placed_status` says whether the shop's own system has it (owed, placed, refused), `placed_ref` under which name.
    """

    id: str
    checkout_id: str
    status: str
    lines: list[LineView]
    subtotal: int
    discount: int
    shipping: int
    tax: int
    total: int
    refunded: int
    currency: str
    total_text: str
    placed_at: str
    url: str
    ad_id: str | None
    second: float | None
    agent_id: str | None
    refunds: list[RefundView]
    disputes: list[RefundView]
    codes: list[CodeView]
    taxes: list[TaxView]
    buyer: Buyer | None
    address: Address | None
    notes: str
    placed_status: str
    placed_ref: str


def product_view(product: values.Product, links: Links, ads: list[str] | None = None) -> ProductView:
    return ProductView(
        id=product.id,
        handle=product.handle,
        title=product.title,
        description=product.description,
        vendor=product.vendor,
        kind=product.kind,
        tags=list(product.tags),
        status=product.status,
        url=links(f"products/{product.handle}"),
        images=[ImageView(links.picture(i.file), i.alt, i.width, i.height) for i in product.images],
        variants=[variant_view(one) for one in product.variants],
        details=[OptionView(key, value) for key, value in product.metafields],
        ads=ads or [],
    )


def variant_view(variant: values.Variant) -> VariantView:
    return VariantView(
        id=variant.id,
        title=variant.title,
        options=[OptionView(one.name, one.value) for one in variant.options],
        price=variant.price.minor,
        currency=variant.price.currency,
        price_text=variant.price.display(),
        available=variant.is_available,
        stock=variant.stock,
        sku=variant.sku,
        compare_at=variant.compare_at.minor if variant.compare_at else None,
        cost=variant.cost.minor if variant.cost else None,
    )


def hit_view(hit: Hit, links: Links, ads: list[str]) -> HitView:
    cheapest = min(hit.fitting, key=lambda one: one.price.minor)
    picture = next((one.file for one in hit.product.images), "")
    return HitView(
        id=hit.product.id,
        handle=hit.product.handle,
        title=hit.product.title,
        url=links(f"products/{hit.product.handle}"),
        image=links.picture(picture) if picture else "",
        price=cheapest.price.minor,
        currency=cheapest.price.currency,
        price_text=cheapest.price.display(),
        variant_id=cheapest.id,
        variants_fitting=len(hit.fitting),
        reasons=list(hit.reasons),
        ads=ads,
    )


def ad_view(card: AdCard, links: Links) -> AdView:
    film = card.film
    base = f"ads/{card.id}"

    def at(key: str, name: str) -> str | None:
        return links(f"{base}/{name}") if key else None

    return AdView(
        id=card.id,
        title=card.title,
        product_id=card.product_id,
        template=card.template,
        style=card.style,
        format=card.format,
        locale=card.locale,
        status=card.status,
        reason=card.reason,
        percent=card.percent,
        url=links(base),
        film_url=at(film.film, "film.mp4") if film else None,
        poster_url=at(film.poster, "poster.webp") if film else None,
        preview_url=at(film.preview, "preview.webp") if film else None,
        captions_url=at(film.captions, "captions.vtt") if film else None,
        subtitles_url=at(film.subtitles, "captions.srt") if film else None,
        hls_url=at(film.hls, "stream/page/hls.m3u8") if film else None,
        duration_s=film.duration_s if film else None,
        width=film.width if film else None,
        height=film.height if film else None,
        bytes=film.bytes if film else None,
        sha256=film.sha256 if film else None,
        score=card.lint.score if card.lint else None,
        notes=list(film.notes) if film else [],
    )


def lint_view(report: Report) -> LintView:
    return LintView(
        score=report.score,
        has_errors=report.has_errors,
        findings=[
            FindingView(
                rule=one.rule,
                about=RULES[one.rule].about if one.rule in RULES else one.rule,
                level=one.level,
                score=one.score,
                words=one.words,
                second=None if one.frame is None else round(one.frame / FPS, 2),
            )
            for one in report.findings
        ],
        unchecked=[RULES[name].about if name in RULES else name for name in report.unchecked],
    )


def showing_view(showing: Showing, links: Links) -> ShowingView:
    return ShowingView(
        ad=ad_view(showing.card, links),
        embed_url=links(f"ads/{showing.card.id}/embed"),
        product_handle=showing.product.handle,
        product_title=showing.product.title,
        hotspots=[
            HotspotView(
                start_s=round(spot.start_s, 3),
                end_s=round(spot.end_s, 3),
                x=spot.x,
                y=spot.y,
                w=spot.w,
                h=spot.h,
                product_id=spot.product.id,
                handle=spot.product.handle,
                title=spot.product.title,
                variant_id=spot.variant.id,
                variant_title=spot.variant.title,
                price=spot.variant.price.minor,
                currency=spot.variant.price.currency,
                price_text=spot.variant.price.display(),
                available=spot.variant.is_available,
            )
            for spot in showing.spots
        ],
        transcript=showing.transcript,
        disclosure=showing.disclosure,
        appearance=showing.appearance,
    )


def checkout_view(card: CheckoutCard, links: Links) -> CheckoutView:
    quote = card.quote
    return CheckoutView(
        id=card.id,
        status=card.status,
        lines=_lines(quote),
        subtotal=quote.subtotal.minor,
        discount=quote.discount.minor,
        shipping=quote.shipping.minor,
        tax=quote.tax.minor,
        total=quote.total.minor,
        currency=quote.currency,
        total_text=quote.total.display(),
        expires_at=quote.expires_at.isoformat(timespec="seconds"),
        url=links(f"checkout/{card.id}"),
        order_id=card.order_id,
        trouble=card.trouble,
        needs=list(quote.needs),
        codes=_codes(quote),
        options=[
            ShippingView(one.id, one.title, one.price.minor, list(one.days), one.id == quote.option_id)
            for one in quote.options
        ],
        taxes=_taxes(quote),
        buyer=card.buyer,
        address=card.address,
        notes=card.notes,
    )


def order_view(card: OrderCard, links: Links) -> OrderView:
    quote = card.quote
    return OrderView(
        id=card.id,
        checkout_id=card.checkout_id,
        status=card.status,
        lines=_lines(quote),
        subtotal=quote.subtotal.minor,
        discount=quote.discount.minor,
        shipping=quote.shipping.minor,
        tax=quote.tax.minor,
        total=card.total.minor,
        refunded=card.refunded.minor,
        currency=card.total.currency,
        total_text=card.total.display(),
        placed_at=card.placed_at,
        url=links(f"orders/{card.id}"),
        ad_id=card.ad_id,
        second=card.second,
        agent_id=card.agent_id,
        refunds=[RefundView(one.id, one.amount.minor, one.status) for one in card.refunds],
        disputes=[RefundView(one.id, one.amount.minor, one.status) for one in card.disputes],
        codes=_codes(quote),
        taxes=_taxes(quote),
        buyer=card.buyer,
        address=card.address,
        notes=card.notes,
        placed_status=card.placed_status,
        placed_ref=card.placed_ref,
    )


def _lines(quote: Quote) -> list[LineView]:
    return [
        LineView(
            variant_id=one.variant_id,
            title=one.title,
            quantity=one.quantity,
            unit_price=one.unit.minor,
            amount=one.line.minor,
            discount=one.discount.minor if one.discount else 0,
            tax=one.tax.minor if one.tax else 0,
            left=one.left,
        )
        for one in quote.lines
    ]


def _codes(quote: Quote) -> list[CodeView]:
    applied = [CodeView(one.code, one.amount.minor) for one in quote.discounts]
    return applied + [CodeView(one.code, 0, one.reason, one.message) for one in quote.rejected]


def _taxes(quote: Quote) -> list[TaxView]:
    is_included = quote.tax_inside is not None
    return [TaxView(one.name, one.jurisdiction, one.bps, one.amount.minor, is_included) for one in quote.taxes]
