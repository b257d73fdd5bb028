"""How lists and landing pages take to many stored parcels.

Two servers side by side, one with few and one with many parcels of the member, seeded by SQL as copies of a
delivery that was really sent; the same requests go to both in turn.
"""

import hashlib
import http.client
import json
import random
import shutil
import sqlite3
import time
from base64 import urlsafe_b64encode
from statistics import median

from measure import Failed
from peers import Depesche
from report import spoken_seconds

COUNTS = (1_000, 1_000_000)
REQUESTS = 200
AUTH = b"the proof of every seeded link.."
PARCELS = "s{:020}A"  # 22 characters of base64url, the last one as 128 bits want it
LINKS = "l{:020}A"


def columns(db, table, replaced):
    """The select list that copies a row with some columns replaced by SQL."""
    names = [row[1] for row in db.execute(f"PRAGMA table_info({table})")]
    return ", ".join(names), ", ".join(replaced.get(name, name) for name in names)


def seed(database, parcel, count):
    """`count` copies of the parcel with its recipient and link, each a second older than the one before."""
    db = sqlite3.connect(database)
    db.create_function("auth_of_all", 0, lambda: hashlib.sha256(AUTH).digest(), deterministic=True)
    numbers = f"WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {count})"
    copy_of = "'s' || printf('%020d', n.i) || 'A'"
    link_of = "'l' || printf('%020d', n.i) || 'A'"
    with db:
        for table, key, replaced in (
            ("parcels", "id", {"id": copy_of, "posted": "posted - n.i * 1000", "subject": "'Delivery ' || n.i"}),
            ("recipients", "parcel", {"parcel": copy_of, "since": "since - n.i * 1000"}),
            ("links", "parcel", {"id": link_of, "parcel": copy_of, "auth": "auth_of_all()", "auth2": "NULL"}),
        ):
            names, values = columns(db, table, replaced)
            db.execute(f"{numbers} INSERT INTO {table} ({names}) SELECT {values} FROM n, {table} WHERE {key} = ?", (parcel,))
    db.execute("ANALYZE")
    db.close()


class Stored(Depesche):
    """A server with `count` parcels more."""

    def __init__(self, program, folder, count):
        super().__init__(program, folder)
        self.count = count
        source = folder / "letter.txt"
        source.write_text("A short letter.\n")
        self.send(source)
        (database,) = self.data.glob("*.db")
        seed(database, self.parcel["id"], count)
        self.manifest = next(path for path in (self.data / "blobs" / "manifests").rglob(self.parcel["id"]))
        session = json.loads(next((folder / "home").glob("profiles/*/session.json")).read_text())
        self.token = session["token"]
        self.wire = http.client.HTTPConnection(self.url.removeprefix("http://"), timeout=30)

    def request(self, method, path, body=None):
        """Seconds until the whole answer was read."""
        headers = {"authorization": f"Bearer {self.token}", "content-type": "application/json"}
        started = time.perf_counter()
        self.wire.request(method, path, body and json.dumps(body), headers)
        answer = self.wire.getresponse()
        text = answer.read()
        seconds = time.perf_counter() - started
        if answer.status != 200:
            raise Failed(f"{path}: {answer.status} {text[:200]!r}")
        return seconds

    def place(self, number):
        """Gives a parcel that will be asked for its manifest, as all have in reality."""
        name = PARCELS.format(number)
        path = self.data / "blobs" / "manifests" / name[0] / name[1] / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists():
            shutil.copyfile(self.manifest, path)
        return number

    def first_page(self, _number):
        """The newest 50."""
        return self.request("GET", "/api/v1/parcels?limit=50")

    def landing(self, number):
        """What a link shows."""
        proof = {"auth": urlsafe_b64encode(AUTH).rstrip(b"=").decode()}
        return self.request("POST", f"/api/v1/links/{LINKS.format(number)}/look", proof)

    def one(self, number):
        """A delivery with its recipients."""
        return self.request("GET", f"/api/v1/parcels/{PARCELS.format(number)}")


def growth(program, scratch, rounds):
    """A table: each request at both sizes."""
    servers = []
    try:
        for count in COUNTS:
            print(f"{count:,} stored parcels", flush=True)
            servers.append(Stored(program, scratch / f"stored-{count}", count))
        few, many = servers
        rows = [f"| | {COUNTS[0]:,} stored | {COUNTS[1]:,} stored | ratio |", "|-|-|-|-|"]
        for name, ask in (("list, the newest 50", Stored.first_page), ("landing page's data", Stored.landing), ("one delivery", Stored.one)):
            times, ratios = ([], []), []
            for _ in range(rounds):
                taken = ([], [])
                for _ in range(REQUESTS):
                    for server, into in zip((few, many), taken):
                        into.append(ask(server, server.place(random.randint(1, server.count))))
                middle = [median(one) for one in taken]
                ratios.append(middle[1] / middle[0])
                for all_rounds, one in zip(times, middle):
                    all_rounds.append(one)
            rows.append(f"| {name} | {spoken_seconds(median(times[0]))} | {spoken_seconds(median(times[1]))} | {median(ratios):.2f} |")
        return "\n".join(rows)
    finally:
        for server in servers:
            server.wire.close()
            server.stop()
