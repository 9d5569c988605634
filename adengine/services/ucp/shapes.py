"""The protocol's objects as types: an absent field is left out. Amounts are integers of minor units."""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Severity = Literal["recoverable", "requires_buyer_input", "requires_buyer_review", "unrecoverable"]


class Declared(TypedDict):
    """A capability, by the version that is spoken."""

    version: str
    extends: NotRequired[str]


class Card(TypedDict):
    type: str


class Handler(TypedDict):
    id: str
    version: str
    available_instruments: list[Card]
    config: dict[str, str | list[str]]


class Ucp(TypedDict):
    version: str
    status: NotRequired[Literal["error"]]
    capabilities: NotRequired[dict[str, list[Declared]]]
    payment_handlers: NotRequired[dict[str, list[Handler]]]


class Message(TypedDict):
    """Errors have a severity; an info need not have a code."""

    type: Literal["info", "warning", "error"]
    code: NotRequired[str]
    path: NotRequired[str]
    content: str
    severity: NotRequired[Severity]


class ErrorDocument(TypedDict):
    """There is nothing to show: why, and what to do."""

    ucp: Ucp
    messages: list[Message]
    continue_url: NotRequired[str]


class Total(TypedDict):
    type: str
    display_text: NotRequired[str]
    amount: int


class Item(TypedDict):
    id: str
    title: str
    price: int
    image_url: NotRequired[str]


class Line(TypedDict):
    id: str
    item: Item
    quantity: int
    totals: list[Total]


class Buyer(TypedDict):
    email: str
    first_name: NotRequired[str]
    last_name: NotRequired[str]
    phone_number: NotRequired[str]


class Link(TypedDict):
    type: str
    url: str


class PostalAddress(TypedDict):
    id: NotRequired[str]
    first_name: NotRequired[str]
    last_name: NotRequired[str]
    street_address: NotRequired[str]
    extended_address: NotRequired[str]
    postal_code: NotRequired[str]
    address_locality: NotRequired[str]
    address_region: NotRequired[str]
    address_country: NotRequired[str]


class ShippingOption(TypedDict):
    id: str
    title: str
    earliest_fulfillment_time: str
    latest_fulfillment_time: str
    totals: list[Total]


class Group(TypedDict):
    id: str
    line_item_ids: list[str]
    options: list[ShippingOption]
    selected_option_id: str | None


class Method(TypedDict):
    id: str
    type: Literal["shipping"]
    line_item_ids: list[str]
    destinations: list[PostalAddress]
    selected_destination_id: str | None
    groups: list[Group]


class Fulfillment(TypedDict):
    methods: list[Method]


class Allocation(TypedDict):
    path: str
    amount: int


class AppliedDiscount(TypedDict):
    code: str
    title: str
    amount: int
    automatic: bool
    method: Literal["across"]
    priority: int
    allocations: list[Allocation]


class Discounts(TypedDict):
    codes: list[str]
    applied: list[AppliedDiscount]


class OrderConfirmation(TypedDict):
    id: str
    permalink_url: str


Status = Literal[
    "incomplete", "requires_escalation", "ready_for_complete", "complete_in_progress", "completed", "canceled"
]


class Checkout(TypedDict):
    ucp: Ucp
    id: str
    status: Status
    line_items: list[Line]
    currency: str
    totals: list[Total]
    messages: list[Message]
    links: list[Link]
    expires_at: str
    continue_url: NotRequired[str]
    buyer: NotRequired[Buyer]
    fulfillment: NotRequired[Fulfillment]
    discounts: NotRequired[Discounts]
    attribution: NotRequired[dict[str, str]]
    order: NotRequired[OrderConfirmation]


class Cart(TypedDict):
    ucp: Ucp
    id: str
    line_items: list[Line]
    currency: str
    totals: list[Total]
    messages: list[Message]
    links: list[Link]
    expires_at: str
    buyer: NotRequired[Buyer]


class OrderQuantity(TypedDict):
    original: int
    total: int
    fulfilled: int


class OrderLine(TypedDict):
    id: str
    item: Item
    quantity: OrderQuantity
    totals: list[Total]
    status: Literal["processing", "removed"]


class LineReference(TypedDict):
    id: str
    quantity: int


class Expectation(TypedDict):
    id: str
    line_items: list[LineReference]
    method_type: Literal["shipping"]
    destination: PostalAddress
    description: NotRequired[str]


class OrderFulfillment(TypedDict):
    expectations: list[Expectation]
    events: list[object]


class Adjustment(TypedDict):
    id: str
    type: Literal["refund", "dispute"]
    occurred_at: str
    status: Literal["pending", "completed", "failed"]
    totals: list[Total]
    line_items: NotRequired[list[LineReference]]


class Order(TypedDict):
    ucp: Ucp
    id: str
    checkout_id: str
    permalink_url: str
    line_items: list[OrderLine]
    fulfillment: OrderFulfillment
    adjustments: list[Adjustment]
    currency: str
    totals: list[Total]
    messages: list[Message]
    attribution: NotRequired[dict[str, str]]


class Service(TypedDict):
    version: str
    transport: Literal["rest", "mcp"]
    endpoint: str
    config: NotRequired[dict[str, str]]


class ProfileUcp(TypedDict):
    version: str
    services: dict[str, list[Service]]
    capabilities: dict[str, list[Declared]]
    payment_handlers: dict[str, list[Handler]]


class Profile(TypedDict):
    ucp: ProfileUcp
    signing_keys: list[dict[str, str]]
