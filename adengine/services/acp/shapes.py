"""The protocol's objects as types: what is sent has these fields and no others, and an absent one is left out.

Amounts are integers of minor units, currencies three lower-case letters, times RFC 3339 in UTC.
"""

from __future__ import annotations

from typing import Literal, NotRequired

# pydantic makes the OpenAPI document of these, and below Python 3.12 it takes this TypedDict only.
from typing_extensions import TypedDict

TotalType = Literal["items_base_amount", "items_discount", "subtotal", "fulfillment", "tax", "total", "amount_refunded"]


class TaxBreakdownItem(TypedDict):
    jurisdiction: str
    rate: float
    amount: int


class Total(TypedDict):
    type: TotalType
    display_text: str
    amount: int
    breakdown: NotRequired[list[TaxBreakdownItem]]


class EstimatedDelivery(TypedDict):
    earliest: str
    latest: str


class OrderQuantity(TypedDict):
    ordered: int
    current: int
    fulfilled: int


class OrderLine(TypedDict):
    id: str
    title: str
    product_id: str
    quantity: OrderQuantity
    unit_price: int
    subtotal: int
    totals: list[Total]
    status: Literal["processing", "removed"]


class LineReference(TypedDict):
    id: str
    quantity: int


class Fulfillment(TypedDict):
    id: str
    type: Literal["shipping"]
    status: str
    line_items: list[LineReference]
    estimated_delivery: NotRequired[EstimatedDelivery]


class Adjustment(TypedDict):
    id: str
    type: Literal["refund", "dispute"]
    occurred_at: str
    status: Literal["pending", "completed", "failed"]
    amount: int
    currency: str
    line_items: NotRequired[list[LineReference]]


class Confirmation(TypedDict):
    confirmation_number: str
    receipt_url: str
    order_notes: NotRequired[str]


class Order(TypedDict):
    type: Literal["order"]
    id: str
    checkout_session_id: str
    order_number: str
    permalink_url: str
    status: Literal["created", "confirmed", "canceled"]
    confirmation: Confirmation
    estimated_delivery: NotRequired[EstimatedDelivery]
    line_items: list[OrderLine]
    fulfillments: list[Fulfillment]
    adjustments: list[Adjustment]
    totals: list[Total]


class OrderEvent(TypedDict):
    type: Literal["order_create", "order_update"]
    data: Order


class PaymentHandler(TypedDict):
    id: str
    name: str
    display_name: str
    version: str
    spec: str
    requires_delegate_payment: bool
    requires_pci_compliance: bool
    psp: str
    config_schema: str
    instrument_schemas: list[str]
    config: dict[str, str | bool | list[str]]
    display_order: int


class Payment(TypedDict):
    handlers: list[PaymentHandler]


class Interventions(TypedDict):
    supported: list[str]
    required: list[str]
    enforcement: Literal["conditional"]


class Extension(TypedDict):
    name: str
    extends: list[str]


class Capabilities(TypedDict):
    payment: Payment
    interventions: Interventions
    extensions: NotRequired[list[Extension]]


class Protocol(TypedDict):
    version: str


class Buyer(TypedDict):
    email: str
    first_name: NotRequired[str]
    last_name: NotRequired[str]
    full_name: NotRequired[str]
    phone_number: NotRequired[str]


class Address(TypedDict):
    name: str
    line_one: str
    line_two: NotRequired[str]
    city: str
    state: str
    country: str
    postal_code: str
    company: NotRequired[str]


class FulfillmentDetails(TypedDict):
    name: NotRequired[str]
    phone_number: NotRequired[str]
    email: NotRequired[str]
    address: Address


class Item(TypedDict):
    id: str
    name: str
    unit_amount: int


class DiscountDetail(TypedDict):
    code: str
    type: Literal["percentage", "fixed"]
    amount: int
    description: str
    source: Literal["coupon"]


class Weight(TypedDict):
    value: int
    unit: Literal["g"]


class LineItem(TypedDict):
    id: str
    item: Item
    quantity: int
    name: str
    unit_amount: int
    product_id: str
    variant_id: str
    sku: NotRequired[str]
    images: NotRequired[list[str]]
    weight: NotRequired[Weight]
    availability_status: Literal["in_stock", "out_of_stock"]
    available_quantity: NotRequired[int]
    max_quantity_per_order: int
    discount_details: NotRequired[list[DiscountDetail]]
    totals: list[Total]


class FulfillmentOption(TypedDict):
    type: Literal["shipping"]
    id: str
    title: str
    earliest_delivery_time: str
    latest_delivery_time: str
    totals: list[Total]


class SelectedOption(TypedDict):
    type: Literal["shipping"]
    option_id: str
    item_ids: list[str]


class Message(TypedDict):
    """An info has no code; warnings and errors have one."""

    type: Literal["info", "warning", "error"]
    code: NotRequired[str]
    param: NotRequired[str]
    resolution: NotRequired[Literal["recoverable", "requires_buyer_input", "requires_buyer_review"]]
    content_type: Literal["plain"]
    content: str


class Link(TypedDict):
    type: Literal["terms_of_use", "privacy_policy", "return_policy", "contact_us"]
    url: str


class Allocation(TypedDict):
    path: str
    amount: int


class Coupon(TypedDict):
    id: str
    name: str
    percent_off: NotRequired[float]
    amount_off: NotRequired[int]
    currency: NotRequired[str]


class AppliedDiscount(TypedDict):
    id: str
    code: str
    coupon: Coupon
    amount: int
    automatic: bool
    method: Literal["across"]
    priority: int
    allocations: list[Allocation]


class RejectedDiscount(TypedDict):
    code: str
    reason: str
    message: str


class Discounts(TypedDict):
    codes: list[str]
    applied: list[AppliedDiscount]
    rejected: list[RejectedDiscount]


class ConsentOption(TypedDict):
    channel: Literal["email"]
    display_text: str
    privacy_policy_url: str
    is_subscribed: bool


class Acquirer(TypedDict):
    acquirer_bin: str
    acquirer_country: str
    acquirer_merchant_id: str
    merchant_name: str


class Flow(TypedDict):
    type: Literal["challenge"]


class AuthenticationMetadata(TypedDict):
    acquirer_details: Acquirer
    directory_server: Literal["visa"]
    flow_preference: Flow


Status = Literal[
    "not_ready_for_payment",
    "ready_for_payment",
    "authentication_required",
    "requires_escalation",
    "complete_in_progress",
    "completed",
    "canceled",
    "expired",
]


class CheckoutSession(TypedDict):
    id: str
    protocol: Protocol
    capabilities: Capabilities
    status: Status
    currency: str
    locale: NotRequired[str]
    buyer: NotRequired[Buyer]
    line_items: list[LineItem]
    fulfillment_details: NotRequired[FulfillmentDetails]
    fulfillment_options: list[FulfillmentOption]
    selected_fulfillment_options: NotRequired[list[SelectedOption]]
    totals: list[Total]
    messages: list[Message]
    links: list[Link]
    discounts: NotRequired[Discounts]
    marketing_consent_options: NotRequired[list[ConsentOption]]
    authentication_metadata: NotRequired[AuthenticationMetadata]
    created_at: str
    updated_at: str
    expires_at: str
    continue_url: NotRequired[str]
    order: NotRequired[Order]


class Cart(TypedDict):
    id: str
    line_items: list[LineItem]
    buyer: NotRequired[Buyer]
    currency: str
    totals: list[Total]
    messages: list[Message]
    expires_at: str


class DiscoveryProtocol(TypedDict):
    name: Literal["acp"]
    version: str
    supported_versions: list[str]
    documentation_url: str


class DiscoveryExtension(TypedDict):
    name: str


class DiscoveryCapabilities(TypedDict):
    services: list[str]
    extensions: list[DiscoveryExtension]
    intervention_types: list[str]
    supported_currencies: list[str]
    supported_locales: list[str]


class Discovery(TypedDict):
    protocol: DiscoveryProtocol
    api_base_url: str
    transports: list[str]
    capabilities: DiscoveryCapabilities
