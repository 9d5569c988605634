"""What crosses the edge: the JSON of products, ads, checkouts and orders, the same on REST, MCP and CLI.

Money is an integer of minor units beside its currency. Texts such as titles are the shop's: data, never orders.
"""

from adengine.services.views.evidence import (
    EvidenceArmView,
    EvidenceView,
    LiftView,
    MetricArmView,
    MetricView,
    TrafficView,
    evidence_view,
)
from adengine.services.views.films import (
    AdView,
    FindingView,
    LintView,
    RenderView,
    ad_view,
    lint_view,
    render_view,
)
from adengine.services.views.goods import (
    HitView,
    ImageView,
    OptionView,
    ProductView,
    VariantView,
    hit_view,
    product_view,
    variant_view,
)
from adengine.services.views.licences import (
    ConsentView,
    consent_view,
)
from adengine.services.views.links import (
    Links,
)
from adengine.services.views.till import (
    CheckoutView,
    CodeView,
    LineView,
    OrderView,
    RefundView,
    ShippingView,
    TaxView,
    checkout_view,
    order_view,
)
from adengine.services.views.watching import (
    FilmDetailView,
    FilmHitsView,
    FilmHitView,
    FilmView,
    HotspotView,
    ProvenanceView,
    RenditionView,
    film_detail_view,
    film_hits_view,
    film_view,
    spot_view,
)

__all__ = [
    "AdView",
    "CheckoutView",
    "CodeView",
    "ConsentView",
    "EvidenceArmView",
    "EvidenceView",
    "FilmDetailView",
    "FilmHitView",
    "FilmHitsView",
    "FilmView",
    "FindingView",
    "HitView",
    "HotspotView",
    "ImageView",
    "LiftView",
    "LineView",
    "Links",
    "LintView",
    "MetricArmView",
    "MetricView",
    "OptionView",
    "OrderView",
    "ProductView",
    "ProvenanceView",
    "RefundView",
    "RenderView",
    "RenditionView",
    "ShippingView",
    "TaxView",
    "TrafficView",
    "VariantView",
    "ad_view",
    "checkout_view",
    "consent_view",
    "evidence_view",
    "film_detail_view",
    "film_hits_view",
    "film_view",
    "hit_view",
    "lint_view",
    "order_view",
    "product_view",
    "render_view",
    "spot_view",
    "variant_view",
]
