"""Writes src/pdfkey/tables.ts: the tables of RFC 3454 that SASLprep (RFC 4013) needs, from Python's own.

`python3 scripts/saslprep.py`; the result is committed, because nothing in it changes any more.
"""

import stringprep
from pathlib import Path

REFUSED = [
    stringprep.in_table_a1, stringprep.in_table_b1, stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3,
    stringprep.in_table_c4, stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8,
    stringprep.in_table_c9,
]


def base36(number):
    digits = ""
    while True:
        number, digit = divmod(number, 36)
        digits = "0123456789abcdefghijklmnopqrstuvwxyz"[digit] + digits
        if number == 0:
            return digits


def ranges(holds):
    """Distances between the places where the answer changes, beginning with no."""
    out, at, inside = [], 0, False
    for code in range(0x110000):
        if holds(chr(code)) != inside:
            out.append(base36(code - at))
            at, inside = code, not inside
    return " ".join(out)


def wrapped(text):
    lines, line = [], ""
    for word in text.split(" "):
        if len(line) + len(word) > 130:
            lines.append(line)
            line = ""
        line += word + " "
    lines.append(line.rstrip())
    return " +\n".join(f"  '{one}'" for one in lines)


NAMES = [
    ("PLAIN", "Assigned in Unicode 3.2, not mapped (B.1, C.1.2), not prohibited (C.2 to C.9).", lambda c: not any(table(c) for table in REFUSED)),
    ("RIGHT", "D.1: from right to left.", stringprep.in_table_d1),
    ("LEFT", "D.2: from left to right.", stringprep.in_table_d2),
]

text = """/**
 * Tables of RFC 3454, as SASLprep (RFC 4013) needs them: made by `scripts/saslprep.py`. Each is the distances, in base 36, between
 * the code points at which the answer changes, beginning with no.
 */
"""
for name, about, holds in NAMES:
    text += f"\n/** {about} */\nexport const {name} =\n{wrapped(ranges(holds))};\n"
Path(__file__).with_name("..").joinpath("src/pdfkey/tables.ts").resolve().write_text(text)
