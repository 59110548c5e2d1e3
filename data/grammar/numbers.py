"""Numbers in words."""

__all__ = ["english_number", "french_number"]

_ENGLISH = (
    "zero",
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
    "thirteen",
    "fourteen",
    "fifteen",
    "sixteen",
    "seventeen",
    "eighteen",
    "nineteen",
)
_ENGLISH_TENS = ("_", "_", "twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety")
_FRENCH = (
    "zéro",
    "un",
    "deux",
    "trois",
    "quatre",
    "cinq",
    "six",
    "sept",
    "huit",
    "neuf",
    "dix",
    "onze",
    "douze",
    "treize",
    "quatorze",
    "quinze",
    "seize",
    "dix-sept",
    "dix-huit",
    "dix-neuf",
)
_FRENCH_TENS = (
    "_",
    "_",
    "vingt",
    "trente",
    "quarante",
    "cinquante",
    "soixante",
    "soixante",
    "quatre-vingt",
    "quatre-vingt",
)


def english_number(number: int) -> str:
    """Return a number from 2 to 999 in words."""
    if number >= 100:
        rest = number % 100
        return f"{_ENGLISH[number // 100]} hundred" + (f" and {english_number(rest)}" if rest else "")
    if number < 20:
        return _ENGLISH[number]
    return _ENGLISH_TENS[number // 10] + (f"-{_ENGLISH[number % 10]}" if number % 10 else "")


def french_number(number: int, feminine: bool = False) -> str:
    """Return a number from 2 to 999 in words, spelled the traditional way: vingt et un, deux cents."""
    if number >= 100:
        hundreds, rest = divmod(number, 100)
        head = "cent" if hundreds == 1 else f"{_FRENCH[hundreds]} cent" + "s" * (not rest)
        return head + (f" {french_number(rest, feminine)}" if rest else "")
    if number < 20:
        return "une" if number == 1 and feminine else _FRENCH[number]
    tens = _FRENCH_TENS[number // 10]
    unit = number % 20 if number >= 60 else number % 10
    if not unit:
        return tens + "s" * (number == 80)
    one = "une" if unit == 1 and feminine else _FRENCH[unit]
    return f"{tens} et {one}" if unit in (1, 11) and number < 80 else f"{tens}-{one}"
