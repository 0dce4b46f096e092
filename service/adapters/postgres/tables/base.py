"""Shared by the tables: the metadata, and common columns."""

from sqlalchemy import BigInteger, Column, DateTime, MetaData, Text, text

metadata = MetaData(
    naming_convention={
        "ix": "ix_%(table_name)s_%(column_0_N_name)s",
        "uq": "uq_%(table_name)s_%(column_0_N_name)s",
        "ck": "ck_%(table_name)s_%(constraint_name)s",
        "fk": "fk_%(table_name)s_%(column_0_N_name)s",
        "pk": "pk_%(table_name)s",
    }
)


def instant(name: str, *, nullable: bool = False) -> Column[object]:
    return Column(name, DateTime(timezone=True), nullable=nullable)


def count(name: str) -> Column[int]:
    return Column(name, BigInteger, nullable=False, server_default=text("0"))


def use_of_a_model(*, primary_key: bool) -> tuple[Column[str], ...]:
    """Columns that identify one use of one model, deprecated or not: `core.exposure.ExposureKey`."""
    names = ("service", "environment", "platform", "model")
    return tuple(Column(name, Text, primary_key=primary_key, nullable=False) for name in names)
