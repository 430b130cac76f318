"""The unified social credit code (统一社会信用代码) and its check character, by GB 32100-2015.

A code has 18 characters of 31: digits and capitals without I, O, S, V and Z. The last one is
31 - (Σ cᵢ · 3^(i-1)) mod 31 over the first 17, cᵢ being a character's place among the 31; 31 is 0.
"""

CHARACTERS = "0123456789ABCDEFGHJKLMNPQRTUWXY"
PATTERN = f"^[{CHARACTERS}]{{18}}$"
_BASE, _LENGTH = 31, 18


def check_character(first: str) -> str:
    """The check character of the first 17 characters of a code.

    Raises:
        ValueError: they are not 17 characters of the standard's set.
    """
    if len(first) != _LENGTH - 1 or set(first) - set(CHARACTERS):
        message = f"{first!a}: is not 17 digits and capitals without I, O, S, V, Z; correct it"
        raise ValueError(message)
    places = (CHARACTERS.index(one) * pow(3, place, _BASE) for place, one in enumerate(first))
    return CHARACTERS[-sum(places) % _BASE]


def is_credit_code(text: str) -> bool:
    """Whether a text is a credit code whose check character fits."""
    if len(text) != _LENGTH or set(text) - set(CHARACTERS):
        return False
    return check_character(text[:-1]) == text[-1]


def as_credit_code(text: str) -> str:
    """A credit code as it is written: in capitals, without blanks around it.

    Raises:
        ValueError: it is none, or its check character does not fit.
    """
    code = text.strip().upper()
    if len(code) != _LENGTH or set(code) - set(CHARACTERS):
        message = f"{text[:40]!a}: a credit code is 18 digits and capitals without I, O, S, V, Z"
        raise ValueError(message)
    if not is_credit_code(code):
        message = f"{code}: its last character does not fit the others (GB 32100); look for a slip"
        raise ValueError(message)
    return code
