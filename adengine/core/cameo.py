"""May this appearance be used here? A licence as data, one use of it, and the clause that decides."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from adengine.core.errors import Invalid
from adengine.core.money import WHOLE_BPS

ANY = "*"
JOIN = " · "
# Scripts written without spaces: a word of theirs is found inside a longer run of letters.
SPACELESS = ("CJK", "HIRAGANA", "KATAKANA", "HANGUL", "THAI", "LAO", "KHMER", "MYANMAR")

Moment = Literal["plan", "render", "publish", "serve"]


@dataclass(frozen=True)
class Terms:
    """What the holder of `subject`'s rights allows, from `starts` until `ends` (excluded; None: no end).

    Nothing is allowed that is not listed. `*` lists everything, except among `purposes`, which are never
    blanket. In `territories` (ISO 3166) US covers US-NY, in `languages` (BCP 47) en covers en-GB.
    `share_bps` is the holder's share of net sales in basis points; `max_ads` None sets no limit.
    The order of names in a list means nothing: they are kept sorted and in one spelling.
    """

    subject: str
    purposes: tuple[str, ...]
    placements: tuple[str, ...]
    territories: tuple[str, ...]
    starts: datetime
    merchant_ids: tuple[str, ...]
    ends: datetime | None = None
    product_kinds: tuple[str, ...] = (ANY,)
    forbidden_kinds: tuple[str, ...] = ()
    forbidden_words: tuple[str, ...] = ()
    languages: tuple[str, ...] = (ANY,)
    remix: bool = False
    endorsement: bool = False
    needs_approval: bool = True
    max_ads: int | None = None
    share_bps: int = 0
    disclosure: str = ""
    version: int = 1

    def __post_init__(self) -> None:
        _aware(self.starts, *([self.ends] if self.ends else []))
        if not 0 <= self.share_bps <= WHOLE_BPS:
            raise Invalid(f"a share is 0 to {WHOLE_BPS} basis points")
        if self.max_ads is not None and self.max_ads < 0:
            raise Invalid("max_ads is 0 or more; leave it out for no limit")
        for name in ("subject", "disclosure"):
            object.__setattr__(self, name, JOIN.join(sorted(set(getattr(self, name).split(JOIN)) - {""})))
        for name, spell, covers in LISTS:
            object.__setattr__(self, name, _widest(map(spell, getattr(self, name)), covers))
        if ANY in self.purposes:
            raise Invalid("a licence names its purposes; '*' is none")
        if {"", ANY} & {*self.forbidden_words, *self.forbidden_kinds}:
            raise Invalid("a forbidden word or kind is a word; to forbid everything, allow nothing")


@dataclass(frozen=True)
class Use:
    """One use of an appearance in an ad: where, for whom, saying what, at which moment of the ad's life.

    `text` is every line seen or spoken. `ads_so_far` counts the licence's other ads, without this one.
    An unknown territory, kind or language is the empty string; only `*` covers it.
    """

    moment: Moment
    merchant_id: str
    purpose: str
    placement: str
    territory: str
    product_kind: str
    text: str
    language: str
    at: datetime
    is_remix: bool = False
    ads_so_far: int = 0
    is_approved: bool = False
    endorsement: bool = False

    def __post_init__(self) -> None:
        _aware(self.at)


@dataclass(frozen=True)
class Decision:
    """Whether a use is allowed, the clause that decided (`permitted` when none objects) and what to do."""

    allowed: bool
    clause: str
    reason: str


def permits(terms: Terms, use: Use, *, revoked_at: datetime | None) -> Decision:
    """Decide one use; the first clause that objects is named. What no clause allows is refused."""
    if revoked_at is not None:
        _aware(revoked_at)
        if use.at >= revoked_at:
            reason = f"{terms.subject} withdrew the licence {revoked_at:%Y-%m-%d}; choose another appearance"
            return Decision(False, "revoked", reason)
    for clause, objects in CLAUSES:
        if reason := objects(terms, use):
            return Decision(False, clause, reason)
    return Decision(True, "permitted", f"the licence of {terms.subject} allows this")


def tightest(parents: Sequence[Terms]) -> Terms:
    """The terms of a remix: they permit exactly what every parent permits (the meet of a lattice).

    Shares are not added up: each parent is paid; `share_bps` is the largest. All disclosures are kept.
    """
    if not parents:
        raise Invalid("a remix has at least one parent")
    met, *others = parents
    for other in others:
        met = _meet(met, other)
    return met


def _meet(one: Terms, two: Terms) -> Terms:
    ends = [terms.ends for terms in (one, two) if terms.ends is not None]
    caps = [terms.max_ads for terms in (one, two) if terms.max_ads is not None]
    return Terms(
        subject=one.subject + JOIN + two.subject,
        purposes=_common(one.purposes, two.purposes, _same),
        placements=_common(one.placements, two.placements, _same),
        territories=_common(one.territories, two.territories, _within),
        starts=max(one.starts, two.starts),
        merchant_ids=_common(one.merchant_ids, two.merchant_ids, _same),
        ends=min(ends, default=None),
        product_kinds=_common(one.product_kinds, two.product_kinds, _same),
        forbidden_kinds=one.forbidden_kinds + two.forbidden_kinds,
        forbidden_words=one.forbidden_words + two.forbidden_words,
        languages=_common(one.languages, two.languages, _within),
        remix=one.remix and two.remix,
        endorsement=one.endorsement and two.endorsement,
        needs_approval=one.needs_approval or two.needs_approval,
        max_ads=min(caps, default=None),
        share_bps=max(one.share_bps, two.share_bps),
        disclosure=one.disclosure + JOIN + two.disclosure,
        version=max(one.version, two.version),
    )


def _merchant(terms: Terms, use: Use) -> str:
    if any(_same(listed, use.merchant_id) for listed in terms.merchant_ids):
        return ""
    return f"the licence of {terms.subject} is not given to this merchant; ask its holder for a licence"


def _starts(terms: Terms, use: Use) -> str:
    if use.at >= terms.starts:
        return ""
    return f"the licence of {terms.subject} starts {terms.starts:%Y-%m-%d}; wait until then"


def _ends(terms: Terms, use: Use) -> str:
    if terms.ends is None or use.at < terms.ends:
        return ""
    return f"the licence of {terms.subject} ended {terms.ends:%Y-%m-%d}; renew it or choose another appearance"


def _purpose(terms: Terms, use: Use) -> str:
    return _unlisted(terms, "purpose", use.purpose, terms.purposes, _same)


def _placement(terms: Terms, use: Use) -> str:
    return _unlisted(terms, "placement", use.placement, terms.placements, _same)


def _territory(terms: Terms, use: Use) -> str:
    return _unlisted(terms, "territory", use.territory.upper(), terms.territories, _within)


def _kind(terms: Terms, use: Use) -> str:
    kind = _folded(use.product_kind)
    if not kind and terms.forbidden_kinds:
        return f"the licence of {terms.subject} excludes kinds of product; give this product a kind first"
    for forbidden in terms.forbidden_kinds:
        if _says(kind, forbidden):
            return f"the licence of {terms.subject} excludes products of kind '{forbidden}'; choose another one"
    return _unlisted(terms, "kind of product", kind, terms.product_kinds, _same)


def _words(terms: Terms, use: Use) -> str:
    text = _folded(use.text)
    said = [word for word in terms.forbidden_words if _says(text, word)]
    return f"the licence of {terms.subject} forbids the word '{said[0]}'; rewrite that line" if said else ""


def _language(terms: Terms, use: Use) -> str:
    return _unlisted(terms, "language", use.language.lower(), terms.languages, _within)


def _remix(terms: Terms, use: Use) -> str:
    if terms.remix or not use.is_remix:
        return ""
    return f"the licence of {terms.subject} allows no remix; start from the appearance itself"


def _endorsement(terms: Terms, use: Use) -> str:
    if terms.endorsement or not use.endorsement:
        return ""
    return f"the licence of {terms.subject} allows no endorsement; let the ad speak for the shop instead"


def _approval(terms: Terms, use: Use) -> str:
    # Before it is rendered there is nothing to look at and approve.
    is_shown = use.moment in ("publish", "serve")
    if not (terms.needs_approval and is_shown) or use.is_approved:
        return ""
    return f"{terms.subject} wants to see this ad before anyone else does; wait for the approval"


def _max_ads(terms: Terms, use: Use) -> str:
    if terms.max_ads is None or use.ads_so_far < terms.max_ads:
        return ""
    return f"the licence of {terms.subject} is for {terms.max_ads} ads and all are used; retire one or renew it"


Clause = Callable[[Terms, Use], str]
CLAUSES: tuple[tuple[str, Clause], ...] = (
    ("merchant", _merchant),
    ("starts", _starts),
    ("ends", _ends),
    ("purpose", _purpose),
    ("placement", _placement),
    ("territory", _territory),
    ("kind", _kind),
    ("words", _words),
    ("language", _language),
    ("remix", _remix),
    ("endorsement", _endorsement),
    ("approval", _approval),
    ("max_ads", _max_ads),
)


Covers = Callable[[str, str], bool]


def _unlisted(terms: Terms, what: str, value: str, listed: Sequence[str], covers: Covers) -> str:
    if any(covers(wide, value) for wide in listed):
        return ""
    allowed = ", ".join(listed) or "none"
    return f"the licence of {terms.subject} allows the {what} {allowed}, not '{value}'; choose one it allows"


def _same(wide: str, narrow: str) -> bool:
    return wide in (ANY, narrow)


def _within(wide: str, narrow: str) -> bool:
    return _same(wide, narrow) or narrow.startswith(wide + "-")


def _widest(names: Iterable[str], covers: Covers) -> tuple[str, ...]:
    """The names, sorted, without those that another one covers."""
    spelt = set(names)
    return tuple(sorted(name for name in spelt if not any(covers(other, name) for other in spelt - {name})))


def _common(one: Sequence[str], two: Sequence[str], covers: Covers) -> tuple[str, ...]:
    """What both lists cover."""
    held_by_both = [name for name in one if any(covers(wide, name) for wide in two)]
    return (*held_by_both, *(name for name in two if any(covers(wide, name) for wide in one)))


def _folded(text: str) -> str:
    """The text for caseless comparison (Unicode D146), without invisible characters and doubled spaces."""
    seen = "".join(char for char in text if unicodedata.category(char) != "Cf")
    once = unicodedata.normalize("NFKC", unicodedata.normalize("NFD", seen).casefold())
    return " ".join(unicodedata.normalize("NFKC", once.casefold()).split())


def _says(text: str, word: str) -> bool:
    """Whether the folded text holds the folded word (or phrase), apart from punctuation between its words."""
    said, sought = _tokens(text), _tokens(word)
    if not sought:
        return word in text
    if any(unicodedata.name(char, "").startswith(SPACELESS) for char in word):
        return "".join(sought) in "".join(said)
    return f" {' '.join(sought)} " in f" {' '.join(said)} "


def _tokens(text: str) -> list[str]:
    return re.findall(r"[^\W_]+", text)


def _aware(*moments: datetime) -> None:
    if any(moment.utcoffset() is None for moment in moments):
        raise Invalid("times need a time zone; write them in UTC")


# Each list of a licence: its name, the one spelling its entries are kept in, and which entry covers which.
LISTS: tuple[tuple[str, Callable[[str], str], Covers], ...] = (
    ("purposes", str.strip, _same),
    ("placements", str.strip, _same),
    ("territories", str.upper, _within),
    ("merchant_ids", str.strip, _same),
    ("product_kinds", _folded, _same),
    ("forbidden_kinds", _folded, _same),
    ("forbidden_words", _folded, _same),
    ("languages", str.lower, _within),
)
