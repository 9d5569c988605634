"""Where every tool begins: whom a call acts for, in which unit, and how a refusal reaches the agent."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Annotated, ParamSpec, TypeVar

from mcp.server.mcpserver import Context
from mcp.server.mcpserver.exceptions import ToolError
from mcp.types import ToolAnnotations
from pydantic import Field
from sqlalchemy.exc import DataError

from adengine.agents.oauth import Caller, caller_of
from adengine.agents.wording import UNKEPT
from adengine.core.errors import AdEngineError, Forbidden
from adengine.core.untrusted import plain
from adengine.engine import SYSTEM, Actor, AdEngine, Unit, shopper
from adengine.services import merchants
from adengine.services.views import Links

P = ParamSpec("P")
R = TypeVar("R")

Store = Annotated[
    str,
    Field(
        description="Short name of the shop; leave empty for the default shop.",
        max_length=40,
        # Mirrored into the header Mcp-Param-Store, so that a proxy can route and limit by shop without reading bodies.
        json_schema_extra={"x-mcp-header": "Store"},
    ),
]
Key = Annotated[
    str,
    Field(
        description="A random key of yours, such as a UUID: new for each act, the same when you repeat one.",
        min_length=16,
        max_length=80,
    ),
]
LONGEST_REFUSAL = 480  # characters: about 80 words
READ = ToolAnnotations(read_only_hint=True, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
WRITE = ToolAnnotations(read_only_hint=False, destructive_hint=False, idempotent_hint=True, open_world_hint=False)
GIVES_UP = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=False)
PAYS = ToolAnnotations(read_only_hint=False, destructive_hint=True, idempotent_hint=True, open_world_hint=True)


class Desk:
    """Opens units for agents: the token's merchant if one is sent, else a visitor of the named shop."""

    def __init__(self, engine: AdEngine) -> None:
        self.engine = engine
        self._shop_ids: dict[str, str] = {}
        self._shop_names: dict[str, str] = {}

    @contextmanager
    def reading(self, ctx: Context, store: str) -> Iterator[tuple[Unit, Links]]:
        """A unit that only looks, for whoever calls."""
        with self.engine.reading(self.actor(ctx, store)) as unit:
            yield unit, self._links(unit)

    @contextmanager
    def writing(self, ctx: Context, store: str) -> Iterator[tuple[Unit, Links]]:
        """A unit that commits, for whoever calls."""
        with self.engine.unit(self.actor(ctx, store)) as unit:
            yield unit, self._links(unit)

    def actor(self, ctx: Context, store: str) -> Actor:
        """Whom the call acts for; raises NotFound for an unknown shop, Forbidden for another than the token's."""
        return self.actor_of(caller_of(ctx), store)

    def actor_of(self, caller: Caller | None, store: str) -> Actor:
        if caller is None:
            return shopper(self._shop_id(store))
        if caller.merchant_id is None:
            return Actor(caller.kind, self._shop_id(store), caller.scopes, caller.agent_id)
        if store and self._shop_id(store) != caller.merchant_id:
            raise Forbidden("this token acts for another shop; leave store empty, or connect without it to look around")
        return Actor(caller.kind, caller.merchant_id, caller.scopes, caller.agent_id)

    def shop_of(self, ctx: Context, row_id: str) -> str:
        """The shop to look in for a resource whose address names none: the one that the id belongs to.

        Empty for what is no id, and for callers whose token names their shop.
        """
        caller = caller_of(ctx)
        if caller is not None and caller.merchant_id is not None:
            return ""
        with self.engine.reading(SYSTEM) as unit:
            return merchants.shop_of(unit, row_id)

    def _shop_id(self, store: str) -> str:
        name = store or self.engine.settings.shop
        if name not in self._shop_ids:  # a shop keeps its id and its name for good
            with self.engine.reading(SYSTEM) as unit:
                self._shop_ids[name] = merchants.find_shop(unit, name).id
        return self._shop_ids[name]

    def _links(self, unit: Unit) -> Links:
        if unit.merchant_id not in self._shop_names:
            self._shop_names[unit.merchant_id] = merchants.my_shop(unit).name
        return Links(self.engine.settings.public_url, self._shop_names[unit.merchant_id])


def said(error: AdEngineError) -> str:
    """A refusal in words with its code; names in it are merchants' or come from outside, so they are made inert."""
    return f"{plain(error.message, LONGEST_REFUSAL)} [{error.code}]"


def spoken(tool: Callable[P, R]) -> Callable[P, R]:
    """Turn our refusals into tool errors: the only exceptions whose words reach the agent."""

    @wraps(tool)
    def call(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return tool(*args, **kwargs)
        except AdEngineError as error:
            raise ToolError(said(error)) from error
        except DataError as error:
            raise ToolError(UNKEPT) from error

    return call
