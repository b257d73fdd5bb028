"""Runs every file in a folder of vectors against `format_reader.py`, as vectors/README.md says.

`python run_vectors.py FOLDER` prints the number of vectors, or the differences and fails.
"""

import json
import sys
from base64 import b32decode, b32encode
from pathlib import Path

import format_reader as f
import handoff_reader as h
import run_keyed

unhex = bytes.fromhex


def same(a, b) -> None:
    if a != b:
        raise AssertionError(f"{a!r:.200} is not {b!r:.200}")


def plaintext(vector: dict) -> bytes:
    text = vector["text"]
    if "hex" in text:
        return unhex(text["hex"])
    x = int.from_bytes(f.sha256(text["pattern"].encode())[:4], "big") or 1
    out = []
    for _ in range(-(-text["size"] // 4)):
        x ^= x << 13 & 0xFFFFFFFF
        x ^= x >> 17
        x ^= x << 5 & 0xFFFFFFFF
        out.append(x)
    return b"".join(x.to_bytes(4, "big") for x in out)[: text["size"]]


def edited(vector: dict, data: bytes) -> bytes:
    data = bytearray(data)
    for edit in vector.get("edits", []):
        ((name, value),) = edit.items()
        if name == "flip":
            data[value] ^= 1
        elif name == "cut":
            del data[value:]
        elif name == "append":
            data += unhex(value)
        elif name == "remove":
            del data[value["at"] : value["at"] + value["size"]]
        elif name == "swap":
            size, a, b = value["size"], value["a"] * value["size"], value["b"] * value["size"]
            data[a : a + size], data[b : b + size] = data[b : b + size], data[a : a + size]
        else:
            raise AssertionError(f"no edit is called {name}")
    return bytes(data)


def run_stream(v: dict) -> None:
    if "text" in v:
        sealed = f.stream_seal(unhex(v["key"]), unhex(v["header"]), unhex(v["aad"]), plaintext(v))
    else:
        sealed = unhex(v["sealed"]["hex"])
    same((len(sealed), f.sha256(sealed).hex()), (v["sealed"]["size"], v["sealed"]["sha256"]))
    with_ = {**v, **v.get("open", {})}
    same(f.stream_open(unhex(with_["key"]), unhex(with_["aad"]), edited(v, sealed)), plaintext(v))


def run_size(v: dict) -> None:
    if "plain" in v:
        sealed = f.sealed_size(v["plain"])
        same((sealed, -(-sealed // f.P)), (v["sealed"], v["parts"]))
    same(f.plain_size(v["sealed"]), v["plain"])


def run_file(v: dict) -> None:
    text = plaintext(v)
    sealed = f.stream_seal(unhex(v["key"]), unhex(v["header"]), f.t("file") + unhex(v["id"]), text)
    hashes = [f.sha256(part) for part in f.cut(sealed)]
    same((len(sealed), [part.hex() for part in hashes]), (v["sealed_size"], v["parts"]))
    same(f.parts_root(len(sealed), hashes).hex(), v["root"])
    size, sealed = len(sealed), edited(v, sealed)
    with_ = {**v, **v.get("open", {})}
    hashes = [unhex(part) for part in with_["parts"]]
    f.check_parts(len(text), hashes)
    f.refuse_unless(f.parts_root(size, hashes).hex() == with_["root"], "root")
    f.refuse_unless(len(sealed) == size, "part_length")
    for part, expected in zip(f.cut(sealed), hashes, strict=True):
        f.refuse_unless(f.sha256(part) == expected, "part_hash")
    same(f.stream_open(unhex(with_["key"]), f.t("file") + unhex(with_["id"]), sealed), text)


def run_header(v: dict) -> None:
    reader = f.Reader(unhex(v["header"]))
    header = f.read_header(reader)
    reader.end()
    f.check_commitment(header, unhex(v["key"]))
    found = (header["flags"] & 7, header["flags"] & 8 != 0, header["id"].hex())
    same(found, (v["level"], v["from_outside"], v["id"]))


def run_parcel(v: dict) -> None:
    _, manifest = f.open_parcel(unhex(v["manifest"]), unhex(v["key"]))
    same(manifest, f.read_manifest(v["json"].encode()))
    same(f.sha256(unhex(v["manifest"])).hex(), v["sha256"])
    fresh = unhex(v["key"]), unhex(v["id"]), v["flags"], unhex(v["stream_header"])
    same(f.seal_parcel(*fresh, v["json"].encode()).hex(), v["manifest"])


def run_link(v: dict) -> None:
    record, secret, pw = f.read_record(unhex(v["record"])), unhex(v["secret"]), b""
    if "password" in v:
        f.refuse_unless(record["params"] is not None, "password_unexpected")
        pw = f.stretch(v["password"], *record["params"])
    f.refuse_unless(bool(pw) == (record["params"] is not None), "password_missing")
    aad = record["head"] + record["nonce"] + unhex(v["parcel_header"]) + unhex(v["manifest_sha256"])
    wrapping = f.kdf(secret + pw, record["id"], f.t("link-key"))
    key = f.gcm_open(wrapping, record["nonce"], aad, record["sealed"])
    same((key.hex(), record["head"].hex(), record["id"].hex()), (v["parcel_key"], v["head"], v["id"]))
    same((record["flags"] & 2 != 0, record["nonce"].hex()), (v["mailed_code"], v["nonce"]))
    auth = f.kdf(secret, record["id"], f.t("link-auth"))
    same((auth.hex(), f.sha256(auth).hex()), (v["auth"], v["auth_sha256"]))
    if pw:
        auth2 = f.kdf(secret + pw, record["id"], f.t("link-pass"))
        same((auth2.hex(), f.sha256(auth2).hex()), (v["auth2"], v["auth2_sha256"]))
    same(f.AESGCM(wrapping).encrypt(record["nonce"], key, aad), record["sealed"])


def run_password(v: dict) -> None:
    f.check_params(v["memory_kib"], v["passes"], 1)
    same(f.stretch(v["password"], v["memory_kib"], v["passes"], unhex(v["salt"])).hex(), v["stretched"])


def run_link_text(v: dict) -> None:
    wanted = {member: v[member] for member in ("base", "page", "id", "secret") if member in v}
    same(f.read_link(v["text"]), wanted)


def run_code(v: dict) -> None:
    secret = f.read_code(v["text"])
    same((secret.hex(), f.write_code(secret)), (v["secret"], v["canonical"]))


def run_name(v: dict) -> None:
    f.check_name(v["name"])
    same("/".join(map(f.windows, v["name"].split("/"))), v["windows"])


def run_handoff(v: dict) -> None:
    if "header" in v:
        sealed = h.seal(unhex(v["secret"]), unhex(v["header"]), plaintext(v))
    else:
        sealed = unhex(v["sealed"]["hex"])
    same((len(sealed), f.sha256(sealed).hex()), (v["sealed"]["size"], v["sealed"]["sha256"]))
    with_ = {**v, **v.get("open", {})}
    same(h.open_sealed(unhex(with_["secret"]), edited(v, sealed)), plaintext(v))
    secret = unhex(v["secret"])
    for member in ("auth", "fill"):
        proof = f.kdf(secret, b"", f.t("handoff-" + member))
        same((proof.hex(), f.sha256(proof).hex()), (v[member], v[member + "_sha256"]))
    salt = unhex(v["id"]) + f.sha256(unhex(v["token"]))
    same(h.words(f.kdf(secret, salt, f.t("handoff-words")), 3), v["check_words"])


def run_handoff_content(v: dict) -> None:
    same(h.read_content(unhex(v["bytes"])), (v["name"], v["type"], unhex(v["content"])))


def run_handoff_url(v: dict) -> None:
    wanted = {member: v.get(member) for member in ("base", "id", "direction", "secret")}
    same(h.read_url(v["text"]), wanted)


def run_handoff_typed(v: dict) -> None:
    phrase = h.phrase(v["text"])
    find, secret = h.unwrap(h.stretch(phrase), unhex(v["wrap"]))
    same((phrase, find.hex(), secret.hex()), (v["words"], v["find"], v["secret"]))
    if "random" in v:
        same("-".join(h.words(unhex(v["random"]), 6)), phrase)


def run_reply_link(v: dict) -> None:
    path, fragment = v["text"].split("#", 1)
    base, page, token = path.rsplit("/", 2)
    f.refuse_unless(page == "r", "reply_form")
    token = f.from_text(token, 16, "reply_form")
    f.refuse_unless(not "1.".startswith(fragment), "reply_cut")
    f.refuse_unless(fragment.startswith("1."), "reply_version")
    symbols = fragment[2:].upper()
    try:
        secret = b32decode(symbols + "====")
    except ValueError:
        raise f.Refused("reply_cut") from None
    f.refuse_unless(len(secret) == 32 and b32encode(secret).decode() == symbols + "====", "reply_cut")
    same((base, token.hex(), secret.hex()), (v["base"], v["token"], v["secret"]))


def read_quote(text: bytes) -> dict:
    try:
        quote = json.loads(text.decode(), object_pairs_hook=f.no_doubles)
        shape = [(quote["from"], dict), (quote["date"], int)]
        shape += [(quote[member], str) for member in ("subject", "text", "gateway")]
        shape += [(quote["from"][member], str) for member in ("name", "email")]
    except (ValueError, KeyError, TypeError, f.Refused):
        raise f.Refused("quote") from None
    f.refuse_unless(quote["v"] == 1 and all(isinstance(value, kind) for value, kind in shape), "quote")
    f.from_text(quote["gateway"], 32, "quote")
    return quote


def run_reply_quote(v: dict) -> None:
    auth = f.kdf(unhex(v["secret"]), unhex(v["token"]), f.t("reply-auth"))
    same((auth.hex(), f.sha256(auth).hex()), (v["auth"], v["auth_sha256"]))
    with_ = {**v, **v.get("open", {})}
    token, label = unhex(with_["token"]), f.t("reply-quote")
    key = f.kdf(unhex(with_["secret"]), token, label)
    text = f.stream_open(key, label + token, edited(v, unhex(v["sealed"])))
    same(read_quote(text), json.loads(v["json"]))


RUN = {
    "stream": run_stream,
    "size": run_size,
    "file": run_file,
    "header": run_header,
    "parcel": run_parcel,
    "manifest": lambda v: f.read_manifest(v["json"].encode()) and None,
    "link": run_link,
    "password": run_password,
    "link_text": run_link_text,
    "code": run_code,
    "name": run_name,
    "handoff": run_handoff,
    "handoff_content": run_handoff_content,
    "handoff_url": run_handoff_url,
    "handoff_typed": run_handoff_typed,
    "reply_link": run_reply_link,
    "reply_quote": run_reply_quote,
    **run_keyed.RUN,
}


def main(folder: Path) -> int:
    count, findings = 0, []
    for path in sorted(folder.glob("*.json")):
        if path.name.startswith("pdf_"):  # of another derivation, in crates/pdfkey
            continue
        vector = json.loads(path.read_text())
        try:
            RUN[vector["kind"]](vector)
            outcome = "ok"
        except f.Refused as refused:
            outcome = str(refused)
        except (AssertionError, KeyError) as error:
            outcome = repr(error)
        if outcome != vector["expect"]:
            findings.append(f"{path.stem}: expected {vector['expect']}, got {outcome}")
        count += 1
    print("\n".join(findings) or count)
    return 1 if findings else 0


sys.exit(main(Path(sys.argv[1])))
