"""What every table shares: constraint names, aware moments, exact points, sortable ids."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, BigInteger, DateTime, Dialect, MetaData, Numeric, String, TypeDecorator
from sqlalchemy.orm import DeclarativeBase
from ulid import ULID

NAMING_CONVENTION = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Moment(TypeDecorator[dt.datetime]):
    """An aware UTC moment; SQLite, which has no zones, stores it as naive UTC."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:
        """Refuse a naive moment; store UTC."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError(f"a stored moment must carry a time zone, got {value!r}")
        utc = value.astimezone(dt.UTC)
        return utc.replace(tzinfo=None) if dialect.name == "sqlite" else utc

    def process_result_value(self, value: dt.datetime | None, dialect: Dialect) -> dt.datetime | None:  # noqa: ARG002 (its caller passes both)
        """Return an aware UTC moment."""
        if value is None:
            return None
        return value.replace(tzinfo=dt.UTC) if value.tzinfo is None else value.astimezone(dt.UTC)


class Points(TypeDecorator[Decimal]):
    """Exact points with six decimals; SQLite, which has no decimals, stores text-exact millionths."""

    impl = Numeric(12, 6)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> Any:
        """Use an integer of millionths on SQLite, NUMERIC elsewhere."""
        return dialect.type_descriptor(BigInteger() if dialect.name == "sqlite" else Numeric(12, 6))

    def process_bind_param(self, value: Decimal | None, dialect: Dialect) -> Any:
        """Quantise to six decimals."""
        if value is None:
            return None
        exact = value.quantize(Decimal("0.000001"))
        return int(exact.scaleb(6)) if dialect.name == "sqlite" else exact

    def process_result_value(self, value: Any, dialect: Dialect) -> Decimal | None:
        """Return a Decimal without trailing zeros in its exponent form."""
        if value is None:
            return None
        exact = Decimal(value).scaleb(-6) if dialect.name == "sqlite" else Decimal(value)
        return exact.quantize(Decimal("0.000001"))


class Base(DeclarativeBase):
    """Parent of every model."""

    metadata = MetaData(naming_convention=NAMING_CONVENTION)
    type_annotation_map = {  # noqa: RUF012 (SQLAlchemy reads it from the class)
        dt.datetime: Moment(),
        Decimal: Points(),
        dict[str, Any]: JSON(),
        list[Any]: JSON(),
        str: String(),
    }


def new_id() -> str:
    """Return a 26-character id that sorts by time and whose 80 random bits cannot be guessed."""
    return str(ULID())
