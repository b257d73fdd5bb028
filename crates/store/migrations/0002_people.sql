-- Guests, invitations, keyrings, recipients of levels 3 and 4, inbox, replies.

-- A CHECK cannot be widened on both engines with one text: a guest is a member with this mark.
ALTER TABLE accounts ADD COLUMN guest BIGINT NOT NULL DEFAULT 0 CHECK (guest IN (0, 1));
ALTER TABLE accounts ADD COLUMN proven BIGINT; -- when a mail that arrived there was first answered

CREATE TABLE invitations (
  token BYTEA PRIMARY KEY, -- SHA-256
  folded TEXT NOT NULL,
  address TEXT NOT NULL,
  role TEXT NOT NULL CHECK (role IN ('guest', 'member', 'admin')),
  sender TEXT REFERENCES accounts (id),
  parcel TEXT,
  made BIGINT NOT NULL
);
CREATE INDEX invitations_of ON invitations (folded);
CREATE INDEX invitations_made ON invitations (made);

-- An account has a keyring when there is a row here.
CREATE TABLE keyrings (
  account TEXT PRIMARY KEY REFERENCES accounts (id),
  fingerprint BYTEA NOT NULL, -- of the newest record
  generation BIGINT NOT NULL
);

-- Public; they stay when the keyring is reset, so that what they signed can be checked.
CREATE TABLE key_records (
  account TEXT NOT NULL REFERENCES accounts (id),
  epoch BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  fingerprint BYTEA NOT NULL,
  reset BIGINT NOT NULL CHECK (reset IN (0, 1)),
  at BIGINT NOT NULL,
  PRIMARY KEY (account, epoch)
);

CREATE TABLE key_locks (
  account TEXT NOT NULL REFERENCES keyrings (account),
  id TEXT NOT NULL,
  bytes BYTEA NOT NULL,
  kind BIGINT NOT NULL,
  at BIGINT NOT NULL,
  PRIMARY KEY (account, id)
);

CREATE TABLE key_bodies (
  account TEXT NOT NULL REFERENCES keyrings (account),
  generation BIGINT NOT NULL,
  bytes BYTEA NOT NULL,
  PRIMARY KEY (account, generation)
);

-- Resets asked for and not done yet.
CREATE TABLE resets (
  account TEXT PRIMARY KEY REFERENCES accounts (id),
  asked_by TEXT NOT NULL REFERENCES accounts (id),
  asked BIGINT NOT NULL
);
CREATE INDEX resets_asked ON resets (asked);

ALTER TABLE parcels ADD COLUMN in_reply_to TEXT;
ALTER TABLE parcels ADD COLUMN own_stanza BYTEA; -- what opens it for its sender
ALTER TABLE parcels ADD COLUMN header BYTEA;
ALTER TABLE parcels ADD COLUMN manifest_hash BYTEA; -- SHA-256 of M
CREATE INDEX parcels_drafts ON parcels (sender, created) WHERE state = 'draft';

-- What another device of the sender needs to go on, sealed.
CREATE TABLE goings_on (
  parcel TEXT PRIMARY KEY REFERENCES parcels (id),
  bytes BYTEA NOT NULL
);

ALTER TABLE recipients ADD COLUMN since BIGINT NOT NULL DEFAULT 0; -- when it reached the recipient
ALTER TABLE recipients ADD COLUMN seen BIGINT; -- when it was marked as read
ALTER TABLE recipients ADD COLUMN lost BIGINT; -- when a reset destroyed the stanza, and none came since
UPDATE recipients SET since = COALESCE((SELECT p.posted FROM parcels p WHERE p.id = parcel), 0);
CREATE INDEX recipients_inbox ON recipients (folded, since, parcel);

-- At levels 3 and 4 a row of links holds no link: the person's login and stanza let in, and auth is empty.
ALTER TABLE links ADD COLUMN opens BIGINT NOT NULL DEFAULT 1 CHECK (opens IN (0, 1)); -- something to open is there
UPDATE links SET opens = 0 WHERE record IS NULL;

-- The parcel key for one recipient.
CREATE TABLE stanzas (
  parcel TEXT NOT NULL,
  folded TEXT NOT NULL,
  account TEXT NOT NULL REFERENCES accounts (id),
  fingerprint BYTEA NOT NULL,
  bytes BYTEA NOT NULL,
  verified TEXT CHECK (verified IN ('code', 'words', 'pinned', 'reply', 'no')), -- NULL = the opener's own
  tag_a BYTEA,
  ack BYTEA,
  at BIGINT NOT NULL,
  PRIMARY KEY (parcel, folded),
  FOREIGN KEY (parcel, folded) REFERENCES recipients (parcel, folded)
);
CREATE INDEX stanzas_of ON stanzas (account);

CREATE TABLE claim_codes (
  parcel TEXT NOT NULL,
  folded TEXT NOT NULL,
  number BIGINT NOT NULL,
  wrong BIGINT NOT NULL,
  tag BYTEA, -- confirm: what the recipient handed in
  record BYTEA, -- instant
  auth BYTEA, -- instant: SHA-256
  handed BIGINT NOT NULL DEFAULT 0 CHECK (handed IN (0, 1)),
  PRIMARY KEY (parcel, folded),
  FOREIGN KEY (parcel, folded) REFERENCES recipients (parcel, folded),
  CHECK ((record IS NULL) = (auth IS NULL))
);
CREATE INDEX claim_codes_of ON claim_codes (folded);
CREATE INDEX recipients_unread ON recipients (folded) WHERE seen IS NULL AND opened IS NULL AND dropped IS NULL;
CREATE INDEX parcels_keyed ON parcels (sender, posted) WHERE state = 'posted' AND level >= 3;
