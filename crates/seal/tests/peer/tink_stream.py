"""Google's tink seals and opens streams: one JSON job per line in, one answer per line out.

{"do": "seal", "key": hex, "aad": hex, "text": hex}   -> {"sealed": hex}
{"do": "open", "key": hex, "aad": hex, "sealed": hex} -> {"text": hex} or {"refused": true}
"""

import io
import json
import sys

import tink
from tink import cleartext_keyset_handle, streaming_aead
from tink.proto import aes_gcm_hkdf_streaming_pb2, common_pb2, tink_pb2

SEGMENT = 262144


def primitive(key: bytes) -> streaming_aead.StreamingAead:
    """The key type of the format: HKDF-SHA256, AES-256-GCM, segments of 256 KiB."""
    params = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingParams(
        ciphertext_segment_size=SEGMENT,
        derived_key_size=32,
        hkdf_hash_type=common_pb2.SHA256,
    )
    value = aes_gcm_hkdf_streaming_pb2.AesGcmHkdfStreamingKey(
        version=0, params=params, key_value=key
    )
    data = tink_pb2.KeyData(
        type_url="type.googleapis.com/google.crypto.tink.AesGcmHkdfStreamingKey",
        value=value.SerializeToString(),
        key_material_type=tink_pb2.KeyData.SYMMETRIC,
    )
    entry = tink_pb2.Keyset.Key(
        key_data=data,
        status=tink_pb2.ENABLED,
        key_id=1,
        output_prefix_type=tink_pb2.RAW,
    )
    keyset = tink_pb2.Keyset(primary_key_id=1, key=[entry])
    reader = tink.BinaryKeysetReader(keyset.SerializeToString())
    return cleartext_keyset_handle.read(reader).primitive(streaming_aead.StreamingAead)


class Kept(io.BytesIO):
    """Keeps what was written after tink has closed it."""

    kept = b""

    def close(self) -> None:
        if not self.closed:
            self.kept = self.getvalue()
        super().close()


def seal(job: dict) -> dict:
    out = Kept()
    aead = primitive(bytes.fromhex(job["key"]))
    with aead.new_encrypting_stream(out, bytes.fromhex(job["aad"])) as stream:
        stream.write(bytes.fromhex(job["text"]))
    return {"sealed": out.kept.hex()}


def open_(job: dict) -> dict:
    source = io.BytesIO(bytes.fromhex(job["sealed"]))
    aead = primitive(bytes.fromhex(job["key"]))
    try:
        with aead.new_decrypting_stream(source, bytes.fromhex(job["aad"])) as stream:
            return {"text": stream.read().hex()}
    except tink.TinkError:
        return {"refused": True}


def main() -> None:
    streaming_aead.register()
    for line in sys.stdin:
        job = json.loads(line)
        answer = seal(job) if job["do"] == "seal" else open_(job)
        print(json.dumps(answer), flush=True)


main()
