"""What joins clauses or stands before the first, in both languages, as parts with the role that each expresses."""

__all__ = ["CONJUNCTIONS"]

Parts = tuple[tuple[str, str], ...]

CONJUNCTIONS: dict[str, tuple[Parts, Parts]] = {
    "and": (((",", ""), ("and", "and")), ((",", ""), ("et", "and"))),
    "and with the same subject": ((("and", "and"),), (("et", "and"),)),
    "but": (((",", ""), ("but", "but")), ((",", ""), ("mais", "but"))),
    "or": (((",", ""), ("or", "or")), ((",", ""), ("ou", "or"))),
    "so": (((",", ""), ("so", "so")), ((",", ""), ("donc", "so"))),
    "because": ((("because", "because"),), (("parce que", "because"),)),
    "while": ((("while", "while"),), (("pendant que", "while"),)),
    "when": ((("when", "when"),), (("quand", "when"),)),
    "if": ((("if", "if"),), (("si", "if"),)),
    "before": ((("before", "before"),), (("avant que", "before"),)),
    "although": ((("although", "although"),), (("bien que", "although"),)),
    "so that": ((("so that", "so"),), (("pour que", "so"),)),
    ",": (((",", ""),), ((",", ""),)),
    "yes": ((("yes", "answer"),), (("oui", "answer"),)),
    "no": ((("no", "answer"),), (("non", "answer"),)),
}
