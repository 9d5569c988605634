"""What agents send, as types: MCP's tools take them as parameters, and REST's bodies are read as them.

Fields of the protocol that nothing here depends on (signals, most of context) are let pass and forgotten.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, TypeVar, cast

from pydantic import BeforeValidator, ConfigDict, Field, TypeAdapter, ValidationError, with_config

# MCP and OpenAPI make schemas of these, and below Python 3.12 pydantic takes this TypedDict only.
from typing_extensions import TypedDict

from adengine.core.errors import Invalid
from adengine.services.acp.asks import Codes, Email, Name, Quantity, Text, path_of

Read = TypeVar("Read")

MOST_IDS = 10


def _slim(schema: dict[str, Any]) -> None:
    """Leave out pydantic's titles: agents pay for every word of a schema, and the names say the same."""
    schema.pop("title", None)
    for one in schema.get("properties", {}).values():
        one.pop("title", None)


def _written(value: object) -> object:
    """Attributions are texts, as in an address; agents send numbers all the same."""
    return str(value) if isinstance(value, int | float) and not isinstance(value, bool) else value


OPEN = with_config(ConfigDict(extra="ignore", strict=True, json_schema_extra=_slim))

Minor = Annotated[int, Field(ge=0, le=10**12)]
Names = Annotated[list[Text], Field(max_length=20)]
Written = Annotated[Text, BeforeValidator(_written)]


@OPEN
class ContextAsk(TypedDict):
    language: NotRequired[Annotated[str, Field(description="Of messages, such as de.", max_length=35)]]
    currency: NotRequired[Annotated[str, Field(description="Of price filters, such as EUR.", max_length=3)]]


@OPEN
class TillContext(TypedDict):
    language: NotRequired[Annotated[str, Field(description="Of messages, such as de.", max_length=35)]]


@OPEN
class PriceFilter(TypedDict):
    min: NotRequired[Minor]
    max: NotRequired[Minor]


@OPEN
class FiltersAsk(TypedDict):
    """Exact limits; within a list any will do."""

    price: NotRequired[Annotated[PriceFilter, Field(description="Minor units: 4000 is 40.00.")]]
    categories: NotRequired[Names]
    brands: NotRequired[Names]
    colours: NotRequired[Names]
    sizes: NotRequired[Names]
    available: NotRequired[Annotated[bool, Field(description="Only what can be bought now (default true).")]]
    has_film: NotRequired[bool]
    ships_to: NotRequired[Annotated[str, Field(description="Country, such as DE.", max_length=2)]]


@OPEN
class PaginationAsk(TypedDict):
    cursor: NotRequired[Annotated[str, Field(max_length=500)]]
    limit: NotRequired[Annotated[int, Field(description="Default 10, at most 50.", ge=1, le=10**6)]]


Detail = Annotated[Literal["concise", "detailed"], Field(description="Default concise: short, fitting variants only.")]


@OPEN
class SearchAsk(TypedDict):
    query: NotRequired[Annotated[str, Field(description="What the buyer wants, as a sentence.", max_length=500)]]
    filters: NotRequired[FiltersAsk]
    pagination: NotRequired[PaginationAsk]
    context: NotRequired[ContextAsk]
    response_format: NotRequired[Detail]


@OPEN
class LookupFilters(TypedDict):
    price: NotRequired[PriceFilter]
    available: NotRequired[bool]


@OPEN
class LookupAsk(TypedDict):
    ids: Annotated[
        list[Name],
        Field(description="Product or variant ids, handles or SKUs.", min_length=1, max_length=MOST_IDS),
    ]
    filters: NotRequired[Annotated[LookupFilters, Field(description="Narrow the variants.")]]
    context: NotRequired[ContextAsk]


@OPEN
class SelectedAsk(TypedDict):
    name: Text
    label: Text


@OPEN
class ProductAsk(TypedDict):
    id: Annotated[Name, Field(description="Product or variant id, handle or SKU.")]
    selected: NotRequired[
        Annotated[list[SelectedAsk], Field(description="Options chosen so far: [{name, label}].", max_length=10)]
    ]
    preferences: NotRequired[
        Annotated[Names, Field(description="Option names, the most important first; the last gives way first.")]
    ]
    filters: NotRequired[Annotated[LookupFilters, Field(description="Narrow the variants.")]]
    context: NotRequired[ContextAsk]


@OPEN
class ItemAsk(TypedDict):
    id: Annotated[Name, Field(description="Variant id, var_...")]


@OPEN
class LineAsk(TypedDict):
    item: ItemAsk
    quantity: Quantity


@OPEN
class PatchAsk(TypedDict):
    id: Annotated[Name, Field(description="Id of a line, or of a variant.")]
    quantity: Annotated[int, Field(description="The new quantity; 0 removes.", ge=0, le=99)]


MOST_LINES = 50
Lines = Annotated[list[LineAsk], Field(min_length=1, max_length=MOST_LINES)]


@OPEN
class BuyerAsk(TypedDict):
    email: NotRequired[Email]
    first_name: NotRequired[Text]
    last_name: NotRequired[Text]
    phone_number: NotRequired[Text]


@OPEN
class CartAsk(TypedDict):
    line_items: Lines
    buyer: NotRequired[BuyerAsk]
    context: NotRequired[TillContext]


@OPEN
class CartUpdateAsk(TypedDict):
    line_items: NotRequired[Annotated[Lines, Field(description="ALL lines: replaces the whole cart.")]]
    line_patches: NotRequired[
        Annotated[
            list[PatchAsk],
            Field(description="Or change single lines and keep the rest.", min_length=1, max_length=MOST_LINES),
        ]
    ]
    buyer: NotRequired[BuyerAsk]
    context: NotRequired[TillContext]


@OPEN
class DestinationAsk(TypedDict):
    id: NotRequired[Text]
    first_name: NotRequired[Text]
    last_name: NotRequired[Text]
    street_address: NotRequired[Text]
    extended_address: NotRequired[Text]
    postal_code: NotRequired[Text]
    address_locality: NotRequired[Annotated[Text, Field(description="City.")]]
    address_region: NotRequired[Text]
    address_country: NotRequired[Annotated[Text, Field(description="Two letters, DE.")]]


@OPEN
class GroupAsk(TypedDict):
    id: NotRequired[Text]
    selected_option_id: NotRequired[Text | None]


@OPEN
class MethodAsk(TypedDict):
    type: NotRequired[Literal["shipping", "pickup"]]
    destinations: NotRequired[Annotated[list[DestinationAsk], Field(max_length=10)]]
    selected_destination_id: NotRequired[Text | None]
    groups: NotRequired[Annotated[list[GroupAsk], Field(max_length=10)]]


@OPEN
class FulfillmentAsk(TypedDict):
    methods: NotRequired[Annotated[list[MethodAsk], Field(max_length=5)]]


@OPEN
class DiscountsAsk(TypedDict):
    codes: NotRequired[Codes]


@OPEN
class AttributionAsk(TypedDict):
    """Which moment of which film led here."""

    ad_id: NotRequired[Text]
    second: NotRequired[Annotated[Written, Field(description="Second of the film, as text.")]]
    arm: NotRequired[Annotated[Text, Field(description="Id of the experiment it was shown in.")]]


@OPEN
class CheckoutAsk(TypedDict):
    """A new checkout: from a cart, or from lines."""

    cart_id: NotRequired[Annotated[Text, Field(description="Take lines and buyer from this cart.")]]
    line_items: NotRequired[Lines]
    buyer: NotRequired[BuyerAsk]
    fulfillment: NotRequired[FulfillmentAsk]
    discounts: NotRequired[DiscountsAsk]
    attribution: NotRequired[AttributionAsk]
    context: NotRequired[TillContext]


@OPEN
class CheckoutUpdateAsk(TypedDict):
    """The whole checkout as it shall be: what is left out is cleared."""

    line_items: Lines
    buyer: NotRequired[BuyerAsk]
    fulfillment: NotRequired[FulfillmentAsk]
    discounts: NotRequired[DiscountsAsk]
    context: NotRequired[TillContext]


@OPEN
class CredentialAsk(TypedDict):
    type: Text
    token: Annotated[str, Field(min_length=1, max_length=500)]


@OPEN
class InstrumentAsk(TypedDict):
    handler_id: Annotated[Text, Field(description="Of ucp.payment_handlers.")]
    id: NotRequired[Text]
    type: NotRequired[Annotated[Text, Field(description="Such as card.")]]
    credential: NotRequired[CredentialAsk]
    selected: NotRequired[bool]


@OPEN
class PaymentAsk(TypedDict):
    instruments: NotRequired[Annotated[list[InstrumentAsk], Field(max_length=5)]]


@OPEN
class CompleteAsk(TypedDict):
    payment: NotRequired[PaymentAsk]


def read(kind: type[Read], body: bytes) -> Read:
    """A REST body as a value of that type; raises Invalid, naming the first fault by its JSONPath."""
    adapter: TypeAdapter[Read] = _adapter(cast("Any", kind))
    try:
        return adapter.validate_json(body or b"{}")
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        if first["type"] == "json_invalid":
            raise Invalid("the body is no JSON in UTF-8; check it with a JSON parser") from None
        raise Invalid(f"{path_of(first['loc'])}: {first['msg'][:1].lower()}{first['msg'][1:]}") from None


def text_of(ask: Mapping[str, object]) -> bytes:
    """An ask as it is remembered: the same over REST and MCP."""
    return json.dumps(ask, sort_keys=True, separators=(",", ":")).encode()


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
