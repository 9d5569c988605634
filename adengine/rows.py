"""Statements that see one merchant's rows alone, and rows as the session would have read them."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, TypeVar, cast

from sqlalchemy import (
    ColumnElement,
    Executable,
    Insert,
    Select,
    Table,
    Update,
    bindparam,
    insert,
    inspect,
    select,
    update,
)
from sqlalchemy.orm import make_transient_to_detached, object_session
from sqlalchemy.orm.attributes import set_committed_value
from sqlalchemy.sql.visitors import iterate

from adengine.core.errors import Invalid
from adengine.models import Base, Merchant, Owned

Statement = TypeVar("Statement", bound=Executable)
Row = TypeVar("Row", bound=Owned)
Held = TypeVar("Held")

# The parameter that says whose rows, and the mark of a statement that has it.
OF_SHOP = "of_shop"
SHOP = select(Merchant.id, Merchant.name, Merchant.title, Merchant.currency, Merchant.brand, Merchant.selling).where(
    Merchant.id == bindparam(OF_SHOP)
)


def of_shop(statement: Statement) -> Statement:
    """The statement for the rows of one merchant alone: which, says `Unit.ask` or `Unit.change`.

    Raises Invalid where it holds a select that is not made so itself, and for an insert of anything but a select.
    """
    made = cast("Any", statement)
    for part in iterate(made):
        if isinstance(part, Select) and part is not made and not is_of_shop(part):
            raise Invalid("a select inside a statement of one shop is made by of_shop, too")
    if isinstance(made, Insert):
        if made.select is None:
            raise Invalid("a statement of one shop inserts what a select finds; for values there is Unit.add")
        return cast("Statement", made.execution_options(**{OF_SHOP: True}))
    sources = made.get_final_froms() if isinstance(made, Select) else [made.table]
    for table in dict.fromkeys(one for source in sources for one in iterate(source) if isinstance(one, Table)):
        if table in _owned():
            made = made.where(table.c.merchant_id == bindparam(OF_SHOP))
    return cast("Statement", made.execution_options(**{OF_SHOP: True}))


def is_of_shop(statement: Executable) -> bool:
    return OF_SHOP in statement.get_execution_options()


@cache
def by_id(kind: Any, *, lock: bool, is_any_shop: bool) -> Select[Any]:
    """The columns of the row of that kind whose id is `row_id`."""
    found = select(*inspect(kind).columns).where(inspect(kind).primary_key[0] == bindparam("row_id"))
    if lock:
        # FOR NO KEY UPDATE: a row that refers to this one may still be inserted by others meanwhile.
        found = found.with_for_update(key_share=True)
    return found if is_any_shop else of_shop(found)


@cache
def insertion(kind: Any) -> Insert:
    """A row of that kind, all of its columns given but a number that the database counts."""
    return insert(kind).values({name: bindparam(name) for name in blank(kind)}).inline()


def insertion_where(kind: Any, found: Select[Any], **computed: ColumnElement[Any]) -> Insert:
    """A row of that kind for each that `found` finds: some columns `computed`, all the others given."""
    names = list(blank(kind))
    given = {
        name: bindparam(OF_SHOP if name == "merchant_id" else name, type_=inspect(kind).columns[name].type)
        for name in names
    }
    return insert(kind).from_select(
        names, of_shop(found.with_only_columns(*({**given, **computed}[name] for name in names)))
    )


@cache
def writing(kind: Any, names: tuple[str, ...]) -> Update:
    """Set these columns of the row of that kind whose id is `row_id`."""
    return of_shop(
        update(kind)
        .where(inspect(kind).primary_key[0] == bindparam("row_id"))
        .values({name: bindparam(name) for name in names})
    )


@cache
def blank(kind: Any) -> dict[str, Any]:
    """What the columns of a new row hold where nobody says, but for a number that the database counts."""
    counted = inspect(kind).local_table.autoincrement_column
    return {one.key: _default(one) for one in inspect(kind).columns if one is not counted}


def _default(column: Any) -> Any:
    return column.default.arg if column.default is not None and column.default.is_scalar else None


def detached(kind: type[Row], values: Mapping[str, Any]) -> Row:
    """The row that the database holds with these values, as a session would have read it and let it go."""
    row = cast("Row", inspect(kind).class_manager.new_instance())
    vars(row).update(values)
    make_transient_to_detached(row)
    return row


def renewed(row: Held, values: Mapping[str, Any]) -> Held:
    """The row with these values, which the database holds now."""
    for name, value in values.items():
        set_committed_value(row, name, value)
    session = object_session(row)
    loaded = relations(cast("Any", type(row))) & vars(row).keys()
    if session is not None and loaded:
        session.expire(row, loaded)
    return row


@cache
def relations(kind: Any) -> frozenset[str]:
    """What hangs on rows of that kind and is read when it is asked for."""
    return frozenset(inspect(kind).relationships.keys())


@cache
def _owned() -> frozenset[Any]:
    return frozenset(mapper.local_table for mapper in Base.registry.mappers if issubclass(mapper.class_, Owned))
