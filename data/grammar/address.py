"""How a sentence is said to somebody: by first name and with *tu*, or in the short forms of spoken English."""

from dataclasses import fields, replace
from typing import Any

from grammar.lexicon import Agreement
from grammar.meaning import Clause, NounPhrase, Sentence
from grammar.trees import nodes, rewritten

__all__ = ["contracted", "informal", "speaks_to_somebody"]


def informal(sentence: Sentence, who: NounPhrase, first: bool) -> Sentence:
    """Return the sentence said to one person who is called by name, so that French *vous* becomes *tu*.

    English has one word for both; the name is what tells them apart. It stands at the end or, if it comes `first`,
    at the beginning.
    """
    feminine = who.agreement.feminine
    sentence = rewritten(sentence, lambda node: _familiar(node, feminine))
    return replace(sentence, vocative=who, vocative_first=first)


def _familiar(node: Any, feminine: bool) -> Any:
    changes: dict[str, Any] = {
        field.name: Agreement(2, False, feminine)
        for field in fields(node)
        if isinstance(value := getattr(node, field.name), Agreement) and value[:2] == (2, True)
    }
    if isinstance(node, NounPhrase) and node.determiner == "your":
        changes["determiner"] = "thy"
    return replace(node, **changes)


def speaks_to_somebody(sentence: Sentence) -> bool:
    """Return whether "you" or "your" occurs in it, or it is a request."""
    return any(
        (isinstance(node, NounPhrase) and (node.determiner == "your" or node.agreement[:2] == (2, True)))
        or (isinstance(node, Clause) and node.agreement[:2] == (2, True))
        for node in nodes(sentence)
    )


def contracted(sentence: Sentence) -> Sentence:
    """Return the sentence with don't, he's and we'll where English has such a form."""
    return rewritten(sentence, lambda node: replace(node, contracted=True) if isinstance(node, Clause) else node)
