"""Walks over trees of `meaning`: their nodes, and the same tree with nodes replaced."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any, TypeVar

__all__ = ["nodes", "rewritten"]

Node = TypeVar("Node")


def nodes(node: Any) -> Iterator[Any]:
    """Yield a node and all below it, in about the order in which they are said."""
    yield node
    for name in node.__dataclass_fields__:  # what `fields` returns, without its cost for each of a million nodes
        value = getattr(node, name)
        for part in value if isinstance(value, tuple) else (value,):
            if _is_node(part):
                yield from nodes(part)


def rewritten(node: Node, change: Callable[[Any], Any]) -> Node:
    """Return the tree with each node replaced by what `change` makes of it, the lowest first."""
    parts: dict[str, Any] = {}
    for name in node.__dataclass_fields__:  # type: ignore[attr-defined]
        value = getattr(node, name)
        if isinstance(value, tuple) and any(map(_is_node, value)):
            parts[name] = tuple(rewritten(part, change) for part in value)
        elif _is_node(value):
            parts[name] = rewritten(value, change)
    return change(replace(node, **parts))  # type: ignore[type-var,no-any-return]


def _is_node(part: Any) -> bool:
    """Return whether this is a node: words of the lexicon are leaves, and have no key."""
    return hasattr(part, "key")
