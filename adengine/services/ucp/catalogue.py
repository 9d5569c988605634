"""What an agent may ask of a catalogue: found by a sentence, looked up by names, one product narrowed to a variant."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import cast

from sqlalchemy import bindparam, or_, select

from adengine.core import catalog
from adengine.core.errors import Invalid, NotFound
from adengine.core.money import Money
from adengine.core.untrusted import plain
from adengine.engine import Unit
from adengine.models import Merchant
from adengine.models import Product as ProductRow
from adengine.models import Variant as VariantRow
from adengine.services import ads, prices, search
from adengine.services.acp.replies import Caller
from adengine.services.ucp import asks, envelope, products
from adengine.services.ucp.messages import UNTRUSTED, info, warning
from adengine.services.ucp.product_shapes import (
    FacetDocument,
    Input,
    LookupDocument,
    Product,
    ProductDocument,
    SearchDocument,
)
from adengine.services.ucp.refusals import told
from adengine.services.ucp.shapes import ErrorDocument, Message
from adengine.services.views import Links

# Where agents show films: what a licence may allow or not.
PLACEMENT = "mcp"
# Asked with every search, so made once, and of two columns: the rest of the row takes longer to read than to find.
SHOP = select(Merchant.name, Merchant.currency).where(Merchant.id == bindparam("merchant"))
MOST_HITS = 50
MOST_FACETS = 8


def search_catalog(caller: Caller, ask: asks.SearchAsk) -> SearchDocument:
    """Products that fit, best first, a page at a time; none, with advice, where nothing does.

    Raises Invalid where neither a query nor a filter is sent.
    """
    filters, page = ask.get("filters", {}), ask.get("pagination", {})
    if not ask.get("query", "").strip() and not filters:
        raise Invalid("say what is looked for: send catalog.query, catalog.filters or both")
    with caller.engine.reading(caller.actor) as unit:
        shop = search.shop_of(unit)
        links = Links(unit.settings.public_url, shop.name)
        wanted, ignored = _price_limits(filters.get("price", {}), ask.get("context", {}), shop.currency)
        is_short = ask.get("response_format", "concise") == "concise"
        found = search.find(
            unit,
            search.SearchAsk(
                text=ask.get("query", ""),
                at_least=wanted[0],
                at_most=wanted[1],
                kinds=tuple(filters.get("categories", ())),
                brands=tuple(filters.get("brands", ())),
                colours=tuple(filters.get("colours", ())),
                sizes=tuple(filters.get("sizes", ())),
                in_stock=filters.get("available", True),
                has_film=filters.get("has_film"),
                ships_to=filters.get("ships_to", "").upper(),
                limit=min(MOST_HITS if is_short else products.MOST_WHOLE, page.get("limit", 10)),
                cursor=page.get("cursor", ""),
                facets=not is_short,
            ),
            placement=PLACEMENT,
            shop=shop,
        )
        document: SearchDocument = {
            "ucp": envelope.ucp("catalog.search"),
            "products": _hits(unit, found, links, is_short=is_short),
            "pagination": {"has_next_page": bool(found.next_cursor), "total_count": found.total},
            "messages": ignored,
        }
    if found.next_cursor:
        document["pagination"]["cursor"] = found.next_cursor
    if found.facets:
        document["facets"] = _facets(found.facets)
    document["messages"].append(UNTRUSTED if found.hits else info("nothing_suitable", plain(found.advice, 300)))
    return document


def lookup_catalog(caller: Caller, ask: asks.LookupAsk) -> LookupDocument:
    """The products that ids, handles or SKUs name, each variant with the names it was found by."""
    names = tuple(dict.fromkeys(ask["ids"]))
    with caller.engine.reading(caller.actor) as unit:
        unit.require("catalog:read")
        links, _ = _shop(unit)
        shown: list[Product] = []
        met: set[str] = set()
        for product in _named(unit, names):
            variants = _narrowed(product.variants, ask.get("filters", {}))
            inputs = _inputs(product, variants, names)
            met |= {one["id"] for found in inputs.values() for one in found}
            kept = [one for one in variants if one.id in inputs]
            if kept:
                shown.append(_with_inputs(_whole(unit, product, kept, links), inputs))
    missing: list[Message] = [
        info("not_found", f"'{plain(one, 60)}' is not in this shop, or not within the filters")
        for one in names
        if one not in met
    ]
    fitting = [products.fitted(one, products.WHOLE_PAGE // len(shown)) for one in shown]
    return {"ucp": envelope.ucp("catalog.lookup"), "products": fitting, "messages": [*missing, UNTRUSTED]}


def get_product(caller: Caller, ask: asks.ProductAsk) -> ProductDocument | ErrorDocument:
    """One product, the variant that fits the chosen options best first, and what can still be chosen beside them."""
    with caller.engine.reading(caller.actor) as unit:
        unit.require("catalog:read")
        links, _ = _shop(unit)
        product = next(iter(_named(unit, (ask["id"],))), None)
        if product is None:
            return told(NotFound(f"there is no product '{plain(ask['id'], 60)}' here; use search_catalog"))
        chosen = _effective(product, ask)
        variants = _narrowed(product.variants, ask.get("filters", {}))
        if not variants:
            return told(NotFound("no variant of this product is within the filters; leave one out"))
        fitting = {one.id for one in products.matching(product, chosen)}
        ordered = sorted(variants, key=lambda one: (one.id not in fitting, not one.is_available))
        document = _whole(unit, product, ordered, links)
    document["options"] = products.chosen_options(product, chosen)
    document["selected"] = [
        {"name": plain(name, 80), "label": plain(value, 80)} for name, value in _anchor(ordered[0], chosen).items()
    ]
    document = products.fitted(document, products.WHOLE_PAGE)
    return {"ucp": envelope.ucp("catalog.lookup"), "product": document, "messages": [UNTRUSTED]}


def _shop(unit: Unit) -> tuple[Links, str]:
    """Links of the shop, and its currency."""
    name, currency = unit.db.execute(SHOP, {"merchant": unit.merchant_id}).one()
    return Links(unit.settings.public_url, name), currency


def _hits(unit: Unit, found: search.Found, links: Links, *, is_short: bool) -> list[Product]:
    """The hits as documents, which nobody may change: they are made again only where hits or their films changed."""
    clips = products.clips_of(unit, [ad_id for hit in found.hits for ad_id in hit.ads])
    key = (is_short, links, tuple(clips.values()))
    kept = cast("list[Product] | None", found.made.get(key))
    if kept is None:
        found.made.clear()  # films come and go; the last will do
        kept = _documents(found, links, clips, is_short=is_short)
        found.made[key] = kept
    return list(kept)


def _documents(
    found: search.Found, links: Links, clips: Mapping[str, products.Clip], *, is_short: bool
) -> list[Product]:
    shown: list[Product] = []
    room = products.room_for(len(found.hits))
    for hit in found.hits:
        films = [clips[ad_id] for ad_id in hit.ads if ad_id in clips]
        variants = sorted(hit.fitting, key=lambda one: (not one.is_available, one.price.minor))
        if is_short:
            short = products.short_product(hit.product, variants, links, clips=films, reasons=hit.reasons, room=room)
            shown.append(short)
        else:
            document = products.whole_product(hit.product, variants, links, clips=films)
            document["reasons"] = [plain(one, 120) for one in hit.reasons]
            shown.append(products.fitted(document, products.WHOLE_PAGE // len(found.hits)))
    return shown


def _facets(facets: Sequence[search.Facet]) -> list[FacetDocument]:
    return [
        {
            "name": one.name,
            "values": [{"label": plain(label, 80), "count": count} for label, count in one.values[:MOST_FACETS]],
        }
        for one in facets
    ]


def _price_limits(
    wanted: asks.PriceFilter, context: asks.ContextAsk, currency: str
) -> tuple[tuple[Money | None, Money | None], list[Message]]:
    """The limits in the shop's currency; those of another one are left out, and the answer says so."""
    said = context.get("currency", currency).upper()
    if wanted and said != currency:
        words = f"the price filter in {plain(said, 3)} was left out: this shop sells in {currency}"
        return (None, None), [warning("price_filter_ignored", words)]
    low, high = wanted.get("min"), wanted.get("max")
    return (
        None if low is None else Money(low, currency),
        None if high is None else Money(high, currency),
    ), []


def _named(unit: Unit, names: Sequence[str]) -> list[catalog.Product]:
    """The active products that have a name as their id or handle, or as id or SKU of a variant, in the names' order."""
    sold = select(VariantRow.product_id).where(
        or_(VariantRow.id.in_(names), VariantRow.sku.in_(names)), VariantRow.is_retired.is_(False)
    )
    query = select(ProductRow).where(
        ProductRow.status == "active",
        or_(ProductRow.id.in_(names), ProductRow.handle.in_(names), ProductRow.id.in_(sold)),
    )
    found = [product for row in unit.db.scalars(query) if (product := row.value()).variants]
    return sorted(found, key=lambda one: (_place(one, names), one.id))


def _place(product: catalog.Product, names: Sequence[str]) -> int:
    own = {product.id, product.handle} | {name for one in product.variants for name in (one.id, one.sku)}
    return next((at for at, name in enumerate(names) if name in own), len(names))


def _inputs(
    product: catalog.Product, variants: Sequence[catalog.Variant], names: Sequence[str]
) -> dict[str, list[Input]]:
    """By variant id, which names stand for it: its own exactly, those of its product for the one that comes first."""
    found: dict[str, list[Input]] = {}
    featured = min(variants, key=lambda one: (not one.is_available, one.price.minor), default=None)
    for name in names:
        for one in variants:
            if name in {one.id, one.sku}:
                found.setdefault(one.id, []).append({"id": name, "match": "exact"})
        if featured is not None and name in {product.id, product.handle}:
            found.setdefault(featured.id, []).append({"id": name, "match": "featured"})
    return found


def _with_inputs(document: Product, inputs: dict[str, list[Input]]) -> Product:
    for one in document["variants"]:
        one["inputs"] = inputs[one["id"]]
    return document


def _narrowed(variants: Sequence[catalog.Variant], filters: asks.LookupFilters) -> list[catalog.Variant]:
    low, high = filters.get("price", {}).get("min", 0), filters.get("price", {}).get("max")
    return [
        one
        for one in variants
        if low <= one.price.minor
        and (high is None or one.price.minor <= high)
        and (one.is_available or not filters.get("available", False))
    ]


def _effective(product: catalog.Product, ask: asks.ProductAsk) -> dict[str, str]:
    """The chosen options that some variant has together: those least preferred give way until one does.

    A variant's own id or SKU chooses all of its options.
    """
    named = next((one for one in product.variants if ask["id"] in {one.id, one.sku}), None)
    chosen = {one.name: one.value for one in named.options} if named else {}
    known = products.options_of(product)
    for one in ask.get("selected", []):
        name = next((name for name in known if name.casefold() == one["name"].casefold()), None)
        value = next((v for v in known.get(name or "", ()) if v.casefold() == one["label"].casefold()), None)
        if name is not None and value is not None:
            chosen[name] = value
    ranks = {name.casefold(): at for at, name in enumerate(ask.get("preferences", []))}
    giving_way = sorted(chosen, key=lambda name: ranks.get(name.casefold(), len(ranks)))
    while chosen and not products.matching(product, chosen):
        chosen.pop(giving_way.pop())
    return chosen


def _anchor(featured: catalog.Variant, chosen: dict[str, str]) -> dict[str, str]:
    """What the featured variant is, the chosen options first."""
    own = {one.name: one.value for one in featured.options}
    return {name: own.get(name, value) for name, value in chosen.items()} | own


def _whole(unit: Unit, product: catalog.Product, variants: Sequence[catalog.Variant], links: Links) -> Product:
    live = [one.id for one in ads.list_ads(unit, product_id=product.id, placement=PLACEMENT) if one.is_live]
    clips = products.clips_of(unit, live)
    films = [clips[ad_id] for ad_id in live if ad_id in clips]
    was = {one.id: earlier for one in variants[:1] if (earlier := prices.was_lowest(unit, one.id, one.price))}
    return products.whole_product(product, variants, links, clips=films, was=was)
