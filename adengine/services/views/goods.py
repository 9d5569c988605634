"""Products as they cross the edge: whole, and as short search hits."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core import catalog as values
from adengine.services.search import Hit
from adengine.services.views.links import Links


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
