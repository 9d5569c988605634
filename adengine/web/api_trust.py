"""The JSON API of what films can be trusted by: licences and their receipts, policies, the evidence of experiments."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.services import experiments, licences, policies, signing
from adengine.services.licences import AppearanceAsk, Appearances, LicenceRecord, UseAsk, Verdict, Verified
from adengine.services.policies import FoundPolicies, PolicyAsk
from adengine.services.signing import PublicKey, Signature
from adengine.services.views import ConsentView, EvidenceView, consent_view, evidence_view
from adengine.web.api_call import Call
from adengine.web.openapi import Query, Route

MOST_APPEARANCES = 20


@dataclass(frozen=True)
class ReceiptAsk:
    """A record of a licence and its receipt, as they were answered."""

    record: LicenceRecord
    receipt: Signature


@dataclass(frozen=True)
class Keys:
    """A JSON Web Key Set (RFC 7517)."""

    keys: list[PublicKey]


def _consent(call: Call) -> ConsentView:
    with call.unit() as unit:
        return consent_view(licences.consent(unit, call.path["licence"]), call.links)


def _verify(call: Call) -> Verified:
    ask: ReceiptAsk = call.body
    with call.unit() as unit:
        return licences.verify(unit, ask.record, ask.receipt)


def _keys(call: Call) -> Keys:
    with call.unit() as unit:
        return Keys([signing.public_key(unit)])


def _appearances(call: Call) -> Appearances:
    ask = AppearanceAsk(
        query=call.asked("q"),
        placement=call.asked("placement"),
        territory=call.asked("territory"),
        limit=call.number("limit", 10, most=MOST_APPEARANCES),
        cursor=call.asked("cursor"),
    )
    with call.unit() as unit:
        return licences.appearances(unit, ask)


def _check(call: Call) -> Verdict:
    ask: UseAsk = call.body
    with call.unit() as unit:
        return licences.check(unit, ask)


def _policies(call: Call) -> FoundPolicies:
    with call.unit() as unit:
        return policies.search(unit, PolicyAsk(call.asked("q"), call.asked("topic"), call.asked("cursor")))


def _evidence(call: Call) -> EvidenceView:
    with call.unit() as unit:
        return evidence_view(experiments.evidence(unit, call.path["experiment"]))


ROUTES = (
    Route("GET", "/licences/{licence}", "Read the signed record of a licence", _consent, ConsentView, is_public=True),
    Route(
        "POST", "/licences/verify", "Check a licence's record and receipt", _verify, Verified,
        body=ReceiptAsk, is_public=True,
    ),
    Route("GET", "/licence-keys", "List the keys that receipts are checked with", _keys, Keys, is_public=True),
    Route("POST", "/licences/check", "Check a planned use of an appearance", _check, Verdict, body=UseAsk),
    Route(
        "GET", "/appearances", "List licensed appearances", _appearances, Appearances,
        query=(*map(Query, ("q", "placement", "territory", "cursor")), Query("limit", most=MOST_APPEARANCES)),
    ),
    Route(
        "GET", "/policies", "Find what the shop promises", _policies, FoundPolicies,
        query=(Query("q"), Query("topic"), Query("cursor")), is_public=True,
    ),
    Route("GET", "/experiments/{experiment}/evidence", "Read what an experiment shows", _evidence, EvidenceView),
)  # fmt: skip
