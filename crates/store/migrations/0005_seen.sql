-- Mails taken in of late: a peer that did not hear our answer hands the same one in again.

CREATE TABLE mail_seen (
  hash BYTEA PRIMARY KEY, -- SHA-256 of envelope and text
  at BIGINT NOT NULL
);
CREATE INDEX mail_seen_at ON mail_seen (at);
