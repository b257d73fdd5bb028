"""A second reading of docs/format.md, over other libraries.

Written from the specification, in its order; errors are its codes. `run_vectors.py` holds it against the vectors.
"""

import hashlib
import hmac
import json
import unicodedata
from base64 import b32decode, b32encode, urlsafe_b64decode, urlsafe_b64encode

from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidSignature, InvalidTag
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

S = 262144
P = 32 * S
MOST_SEALED = S << 32
MOST_PLAIN = MOST_SEALED - 40 - (16 << 32)
MOST_INTEGER = 2**53 - 1


class Refused(Exception):
    """Its text is a code."""


def refuse_unless(condition: bool, code: str) -> None:
    if not condition:
        raise Refused(code)


# 1. Conventions


def t(label: str) -> bytes:
    return b"depesche/v1/" + label.encode() + b"\0"


def kdf(ikm: bytes, salt: bytes, info: bytes) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=salt, info=info).derive(ikm)


def gcm_open(key: bytes, nonce: bytes, aad: bytes, sealed: bytes) -> bytes:
    try:
        return AESGCM(key).decrypt(nonce, sealed, aad)
    except InvalidTag:
        raise Refused("authentication") from None


def sign(seed: bytes, label: str, message: bytes) -> bytes:
    """The written form."""
    return b"\1" + Ed25519PrivateKey.from_private_bytes(seed).sign(t(label) + message)


def verify(public: bytes, label: str, message: bytes, signature: bytes) -> None:
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, t(label) + message)
    except (InvalidSignature, ValueError):
        raise Refused("signature_wrong") from None


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def from_text(text: str, size: int, code: str) -> bytes:
    try:
        data = urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except ValueError:
        raise Refused(code) from None
    again = urlsafe_b64encode(data).decode().rstrip("=")
    refuse_unless(len(data) == size and again == text, code)
    return data


class Reader:
    def __init__(self, data: bytes):
        self.data = data

    def take(self, size: int, code: str = "truncated") -> bytes:
        refuse_unless(len(self.data) >= size, code)
        head, self.data = self.data[:size], self.data[size:]
        return head

    def number(self, size: int, code: str = "truncated") -> int:
        return int.from_bytes(self.take(size, code), "big")

    def magic(self, magic: bytes) -> None:
        refuse_unless(self.take(4) == magic, "magic")
        refuse_unless(self.number(1) == 1, "suite")

    def end(self) -> None:
        refuse_unless(not self.data, "trailing")


# 2. Stream


def sealed_size(plain: int) -> int:
    refuse_unless(plain <= MOST_PLAIN, "size")
    return plain + 40 + 16 * -(-(plain + 40) // (S - 16))


def plain_size(sealed: int) -> int:
    refuse_unless(56 <= sealed <= MOST_SEALED, "size")
    plain = sealed - 40 - 16 * -(-sealed // S)
    refuse_unless(plain >= 0 and sealed_size(plain) == sealed, "size")
    return plain


def segments(size: int) -> list[tuple[int, int, bytes]]:
    """Begin and end in the stream, and the end of the nonce."""
    count = -(-size // S)
    places = ((i, max(i * S, 40), min((i + 1) * S, size)) for i in range(count))
    return [(a, b, i.to_bytes(4, "big") + bytes([i == count - 1])) for i, a, b in places]


def stream_seal(ikm: bytes, header: bytes, aad: bytes, text: bytes) -> bytes:
    key = AESGCM(kdf(ikm, header[1:33], aad))
    out = [header]
    for begin, end, place in segments(sealed_size(len(text))):
        size = end - begin - 16
        out.append(key.encrypt(header[33:] + place, text[:size], b""))
        text = text[size:]
    return b"".join(out)


def stream_open(ikm: bytes, aad: bytes, sealed: bytes) -> bytes:
    plain_size(len(sealed))
    header = sealed[:40]
    refuse_unless(header[0] == 0x28, "header")
    key = kdf(ikm, header[1:33], aad)
    return b"".join(
        gcm_open(key, header[33:] + place, b"", sealed[begin:end])
        for begin, end, place in segments(len(sealed))
    )


# 3. File object


def parts_root(size: int, parts: list[bytes]) -> bytes:
    return sha256(t("parts") + size.to_bytes(8, "big") + b"".join(parts))


def cut(data: bytes) -> list[bytes]:
    return [data[at : at + P] for at in range(0, len(data), P)]


# 4. Parcel


def read_header(reader: Reader) -> dict:
    before = reader.data
    reader.magic(b"DPM1")
    flags = reader.number(1)
    refuse_unless(flags & 0xF0 == 0 and 1 <= flags & 7 <= 4, "flags")
    parcel_id, com = reader.take(16), reader.take(32)
    return {"bytes": before[:54], "flags": flags, "id": parcel_id, "com": com}


def check_commitment(header: dict, key: bytes) -> None:
    own = kdf(key, header["id"], t("commit") + bytes([1, header["flags"]]))
    refuse_unless(hmac.compare_digest(own, header["com"]), "commitment")


def manifest_keys(header: dict, key: bytes) -> tuple[bytes, bytes]:
    return kdf(key, header["id"], t("manifest-key")), t("manifest") + header["bytes"]


def open_parcel(sealed: bytes, key: bytes) -> tuple[dict, dict]:
    header, source, _ = open_text(sealed, key, False)
    return header, read_manifest(source)


def open_text(sealed: bytes, key: bytes, may_be_signed: bool) -> tuple[dict, bytes, bytes | None]:
    """H, the json, and the signature where one belongs."""
    refuse_unless(len(sealed) <= 64 << 20, "too_large")
    reader = Reader(sealed)
    header = read_header(reader)
    size = plain_size(len(reader.data))
    refuse_unless(size > 0 and size % 1024 == 0, "size")
    check_commitment(header, key)
    signed = is_signed(header["flags"])
    refuse_unless(may_be_signed or not signed, "signed")
    text = Reader(stream_open(*manifest_keys(header, key), reader.data))
    source = text.take(text.number(4, "length"), "length")
    written = text.take(65, "length")
    refuse_unless(written[0] == 1 if signed else not any(written), "signature")
    refuse_unless(len(text.data) < 1024 and not any(text.data), "padding")
    return header, source, written[1:] if signed else None


def is_signed(flags: int) -> bool:
    return flags & 7 >= 3 and not flags & 8


def seal_parcel(
    key: bytes, parcel_id: bytes, flags: int, stream_header: bytes, source: bytes, signer: bytes | None = None
) -> bytes:
    com = kdf(key, parcel_id, t("commit") + bytes([1, flags]))
    header = {"bytes": b"DPM1" + bytes([1, flags]) + parcel_id + com, "id": parcel_id}
    signature = bytes(65)
    if signer is not None:
        signature = sign(signer, "parcel-sig", header["bytes"] + sha256(source))
    text = len(source).to_bytes(4, "big") + source + signature
    text += bytes(-len(text) % 1024)
    ikm, aad = manifest_keys(header, key)
    return header["bytes"] + stream_seal(ikm, stream_header, aad, text)


def no_doubles(pairs: list) -> dict:
    members = dict(pairs)
    refuse_unless(len(members) == len(pairs), "manifest_json")
    return members


def no_constant(_: str) -> None:
    raise Refused("manifest_json")


def read_manifest(source: bytes) -> dict:
    try:
        value = json.loads(source.decode(), object_pairs_hook=no_doubles, parse_constant=no_constant)
        json.dumps(value, ensure_ascii=False).encode()  # a lone surrogate has no UTF-8
    except (ValueError, RecursionError):
        raise Refused("manifest_json") from None
    version = typed(value, "v", int) if isinstance(value, dict) else None
    refuse_unless(version is not None and version >= 0, "manifest_json")
    refuse_unless(version == 1, "manifest_version")
    check_shape(value)
    check_sender(value)
    reply = value.get("in_reply_to")
    if reply is not None:
        from_text(reply["parcel_id"], 16, "manifest_text")
        refuse_unless(1 <= reply["level"] <= 4, "manifest_level")
    for entry in value["files"]:
        check_entry(entry)
    for pack in value["packs"]:
        check_object(pack)
    check_integer(value["created"])
    check_together(value)
    return value


def typed(value: dict, member: str, kind: type, optional: bool = False):
    found = value.get(member)
    if found is None and optional:
        return None
    refuse_unless(isinstance(found, kind) and not isinstance(found, bool), "manifest_json")
    return found


OBJECT = {"id": str, "key": str, "sealed_size": int, "root": str, "parts": list}


def check_shape(value: dict) -> None:
    typed(value, "created", int)
    sender = typed(value, "sender", dict)
    typed(sender, "address", str)
    for member in ("account", "fingerprint"):
        typed(sender, member, str, optional=True)
    for member in ("subject", "body"):
        typed(value, member, str, optional=True)
    reply = typed(value, "in_reply_to", dict, optional=True)
    if reply is not None:
        typed(reply, "parcel_id", str)
        typed(reply, "level", int)
    for entry in typed(value, "files", list):
        for member, kind in {"name": str, "type": str, "size": int}.items():
            typed(entry, member, kind)
        for member, kind in {**OBJECT, "mtime": int, "pack": int, "offset": int}.items():
            typed(entry, member, kind, optional=True)
    for pack in typed(value, "packs", list):
        for member, kind in {**OBJECT, "size": int}.items():
            typed(pack, member, kind)
    for holder in value["files"] + value["packs"]:
        for member in ("size", "sealed_size", "pack", "offset"):
            refuse_unless((holder.get(member) or 0) >= 0, "manifest_json")


def check_integer(number: int) -> None:
    refuse_unless(abs(number) <= MOST_INTEGER, "manifest_number")


def check_sender(value: dict) -> None:
    sender = value["sender"]
    for member, size in (("account", 16), ("fingerprint", 32)):
        if sender.get(member) is not None:
            from_text(sender[member], size, "manifest_text")
    address = sender["address"]
    good = 1 <= len(address.encode()) <= 320
    refuse_unless(good and not any(map(is_control, address)) and not any(map(is_bidi, address)), "manifest_address")


def check_object(found: dict) -> None:
    from_text(found["id"], 16, "manifest_text")
    from_text(found["key"], 32, "manifest_text")
    parts = [from_text(part, 32, "manifest_text") for part in found["parts"]]
    root = from_text(found["root"], 32, "manifest_text")
    check_parts(found["size"], parts)
    refuse_unless(sealed_size(found["size"]) == found["sealed_size"], "manifest_size")
    refuse_unless(parts_root(found["sealed_size"], parts) == root, "root")


def check_parts(size: int, parts: list[bytes]) -> None:
    refuse_unless(size <= MOST_PLAIN and -(-sealed_size(size) // P) == len(parts), "manifest_size")


def check_entry(entry: dict) -> None:
    check_name(entry["name"])
    own = [entry.get(member) is not None for member in OBJECT]
    packed = [entry.get(member) is not None for member in ("pack", "offset")]
    kind = "own" if all(own) and not any(packed) else "packed" if all(packed) and not any(own) else "folder"
    if kind == "own":
        check_object(entry)
    elif kind == "folder":
        refuse_unless(not any(own + packed) and entry["size"] == 0, "manifest_entry")
    if entry.get("mtime") is not None:
        check_integer(entry["mtime"])
    media = entry["type"]
    refuse_unless(1 <= len(media) <= 127 and all("!" <= c <= "~" for c in media), "manifest_type")
    refuse_unless((media == "inode/directory") == (kind == "folder"), "manifest_entry")
    entry["kind"] = kind


def check_together(value: dict) -> None:
    files, packs = value["files"], value["packs"]
    names = {entry["name"]: entry["kind"] for entry in files}
    refuse_unless(len(names) == len(files), "manifest_name_taken")
    for name in names:
        parts = name.split("/")
        above = ("/".join(parts[:depth]) for depth in range(1, len(parts)))
        refuse_unless(all(names.get(folder, "folder") == "folder" for folder in above), "manifest_name_taken")
    ids = [entry["id"] for entry in files if entry["kind"] == "own"] + [pack["id"] for pack in packs]
    refuse_unless(len(set(ids)) == len(ids), "manifest_object_twice")
    ends: dict[int, int] = {}
    for entry in files:
        if entry["kind"] == "packed":
            refuse_unless(entry["pack"] < len(packs), "manifest_pack")
            refuse_unless(ends.get(entry["pack"], 0) == entry["offset"], "manifest_pack")
            ends[entry["pack"]] = entry["offset"] + entry["size"]
    refuse_unless(ends == {index: pack["size"] for index, pack in enumerate(packs)}, "manifest_pack")


# 5. Names


def is_control(c: str) -> bool:
    return c <= "\x1f" or "\x7f" <= c <= "\x9f" or c in "\u2028\u2029"


def is_bidi(c: str) -> bool:
    return c in "\u061c\u200e\u200f" or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"


def check_name(name: str) -> None:
    refuse_unless(len(name.encode()) <= 4096, "name_too_long")
    for component in name.split("/"):
        refuse_unless(component != "", "name_empty")
        refuse_unless(len(component.encode()) <= 255, "name_too_long")
        refuse_unless(component not in (".", ".."), "name_dots")
        refuse_unless("\\" not in component, "name_separator")
        refuse_unless(not any(map(is_control, component)), "name_control")
        refuse_unless(not any(map(is_bidi, component)), "name_bidi")


DEVICES = {"con", "prn", "aux", "nul", "conin$", "conout$"} | {
    name + number for name in ("com", "lpt") for number in "0123456789¹²³"
}


def windows(component: str) -> str:
    out = "".join("_" if c in '<>:"|?*' else c for c in component)
    if out[-1] in ". ":
        out = out[:-1] + "_"
    stem = out.split(".")[0].rstrip(" ")
    if stem.lower() in DEVICES:
        out = stem + "_" + out[len(stem) :]
        while len(out.encode()) > 255:
            out = out[:-1]
        if out[-1] in ". ":
            out = out[:-1] + "_"
    return out


# 6. Link


ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
LOWER = {upper: upper + 32 for upper in range(ord("A"), ord("Z") + 1)}  # ASCII alone: the Kelvin sign is no k


def read_record(data: bytes) -> dict:
    reader = Reader(data)
    reader.magic(b"DPL1")
    flags = reader.number(1)
    refuse_unless(flags & ~3 == 0, "flags")
    record = {"flags": flags, "id": reader.take(16), "params": None}
    if flags & 1:
        m, passes, lanes = reader.number(4), reader.number(4), reader.number(1)
        salt = reader.take(16)
        check_params(m, passes, lanes)
        record["params"] = (m, passes, salt)
    record["head"] = data[: len(data) - len(reader.data)]
    record["nonce"], record["sealed"] = reader.take(12), reader.take(48)
    reader.end()
    return record


def check_params(m: int, passes: int, lanes: int) -> None:
    refuse_unless(lanes <= 1, "password_heavy")
    refuse_unless(m >= 65536 and passes >= 3 and lanes == 1, "password_weak")
    refuse_unless(m <= 1048576 and passes <= 16, "password_heavy")


def stretch(password: str, m: int, passes: int, salt: bytes) -> bytes:
    text = unicodedata.normalize("NFKC", password).encode()
    refuse_unless(text != b"", "password_empty")
    return hash_secret_raw(text, salt, passes, m, 1, 32, Type.ID, 19)


def read_link(text: str) -> dict:
    text = text.strip().lstrip("<").rstrip(">")
    path, fragment = text, None
    for mark in ("#", "%23"):
        if mark in text:
            path, fragment = text.split(mark, 1)
            break
    pieces = path.rstrip("/").rsplit("/", 2)
    refuse_unless(len(pieces) == 3 and pieces[1] in ("d", "a"), "link_form")
    base, page, link_id = pieces
    host = base.removeprefix("https://").removeprefix("http://")
    refuse_unless(host not in ("", base), "link_form")
    link = {"base": base, "page": page, "id": from_text(link_id, 16, "link_form").hex()}
    if fragment is not None:
        link["secret"] = read_fragment(fragment).hex()
    return link


def read_fragment(fragment: str) -> bytes:
    refuse_unless(not "1.".startswith(fragment), "link_cut")
    refuse_unless(fragment.startswith("1."), "link_version")
    secret = fragment[2:].translate(LOWER)
    refuse_unless(all(c in ALPHABET for c in secret), "link_mistyped")
    refuse_unless(len(secret) >= 32, "link_cut")
    refuse_unless(len(secret) == 32, "link_mistyped")
    return b32decode(secret.upper())


def check_letter(symbols: str) -> str:
    c = 0
    for symbol in symbols:
        c = (c ^ ALPHABET.index(symbol)) << 1
        c = c ^ 37 if c > 31 else c
    return ALPHABET[c]


def write_code(secret: bytes) -> str:
    symbols = b32encode(secret).decode().lower()
    groups = [symbols[at : at + 4] for at in range(0, 32, 4)]
    return "-".join([*groups, check_letter(symbols)])


def read_code(text: str) -> bytes:
    typed_in = "".join(text.split()).replace("-", "").translate(LOWER).translate(str.maketrans("018", "olb"))
    refuse_unless(all(c in ALPHABET for c in typed_in), "code_character")
    refuse_unless(len(typed_in) == 33, "code_length")
    refuse_unless(check_letter(typed_in[:32]) == typed_in[32], "code_check")
    return b32decode(typed_in[:32].upper())
