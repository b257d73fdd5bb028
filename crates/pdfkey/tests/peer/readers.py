"""Other people's readers: `readers.py FILE PASSWORD` says as JSON what pikepdf and pypdf find in an encrypted PDF."""

import hashlib
import json
import sys

import pikepdf
import pypdf

path, password = sys.argv[1:3]


def with_pikepdf():
    try:
        pdf = pikepdf.open(path, password=password)
    except pikepdf.PasswordError:
        return None
    e = pdf.encryption
    files = {name: bytes(spec.get_file().read_bytes()) for name, spec in pdf.attachments.items()}
    return {
        "methods": [e.stream_method.name, e.string_method.name, e.file_method.name],
        "revision": [e.V, e.R, e.bits],
        "encrypted_metadata": pdf.allow.accessibility,
        "attachments": {name: hashlib.sha256(data).hexdigest() for name, data in files.items()},
        "title": str(pdf.docinfo.get("/Title", "")),
    }


def with_pypdf():
    reader = pypdf.PdfReader(path)
    assert reader.is_encrypted
    if not reader.decrypt(password):
        return None
    return {
        "text": "".join(page.extract_text() for page in reader.pages),
        "attachments": {name: hashlib.sha256(data[0]).hexdigest() for name, data in reader.attachments.items()},
        "title": reader.metadata.title,
    }


json.dump({"pikepdf": with_pikepdf(), "pypdf": with_pypdf()}, sys.stdout)
