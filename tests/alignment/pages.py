"""Sentences whose weights are known, for tests of the page."""

import numpy as np

from seq2seq.alignment import END, Alignment, Gold
from seq2seq.alignment.page import PageSentence, PageStyle, Target

HOSTILE = (
    "<script>window.broken=1</script>", "</script>", "\"'`&lt;&amp;", "<!--", "]]>", "שלום", "\u202eevil", "👩‍👩‍👧", "e\u0301te\u0301",
    "x" * 300, "<img/src=x/onerror=window.broken=1>", "\u2028", "\0\t", "${window.broken=1}", "__proto__",
)  # fmt: skip


def attention(rows, columns, weights, **ends):
    return Alignment(tuple(columns), tuple(rows), np.array(weights, dtype=np.float32), **ends)


def over(rows, columns, shift=0, sharp=0.9, **ends):
    """Row *i* looks at column *i* + shift with most of its weight, and evenly at the rest."""
    weights = np.full((len(rows), len(columns)), (1 - sharp) / max(1, len(columns) - 1))
    for row in range(len(rows)):
        weights[row, (row + shift) % len(columns)] = sharp if len(columns) > 1 else 1
    return attention(rows, columns, weights, **ends)


def target(name, source, words, log_probs=None, layers=2, **more):
    """A target of known attention: layer *l* and head *h* of the cross-attention are shifted by l + h - 2."""
    rows, columns = (*words, END), (*source, END)
    ends = {"source_end": True, "target_end": True}
    begun = ("<s>", *words)
    maps = {
        "cross": [[over(rows, columns, layer + head, **ends) for head in range(2)] for layer in range(layers)],
        "encoder": [[over(columns, columns, head, **ends) for head in range(2)]],
        "decoder": [[over(begun, begun)]],
        "pooling": [[over(("sentence",), columns, sharp=0.25, source_end=True)]],
    }
    log_probs = log_probs or [-0.1] * len(rows)
    return Target(name, " ".join(words), rows, log_probs, maps, **more)


def sentences():
    dog = ("The", "dog", "runs")
    return [
        PageSentence(
            "toy:1", "The dog runs",
            [
                target("translation 1", dog, ("Le", "chien", "court"), [-0.01, float(np.log(0.5)), -0.02, -0.01], score=-0.1,
                       links=[(0, 0), (1, 1), (2, 1)], gold=Gold(frozenset({(0, 0), (1, 1)}), frozenset({(0, 0), (1, 1), (2, 2)}))),
                target("translation 2", dog, ("Un", "chien", "court"), score=-0.2),
            ],
        ),
        PageSentence("toy:2", " ".join(HOSTILE), [target(HOSTILE[0], HOSTILE, HOSTILE)]),
        PageSentence("toy:3", "Un été à Paris", [target("translation", ("Un", "été", "à", "Paris"), ("A", "summer"))]),
        PageSentence("toy:4", "", [target("translation", (), ())]),
        PageSentence("toy:5", "long " * 60, [target("translation", ("long",) * 60, ("longtemps",) * 60, [float("nan"), *[-3.0] * 60])]),
    ]  # fmt: skip


STYLE = PageStyle(
    "Toy <b>page</b>", "toy", ("en", "fr"), "split", "cross", {"cross": 1, "encoder": 1, "decoder": 1, "pooling": 1}
)
