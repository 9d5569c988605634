"""The JSON API for merchants and their agents: a table of routes, from which its OpenAPI document is made."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Blueprint, Response, jsonify, request
from pydantic import ValidationError

from adengine.core.errors import Invalid
from adengine.engine import AdEngine
from adengine.services import (
    ads,
    catalog,
    choices,
    experiments,
    ledger,
    lints,
    receipts,
    recordings,
    search,
)
from adengine.services.catalog import ImportReport
from adengine.services.choices import Choices
from adengine.services.experiments import Results
from adengine.services.ledger import Balance
from adengine.services.planning import AdAsk, AdWish
from adengine.services.receipts import Receipt
from adengine.services.views import (
    AdView,
    HitView,
    LintView,
    ProductView,
    ad_view,
    hit_view,
    lint_view,
    product_view,
)
from adengine.web import api_checkout, api_films, api_money, api_partners, api_selling, api_trust
from adengine.web.api_call import Call, caller
from adengine.web.openapi import Query, Route, adapter, document


@dataclass(frozen=True)
class ExperimentAsk:
    name: str
    ad_ids: list[str]
    planned_viewers: int | None = None


@dataclass(frozen=True)
class ExperimentCard:
    id: str
    name: str
    status: str


@dataclass(frozen=True)
class Recording:
    """The name that an ad's `recording` takes."""

    recording: str


@dataclass(frozen=True)
class Revoked:
    """The ads that were taken down with the licence."""

    ads: list[str]


def blueprint(engine: AdEngine) -> Blueprint:
    """The API under /api/v1 and its document at /api/openapi.json."""
    pages = Blueprint("api", __name__)
    for route in ROUTES:
        rule = "/v1" + route.path.replace("{", "<").replace("}", ">")
        pages.add_url_rule(rule, f"{route.method} {route.path}", _view(engine, route), methods=[route.method])
    pages.add_url_rule("/openapi.json", "openapi", lambda: jsonify(document(ROUTES)))
    return pages


def _view(engine: AdEngine, route: Route) -> Callable[..., tuple[Response, int]]:
    def view(**path: str) -> tuple[Response, int]:
        actor, links = caller(engine, is_public=route.is_public)
        answer = route.act(Call(engine, actor, links, path, _body(route)))
        return jsonify(adapter(route.answer).dump_python(answer, mode="json")), route.status

    return view


def _body(route: Route) -> Any:
    if route.body is None:
        return None
    if route.body is bytes:
        return request.get_data()
    try:
        return adapter(route.body).validate_json(request.get_data(), extra="forbid")
    except ValidationError as error:
        first = error.errors(include_url=False)[0]
        where = ".".join(str(part) for part in first["loc"]) or "body"
        raise Invalid(f"{where}: {first['msg']}") from None


def _products(call: Call) -> list[ProductView]:
    with call.unit() as unit:
        return [product_view(one, call.links) for one in catalog.list_products(unit)]


def _product(call: Call) -> ProductView:
    with call.unit() as unit:
        found = catalog.get_product(unit, call.path["product"])
        return product_view(
            found, call.links, [one.id for one in ads.list_ads(unit, product_id=found.id, placement="api")]
        )


def _search(call: Call) -> list[HitView]:
    with call.unit() as unit:
        found = search.find(unit, search.SearchAsk(call.asked("q")), placement="api")
        return [hit_view(hit, call.links, list(hit.ads)) for hit in found.hits]


def _import(call: Call) -> ImportReport:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "upload.csv"
        path.write_bytes(call.body)
        return catalog.import_feed(call.engine, call.actor, str(path))


def _ads(call: Call) -> list[AdView]:
    with call.unit() as unit:
        return [ad_view(one, call.links) for one in ads.list_ads(unit, placement="api")]


def _create_ad(call: Call) -> AdView:
    with call.unit() as unit:
        wish = AdWish(**vars(call.body), request_key=call.request_key)
        return ad_view(ads.create_ad(unit, wish), call.links)


def _ad(call: Call) -> AdView:
    with call.unit() as unit:
        return ad_view(ads.get_ad(unit, call.path["ad_id"], placement="api"), call.links)


def _receipt(call: Call) -> Receipt | None:
    with call.unit() as unit:
        return receipts.receipt(unit, call.path["ad_id"])


def _lint(call: Call) -> LintView:
    with call.unit() as unit:
        return lint_view(lints.report_of(unit, call.path["ad_id"]))


def _choices(call: Call) -> Choices:
    with call.unit() as unit:
        return choices.choices(unit)


def _recording(call: Call) -> Recording:
    return Recording(recordings.keep_recording(call.engine, call.actor, call.body))


def _publish(call: Call) -> AdView:
    with call.unit() as unit:
        return ad_view(ads.publish(unit, call.path["ad_id"]), call.links)


def _retire(call: Call) -> AdView:
    with call.unit() as unit:
        return ad_view(ads.retire(unit, call.path["ad_id"]), call.links)


def _cancel(call: Call) -> AdView:
    with call.unit() as unit:
        return ad_view(ads.cancel(unit, call.path["ad_id"]), call.links)


def _retry(call: Call) -> AdView:
    with call.unit() as unit:
        return ad_view(ads.retry(unit, call.path["ad_id"]), call.links)


def _ledger(call: Call) -> list[Balance]:
    with call.unit() as unit:
        return ledger.balances(unit)


def _revoke(call: Call) -> Revoked:
    with call.unit() as unit:
        return Revoked(ads.revoke(unit, call.path["licence_id"]))


def _experiments(call: Call) -> list[ExperimentCard]:
    with call.unit() as unit:
        return [ExperimentCard(*one) for one in experiments.list_experiments(unit)]


def _start(call: Call) -> Results:
    ask: ExperimentAsk = call.body
    with call.unit() as unit:
        made = experiments.start(unit, ask.name, ask.ad_ids, planned_viewers=ask.planned_viewers)
        return experiments.results(unit, made)


def _results(call: Call) -> Results:
    with call.unit() as unit:
        return experiments.results(unit, call.path["experiment_id"])


ROUTES = (
    Route("GET", "/products", "List products", _products, list[ProductView]),
    Route("GET", "/products/{product}", "Show a product by handle or id", _product, ProductView),
    Route("GET", "/search", "Find products by a sentence", _search, list[HitView], query=(Query("q"),)),
    Route("POST", "/imports", "Take in a product CSV (text/csv)", _import, ImportReport, body=bytes),
    Route("GET", "/choices", "List templates, styles, formats, moods, voices and places", _choices, Choices),
    Route(
        "POST", "/recordings", "Keep a voice-over", _recording, Recording,
        body=bytes, status=201, media="audio/*",
    ),
    Route("GET", "/ads", "List ads", _ads, list[AdView]),
    Route("POST", "/ads", "Make an ad", _create_ad, AdView, body=AdAsk, status=201, needs_key=True),
    Route("GET", "/ads/{ad_id}", "Show an ad and its progress", _ad, AdView),
    Route("GET", "/ads/{ad_id}/receipt", "Show how a film came to be", _receipt, Receipt | None),
    Route("GET", "/ads/{ad_id}/lint", "Check a film", _lint, LintView),
    Route("POST", "/ads/{ad_id}/publish", "Publish a finished ad", _publish, AdView),
    Route("POST", "/ads/{ad_id}/retire", "Take an ad down", _retire, AdView),
    Route("POST", "/ads/{ad_id}/cancel", "Stop the making of a film", _cancel, AdView),
    Route("POST", "/ads/{ad_id}/retry", "Try a failed ad again", _retry, AdView),
    *api_films.ROUTES,
    *api_trust.ROUTES,
    *api_checkout.ROUTES,
    *api_selling.ROUTES,
    *api_partners.ROUTES,
    *api_money.ROUTES,
    Route("GET", "/ledger", "Show every account's balance", _ledger, list[Balance]),
    Route("POST", "/licences/{licence_id}/revoke", "Revoke a licence and take its ads down", _revoke, Revoked),
    Route("GET", "/experiments", "List experiments", _experiments, list[ExperimentCard]),
    Route("POST", "/experiments", "Start an experiment", _start, Results, body=ExperimentAsk, status=201),
    Route("GET", "/experiments/{experiment_id}", "Show an experiment's results", _results, Results),
)  # fmt: skip
