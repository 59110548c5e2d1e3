"""Walks over trees of `meaning`: their nodes, and the same tree with nodes replaced."""

from collections.abc import Callable, Iterator
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

__all__ = ["nodes", "rewritten"]

Node = TypeVar("Node")


def nodes(node: Any) -> Iterator[Any]:
    """Yield a node and all below it, in about the order in which they are said."""
    yield node
    for field in fields(node):
        value = getattr(node, field.name)
        for part in value if isinstance(value, tuple) else (value,):
            if _is_node(part):
                yield from nodes(part)


def rewritten(node: Node, change: Callable[[Any], Any]) -> Node:
    """Return the tree with each node replaced by what `change` makes of it, the lowest first."""
    parts: dict[str, Any] = {}
    for field in fields(node):  # type: ignore[arg-type]
        value = getattr(node, field.name)
        if isinstance(value, tuple) and any(map(_is_node, value)):
            parts[field.name] = tuple(rewritten(part, change) for part in value)
        elif _is_node(value):
            parts[field.name] = rewritten(value, change)
    return change(replace(node, **parts))  # type: ignore[type-var,no-any-return]


def _is_node(part: Any) -> bool:
    """Return whether this is a node: words of the lexicon are leaves, and have no key."""
    return is_dataclass(part) and hasattr(part, "key")
