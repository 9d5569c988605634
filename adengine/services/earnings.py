"""Who earns at a film's sale: whose appearance it shows, and whose films it was remixed from."""

from __future__ import annotations

from dataclasses import dataclass

from adengine.core.ledger import Split, fit_split
from adengine.engine import Unit
from adengine.models import Ad, Licence

# A remix of a remix of a remix: who stands further back earns nothing any more.
LONGEST_LINEAGE = 16


@dataclass(frozen=True)
class Claim:
    """A share that a film earns an account of, and why: `film` is its title, `generation` 0 the film that sold."""

    account: str
    bps: int
    film: str
    generation: int


def split_of(unit: Unit, ad_id: str | None) -> Split:
    """The split of a sale that this film made, or of one that no film made.

    Every licence of the film and of the films it was remixed from earns its share once, revoked or not: the people
    are in the film that sold. The maker of each film it was remixed from earns the shop's creator share. What
    exceeds the whole is cut as `fit_split` says. A sale keeps its split: what happens to a licence later changes none.
    """
    claims = claims_of(unit, ad_id)
    return fit_split(
        unit.merchant_id,
        platform_bps=int(unit.settings.platform_fee_bps),
        cameos=_named(claims, "cameo"),
        creators=_named(claims, "creator"),
    )


def claims_of(unit: Unit, ad_id: str | None) -> list[Claim]:
    """What each film of the lineage earns whom, the film itself first; before anything is cut to fit."""
    creator_bps = unit.merchant().selling.creator_bps
    claims: list[Claim] = []
    paid: set[str] = set()
    for generation, film in enumerate(lineage(unit, ad_id)):
        if film.licence_id and film.licence_id not in paid:
            paid.add(film.licence_id)
            licence = unit.get(Licence, film.licence_id)
            claims.append(Claim(f"cameo:{licence.cameo_id}", licence.terms.share_bps, film.title, generation))
        if generation and film.creator:
            claims.append(Claim(f"creator:{film.creator}", creator_bps, film.title, generation))
    return claims


def lineage(unit: Unit, ad_id: str | None) -> list[Ad]:
    """The film and those it was remixed from, the nearest first; a film is counted once, at most 16 in all."""
    films: dict[str, Ad] = {}
    while ad_id and ad_id not in films and len(films) < LONGEST_LINEAGE:
        films[ad_id] = unit.get(Ad, ad_id)
        ad_id = films[ad_id].parent_id
    return list(films.values())


def _named(claims: list[Claim], kind: str) -> tuple[tuple[str, int], ...]:
    return tuple(
        (claim.account.removeprefix(f"{kind}:"), claim.bps) for claim in claims if claim.account.startswith(f"{kind}:")
    )
