"""The rows, one module a noun; `migrations/` beside them holds the way the tables came to be."""

from adengine.models.ad import Ad, Preview, Shot
from adengine.models.agent import Agent, Notice, Request
from adengine.models.base import Base, Owned, new_id
from adengine.models.cameo import Cameo, Grant, Licence
from adengine.models.checkout import Cart, Checkout, Dispute, Order, Payment, Refund
from adengine.models.experiment import Arm, Event, Experiment, Tally
from adengine.models.inbox import Inbox
from adengine.models.ledger import Entry, Posting, Seal
from adengine.models.merchant import Code, Merchant, Shop, Token
from adengine.models.payout import Payee, Reversal, Transfer
from adengine.models.product import Image, Price, Product, Variant, free_stock
from adengine.models.search import SearchDocument, SearchShop, SearchTerm

__all__ = [
    "Ad",
    "Agent",
    "Arm",
    "Base",
    "Cameo",
    "Cart",
    "Checkout",
    "Code",
    "Dispute",
    "Entry",
    "Event",
    "Experiment",
    "Grant",
    "Image",
    "Inbox",
    "Licence",
    "Merchant",
    "Notice",
    "Order",
    "Owned",
    "Payee",
    "Payment",
    "Posting",
    "Preview",
    "Price",
    "Product",
    "Refund",
    "Request",
    "Reversal",
    "Seal",
    "SearchDocument",
    "SearchShop",
    "SearchTerm",
    "Shop",
    "Shot",
    "Tally",
    "Token",
    "Transfer",
    "Variant",
    "free_stock",
    "new_id",
]
