"""The kinds of claims that adverts have to prove, what proves each in a catalogue, and the law that asks for it.

This is a check of software, no legal advice. Looked up on 2026-11-21: 2024/825 and 16 CFR 465; the others are written
from memory.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

FIELD = "product.metafields.custom."


@dataclass(frozen=True)
class Kind:
    """What a kind of claim is to a merchant, and the sources that prove it.

    `alone` says that the shop's own words elsewhere in the catalogue are enough, since no paper is asked for;
    `speakers` are the only sources that may say it, none where every field may. `unproved` is how bad it is when
    nothing stands behind it.
    """

    about: str
    law: str
    ask: str
    proofs: tuple[str, ...]
    alone: bool = False
    speakers: tuple[str, ...] = ()
    unproved: Literal["error", "warning"] = "error"


KINDS: dict[str, Kind] = {
    "superlative": Kind(
        "to be better than all others",
        "Directive 2005/29/EC, Art. 6 and 12",
        "name the award or test in the product field custom.award",
        (f"{FIELD}award", f"{FIELD}test_result"),
        alone=True,
        unproved="warning",
    ),
    "environment": Kind(
        "something about the environment",
        "Directive (EU) 2024/825",
        "name the certificate in the product field custom.certificate",
        (f"{FIELD}certificate",),
    ),
    "health": Kind(
        "something about health",
        "Directive 2005/29/EC, Annex I no. 17",
        "name the study or approval in the product field custom.study",
        (f"{FIELD}study",),
    ),
    "clinical": Kind(
        "that science has proved it",
        "Directive 2005/29/EC, Art. 12",
        "name the study in the product field custom.study",
        (f"{FIELD}study", f"{FIELD}test_result"),
    ),
    "guarantee": Kind(
        "more than anybody can promise without terms",
        "Directive (EU) 2019/771, Art. 17",
        "write the terms into the product field custom.guarantee",
        (f"{FIELD}guarantee", f"{FIELD}warranty"),
        alone=True,
    ),
    "urgency": Kind(
        "that time or stock is running out",
        "Directive 2005/29/EC, Annex I no. 7",
        "give the offer its last day",
        ("brief.offer_ends",),
    ),
    "experience": Kind(
        "what somebody went through with it",
        "16 CFR 465",
        "quote a buyer word for word from the product field custom.review_1",
        (),
        alone=True,
        speakers=(f"{FIELD}review_", f"{FIELD}founder", f"{FIELD}story"),
    ),
}
