from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adengine.core.cameo import CLAUSES, Terms, Use, permits, tightest
from adengine.core.errors import Invalid

START = datetime(2026, 1, 1, tzinfo=UTC)
NOW = datetime(2026, 11, 21, tzinfo=UTC)
TERMS = Terms(
    subject="Lumi",
    purposes=("advertising",),
    placements=("page", "mcp"),
    territories=("DE", "US"),
    starts=START,
    ends=datetime(2027, 1, 31, tzinfo=UTC),
    merchant_ids=("m1",),
    product_kinds=("bags", "wine"),
    forbidden_kinds=("alcohol", "wine"),
    forbidden_words=("miracle", "weight loss"),
    languages=("en",),
    needs_approval=True,
    max_ads=3,
    share_bps=500,
    disclosure="Lumi is AI-generated",
)
USE = Use(
    moment="publish",
    merchant_id="m1",
    purpose="advertising",
    placement="page",
    territory="DE",
    product_kind="Bags",
    text="A bag for every day.",
    language="en",
    at=NOW,
    is_approved=True,
)


def clause(terms=TERMS, revoked_at=None, **changes):
    decision = permits(terms, replace(USE, **changes), revoked_at=revoked_at)
    assert decision.allowed == (decision.clause == "permitted")
    return decision.clause


def test_a_use_within_every_clause_is_permitted():
    assert clause() == "permitted"


def test_terms_that_list_nothing_permit_nothing():
    nothing = Terms("Lumi", (), (), (), START, (), product_kinds=(), languages=(), needs_approval=False)
    assert clause(nothing) == "merchant"


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"merchant_id": "m2"}, "merchant"),
        ({"at": START - timedelta(seconds=1)}, "starts"),
        ({"at": TERMS.ends}, "ends"),
        ({"purpose": "endorsement"}, "purpose"),
        ({"placement": "feed"}, "placement"),
        ({"territory": "FR"}, "territory"),
        ({"territory": ""}, "territory"),
        ({"product_kind": "shoes"}, "kind"),
        ({"product_kind": "Wine"}, "kind"),
        ({"product_kind": ""}, "kind"),
        ({"text": "A MIRACLE!"}, "words"),
        ({"language": "de"}, "language"),
        ({"is_remix": True}, "remix"),
        ({"endorsement": True}, "endorsement"),
        ({"is_approved": False}, "approval"),
        ({"ads_so_far": 3}, "max_ads"),
    ],
)
def test_the_clause_that_a_use_breaks_decides(changes, expected):
    assert clause(**changes) == expected


def test_every_clause_has_a_use_that_breaks_it():
    tested = {row[1] for mark in test_the_clause_that_a_use_breaks_decides.pytestmark for row in mark.args[1]}
    assert tested == {name for name, _ in CLAUSES}


def test_the_first_broken_clause_is_the_one_named():
    everything = {
        "merchant_id": "m2",
        "purpose": "x",
        "territory": "FR",
        "ads_so_far": 9,
        "is_approved": False,
    }
    assert clause(**everything) == "merchant"
    assert clause(revoked_at=NOW, **everything) == "revoked"
    del everything["merchant_id"]
    assert clause(**everything) == "purpose"


def test_the_reason_says_what_happened_and_what_to_do():
    decision = permits(TERMS, replace(USE, at=TERMS.ends), revoked_at=None)
    assert decision.reason == ("the licence of Lumi ended 2027-01-31; renew it or choose another appearance")
    decision = permits(TERMS, replace(USE, territory="FR"), revoked_at=None)
    assert "territory DE, US, not 'FR'" in decision.reason


def test_a_revoked_licence_stops_from_that_instant_on():
    assert clause(revoked_at=NOW) == "revoked"
    assert clause(revoked_at=NOW + timedelta(seconds=1)) == "permitted"


@pytest.mark.parametrize("moment", ["plan", "render"])
def test_a_draft_may_be_made_before_it_is_approved(moment):
    assert clause(moment=moment, is_approved=False) == "permitted"
    assert clause(replace(TERMS, needs_approval=False), is_approved=False) == "permitted"


def test_an_ad_under_the_limit_stays_servable_when_the_limit_is_reached():
    assert clause(moment="serve", ads_so_far=2) == "permitted"


def test_an_open_ended_licence_does_not_end():
    assert clause(replace(TERMS, ends=None), at=NOW + timedelta(days=9999)) == "permitted"


@pytest.mark.parametrize("territory", ["US", "us", "US-NY"])
def test_a_country_covers_its_states(territory):
    assert clause(territory=territory) == "permitted"


def test_a_state_does_not_cover_its_country():
    assert clause(replace(TERMS, territories=("US-NY",)), territory="US") == "territory"
    assert clause(replace(TERMS, territories=("US",)), territory="USA") == "territory"


def test_a_language_covers_its_regions():
    assert clause(language="en-GB") == "permitted"
    assert clause(replace(TERMS, languages=("en-GB",)), language="en") == "language"


def test_the_star_covers_even_what_is_unknown():
    assert clause(replace(TERMS, territories=("*",)), territory="") == "permitted"


@pytest.mark.parametrize(
    "text",
    [
        "miracle",
        "No MIRACLE, really",
        "ｍｉｒａｃｌｅ",
        "mir\u00adacle",
        "mir\u200bacle",
        "weight-loss tea",
        "Weight \n Loss",
        "miracle_bag",
    ],
)
def test_a_forbidden_word_is_found_however_it_is_written(text):
    assert clause(text=text) == "words"


@pytest.mark.parametrize("text", ["miracles", "antimiracle", "weight, then loss of time", "weightloss"])
def test_a_forbidden_word_is_not_found_inside_another(text):
    assert clause(text=text) == "permitted"


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("赌博", "网上赌博平台"),
        ("Straße", "die STRASSE hinab"),
        ("ギャンブル", "ｷﾞｬﾝﾌﾞﾙ禁止"),
        ("$$$", "make $$$ now"),
    ],
)
def test_forbidden_words_work_in_other_scripts(word, text):
    assert clause(replace(TERMS, forbidden_words=(word,)), text=text) == "words"


def test_a_forbidden_kind_is_found_inside_a_longer_kind():
    terms = replace(TERMS, product_kinds=("*",))
    assert clause(terms, product_kind="Food > Alcohol > Beer") == "kind"
    assert clause(terms, product_kind="Food > Tea") == "permitted"


def test_a_product_without_a_kind_is_fine_where_no_kind_is_excluded():
    assert clause(replace(TERMS, product_kinds=("*",), forbidden_kinds=()), product_kind="") == "permitted"


def test_times_without_a_zone_are_refused():
    naive = NOW.replace(tzinfo=None)
    with pytest.raises(Invalid, match="time zone"):
        replace(USE, at=naive)
    with pytest.raises(Invalid, match="time zone"):
        replace(TERMS, starts=naive)
    with pytest.raises(Invalid, match="time zone"):
        permits(TERMS, USE, revoked_at=naive)


@pytest.mark.parametrize(
    "wrong",
    [
        {"purposes": ("*",)},
        {"forbidden_words": ("",)},
        {"forbidden_kinds": ("*",)},
        {"share_bps": 10_001},
        {"share_bps": -1},
        {"max_ads": -1},
    ],
)
def test_terms_that_make_no_sense_are_refused(wrong):
    with pytest.raises(Invalid):
        replace(TERMS, **wrong)


PURPOSES = ("advertising", "endorsement")
PLACEMENTS = ("page", "mcp", "feed", "*")
TERRITORIES = ("DE", "US", "US-NY", "US-CA", "*")
LANGUAGES = ("en", "en-GB", "de", "*")
KINDS = ("bags", "Wine", "*")
WORDS = ("miracle", "赌博", "weight loss")
MERCHANTS = ("m1", "m2", "*")


def some(names):
    return st.lists(st.sampled_from(names), min_size=1, max_size=4).map(tuple)


TIMES = st.integers(0, 5).map(lambda day: START + timedelta(days=day))
ANY_TERMS = st.builds(
    Terms,
    subject=st.sampled_from(["Lumi", "Nix", "Duo & Co"]),
    purposes=some(PURPOSES),
    placements=some(PLACEMENTS),
    territories=some(TERRITORIES),
    starts=TIMES,
    ends=st.none() | TIMES,
    merchant_ids=some(MERCHANTS),
    product_kinds=some(KINDS),
    forbidden_kinds=st.lists(st.sampled_from(["wine", "beer"]), max_size=2).map(tuple),
    forbidden_words=st.lists(st.sampled_from(WORDS), max_size=2).map(tuple),
    languages=some(LANGUAGES),
    remix=st.booleans(),
    endorsement=st.booleans(),
    needs_approval=st.booleans(),
    max_ads=st.none() | st.integers(0, 3),
    share_bps=st.integers(0, 10_000),
    disclosure=st.sampled_from(["", "AI-generated", "Nix was paid"]),
    version=st.integers(1, 3),
)
ANY_USE = st.builds(
    Use,
    moment=st.sampled_from(["plan", "render", "publish", "serve"]),
    merchant_id=st.sampled_from(["m1", "m2"]),
    purpose=st.sampled_from(PURPOSES),
    placement=st.sampled_from(["page", "mcp", "feed"]),
    territory=st.sampled_from(["DE", "US", "US-NY", "FR", ""]),
    product_kind=st.sampled_from(["bags", "wine", ""]),
    text=st.sampled_from(["a bag", "a miracle", "网上赌博"]),
    language=st.sampled_from(["en", "en-GB", "de"]),
    at=TIMES,
    is_remix=st.booleans(),
    ads_so_far=st.integers(0, 3),
    is_approved=st.booleans(),
    endorsement=st.booleans(),
)


@given(ANY_TERMS, ANY_TERMS)
def test_the_order_of_parents_means_nothing(one, two):
    assert tightest([one, two]) == tightest([two, one])


@given(ANY_TERMS, ANY_TERMS, ANY_TERMS)
def test_remixing_a_remix_is_remixing_all_its_parents(one, two, three):
    assert tightest([tightest([one, two]), three]) == tightest([one, tightest([two, three])])
    assert tightest([one, two, three]) == tightest([tightest([one, two]), three])


@given(ANY_TERMS)
def test_a_parent_twice_is_that_parent(terms):
    assert tightest([terms, terms]) == tightest([terms]) == terms


@given(st.lists(ANY_TERMS, min_size=1, max_size=3), ANY_USE)
def test_a_remix_may_do_exactly_what_every_parent_permits(parents, use):
    everyone = all(permits(terms, use, revoked_at=None).allowed for terms in parents)
    assert permits(tightest(parents), use, revoked_at=None).allowed == everyone


# Random terms rarely meet; here every pair of limits is tried with every use near the edge of one clause.
OPEN = Terms("Lumi", PURPOSES, ("*",), ("*",), START, ("*",), remix=True, endorsement=True, needs_approval=False)
LIMITS = [
    {"purposes": ("advertising",)},
    {"placements": ("page",)},
    {"territories": ("US",)},
    {"territories": ("US-NY", "DE")},
    {"starts": START + timedelta(days=2)},
    {"ends": START + timedelta(days=4)},
    {"merchant_ids": ("m1",)},
    {"product_kinds": ("bags",)},
    {"forbidden_kinds": ("wine",)},
    {"forbidden_words": ("miracle",)},
    {"languages": ("en-GB",)},
    {"remix": False},
    {"endorsement": False},
    {"needs_approval": True},
    {"max_ads": 2},
]
NEAR = replace(USE, territory="US-NY", language="en-GB", at=START + timedelta(days=3))
NEAR_USES = [
    {},
    {"purpose": "endorsement"},
    {"placement": "feed"},
    {"territory": "US-NY"},
    {"territory": "US"},
    {"territory": "DE"},
    {"at": START + timedelta(days=1)},
    {"at": START + timedelta(days=4)},
    {"merchant_id": "m2"},
    {"product_kind": "wine"},
    {"product_kind": ""},
    {"text": "a miracle"},
    {"language": "de"},
    {"is_remix": True},
    {"endorsement": True},
    {"is_approved": False},
    {"ads_so_far": 2},
]


@pytest.mark.parametrize("limit", LIMITS)
def test_each_limit_of_a_parent_holds_for_the_remix(limit):
    for other, change in product(LIMITS, NEAR_USES):
        parents, use = [replace(OPEN, **limit), replace(OPEN, **other)], replace(NEAR, **change)
        everyone = all(permits(terms, use, revoked_at=None).allowed for terms in parents)
        assert permits(tightest(parents), use, revoked_at=None).allowed == everyone


@given(st.text(), st.text(min_size=1))
def test_any_text_can_be_a_forbidden_word_kept_in_one_spelling(text, word):
    try:
        terms = replace(OPEN, forbidden_words=(word,))
    except Invalid:
        return
    assert replace(terms, forbidden_words=terms.forbidden_words) == terms
    decision = permits(terms, replace(USE, text=f"{text} {word} {text}"), revoked_at=None)
    assert decision.clause == "words"


def test_a_remix_without_parents_is_refused():
    with pytest.raises(Invalid, match="at least one parent"):
        tightest([])


def test_a_remix_shows_the_disclosures_and_names_of_all_parents():
    met = tightest([TERMS, replace(TERMS, subject="Nix", disclosure="Nix was paid", share_bps=700)])
    assert met.subject == "Lumi · Nix"
    assert met.disclosure == "Lumi is AI-generated · Nix was paid"
    assert met.share_bps == 700
