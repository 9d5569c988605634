"""The rows, one module a noun; `migrations/` beside them holds the way the tables came to be."""

from adengine.models.ad import Ad, Preview, Shot
from adengine.models.base import Base, Owned, new_id
from adengine.models.cameo import Cameo, Grant, Licence
from adengine.models.checkout import Checkout, Order, Payment, Refund
from adengine.models.experiment import Arm, Event, Experiment, Tally
from adengine.models.inbox import Inbox
from adengine.models.ledger import Entry, Posting
from adengine.models.merchant import Merchant, Token
from adengine.models.product import Image, Price, Product, Variant

__all__ = [
    "Ad",
    "Arm",
    "Base",
    "Cameo",
    "Checkout",
    "Entry",
    "Event",
    "Experiment",
    "Grant",
    "Image",
    "Inbox",
    "Licence",
    "Merchant",
    "Order",
    "Owned",
    "Payment",
    "Posting",
    "Preview",
    "Price",
    "Product",
    "Refund",
    "Shot",
    "Tally",
    "Token",
    "Variant",
    "new_id",
]
