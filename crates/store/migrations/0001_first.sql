-- One text for SQLite and PostgreSQL: TEXT, BIGINT, BYTEA and nothing else (rules in src/sql/conn.rs).
-- Times are ms since 1970 UTC, truth values 0 or 1, ids 22 characters of base64url.

-- What is fixed at the first start.
CREATE TABLE meta (
  key TEXT PRIMARY KEY,
  value TEXT NOT NULL
);

CREATE TABLE accounts (
  id TEXT PRIMARY KEY,
  address TEXT NOT NULL,
  folded TEXT NOT NULL UNIQUE, -- the address in lower case, by which it is found
  name TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('member', 'admin')),
  password BYTEA NOT NULL, -- OPAQUE's password file
  created BIGINT NOT NULL,
  disabled BIGINT
);

CREATE TABLE sessions (
  id TEXT PRIMARY KEY,
  account TEXT NOT NULL REFERENCES accounts (id),
  token BYTEA NOT NULL UNIQUE, -- SHA-256
  label TEXT NOT NULL,
  created BIGINT NOT NULL,
  used BIGINT NOT NULL
);
CREATE INDEX sessions_of ON sessions (account);
CREATE INDEX sessions_used ON sessions (used);
CREATE INDEX sessions_created ON sessions (created);

-- draft -> posted -> closed. Columns of a later state are NULL before it.
CREATE TABLE parcels (
  id TEXT PRIMARY KEY,
  sender TEXT NOT NULL REFERENCES accounts (id),
  level BIGINT NOT NULL CHECK (level BETWEEN 1 AND 4),
  state TEXT NOT NULL CHECK (state IN ('draft', 'posted', 'closed')),
  version BIGINT NOT NULL DEFAULT 0, -- counts locks; see parcels::lock
  created BIGINT NOT NULL,
  touched BIGINT NOT NULL, -- when the last part of a draft came
  posted BIGINT,
  expires BIGINT,
  size BIGINT,
  manifest_size BIGINT,
  subject TEXT NOT NULL DEFAULT '',
  message TEXT NOT NULL DEFAULT '',
  notify BIGINT NOT NULL DEFAULT 0 CHECK (notify IN (0, 1)),
  -- When the last download that a limit allows was finished, once there is none left to start.
  used_up BIGINT,
  closed BIGINT,
  reason TEXT CHECK (reason IN ('expired', 'withdrawn', 'spent')),
  shred BIGINT NOT NULL DEFAULT 0 CHECK (shred IN (0, 1)), -- closed, and its bytes are still to be removed
  CHECK ((state = 'draft') = (posted IS NULL)),
  CHECK ((posted IS NULL) = (expires IS NULL)),
  CHECK ((posted IS NULL) = (size IS NULL)),
  CHECK ((posted IS NULL) = (manifest_size IS NULL)),
  CHECK ((state = 'closed') = (closed IS NOT NULL)),
  CHECK ((closed IS NULL) = (reason IS NULL)),
  CHECK (shred = 0 OR state = 'closed')
);
CREATE INDEX parcels_page ON parcels (sender, posted, id) WHERE posted IS NOT NULL;
CREATE INDEX parcels_stale ON parcels (touched) WHERE state = 'draft';
CREATE INDEX parcels_expiry ON parcels (expires) WHERE state = 'posted';
CREATE INDEX parcels_used_up ON parcels (used_up) WHERE state = 'posted' AND used_up IS NOT NULL;
CREATE INDEX parcels_shred ON parcels (closed) WHERE shred = 1;

-- File objects. The id is unique over all parcels: it names the file on the disk.
CREATE TABLE files (
  id TEXT PRIMARY KEY,
  parcel TEXT NOT NULL REFERENCES parcels (id),
  size BIGINT NOT NULL CHECK (size >= 0)
);
CREATE INDEX files_of ON files (parcel);

CREATE TABLE recipients (
  parcel TEXT NOT NULL REFERENCES parcels (id),
  folded TEXT NOT NULL,
  address TEXT NOT NULL,
  place BIGINT NOT NULL, -- in the order they were named
  notified BIGINT,
  bounced BIGINT,
  opened BIGINT,
  downloaded BIGINT,
  dropped BIGINT,
  PRIMARY KEY (parcel, folded)
);

CREATE TABLE links (
  id TEXT PRIMARY KEY,
  parcel TEXT NOT NULL,
  folded TEXT NOT NULL,
  record BYTEA, -- NULL = destroyed: the recipient was dropped or the parcel closed
  auth BYTEA NOT NULL, -- SHA-256
  auth2 BYTEA, -- SHA-256
  mailed_code BIGINT NOT NULL CHECK (mailed_code IN (0, 1)),
  max_taken BIGINT CHECK (max_taken >= 0), -- NULL = no limit
  taken BIGINT NOT NULL DEFAULT 0 CHECK (taken >= 0), -- claims leased and committed
  UNIQUE (parcel, folded),
  FOREIGN KEY (parcel, folded) REFERENCES recipients (parcel, folded),
  CHECK (max_taken IS NULL OR taken <= max_taken)
);

CREATE TABLE claims (
  id TEXT PRIMARY KEY,
  link TEXT NOT NULL REFERENCES links (id) ON DELETE CASCADE,
  token BYTEA NOT NULL UNIQUE, -- SHA-256
  stated TEXT NOT NULL,
  proven BIGINT NOT NULL CHECK (proven IN (0, 1)),
  state TEXT NOT NULL CHECK (state IN ('opened', 'leased', 'committed', 'lapsed')),
  opened BIGINT NOT NULL,
  lease_until BIGINT,
  committed BIGINT,
  CHECK ((state = 'leased') = (lease_until IS NOT NULL)),
  CHECK ((state = 'committed') = (committed IS NOT NULL))
);
CREATE INDEX claims_of ON claims (link, opened);
CREATE INDEX claims_committed ON claims (link, committed) WHERE state = 'committed';
CREATE INDEX claims_leased ON claims (lease_until, link) WHERE state = 'leased';

-- Verified files of a visit.
CREATE TABLE receipts (
  claim TEXT NOT NULL REFERENCES claims (id) ON DELETE CASCADE,
  file TEXT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (claim, file)
);

-- The one mailed code of a link that is good.
CREATE TABLE codes (
  link TEXT PRIMARY KEY REFERENCES links (id) ON DELETE CASCADE,
  code BYTEA NOT NULL, -- SHA-256
  expires BIGINT NOT NULL,
  wrong BIGINT NOT NULL DEFAULT 0
);
CREATE INDEX codes_expires ON codes (expires);

-- Mails that wait, sealed under the key of an hour.
CREATE TABLE outbox (
  id TEXT PRIMARY KEY,
  hour BIGINT NOT NULL,
  wrapped BYTEA NOT NULL,
  payload BYTEA NOT NULL,
  parcel TEXT, -- about whom, if the fate of the mail is shown there
  address TEXT,
  folded TEXT,
  kind TEXT NOT NULL,
  attempts BIGINT NOT NULL,
  created BIGINT NOT NULL,
  due BIGINT NOT NULL,
  CHECK ((parcel IS NULL) = (address IS NULL)),
  CHECK ((parcel IS NULL) = (folded IS NULL))
);
CREATE INDEX outbox_due ON outbox (due);
CREATE INDEX outbox_hour ON outbox (hour);
CREATE INDEX outbox_about ON outbox (parcel, folded) WHERE parcel IS NOT NULL;

-- Facts not yet in the chain. `nth` tells equal facts of one millisecond apart.
CREATE TABLE facts (
  at BIGINT NOT NULL,
  fact TEXT NOT NULL,
  nth BIGINT NOT NULL,
  PRIMARY KEY (at, fact, nth)
);

-- The hash chain: 1, 2, 3, … without a gap.
CREATE TABLE journal (
  number BIGINT PRIMARY KEY CHECK (number > 0),
  at BIGINT NOT NULL,
  fact TEXT NOT NULL,
  hash BYTEA NOT NULL
);
