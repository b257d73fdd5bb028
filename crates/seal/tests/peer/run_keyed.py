"""The kinds of vectors of levels 3 and 4, for `run_vectors.py`."""

import json

import format_keys as k
import format_reader as f

unhex = bytes.fromhex


def same(a, b) -> None:
    if a != b:
        raise AssertionError(f"{a!r:.200} is not {b!r:.200}")


def run_words(v: dict) -> None:
    if "bytes" in v:
        same(k.words(unhex(v["bytes"]), v["count"], v["list"]), v["words"])
    same(k.read_words(v["typed"], v["count"], v["list"]), v["words"])


def run_record(v: dict) -> None:
    record = k.read_record(unhex(v["record"]))
    found = {member: record[member] for member in ("epoch", "time", "reset", "list")}
    same(found, {member: v[member] for member in found})
    same((record["account"].hex(), record["fpr"].hex()), (v["account"], v["fingerprint"]))
    same(k.key_words(record["fpr"], v["list"]), v["words"])
    seeds = unhex(v["signature_seed"]), unhex(v["kem_seed"])
    flags = v["reset"] | ("en", "de", "cs").index(v["list"]) << 1
    again = k.write_record(record["account"], v["epoch"], record["prev"], v["time"], seeds, flags)
    own, before = f.sign(seeds[0], "key-record", again), bytes(65)
    if "previous_signature_seed" in v:
        before = f.sign(unhex(v["previous_signature_seed"]), "key-record", again)
    same((again + own + before).hex(), v["record"])


def chain(texts: list[str], account: bytes | None) -> list[dict]:
    records = [k.read_record(unhex(text)) for text in texts]
    k.check_chain(records, records[0]["account"] if account is None else account)
    return records


def run_chain(v: dict) -> None:
    records = chain(v["records"], unhex(v["account"]))
    same(records[-1]["fpr"].hex(), v["current"])
    same(k.standing(records, unhex(v["pin"]) if "pin" in v else None), v["standing"])


def run_lock(v: dict) -> None:
    lock = k.read_lock(unhex(v["lock"]))
    kit = unhex(v["kit"]) if "kit" in v else None
    umk, again = k.open_lock(lock, unhex(v["account"]), v.get("sealpass"), kit)
    same((umk.hex(), again.hex(), lock["type"], lock["nonce"].hex()), (v["umk"], v["lock"], v["type"], v["nonce"]))
    if kit is not None:
        same((int.from_bytes(lock["params"][:4], "big"), lock["params"][4:].hex()), (v["number"], v["id"]))


def run_kit(v: dict) -> None:
    secret = f.read_code(v["text"])
    same((secret.hex(), f.write_code(secret).upper()), (v["secret"], v["canonical"]))


def run_keyring(v: dict) -> None:
    data = unhex(v["body"])
    body = k.read_body(data)
    k.check_seen(data, body["generation"], v.get("seen"))
    same(k.open_body(body, unhex(v["account"]), unhex(v["umk"])), json.loads(v["json"]))
    same(body["generation"], v["generation"])


def run_going_on(v: dict) -> None:
    umk, parcel_id, data = unhex(v["umk"]), unhex(v["parcel_id"]), unhex(v["record"])
    same(k.open_draft(data, umk, parcel_id).hex(), v["text"])
    head = b"DPG1\1" + parcel_id
    ikm = f.kdf(umk, parcel_id, f.t("draft"))
    same((head + f.stream_seal(ikm, unhex(v["stream_header"]), head, unhex(v["text"]))).hex(), v["record"])


def find_sender(v: dict, source: bytes) -> tuple[dict, str] | None:
    if not v.get("sender_records"):
        return None
    sender = json.loads(source)["sender"]
    own = unhex(v["own"]) if "own" in v else None
    return k.sender_key(sender, chain(v["sender_records"], None), own, v.get("pin"))


def run_signed(v: dict) -> None:
    header, source, signature = f.open_text(unhex(v["manifest"]), unhex(v["key"]), True)
    manifest = f.read_manifest(source)
    origin = k.check_parcel(header, source, signature, find_sender(v, source))
    same((origin, manifest), (v["origin"], f.read_manifest(v["json"].encode())))
    fresh = unhex(v["key"]), unhex(v["id"]), v["flags"], unhex(v["stream_header"])
    same(f.seal_parcel(*fresh, v["json"].encode(), unhex(v["signature_seed"])).hex(), v["manifest"])


def run_stanza(v: dict) -> None:
    stanza, own = k.read_stanza(unhex(v["stanza"])), k.read_record(unhex(v["opener_record"]))
    sealed = unhex(v["manifest"])
    key = k.open_stanza(stanza, own, unhex(v["kem_seed"]), sealed)
    header, source, signature = f.open_text(sealed, key, True)
    manifest = f.read_manifest(source)
    needed = stanza["by"] == 1 or signature is not None
    sender = find_sender(v, source) if needed else None
    k.check_release(stanza, sealed, own, sender)
    origin = k.check_parcel(header, source, signature, sender)
    same((key.hex(), origin, stanza["by"]), (v["parcel_key"], v["origin"], v["by"]))
    same(manifest, f.read_manifest(v["json"].encode()))
    if "release_seed" in v:
        message = k.release_message(stanza, sealed)
        same(f.sign(unhex(v["release_seed"]), "release", message)[1:], stanza["signature"])


def run_claim_code(v: dict) -> None:
    fresh = unhex(v["claim_seed"]), unhex(v["parcel_id"]), v["address"], v["try"]
    same(k.claim_code(*fresh, v["count"], v["list"]), v["words"])
    same(k.read_words(v["typed"], v["count"], v["list"]), v["words"])


def run_claim(v: dict) -> None:
    parcel_id, header = unhex(v["parcel_id"]), unhex(v["parcel_header"])
    ck = k.argon2(v["words"].encode(), parcel_id)
    parties = unhex(v["sender"]) + unhex(v["recipient"])
    text = parties + header + unhex(v["manifest_sha256"]) + f.sha256(unhex(v["stanza"]))
    wanted = {"tag_b": ("claim-reg", ck, parties), "tag_a": ("claim-rel", ck, text)}
    wanted["ack"] = ("claim-ack", ck + unhex(v["parcel_key"]), text)
    for member, (label, ikm, message) in wanted.items():
        if member in v:
            f.refuse_unless(member == "tag_b" or header[6:22] == parcel_id, "claim_parcel")
            f.refuse_unless(k.tag(ikm, parcel_id, label, message).hex() == v[member], "claim_tag")


def run_instant(v: dict) -> None:
    record, parcel_id, header = k.read_instant(unhex(v["record"])), unhex(v["parcel_id"]), unhex(v["parcel_header"])
    f.refuse_unless(record["parcel"] == parcel_id == header[6:22], "claim_parcel")
    ck = k.argon2(v["words"].encode(), parcel_id)
    key = f.kdf(ck, record["id"], f.t("claim-key"))
    aad = record["head"] + header + unhex(v["manifest_sha256"]) + unhex(v["sender"])
    opened = f.gcm_open(key, record["nonce"], aad, record["sealed"])
    auth = f.kdf(ck, record["id"], f.t("claim-auth"))
    same((opened.hex(), record["id"].hex()), (v["parcel_key"], v["claim_id"]))
    same((auth.hex(), f.sha256(auth).hex(), record["nonce"].hex()), (v["auth"], v["auth_sha256"], v["nonce"]))
    same(f.AESGCM(key).encrypt(record["nonce"], opened, aad), record["sealed"])


RUN = {
    "words": run_words,
    "record": run_record,
    "chain": run_chain,
    "lock": run_lock,
    "kit": run_kit,
    "keyring": run_keyring,
    "going_on": run_going_on,
    "signed": run_signed,
    "stanza": run_stanza,
    "claim_code": run_claim_code,
    "claim": run_claim,
    "instant": run_instant,
}
