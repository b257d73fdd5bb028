"""The second reading of docs/format.md, sections 8 to 11: keys, keyrings, stanzas, claim codes.

HPKE, ML-KEM and Ed25519 come from OpenSSL by way of `cryptography`.
"""

import hashlib
import hmac
import json
import unicodedata
from pathlib import Path

import format_reader as f
from argon2.low_level import Type, hash_secret_raw
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.bindings._rust import openssl
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.mlkem import MLKEM768PrivateKey
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey
from cryptography.hazmat.primitives.hpke import AEAD, KDF, KEM, MLKEM768X25519PrivateKey, Suite

WORDS = Path(__file__).parents[4] / "vectors/words"
MODULUS = 3329


def public_of(seed: bytes) -> bytes:
    return Ed25519PrivateKey.from_private_bytes(seed).public_key().public_bytes_raw()


def kem_parts(seed: bytes) -> tuple[MLKEM768PrivateKey, X25519PrivateKey]:
    """X-Wing: SHAKE256 makes both private keys."""
    wide = hashlib.shake_256(seed).digest(96)
    return MLKEM768PrivateKey.from_seed_bytes(wide[:64]), X25519PrivateKey.from_private_bytes(wide[64:])


def kem_public(seed: bytes) -> bytes:
    lattice, curve = kem_parts(seed)
    return lattice.public_key().public_bytes_raw() + curve.public_key().public_bytes_raw()


def hpke_open(seed: bytes, sealed: bytes, info: bytes, aad: bytes) -> bytes:
    suite = Suite(KEM.MLKEM768_X25519, KDF.HKDF_SHA256, AEAD.AES_256_GCM)
    try:
        return openssl.hpke._decrypt_with_aad(suite, sealed, MLKEM768X25519PrivateKey(*kem_parts(seed)), info, aad)
    except InvalidTag:
        raise f.Refused("authentication") from None


def argon2(text: bytes, salt: bytes) -> bytes:
    return hash_secret_raw(text, salt, 3, 65536, 1, 32, Type.ID, 19)


def read_signature(reader: f.Reader) -> bytes:
    return reader.take(65)


def check_written(written: bytes) -> bytes | None:
    """The 64 bytes, or none."""
    refuse = written[0] == 1 or not any(written)
    f.refuse_unless(refuse, "signature_algorithm")
    return written[1:] if written[0] == 1 else None


# 8. Key record


def word_list(language: str) -> list[str]:
    return (WORDS / ("de.txt" if language == "de" else "en.txt")).read_text().split("\n")[:-1]


def words(data: bytes, count: int, language: str) -> str:
    number, out = int.from_bytes(data, "big"), []
    for _ in range(count):
        number, rest = divmod(number, 7776)
        out.append(word_list(language)[rest])
    return "-".join(out)


def read_words(text: str, count: int, language: str) -> str:
    known = set(word_list(language))
    flat = unicodedata.normalize("NFKC", text).lower()
    pieces = flat.replace("-", " ").replace(",", " ").split()
    rest, found = pieces, 0
    while rest:
        size = 2 if "-".join(rest[:2]) in known and len(rest) > 1 else 1
        f.refuse_unless("-".join(rest[:size]) in known, "words_unknown")
        rest, found = rest[size:], found + 1
    f.refuse_unless(found == count, "words_count")
    return "-".join(pieces)


def key_words(fingerprint: bytes, language: str) -> str:
    return words(argon2(fingerprint, f.t("key-words")), 6, language)


def is_kem_public(key: bytes) -> bool:
    triples = (key[at : at + 3] for at in range(0, 1152, 3))
    numbers = (int.from_bytes(triple, "little") for triple in triples)
    return all(number & 0xFFF < MODULUS and number >> 12 < MODULUS for number in numbers)


def read_record(data: bytes) -> dict:
    reader = f.Reader(data)
    reader.magic(b"DPKR")
    f.refuse_unless(reader.number(1) == 1, "suite")
    record = {"account": reader.take(16), "epoch": reader.number(4), "prev": reader.take(32), "time": reader.number(8)}
    record |= {"sig": reader.take(32), "kem": reader.take(1216)}
    flags = reader.number(1)
    f.refuse_unless(flags & ~7 == 0 and flags >> 1 < 3, "flags")
    record |= {"reset": bool(flags & 1), "list": ("en", "de", "cs")[flags >> 1]}
    first = record["epoch"] == 1
    shape = record["epoch"] > 0 and first == (not any(record["prev"])) and not (first and record["reset"])
    f.refuse_unless(shape, "record_shape")
    f.refuse_unless(record["time"] <= f.MOST_INTEGER, "record_time")
    f.refuse_unless(is_kem_public(record["kem"]), "record_kem_key")
    own, before = read_signature(reader), read_signature(reader)
    reader.end()
    own = check_written(own)
    f.refuse_unless(own is not None, "signature_missing")
    before = check_written(before)
    follows = not first and not record["reset"]
    f.refuse_unless(before is not None or not follows, "signature_missing")
    f.refuse_unless(before is None or follows, "signature_unexpected")
    record |= {"bytes": data[:1315], "before": before, "fpr": f.sha256(f.t("key-fpr") + data[:1315])}
    f.verify(record["sig"], "key-record", record["bytes"], own)
    return record


def write_record(account: bytes, epoch: int, prev: bytes, time: int, seeds: tuple[bytes, bytes], flags: int) -> bytes:
    keys = public_of(seeds[0]) + kem_public(seeds[1])
    return b"DPKR\1\1" + account + epoch.to_bytes(4, "big") + prev + time.to_bytes(8, "big") + keys + bytes([flags])


def check_chain(records: list[dict], account: bytes) -> None:
    f.refuse_unless(all(record["account"] == account for record in records), "record_account")
    f.refuse_unless(bool(records) and records[0]["epoch"] == 1, "record_chain")
    for before, record in zip(records, records[1:], strict=False):
        follows = record["epoch"] == before["epoch"] + 1 and record["prev"] == before["fpr"]
        f.refuse_unless(follows, "record_chain")
        if record["before"] is not None:
            f.verify(before["sig"], "key-record", record["bytes"], record["before"])


def place(records: list[dict], fingerprint: bytes) -> int | None:
    return next((at for at, record in enumerate(records) if record["fpr"] == fingerprint), None)


def linked(records: list[dict], a: int, b: int) -> bool:
    return not any(record["reset"] for record in records[min(a, b) + 1 : max(a, b) + 1])


def standing(records: list[dict], pin: bytes | None) -> str:
    if pin is None:
        return "unknown"
    at, last = place(records, pin), len(records) - 1
    if at is None:
        return "foreign"
    return "pinned" if at == last else "succeeded" if linked(records, at, last) else "reset"


# 9. Keyring


def read_lock(data: bytes) -> dict:
    reader = f.Reader(data)
    kind, params = reader.number(1), reader.take(reader.number(2))
    f.refuse_unless(1 <= kind <= 4, "lock_kind")
    sizes = {1: len(params) == 25, 2: len(params) == 12}
    f.refuse_unless(sizes.get(kind, len(params) <= 4096), "lock_params")
    lock = {"type": kind, "params": params}
    if kind == 1:
        inner = f.Reader(params)
        lock["stretch"] = inner.number(4), inner.number(4)
        f.check_params(*lock["stretch"], inner.number(1))
    lock |= {"nonce": reader.take(12), "commit": reader.take(32), "sealed": reader.take(48)}
    reader.end()
    return lock


def lock_keys(lock: dict, account: bytes, master: bytes) -> tuple[bytes, bytes, bytes]:
    context = bytes([lock["type"]]) + lock["params"]
    commit = f.kdf(master, account, f.t("lock-commit") + context)
    return f.kdf(master, account, f.t("lock-kek") + context), commit, f.t("lock") + account + context + commit


def open_lock(lock: dict, account: bytes, sealpass: str | None, kit: bytes | None) -> tuple[bytes, bytes]:
    """UMK, and the lock sealed again."""
    f.refuse_unless((1 if kit is None else 2) == lock["type"], "lock_other_kind")
    master = kit
    if kit is None:
        master = f.stretch(sealpass, *lock["stretch"], lock["params"][9:])
    kek, commit, aad = lock_keys(lock, account, master)
    f.refuse_unless(hmac.compare_digest(commit, lock["commit"]), "commitment")
    umk = f.gcm_open(kek, lock["nonce"], aad, lock["sealed"])
    head = bytes([lock["type"]]) + len(lock["params"]).to_bytes(2, "big") + lock["params"]
    return umk, head + lock["nonce"] + commit + f.AESGCM(kek).encrypt(lock["nonce"], umk, aad)


def read_body(data: bytes) -> dict:
    f.refuse_unless(len(data) <= 32 << 20, "too_large")
    reader = f.Reader(data)
    reader.magic(b"DPK1")
    body = {"account": reader.take(16), "generation": reader.number(8), "nonce": reader.take(12), "head": data[:29]}
    f.refuse_unless(1 <= body["generation"] <= f.MOST_INTEGER, "keyring_generation")
    f.refuse_unless(len(reader.data) >= 16, "truncated")
    return body | {"sealed": reader.data}


def check_seen(data: bytes, generation: int, seen: dict | None) -> None:
    if seen is not None:
        f.refuse_unless(generation >= seen["generation"], "keyring_older")
        same = generation != seen["generation"] or f.sha256(data).hex() == seen["sha256"]
        f.refuse_unless(same, "keyring_forked")


def open_body(body: dict, account: bytes, umk: bytes) -> dict:
    f.refuse_unless(body["account"] == account, "keyring_account")
    key = f.kdf(umk, account, f.t("keyring"))
    return read_keyring(f.gcm_open(key, body["nonce"], body["head"], body["sealed"]))


def read_keyring(source: bytes) -> dict:
    try:
        value = json.loads(source.decode(), object_pairs_hook=f.no_doubles)
    except (ValueError, RecursionError, f.Refused):
        raise f.Refused("keyring_json") from None
    f.refuse_unless(isinstance(value, dict) and isinstance(value.get("v"), int), "keyring_json")
    f.refuse_unless(value["v"] == 1, "keyring_version")
    try:
        for seed in (value["signature_seed"], value["claim_seed"]):
            f.from_text(seed, 32, "keyring_json")
        for own in value["kem_seeds"]:
            f.from_text(own["fingerprint"], 32, "keyring_json")
            f.from_text(own["seed"], 32, "keyring_json")
        for pin in value["pins"]:
            f.from_text(pin["account"], 16, "keyring_json")
            f.from_text(pin["fingerprint"], 32, "keyring_json")
            f.refuse_unless(pin["verified"] in ("code", "words", "no"), "keyring_json")
            f.refuse_unless(isinstance(pin["address"], str) and isinstance(pin["at"], int), "keyring_json")
    except (KeyError, TypeError):
        raise f.Refused("keyring_json") from None
    names = [own["fingerprint"] for own in value["kem_seeds"]]
    pinned = [pin["account"] for pin in value["pins"]]
    good = names and len(set(names)) == len(names) and len(set(pinned)) == len(pinned)
    f.refuse_unless(bool(good) and all(abs(pin["at"]) <= f.MOST_INTEGER for pin in value["pins"]), "keyring_contents")
    return value


def open_draft(data: bytes, umk: bytes, parcel_id: bytes) -> bytes:
    reader = f.Reader(data)
    reader.magic(b"DPG1")
    named = reader.take(16)
    f.refuse_unless(named == parcel_id, "draft_parcel")
    return f.stream_open(f.kdf(umk, parcel_id, f.t("draft")), data[:21], reader.data)


# 10. Stanza and release


def read_stanza(data: bytes) -> dict:
    reader = f.Reader(data)
    reader.magic(b"DPE1")
    stanza = {"account": reader.take(16), "fpr": reader.take(32), "sealed": reader.take(1120 + 48)}
    stanza["bytes"] = data[:1221]
    by, written = reader.number(1), read_signature(reader)
    reader.end()
    f.refuse_unless(by <= 2, "release_by")
    signature = check_written(written)
    f.refuse_unless(by != 0 or signature is None, "signature_unexpected")
    f.refuse_unless(by == 0 or signature is not None, "signature_missing")
    return stanza | {"by": by, "signature": signature}


def binding(sealed: bytes) -> bytes:
    return sealed[:54] + f.sha256(sealed)


def open_stanza(stanza: dict, own: dict, seed: bytes, sealed: bytes) -> bytes:
    f.refuse_unless((stanza["account"], stanza["fpr"]) == (own["account"], own["fpr"]), "stanza_not_mine")
    aad = binding(sealed) + stanza["account"] + stanza["fpr"]
    return hpke_open(seed, stanza["sealed"], f.t("stanza") + b"\1", aad)


def release_message(stanza: dict, sealed: bytes) -> bytes:
    whom = stanza["account"] + stanza["fpr"]
    return bytes([stanza["by"]]) + binding(sealed) + whom + f.sha256(stanza["bytes"])


def sender_key(sender: dict, records: list[dict], own: bytes | None, pin: dict | None) -> tuple[dict, str]:
    f.refuse_unless(None not in (sender.get("account"), sender.get("fingerprint")), "sender_nameless")
    named = f.from_text(sender["account"], 16, ""), f.from_text(sender["fingerprint"], 32, "")
    at = place(records, named[1])
    f.refuse_unless(at is not None and records[at]["account"] == named[0], "sender_unknown_key")
    record = records[at]
    if own is not None:
        current = place(records, own)
        f.refuse_unless(current is not None and at <= current, "sender_key_changed")
        return record, "own"
    if pin is None:
        return record, "not_verified"
    pinned = place(records, bytes.fromhex(pin["fingerprint"]))
    known = pinned is not None and bytes.fromhex(pin["account"]) == named[0]
    f.refuse_unless(known, "sender_key_changed")
    if linked(records, pinned, at):
        return record, "pinned_" + pin["verified"]
    f.refuse_unless(at < pinned, "sender_key_changed")
    return record, "not_verified"


def check_release(stanza: dict, sealed: bytes, own: dict, sender: tuple[dict, str] | None) -> None:
    outside, by = bool(sealed[5] & 8), stanza["by"]
    f.refuse_unless(outside if by == 0 else by == 2 or not outside, "release_sender")
    if by == 1:
        weak = sender is None or (sender[1] == "not_verified" and not f.is_signed(sealed[5]))
        f.refuse_unless(not weak, "release_sender")
    if by != 0:
        key = own["sig"] if by == 2 else sender[0]["sig"]
        f.verify(key, "release", release_message(stanza, sealed), stanza["signature"])


def check_parcel(header: dict, source: bytes, signature: bytes | None, sender: tuple[dict, str] | None) -> str:
    """Where it comes from."""
    if signature is None:
        return "outside" if header["flags"] & 8 else "unsigned"
    f.refuse_unless(sender is not None, "signed")
    f.verify(sender[0]["sig"], "parcel-sig", header["bytes"] + f.sha256(source), signature)
    return sender[1]


# 11. Claim codes


def claim_code(seed: bytes, parcel_id: bytes, address: str, attempt: int, count: int, language: str) -> str:
    salt = parcel_id + address.encode() + bytes([attempt])
    return words(f.kdf(seed, salt, f.t("claim-code")), count, language)


def tag(ikm: bytes, parcel_id: bytes, label: str, text: bytes) -> bytes:
    return hmac.digest(f.kdf(ikm, parcel_id, f.t(label)), text, "sha256")


def read_instant(data: bytes) -> dict:
    reader = f.Reader(data)
    reader.magic(b"DPC1")
    record = {"parcel": reader.take(16), "id": reader.take(16)}
    params = reader.number(4), reader.number(4), reader.number(1)
    record |= {"nonce": reader.take(12), "sealed": reader.take(48), "head": data[:58]}
    reader.end()
    wanted = (65536, 3, 1)
    f.refuse_unless(all(have >= want for have, want in zip(params, wanted, strict=True)), "password_weak")
    f.refuse_unless(params == wanted, "password_heavy")
    return record
