"""What a shop sells, as frozen values: a feed is read into these, a film is planned from these."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core.money import Money


@dataclass(frozen=True)
class Option:
    """One choice of a variant, such as `Colour: Sand`."""

    name: str
    value: str


@dataclass(frozen=True)
class Variant:
    """One buyable thing. `stock` is None where the shop does not count it; `cost` is the merchant's secret.

    `grams` is what it weighs packed, 0 where nobody said."""

    id: str
    title: str
    options: tuple[Option, ...]
    price: Money
    compare_at: Money | None = None
    cost: Money | None = None
    sku: str = ""
    barcode: str = ""
    stock: int | None = None
    oversell: bool = False
    image: str | None = None
    grams: int = 0

    @property
    def own_name(self) -> str:
        """What tells it from its siblings; empty for a product's only variant, which Shopify calls 'Default Title'."""
        return "" if self.title == "Default Title" else self.title

    @property
    def is_available(self) -> bool:
        return self.price.minor > 0 and (self.stock is None or self.stock > 0 or self.oversell)


@dataclass(frozen=True)
class Image:
    """A picture of the product: `source` as the feed names it; `file`, size and alpha once it was taken in.

    `cutout` is the file of the same picture without its ground, empty where none could be made well; a worker makes
    it after the import. `cutout_confidence` (0..1) says how sure it is that nothing is missing or too much.
    """

    source: str
    alt: str = ""
    position: int = 1
    file: str = ""
    width: int = 0
    height: int = 0
    has_alpha: bool = False
    cutout: str = ""
    cutout_confidence: float = 0.0

    @property
    def alone(self) -> str:
        """The file that shows the product without its ground, as it came or cut out; empty where there is none."""
        return self.file if self.has_alpha else self.cutout


@dataclass(frozen=True)
class Product:
    """One product with its variants. `description` is plain text; metafields are (`namespace.key`, value) pairs."""

    handle: str
    title: str
    description: str = ""
    vendor: str = ""
    kind: str = ""
    tags: tuple[str, ...] = ()
    status: str = "active"
    variants: tuple[Variant, ...] = ()
    images: tuple[Image, ...] = ()
    metafields: tuple[tuple[str, str], ...] = ()
    id: str = ""

    @property
    def cheapest(self) -> Variant | None:
        """The lowest-priced variant that can be bought; None when nothing can."""
        return min((v for v in self.variants if v.is_available), key=lambda v: v.price.minor, default=None)

    def metafield(self, key: str) -> str:
        return dict(self.metafields).get(key, "")


def title_of(product: Product, variant: Variant) -> str:
    """Return what a variant is called among all goods: `Stoneware Mug, Oat`."""
    plain = variant.own_name in ("", product.title)
    return product.title if plain else f"{product.title}, {variant.own_name}"


@dataclass(frozen=True)
class RowProblem:
    """Why a line of a feed, or a part of it, was not taken: 1-based line, column name, the value, the reason."""

    line: int
    column: str
    value: str
    reason: str
    refused: bool = True


@dataclass(frozen=True)
class Feed:
    """A feed as read: the products that can be kept and every problem met, in line order."""

    products: tuple[Product, ...]
    problems: tuple[RowProblem, ...]
    rows: int
