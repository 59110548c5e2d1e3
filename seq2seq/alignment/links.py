"""Hard word links in Pharaoh format: ``0-0 1-2``, source index first, both from 0."""

from collections.abc import Iterable

from seq2seq.alignment.alignment import Alignment

__all__ = ["Link", "format_links", "links"]

Link = tuple[int, int]


def links(alignment: Alignment) -> list[Link]:
    """Each target word with the source word it gives most weight, the end token left out on both sides.

    Sorted by source, then target. A target word without any weight has no link. Of equal weights
    the first source word is taken.
    """
    words = alignment.without_end()
    if not words.weights_TS.size:
        return []
    best = words.weights_TS.argmax(axis=1)
    return sorted((int(s), t) for t, s in enumerate(best) if words.weights_TS[t, s] > 0)


def format_links(pairs: Iterable[Link]) -> str:
    """One line of Pharaoh format."""
    return " ".join(f"{source}-{target}" for source, target in pairs)
