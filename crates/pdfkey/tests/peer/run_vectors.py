"""A second reading of ISO 32000-2, Algorithm 2.B, over other libraries: runs `vectors/pdf_*.json`.

The rules for passwords stand on Python's own tables: SASLprep (RFC 4013) from `stringprep`.
"""

import json
import stringprep
import sys
import unicodedata
from hashlib import sha256, sha384, sha512
from pathlib import Path

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

PROHIBITED = [
    stringprep.in_table_c12, stringprep.in_table_c21_c22, stringprep.in_table_c3, stringprep.in_table_c4,
    stringprep.in_table_c5, stringprep.in_table_c6, stringprep.in_table_c7, stringprep.in_table_c8,
    stringprep.in_table_c9, stringprep.in_table_a1,
]


def saslprep(text):
    mapped = "".join(" " if stringprep.in_table_c12(c) else c for c in text if not stringprep.in_table_b1(c))
    out = unicodedata.ucd_3_2_0.normalize("NFKC", mapped)
    if any(table(c) for c in out for table in PROHIBITED):
        return None
    if any(map(stringprep.in_table_d1, out)):
        ends = stringprep.in_table_d1(out[0]) and stringprep.in_table_d1(out[-1])
        if any(map(stringprep.in_table_d2, out)) or not ends:
            return None
    return out


def check(typed):
    text = unicodedata.normalize("NFC", typed)
    if not text:
        return "password_empty"
    if len(text.encode()) > 64:
        return "password_too_long"
    if text[0].isspace() or text[-1].isspace():
        return "password_blank_at_end"
    if saslprep(text) != text:
        return "password_characters"
    return None


def hash_2b(password, salt):
    k = sha256(password + salt).digest()
    round = 0
    while True:
        encryptor = Cipher(algorithms.AES(k[:16]), modes.CBC(k[16:32])).encryptor()
        e = encryptor.update((password + k) * 64) + encryptor.finalize()
        k = (sha256, sha384, sha512)[int.from_bytes(e[:16], "big") % 3](e).digest()
        round += 1
        if round >= 64 and e[-1] <= round - 32:
            return k[:32]


def main(folder):
    count, findings = 0, []
    for path in sorted(folder.glob("pdf_credential_*.json")):
        vector = json.loads(path.read_text())
        outcome = check(vector["password"]) or "ok"
        if outcome == "ok":
            password = unicodedata.normalize("NFC", vector["password"]).encode()
            validation, key = bytes.fromhex(vector["validation_salt"]), bytes.fromhex(vector["key_salt"])
            user = hash_2b(password, validation) + validation + key
            if (user.hex(), hash_2b(password, key).hex()) != (vector["user"], vector["user_key"]):
                outcome = "other values"
        if outcome != vector["expect"]:
            findings.append(f"{path.name}: expected {vector['expect']}, got {outcome}")
        count += 1
    alone = json.loads((folder / "pdf_characters.json").read_text())["alone"]
    taken = [code for first, last in alone for code in range(int(first, 16), int(last, 16) + 1)]
    ours = [code for code in range(0x110000) if not 0xD800 <= code <= 0xDFFF and check(chr(code)) is None]
    if ours != taken:
        findings.append(f"pdf_characters.json: differs at {sorted(set(ours) ^ set(taken))[:20]}")
    print(*findings, sep="\n")
    print(f"{count} vectors, {len(findings)} findings")
    return 1 if findings or count < 20 else 0


sys.exit(main(Path(sys.argv[1])))
