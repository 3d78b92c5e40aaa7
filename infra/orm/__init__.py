"""A small async ORM: `Model`, whose subclasses are tables, and `QuerySet`."""

from infra.orm.columns import JsonObject, Moment
from infra.orm.model import Model
from infra.orm.queryset import DoesNotExist, MultipleObjectsReturned, QuerySet

__all__ = [
    "DoesNotExist",
    "JsonObject",
    "Model",
    "Moment",
    "MultipleObjectsReturned",
    "QuerySet",
]
