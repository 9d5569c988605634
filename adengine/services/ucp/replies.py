"""How a request is answered once: what it did is kept with its answer, and the same key gets it again."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from typing import TypeVar, cast

from adengine.core.errors import AdEngineError, Invalid
from adengine.engine import Actor, Unit
from adengine.services import requests
from adengine.services.acp.replies import Caller
from adengine.services.requests import Answer, Ask
from adengine.services.ucp import asks
from adengine.services.ucp.refusals import is_answer, told
from adengine.services.ucp.shapes import ErrorDocument

Shown = TypeVar("Shown")

LONGEST_KEY = 255
# Whoever has no token shares the keys of a shop with everybody else who has none.
SHORTEST_OPEN_KEY = 16
DONE = 200


class KeyNeeded(Invalid):
    code = "idempotency_key_required"


class Replayed(Exception):
    """Ends a unit early: this request was answered before."""

    def __init__(self, answer: Answer) -> None:
        super().__init__("answered before")
        self.answer = answer


def need_key(caller: Caller) -> None:
    """Refuse an act that must not happen twice without a key."""
    if not caller.key:
        raise KeyNeeded("send an idempotency key, such as a UUID: new for each act, the same when you repeat one")


def once(caller: Caller, path: str, ask: Mapping[str, object], act: Callable[[Unit], Shown]) -> Shown | ErrorDocument:
    """Do it and keep its answer in one transaction; with a key that was answered before, answer the same.

    What the shop cannot do is told in a document, keeps nothing, and may be asked again under the same key.
    """
    asked = ask_of(caller, path, ask) if caller.key else None
    try:
        with caller.engine.unit(caller.actor) as unit:
            before = requests.begin(unit, asked) if asked else None
            if before is not None:
                return cast("Shown", document_of(before))
            document = act(unit)
            if asked:
                unit.db.flush()
                requests.keep(unit, asked, answer_of(document))
            return document
    except AdEngineError as fault:
        if not is_answer(fault):
            raise
        return told(fault)


def looked(opened: AbstractContextManager[Unit], look: Callable[[Unit], Shown]) -> Shown | ErrorDocument:
    """What a look found, or the document that says why there is nothing to see."""
    try:
        with opened as unit:
            return look(unit)
    except AdEngineError as fault:
        if not is_answer(fault):
            raise
        return told(fault)


def ask_of(caller: Caller, path: str, ask: Mapping[str, object]) -> Ask:
    """The request as it is remembered; the same over REST and MCP."""
    shortest = 1 if caller.actor.agent_id else SHORTEST_OPEN_KEY
    if not re.fullmatch(f"[ -~]{{{shortest},{LONGEST_KEY}}}", caller.key):
        raise Invalid(f"an idempotency key has {shortest} to {LONGEST_KEY} plain characters; a UUID will do")
    return Ask(_name(caller.actor), f"/ucp{path}", caller.key, requests.digest(asks.text_of(ask)))


def answer_of(document: object) -> Answer:
    return Answer(DONE, json.dumps(document, ensure_ascii=False, separators=(",", ":")))


def document_of(answer: Answer) -> object:
    return json.loads(answer.body)


def _name(actor: Actor) -> str:
    return actor.agent_id or f"{actor.kind}:{actor.merchant_id}"
