-- The gateway's queue: mails sealed under the key of an hour, one row for each recipient.

CREATE TABLE mails (
  id TEXT PRIMARY KEY,
  hour BIGINT NOT NULL,
  wrapped BYTEA NOT NULL,
  payload BYTEA, -- sealed; NULL = a sealed file of that id
  size BIGINT NOT NULL,
  kind TEXT NOT NULL CHECK (kind IN ('relayed', 'carrier', 'report', 'notice')),
  sender TEXT NOT NULL, -- '' = the null sender
  envelope TEXT NOT NULL, -- JSON
  thread BYTEA, -- SHA-256 of the Message-ID
  received BIGINT NOT NULL
);
CREATE INDEX mails_hour ON mails (hour);

-- A row names the mail whose text goes to that recipient; one that has ended is gone.
CREATE TABLE mail_rows (
  mail TEXT NOT NULL REFERENCES mails (id),
  position BIGINT NOT NULL,
  address TEXT NOT NULL,
  folded TEXT NOT NULL,
  bcc BIGINT NOT NULL CHECK (bcc IN (0, 1)),
  notify TEXT,
  orcpt TEXT,
  treatment TEXT NOT NULL CHECK (treatment IN ('pass', 'protect')),
  state TEXT NOT NULL CHECK (state IN ('convert', 'hold_password', 'hold_error', 'queued', 'dropped')),
  due BIGINT NOT NULL,
  attempts BIGINT NOT NULL DEFAULT 0,
  since BIGINT NOT NULL,
  told_late BIGINT NOT NULL DEFAULT 0 CHECK (told_late IN (0, 1)),
  reply TEXT,
  PRIMARY KEY (mail, position)
);
CREATE INDEX mail_rows_due ON mail_rows (state, due);
CREATE INDEX mail_rows_since ON mail_rows (since, mail, position);
CREATE INDEX mail_rows_held ON mail_rows (folded) WHERE state = 'hold_password';

-- Message-IDs of protected mails, so that answers to them are protected too.
CREATE TABLE mail_threads (
  hash BYTEA PRIMARY KEY, -- SHA-256
  at BIGINT NOT NULL
);
CREATE INDEX mail_threads_at ON mail_threads (at);
