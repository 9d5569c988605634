"""The protocol's products as types, and the documents that hold them."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

from adengine.services.ucp.shapes import Message, Ucp


class Price(TypedDict):
    amount: int
    currency: str


class PriceRange(TypedDict):
    min: Price
    max: Price


class Description(TypedDict):
    plain: str


class Media(TypedDict):
    type: Literal["image", "video"]
    url: str
    alt_text: NotRequired[str]
    width: NotRequired[int]
    height: NotRequired[int]


class Category(TypedDict):
    value: str
    taxonomy: NotRequired[str]


class Chosen(TypedDict):
    name: str
    label: str


class OptionValue(TypedDict):
    label: str
    available: NotRequired[bool]
    exists: NotRequired[bool]


class ProductOption(TypedDict):
    name: str
    values: list[OptionValue]


class Availability(TypedDict):
    available: bool
    status: str


class Input(TypedDict):
    id: str
    match: Literal["exact", "featured"]


class Variant(TypedDict):
    id: str
    title: str
    description: Description
    price: Price
    sku: NotRequired[str]
    list_price: NotRequired[Price]
    availability: NotRequired[Availability]
    options: NotRequired[list[Chosen]]
    inputs: NotRequired[list[Input]]


class AdSummary(TypedDict):
    """A film of the product that can be played with get_ad."""

    ad_id: str
    duration_s: float
    poster_url: NotRequired[str]


class Product(TypedDict):
    """`ads`, `reasons` and `shortened` are ours: films to play, why a search found it, whether there is more to say."""

    id: str
    title: str
    description: Description
    price_range: PriceRange
    variants: list[Variant]
    handle: NotRequired[str]
    url: NotRequired[str]
    categories: NotRequired[list[Category]]
    tags: NotRequired[list[str]]
    media: NotRequired[list[Media]]
    options: NotRequired[list[ProductOption]]
    selected: NotRequired[list[Chosen]]
    metadata: NotRequired[dict[str, str]]
    ads: NotRequired[list[AdSummary]]
    reasons: NotRequired[list[str]]
    shortened: NotRequired[bool]


class Pagination(TypedDict):
    has_next_page: bool
    total_count: int
    cursor: NotRequired[str]


class FacetValue(TypedDict):
    label: str
    count: int


class FacetDocument(TypedDict):
    name: str
    values: list[FacetValue]


class SearchDocument(TypedDict):
    """`facets` is ours: what the hits could be narrowed by."""

    ucp: Ucp
    products: list[Product]
    pagination: Pagination
    messages: list[Message]
    facets: NotRequired[list[FacetDocument]]


class LookupDocument(TypedDict):
    ucp: Ucp
    products: list[Product]
    messages: list[Message]


class ProductDocument(TypedDict):
    ucp: Ucp
    product: Product
    messages: list[Message]
