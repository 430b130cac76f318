"""Project codes (项目代码): read, explained part by part, never made.

Input: a code as somebody typed or pasted it, the day it is, and how its check digit is proved if
anybody knows that. Output: `CodeExplanation`, or `ProjectCode` where one is asked for that holds.
Algorithm: what is written is brought to its twenty digits (`reading`); its first four say of which
form it is (`forms`); each part is explained by what is known of it (`explain`, `regions`). A part
that nobody here can explain is said to be unknown, and the check digit not to be checked.

Both national forms have twenty digits in groups of 4-6-2-2-6. That of 2020 (发改投资〔2020〕1439号,
GB/T 40058-2021): year and month, region, department of the centre, type, five random digits and a
check digit. The older one: year, region, branch of the economy, procedure, serial number.
"""

from blueprint.codes.check_digit import CheckDigit, check_digit_from
from blueprint.codes.documents import CodeExplanation, CodePart, ProjectCode
from blueprint.codes.explain import explain_code, parse_code
from blueprint.codes.reading import plain_code

__all__ = [
    "CheckDigit",
    "CodeExplanation",
    "CodePart",
    "ProjectCode",
    "check_digit_from",
    "explain_code",
    "parse_code",
    "plain_code",
]
