"""How an agent's request is answered once: its answer is kept with what it did, and replayed when it comes again."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from pydantic_core import to_json

from adengine.core.errors import AdEngineError, Forbidden, Invalid, KeyReused, StillRunning
from adengine.engine import Actor, AdEngine, Unit
from adengine.models import Agent
from adengine.services import requests
from adengine.services.acp.refusals import ErrorDocument, Refused, refusal_of
from adengine.services.acp.shapes import Cart, CheckoutSession
from adengine.services.requests import Answer, Ask

LONGEST_KEY = 255

Document = CheckoutSession | Cart
Act = Callable[[Unit], tuple[int, Document]]


@dataclass(frozen=True)
class Caller:
    """An agent at the desk: `key` is its idempotency key, `languages` the languages it asked for, best first."""

    engine: AdEngine
    actor: Actor
    key: str = ""
    languages: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reply:
    """An answer to the letter. `is_replay`: it was given before, and nothing was done now."""

    status: int
    body: str
    is_replay: bool = False


def need_agent(actor: Actor) -> None:
    """Refuse a token that is no agent's: what it opened could not be told from what others opened."""
    if actor.agent_id is None:
        raise Forbidden("this token is not an agent's; let the agent in with 'adengine agent add NAME'")


def checked_key(key: str, *, is_needed: bool) -> str:
    """An idempotency key that may be used; raises Refused for one that is missing where it is needed."""
    if is_needed and not key:
        raise Refused("idempotency_key_required", "send an Idempotency-Key, new for each act of yours")
    if len(key) > LONGEST_KEY or not re.fullmatch(r"[ -~]*", key):
        raise Refused("invalid_idempotency_key", f"an Idempotency-Key has 1 to {LONGEST_KEY} plain characters")
    return key


def secret_of(unit: Unit) -> str:
    """What the unit's agent signs its requests with; empty where it hears of nothing."""
    return unit.get(Agent, str(unit.actor.agent_id)).webhook_secret


def once(caller: Caller, path: str, body: bytes, act: Act) -> Reply:
    """Do it and keep its answer in one transaction; a request that was answered before is answered the same."""
    asked = ask_of(caller, path, body)
    try:
        with caller.engine.unit(caller.actor) as unit:
            before = requests.begin(unit, asked)
            if before is not None:
                return reply_of(before, is_replay=True)
            status, document = act(unit)
            answer = Answer(status, text_of(document))
            unit.db.flush()
            requests.keep(unit, asked, answer)
        return reply_of(answer)
    except AdEngineError as error:
        return refused(caller, asked, error)


def ask_of(caller: Caller, path: str, body: bytes) -> Ask:
    """The request as it is remembered; its path is the same over HTTP and MCP."""
    try:
        return Ask(str(caller.actor.agent_id), path, caller.key, requests.digest(body))
    except Invalid as fault:
        raise Refused("invalid_json", fault.message) from None


def refused(caller: Caller, asked: Ask, error: Exception) -> Reply:
    """Keep a refusal like any answer; what is our fault or lasts only a moment is raised, and may be tried again."""
    if isinstance(error, KeyReused | StillRunning):
        raise error
    if not isinstance(error, AdEngineError) or error.status >= 500:
        with caller.engine.unit(caller.actor) as unit:
            requests.drop(unit, asked)
        raise error
    refusal = refusal_of(error)
    return keep_answer(caller, asked, Answer(refusal.status, text_of(refusal.document)))


def keep_answer(caller: Caller, asked: Ask, answer: Answer) -> Reply:
    with caller.engine.unit(caller.actor) as unit:
        requests.keep(unit, asked, answer)
    return reply_of(answer)


def reply_of(answer: Answer, *, is_replay: bool = False) -> Reply:
    return Reply(answer.code, answer.body, is_replay)


def text_of(document: Document | ErrorDocument) -> str:
    return to_json(document).decode()
