"""What agents send, as types: read strictly, every fault named by the JSONPath of the field it is in."""

from __future__ import annotations

import re
from datetime import datetime
from functools import cache
from typing import Annotated, Any, Literal, NotRequired, TypeVar, cast

from pydantic import (
    AfterValidator,
    BeforeValidator,
    ConfigDict,
    Field,
    TypeAdapter,
    ValidationError,
    WithJsonSchema,
    with_config,
)
from pydantic_core import PydanticCustomError
from typing_extensions import TypedDict

from adengine.services.acp.refusals import Refused

Read = TypeVar("Read")

CLOSED = with_config(ConfigDict(extra="forbid", strict=True))
# Where the protocol leaves objects open, fields we do not know are let pass and forgotten.
OPEN = with_config(ConfigDict(extra="ignore", strict=True))

LONGEST_NOTE = 5000
LONGEST_VALUE = 500
MOST_LINES = 100
MOST_CODES = 10


def _whole(value: Any) -> Any:
    """JSON knows one kind of number: 2.0 is the integer 2."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _storable(text: str) -> str:
    if "\0" in text:
        raise PydanticCustomError("nul", "a text may not hold a NUL character")
    return text


def _flat(value: Any) -> str:
    """A value of flat metadata, as text."""
    if isinstance(value, str):
        return _storable(value[:LONGEST_VALUE])
    if not isinstance(value, int | float):
        raise PydanticCustomError("flat", "metadata is flat: its values are texts, numbers or booleans")
    return str(value).lower() if isinstance(value, bool) else str(value)


def _like(pattern: str, words: str) -> AfterValidator:
    def check(text: str) -> str:
        if not re.fullmatch(pattern, text):
            raise PydanticCustomError("pattern", "{words}", {"words": words})
        return text

    return AfterValidator(check)


# Bounds stand before what reads the number: put after it, they would be missing from the JSON Schema.
Whole = Annotated[int, Field(ge=-(10**15), le=10**15), BeforeValidator(_whole)]
Natural = Annotated[int, Field(ge=0, le=10**15), BeforeValidator(_whole)]
Positive = Annotated[int, Field(ge=1, le=10**15), BeforeValidator(_whole)]
Quantity = Annotated[int, Field(ge=1, le=99), BeforeValidator(_whole)]
Text = Annotated[str, Field(max_length=200), AfterValidator(_storable)]
Name = Annotated[str, Field(min_length=1, max_length=200), AfterValidator(_storable)]
Long = Annotated[str, Field(max_length=2000), AfterValidator(_storable)]
Note = Annotated[str, Field(max_length=LONGEST_NOTE), AfterValidator(_storable)]
Email = Annotated[Text, _like(r"[^@\s]+@[^@\s]+\.[^@\s.]+", "this is no e-mail address")]
Country = Annotated[str, _like("[A-Za-z]{2}", "a country is two letters of ISO 3166, such as DE")]
Currency = Annotated[str, _like("[A-Za-z]{3}", "a currency is three letters of ISO 4217, such as eur")]
Locale = Annotated[str, _like(r"[A-Za-z0-9_-]{1,35}", "a locale is written like en-US")]
Code = Annotated[str, Field(max_length=100), AfterValidator(_storable)]
Codes = Annotated[list[Code], Field(max_length=MOST_CODES)]
# A union would put its members' names into the path of a fault.
Scalar = Annotated[Any, AfterValidator(_flat), WithJsonSchema({"type": ["string", "number", "boolean"]})]
Flat = Annotated[dict[Name, Scalar], Field(max_length=50)]


@CLOSED
class ItemAsk(TypedDict):
    """`quantity` is not in the protocol's schema, but agents send it; a repeated item says the same."""

    id: Name
    name: NotRequired[Long | None]
    unit_amount: NotRequired[Whole | None]
    quantity: NotRequired[Quantity]


@CLOSED
class AddressAsk(TypedDict):
    name: Text
    line_one: Name
    line_two: NotRequired[Text | None]
    city: Name
    state: Text
    country: Country
    postal_code: Name
    company: NotRequired[Text | None]


@CLOSED
class FulfillmentDetailsAsk(TypedDict):
    name: NotRequired[Text | None]
    phone_number: NotRequired[Text | None]
    email: NotRequired[Email | None]
    address: NotRequired[AddressAsk | None]


@CLOSED
class CompanyAsk(TypedDict):
    name: Text
    tax_id: NotRequired[Text]
    department: NotRequired[Text]
    cost_center: NotRequired[Text]


@CLOSED
class LoyaltyAsk(TypedDict):
    tier: NotRequired[Text]
    points_balance: NotRequired[Whole]
    member_since: NotRequired[datetime]


@CLOSED
class TaxExemptionAsk(TypedDict):
    certificate_id: Text
    certificate_type: Literal["resale", "exempt_organization", "government"]
    exempt_regions: NotRequired[list[Text]]
    expires_at: NotRequired[datetime]


@CLOSED
class BuyerAsk(TypedDict):
    email: Email
    first_name: NotRequired[Text | None]
    last_name: NotRequired[Text | None]
    full_name: NotRequired[Text | None]
    phone_number: NotRequired[Text | None]
    customer_id: NotRequired[Text | None]
    account_type: NotRequired[Literal["guest", "registered", "business"] | None]
    authentication_status: NotRequired[Literal["authenticated", "guest", "requires_signin"] | None]
    company: NotRequired[CompanyAsk | None]
    loyalty: NotRequired[LoyaltyAsk | None]
    tax_exemption: NotRequired[TaxExemptionAsk | None]


@OPEN
class HandlerAsk(TypedDict):
    id: NotRequired[Text]


@CLOSED
class PaymentAsk(TypedDict):
    handlers: list[HandlerAsk]


@CLOSED
class InterventionsAsk(TypedDict):
    supported: NotRequired[list[Text]]
    required: NotRequired[list[Text]]
    enforcement: NotRequired[Literal["always", "conditional", "optional"]]
    display_context: NotRequired[Literal["native", "webview", "modal", "redirect"]]
    redirect_context: NotRequired[Literal["in_app", "external_browser", "none"]]
    max_redirects: NotRequired[Natural]
    max_interaction_depth: NotRequired[Positive]


@CLOSED
class CapabilitiesAsk(TypedDict):
    payment: NotRequired[PaymentAsk | None]
    interventions: NotRequired[InterventionsAsk | None]
    extensions: NotRequired[list[Text] | None]


@CLOSED
class DiscountsAsk(TypedDict):
    codes: NotRequired[Codes | None]


@CLOSED
class SourceAsk(TypedDict):
    type: Literal["url", "platform", "unknown"]
    url: NotRequired[Annotated[str, Field(max_length=2000), AfterValidator(_storable)]]


@OPEN
class AttributionAsk(TypedDict):
    provider: Name
    token: NotRequired[Annotated[str, Field(max_length=4000), AfterValidator(_storable)]]
    publisher_id: NotRequired[Text]
    campaign_id: NotRequired[Text]
    creative_id: NotRequired[Text]
    sub_id: NotRequired[Text]
    source: NotRequired[SourceAsk]
    issued_at: NotRequired[datetime]
    expires_at: NotRequired[datetime]
    metadata: NotRequired[Flat]
    touchpoint: NotRequired[Literal["first", "last"]]


@CLOSED
class SelectedOptionAsk(TypedDict):
    type: Literal["shipping", "digital", "pickup", "local_delivery"]
    option_id: Name
    item_ids: list[Text]


@CLOSED
class GroupAsk(TypedDict):
    id: Text
    item_ids: list[Text]
    destination_type: Literal["shipping", "pickup", "local_delivery", "digital"]
    fulfillment_details: NotRequired[FulfillmentDetailsAsk]
    location_id: NotRequired[Text]
    instructions: NotRequired[Note]


Items = Annotated[list[ItemAsk], Field(min_length=1, max_length=MOST_LINES)]


@CLOSED
class CreateAsk(TypedDict):
    """The body of POST checkout_sessions."""

    line_items: Items
    currency: Currency
    capabilities: CapabilitiesAsk
    buyer: NotRequired[BuyerAsk | None]
    fulfillment_details: NotRequired[FulfillmentDetailsAsk | None]
    fulfillment_groups: NotRequired[list[GroupAsk] | None]
    affiliate_attribution: NotRequired[AttributionAsk | None]
    coupons: NotRequired[Codes | None]
    discounts: NotRequired[DiscountsAsk | None]
    locale: NotRequired[Locale | None]
    timezone: NotRequired[Text | None]
    quote_id: NotRequired[Text | None]
    metadata: NotRequired[dict[str, Any] | None]
    order_notes: NotRequired[Note | None]


@CLOSED
class UpdateAsk(TypedDict):
    """The body of POST checkout_sessions/{id}: what is absent stays, null clears."""

    line_items: NotRequired[Items]
    buyer: NotRequired[BuyerAsk | None]
    fulfillment_details: NotRequired[FulfillmentDetailsAsk | None]
    fulfillment_groups: NotRequired[list[GroupAsk] | None]
    selected_fulfillment_options: NotRequired[list[SelectedOptionAsk] | None]
    coupons: NotRequired[Codes | None]
    discounts: NotRequired[DiscountsAsk | None]
    order_notes: NotRequired[Note | None]


@OPEN
class CredentialAsk(TypedDict):
    type: Text
    token: Annotated[str, Field(min_length=1, max_length=500), AfterValidator(_storable)]


@OPEN
class InstrumentAsk(TypedDict):
    type: Text
    credential: CredentialAsk


# The protocol has purchase orders, too, which are refused in words of their own: only the document requires these two.
@with_config(ConfigDict(extra="forbid", strict=True, json_schema_extra={"required": ["handler_id", "instrument"]}))
class PaymentDataAsk(TypedDict):
    handler_id: NotRequired[Text]
    instrument: NotRequired[InstrumentAsk]
    billing_address: NotRequired[AddressAsk | None]
    purchase_order_number: NotRequired[Text]
    payment_terms: NotRequired[Literal["immediate", "net_15", "net_30", "net_60", "net_90"]]
    due_date: NotRequired[datetime]
    approval_required: NotRequired[bool]


@CLOSED
class ThreeDsAsk(TypedDict):
    three_ds_cryptogram: NotRequired[Text]
    electronic_commerce_indicator: NotRequired[Literal["01", "02", "05", "06", "07"]]
    transaction_id: NotRequired[Text]
    version: NotRequired[Text]


@CLOSED
class AuthenticationAsk(TypedDict):
    outcome: Literal[
        "abandoned",
        "attempt_acknowledged",
        "authenticated",
        "canceled",
        "denied",
        "informational",
        "internal_error",
        "not_supported",
        "processing_error",
        "rejected",
    ]
    outcome_details: NotRequired[ThreeDsAsk]


@CLOSED
class RiskAsk(TypedDict):
    """Read, so that a fault is named, and not kept."""

    ip_address: NotRequired[Text]
    user_agent: NotRequired[Long]
    accept_language: NotRequired[Text]
    session_id: NotRequired[Text]
    device_fingerprint: NotRequired[Long]


@CLOSED
class ConsentAsk(TypedDict):
    channel: Text
    opted_in: bool


@CLOSED
class CompleteAsk(TypedDict):
    """The body of POST checkout_sessions/{id}/complete."""

    payment_data: PaymentDataAsk
    buyer: NotRequired[BuyerAsk | None]
    authentication_result: NotRequired[AuthenticationAsk | None]
    affiliate_attribution: NotRequired[AttributionAsk | None]
    risk_signals: NotRequired[RiskAsk | None]
    marketing_consents: NotRequired[Annotated[list[ConsentAsk], Field(max_length=20)] | None]
    order_notes: NotRequired[Note | None]


@OPEN
class TraceAsk(TypedDict):
    reason_code: Text
    trace_summary: NotRequired[Annotated[str, Field(max_length=500), AfterValidator(_storable)]]
    metadata: NotRequired[Flat]


@OPEN
class CancelAsk(TypedDict):
    """The body of POST checkout_sessions/{id}/cancel, which may be missing."""

    intent_trace: NotRequired[TraceAsk | None]


@CLOSED
class CartCreateAsk(TypedDict):
    """The body of POST carts."""

    line_items: Items
    buyer: NotRequired[BuyerAsk | None]
    locale: NotRequired[Locale | None]


@CLOSED
class CartUpdateAsk(TypedDict):
    """The body of PUT carts/{id}: all of the cart."""

    line_items: Items
    buyer: NotRequired[BuyerAsk | None]


def read(kind: type[Read], body: bytes) -> Read:
    """The body as a value of that type; raises Refused, naming the first fault by its JSONPath."""
    adapter: TypeAdapter[Read] = _adapter(cast("Any", kind))
    try:
        return adapter.validate_json(body)
    except ValidationError as error:
        raise _refused(error) from None


def path_of(where: tuple[str | int, ...]) -> str:
    """An RFC 9535 JSONPath: `$.line_items[0].id`."""
    return "$" + "".join(_step(one) for one in where)


def _step(one: str | int) -> str:
    if isinstance(one, int):
        return f"[{one}]"
    return f".{one}" if re.fullmatch(r"[A-Za-z_]\w*", one, re.ASCII) else _quoted(one)


def _quoted(name: str) -> str:
    escaped = name[:60].replace("\\", "\\\\").replace("'", "\\'")
    return f"['{escaped}']"


def _refused(error: ValidationError) -> Refused:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    kind, where = first["type"], first["loc"]
    if kind == "json_invalid":
        return Refused("invalid_json", "the body is no JSON in UTF-8; check it with a JSON parser")
    if kind == "missing":
        return Refused("missing", f"{where[-1]} is required", param=path_of(where))
    if kind == "extra_forbidden":
        return Refused("unknown_field", "this field is not known here; leave it out", param=path_of(where))
    return Refused("invalid", f"{path_of(where)}: {first['msg'][:1].lower()}{first['msg'][1:]}", param=path_of(where))


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    return TypeAdapter(kind)
