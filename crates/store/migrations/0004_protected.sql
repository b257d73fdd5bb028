-- Protected mail: passwords for PDFs, links that set them, attachments, replies.
-- What is called sealed lies under the long-lived key of the folder of secrets.

CREATE TABLE pdf_passwords (
  folded TEXT PRIMARY KEY,
  address TEXT NOT NULL,
  language TEXT NOT NULL CHECK (language IN ('de', 'en', 'cs')),
  since BIGINT NOT NULL
);

-- Several of one password, so that two PDFs do not show that they go to the same person.
CREATE TABLE pdf_sets (
  id TEXT PRIMARY KEY,
  folded TEXT NOT NULL REFERENCES pdf_passwords (folded) ON DELETE CASCADE,
  public BYTEA NOT NULL, -- U, in every PDF
  sealed BYTEA NOT NULL -- its key
);
CREATE INDEX pdf_sets_of ON pdf_sets (folded);

CREATE TABLE pdf_links (
  token BYTEA PRIMARY KEY, -- SHA-256
  folded TEXT NOT NULL,
  address TEXT NOT NULL,
  purpose TEXT NOT NULL CHECK (purpose IN ('invite', 'change', 'reset')),
  language TEXT NOT NULL CHECK (language IN ('de', 'en', 'cs')),
  sender TEXT, -- who wrote first
  sender_name TEXT NOT NULL DEFAULT '',
  expires BIGINT NOT NULL,
  used BYTEA, -- SHA-256 of what it set: the same again gets the same answer
  released BIGINT NOT NULL DEFAULT 0, -- messages that went out then
  changed BIGINT NOT NULL DEFAULT 0 CHECK (changed IN (0, 1))
);
CREATE INDEX pdf_links_of ON pdf_links (folded);
CREATE INDEX pdf_links_expiry ON pdf_links (expires);

-- People who were invited to set a password, and have none yet.
CREATE TABLE pdf_waits (
  folded TEXT PRIMARY KEY,
  since BIGINT NOT NULL,
  reminded BIGINT NOT NULL DEFAULT 0, -- how often
  bounced BIGINT -- when the invitation came back
);

-- Parcels that are the attachments of a protected mail.
CREATE TABLE mail_parcels (
  parcel TEXT PRIMARY KEY REFERENCES parcels (id),
  mail TEXT NOT NULL, -- the spooled mail they belong to, and its row: the same again takes their place
  facts BYTEA NOT NULL -- sealed: who wrote, to whom, subject
);
CREATE INDEX mail_parcels_of ON mail_parcels (mail);

CREATE TABLE replies (
  token TEXT PRIMARY KEY,
  mail TEXT NOT NULL, -- as above
  auth BYTEA NOT NULL, -- SHA-256
  facts BYTEA NOT NULL, -- sealed: who is answered, by whom, the thread
  quote BYTEA NOT NULL, -- sealed under the key in the PDF
  expires BIGINT NOT NULL
);
CREATE INDEX replies_of ON replies (mail);
CREATE INDEX replies_expiry ON replies (expires);

-- Parcels that came by a reply link.
CREATE TABLE reply_parcels (
  parcel TEXT PRIMARY KEY REFERENCES parcels (id) ON DELETE CASCADE,
  reply TEXT NOT NULL,
  stanza BYTEA, -- to the gateway's key; there once it is posted
  facts BYTEA -- sealed: those of the reply link, when it was posted
);
