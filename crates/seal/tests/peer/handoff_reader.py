"""Section 12 of docs/format.md, read a second time: handoffs."""

import json
from pathlib import Path

import format_reader as f
from argon2.low_level import Type, hash_secret_raw

SIZES = [4096 << doubled for doubled in range(12)]
WORDS = (Path(__file__).parents[4] / "vectors/words/en.txt").read_text().split()


def room(size: int) -> int:
    return f.plain_size(size) - 4


def size_for(packed: int) -> int:
    for size in SIZES:
        if packed <= room(size):
            return size
    raise f.Refused("too_large")


def seal(secret: bytes, header: bytes, packed: bytes) -> bytes:
    size = room(size_for(len(packed)))
    text = len(packed).to_bytes(4, "big") + packed + bytes(size - len(packed))
    return f.stream_seal(f.kdf(secret, b"", f.t("handoff-key")), header, f.t("handoff"), text)


def open_sealed(secret: bytes, sealed: bytes) -> bytes:
    f.refuse_unless(len(sealed) in SIZES, "size")
    text = f.stream_open(f.kdf(secret, b"", f.t("handoff-key")), f.t("handoff"), sealed)
    length, rest = int.from_bytes(text[:4], "big"), text[4:]
    f.refuse_unless(length <= len(rest), "length")
    f.refuse_unless(not any(rest[length:]) and len(sealed) <= 2 * size_for(length), "padding")
    return rest[:length]


def words(number: bytes, count: int) -> list[str]:
    n, out = int.from_bytes(number, "big"), []
    for _ in range(count):
        n, rest = divmod(n, len(WORDS))
        out.append(WORDS[rest])
    return out


def read_content(data: bytes) -> tuple[str, str, bytes]:
    reader = f.Reader(data)
    head = reader.take(reader.number(2))
    try:
        head = json.loads(head)
        version = head["v"]
    except (ValueError, KeyError, TypeError):
        raise f.Refused("handoff_head") from None
    f.refuse_unless(version == 1, "handoff_newer")
    f.refuse_unless(all(isinstance(head.get(m), str) for m in ("name", "type")), "handoff_head")
    f.check_name(head["name"])
    f.refuse_unless("/" not in head["name"], "name_separator")
    visible = all("!" <= c <= "~" for c in head["type"])
    f.refuse_unless(visible and 1 <= len(head["type"]) <= 255, "handoff_type")
    return head["name"], head["type"], reader.data


def read_url(text: str) -> dict:
    text = text.strip().lstrip("<").rstrip(">")
    mark = "#" if "#" in text else "%23"
    path, _, fragment = text.partition(mark)
    base, _, name = path.rstrip("/").rpartition("/")
    f.refuse_unless(base.endswith("/h"), "handoff_form")
    base = base.removesuffix("/h")
    host = base.removeprefix("https://") if base.startswith("https://") else base.removeprefix("http://")
    f.refuse_unless(host not in ("", base), "handoff_form")
    found = {"base": base, "id": f.from_text(name, 16, "handoff_form").hex()}
    f.refuse_unless(fragment not in ("", "1", "2", "1.", "2."), "handoff_cut")
    way = {"1.": "take", "2.": "fill"}.get(fragment[:2])
    f.refuse_unless(way is not None, "handoff_version")
    key = fragment[2:]
    plain = all(c.isascii() and (c.isalnum() or c in "-_") for c in key)
    f.refuse_unless(len(key) >= 43 or not plain, "handoff_cut")
    return {**found, "direction": way, "secret": f.from_text(key, 32, "handoff_mistyped").hex()}


def phrase(text: str) -> str:
    pieces = text.lower().replace("-", " ").split()
    at = count = 0
    while at < len(pieces):
        pair = "-".join(pieces[at : at + 2])
        f.refuse_unless(pair in WORDS or pieces[at] in WORDS, "words_unknown")
        at += 2 if "-" in pair and pair in WORDS else 1
        count += 1
    f.refuse_unless(count == 6, "words_count")
    return "-".join(pieces)


def stretch(text: str) -> bytes:
    return hash_secret_raw(text.encode(), f.t("handoff-type"), 3, 65536, 1, 32, Type.ID)


def unwrap(wk: bytes, wrap: bytes) -> tuple[bytes, bytes]:
    find = f.kdf(wk, b"", f.t("handoff-find"))
    f.refuse_unless(len(wrap) == 60, "truncated")
    return find, f.gcm_open(f.kdf(wk, b"", f.t("handoff-wrap")), wrap[:12], find, wrap[12:])
