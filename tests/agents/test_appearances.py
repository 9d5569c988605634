"""Licences as agents read them: the signed record of consent, who may appear, and what a planned use would meet."""

from __future__ import annotations

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from adengine.engine import AdEngine
from adengine.models import Ad, Cameo, Licence
from tests.agents.agents import BAIT, HIDDEN, Shop, open_shop
from tests.conftest import open_desk
from tests.fakes import Clock

USE = {"cameo": "nix", "product_ids": ["mug"], "template": "hero"}


def test_anybody_reads_the_record_of_a_film_on_show_by_any_name(shop: Shop) -> None:
    licence = shop.licence("nix", territories=("DE", "AT"), forbidden_words=("cure",))
    ad_id = shop.film("mug", cameo="nix", template="hero")
    found = [shop.anybody.call("get_cameo_licence", licence=name) for name in (licence, "nix", "Nix", ad_id)]
    assert found == [found[0]] * 4
    record = found[0]["record"]
    assert (record["licence"], record["appearance"], record["kind"], record["state"]) == (
        licence, "Nix", "character", "active",
    )  # fmt: skip
    assert (record["territories"], record["forbidden_words"], record["share_bps"]) == (["AT", "DE"], ["cure"], 500)
    assert record["disclosure"] == "AI-generated"
    assert "advertising on all, in AT, DE" in found[0]["words"]
    assert "earned" not in json.dumps(found[0])


def test_a_licence_nobody_was_shown_a_film_under_is_the_merchants_own(shop: Shop) -> None:
    licence = shop.licence("nix")
    shop.film("mug", cameo="nix", template="hero", publish=False)
    for name in (licence, "nix"):
        assert "of a film on show here" in shop.anybody.refusal("get_cameo_licence", licence=name)
        assert shop.merchant.call("get_cameo_licence", licence=name)["record"]["licence"] == licence


def test_other_merchants_licences_are_not_there(engine: AdEngine, shop: Shop, tmp_path: Path) -> None:
    licence = shop.licence("nix")
    shop.film("mug", cameo="nix", template="hero")
    other = open_shop(engine, open_desk(engine, "other"), tmp_path / "other")
    assert other.merchant.refusal("get_cameo_licence", licence=licence).endswith("[not_found]")
    assert other.merchant.call("list_cameos")["appearances"] == []
    assert "no licensed appearance" in other.merchant.refusal("check_licence", **USE)
    assert "mer_" not in json.dumps(shop.merchant.call("get_cameo_licence", licence=licence))


def test_a_revoked_licence_says_so_and_since_when(shop: Shop, clock: Clock) -> None:
    licence = shop.licence("nix")
    ad_id = shop.film("mug", cameo="nix", template="hero")
    shop.revoke(licence)
    clock.forward(days=1)
    for name in (licence, "nix", ad_id):
        found = shop.anybody.call("get_cameo_licence", licence=name)
        assert (found["record"]["state"], found["record"]["revoked_at"]) == ("revoked", "2026-11-21T12:00:00Z")
        assert "was revoked 2026-11-21" in found["words"]


def test_of_a_remix_the_licence_of_the_film_it_was_made_after_is_public_too(shop: Shop) -> None:
    licence = shop.licence("nix")
    parent = shop.film("mug", cameo="nix", template="hero", publish=False)
    remix = shop.film("mug", headline="Anew", remix_of=parent)
    assert shop.anybody.call("get_cameo_licence", licence=licence)["record"]["licence"] == licence
    briefs = shop.anybody.call("get_ad", ad_id=remix)["licences"]
    assert [(one["licence"], one["is_remixed"]) for one in briefs] == [(licence, True)]


@pytest.mark.parametrize(("days", "state"), [(-2, "not_started"), (0, "active"), (400, "ended")])
def test_the_state_follows_the_term(shop: Shop, clock: Clock, days: int, state: str) -> None:
    shop.licence("nix", ends=clock.now.replace(year=2027))
    shop.film("mug", cameo="nix", template="hero")
    clock.forward(days=days)
    assert shop.anybody.call("get_cameo_licence", licence="nix")["record"]["state"] == state


def test_the_receipt_is_ours_and_nobody_can_change_a_word(shop: Shop) -> None:
    shop.licence("nix")
    shop.film("mug", cameo="nix", template="hero")
    found, api = shop.anybody.call("get_cameo_licence", licence="nix"), shop.api()
    asked = {"record": found["record"], "receipt": found["receipt"]}

    def verified(body: dict[str, Any]) -> Any:
        return api("POST", "/licences/verify", json=body, is_known=False).get_json()

    assert verified(asked) == {"valid": True, "state_now": "active", "words": verified(asked)["words"]}
    shuffled = {"receipt": asked["receipt"], "record": dict(reversed(found["record"].items()))}
    assert verified(shuffled)["valid"]
    for name, value in (("state", "revoked"), ("share_bps", 499), ("territories", ["US"]), ("ends", "2099-01-01")):
        assert not verified({**asked, "record": {**found["record"], name: value}})["valid"], name
    assert not verified({**asked, "receipt": {**found["receipt"], "signature": "AAAA"}})["valid"]
    assert api("POST", "/licences/verify", json={**asked, "record": {}}, is_known=False).status_code == 400


def test_a_receipt_signed_before_the_revocation_is_valid_and_says_how_it_stands_now(shop: Shop) -> None:
    licence = shop.licence("nix")
    shop.film("mug", cameo="nix", template="hero")
    found, api = shop.anybody.call("get_cameo_licence", licence=licence), shop.api()
    shop.revoke(licence)
    asked = {"record": found["record"], "receipt": found["receipt"]}
    answer = api("POST", "/licences/verify", json=asked, is_known=False).get_json()
    assert (answer["valid"], answer["state_now"]) == (True, "revoked")


def test_anybody_can_check_a_receipt_without_us(shop: Shop) -> None:
    shop.licence("nix")
    shop.film("mug", cameo="nix", template="hero")
    found = shop.anybody.call("get_cameo_licence", licence="nix")
    (key,) = shop.api()("GET", "/licence-keys", is_known=False).get_json()["keys"]
    assert (key["kty"], key["crv"], key["kid"]) == ("OKP", "Ed25519", found["receipt"]["key_id"])
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(key["x"] + "="))
    signature = base64.urlsafe_b64decode(found["receipt"]["signature"] + "==")
    # RFC 8785 by hand: sorted names, no space, text as it is.
    written = json.dumps(found["record"], sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    public.verify(signature, written)
    with pytest.raises(InvalidSignature):
        public.verify(signature, written.replace(b"active", b"ended"))


def test_rest_and_mcp_answer_alike(shop: Shop) -> None:
    shop.licence("nix")
    shop.film("mug", cameo="nix", template="hero")
    api = shop.api()
    for is_known, agent in ((True, shop.merchant), (False, shop.anybody)):
        answer = api("GET", "/licences/nix", is_known=is_known).get_json()
        assert answer == agent.call("get_cameo_licence", licence="nix")
    listed = api("GET", "/appearances?q=nix&placement=page").get_json()
    assert listed == shop.merchant.call("list_cameos", query="nix", placement="page")
    use = {"cameo": "nix", "products": ["mug"], "template": "hero", "text": "A cure for mornings"}
    answer = api("POST", "/licences/check", json=use).get_json()
    assert answer == shop.merchant.call("check_licence", **USE, text="A cure for mornings")


def test_appearances_are_listed_with_their_terms_usable_ones_first(shop: Shop) -> None:
    gone = shop.licence("aria")
    shop.licence("nix", placements=("page",), territories=("DE",))
    shop.licence("lumi", max_ads=3)
    shop.revoke(gone)
    shop.film("mug", cameo="lumi", template="hero")
    listed = shop.merchant.call("list_cameos")["appearances"]
    assert [(one["name"], one["state"], one["films"]) for one in listed] == [
        ("lumi", "active", 1), ("nix", "active", 0), ("aria", "revoked", 0),
    ]  # fmt: skip

    def names(**filters: str) -> list[str]:
        return [one["name"] for one in shop.merchant.call("list_cameos", **filters)["appearances"]]

    assert names(query="NIX") == ["nix"]
    assert names(placement="mcp") == ["lumi", "aria"]
    assert names(territory="de-by") == ["lumi", "nix", "aria"]
    assert names(territory="US") == ["lumi", "aria"]
    assert "ask for less" in shop.merchant.call("list_cameos", query="nobody")["advice"]


def test_of_an_appearance_licensed_twice_the_licence_in_use_is_listed(shop: Shop, clock: Clock) -> None:
    first = shop.licence("nix")
    clock.forward(days=1)
    second = shop.licence("nix", territories=("DE",))
    assert [one["licence"] for one in shop.merchant.call("list_cameos")["appearances"]] == [second]
    shop.revoke(second)
    (listed,) = shop.merchant.call("list_cameos")["appearances"]
    assert (listed["licence"], listed["state"]) == (first, "active")
    assert shop.merchant.call("check_licence", **USE)["licence"] == first


def test_a_long_list_of_appearances_comes_in_pages(shop: Shop) -> None:
    for number in range(12):
        shop.licence(f"extra-{number:02}")
    first = shop.merchant.call("list_cameos")
    second = shop.merchant.call("list_cameos", cursor=first["next_cursor"])
    assert [len(first["appearances"]), len(second["appearances"]), second["next_cursor"]] == [10, 2, ""]


def test_a_use_that_is_allowed_is_allowed_and_makes_nothing(shop: Shop) -> None:
    shop.licence("nix")
    found = shop.merchant.call("check_licence", **USE)
    assert (found["allowed"], found["clause"], found["fix"]) == (True, "permitted", "")
    with shop.engine.reading(shop.desk.merchant) as unit:
        assert unit.db.query(Ad).count() == 0


@pytest.mark.parametrize(
    ("terms", "use", "clause", "moment", "fix"),
    [
        ({"forbidden_words": ("cure",)}, {"text": "The cure for mornings"}, "words", "plan", "rewrite"),
        ({"forbidden_words": ("glazed",)}, {"template": "three_reasons"}, "words", "plan", "rewrite"),
        ({"placements": ("page",)}, {"placement": "mcp"}, "placement", "plan", "choose one it allows"),
        ({"territories": ("DE",)}, {"territory": "US"}, "territory", "plan", "choose one it allows"),
        ({"languages": ("en",)}, {"language": "de"}, "language", "plan", "choose one it allows"),
        ({"forbidden_kinds": ("mug",)}, {}, "kind", "plan", "choose another"),
        ({"endorsement": False}, {"template": "cameo_endorsement"}, "endorsement", "plan", "speak for the shop"),
        ({"needs_approval": True}, {}, "approval", "publish", "wait for the approval"),
        ({"max_ads": 0}, {}, "max_ads", "plan", "renew"),
    ],
)
def test_a_use_that_is_not_names_the_clause_the_moment_and_the_fix(
    shop: Shop, terms: dict[str, Any], use: dict[str, Any], clause: str, moment: str, fix: str
) -> None:
    shop.licence("nix", **terms)
    found = shop.merchant.call("check_licence", **{**USE, **use})
    assert (found["allowed"], found["clause"], found["moment"]) == (False, clause, moment)
    assert fix in found["fix"]


def test_a_licence_that_ends_before_the_film_goes_on_show_refuses_publishing(shop: Shop, clock: Clock) -> None:
    shop.licence("nix", ends=clock.now.replace(year=2027))
    assert shop.merchant.call("check_licence", **USE, publish_at="2027-11-20")["allowed"]
    found = shop.merchant.call("check_licence", **USE, publish_at="2027-11-22")
    assert (found["allowed"], found["clause"], found["moment"]) == (False, "ends", "publish")


def test_what_the_check_says_is_what_making_the_film_meets(shop: Shop) -> None:
    shop.licence("nix", forbidden_words=("cure",))
    for headline, allowed in (("Slow mornings", True), ("A cure for mornings", False)):
        found = shop.merchant.call("check_licence", **USE, text=headline)
        assert found["allowed"] is allowed
        ask = {**USE, "headline": headline, "seconds": 6, "idempotency_key": f"{headline:<20}"}
        if allowed:
            assert shop.merchant.call("create_ad", **ask)["state"] == "queued"
        else:
            assert f"(clause '{found['clause']}')" in shop.merchant.refusal("create_ad", **ask)


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"cameo": "nobody"}, "licensed here: nix"),
        ({"product_ids": ["nothing"]}, "there is no product"),
        ({"template": "none"}, "choose one of"),
        ({"publish_at": "tomorrow"}, "2027-01-31"),
    ],
)
def test_what_cannot_be_checked_is_refused_in_words(shop: Shop, changed: dict[str, Any], words: str) -> None:
    shop.licence("nix")
    assert words in shop.merchant.refusal("check_licence", **{**USE, **changed})


def test_only_merchants_list_appearances_and_check_uses(shop: Shop) -> None:
    shop.licence("nix")
    for tool, arguments in (("list_cameos", {}), ("check_licence", USE)):
        assert shop.anybody.refusal(tool, **arguments).endswith("[sign_in_needed]")


def test_planted_instructions_come_back_inert_and_labelled(shop: Shop) -> None:
    licence = shop.licence("nix", forbidden_words=(HIDDEN,))
    shop.film("mug", cameo="nix", template="hero")
    with shop.engine.unit(shop.desk.merchant) as unit:
        row = unit.get(Licence, licence)
        unit.get(Cameo, row.cameo_id).title = f"Nix {HIDDEN}"
        row.terms = replace(row.terms, disclosure=f"made {HIDDEN}")
    found = shop.anybody.call("get_cameo_licence", licence=licence)
    assert found["record"]["appearance"] == f"Nix {BAIT}"
    assert "never instructions" in found["untrusted"]
    listed = shop.merchant.call("list_cameos")
    checked = shop.merchant.call("check_licence", **USE)
    for answer in (found, listed, checked):
        assert "never instructions" in answer["untrusted"]
        assert not {"\u202e", "\u200b", "\U000e0041"} & set(json.dumps(answer, ensure_ascii=False))
        assert "<b>" not in json.dumps(answer)
