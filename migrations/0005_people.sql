-- Sessions, second factors, invitations and notices: what people need who use the pages.

-- Where mail goes; only a confirmed address gets any but the mail that confirms it. Notices up to `read_notice` were read.
ALTER TABLE account ADD COLUMN email TEXT;
ALTER TABLE account ADD COLUMN email_confirmed INTEGER NOT NULL DEFAULT 0 CHECK (email_confirmed IN (0, 1));
ALTER TABLE account ADD COLUMN read_notice INTEGER NOT NULL DEFAULT 0;
-- When somebody signed in last with all factors: sessions that ended are not kept.
ALTER TABLE account ADD COLUMN last_sign_in_at INTEGER;
CREATE INDEX membership_user ON membership (user);

-- An enrolled second factor. `last_step` is the time step (RFC 6238) of the last code that counted: none counts twice.
CREATE TABLE second_factor (
    account       INTEGER PRIMARY KEY REFERENCES account (id),
    sealed_secret BLOB    NOT NULL,
    last_step     INTEGER NOT NULL,
    enrolled_at   INTEGER NOT NULL
) STRICT;

-- One that is not confirmed yet: the secret is on a page, no code has been given. It is shown in the session that gave the
-- password, and in no other.
CREATE TABLE second_factor_enrolment (
    account       INTEGER PRIMARY KEY REFERENCES account (id),
    session       INTEGER NOT NULL,
    sealed_secret BLOB    NOT NULL,
    began_at      INTEGER NOT NULL
) STRICT;

-- SHA-256 of each recovery code. A used one stays until the set is made anew, so that pages can count.
CREATE TABLE recovery_code (
    account INTEGER NOT NULL REFERENCES account (id),
    hash    BLOB    NOT NULL CHECK (length(hash) = 32),
    used_at INTEGER,
    PRIMARY KEY (account, hash)
) STRICT, WITHOUT ROWID;

-- A browser that is signed in; `hash` is SHA-256 of what its cookie holds. An incomplete session has given the password and
-- not yet the code: it is good for nothing but giving it. Sessions that ended are deleted.
CREATE TABLE session (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    hash             BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    account          INTEGER NOT NULL REFERENCES account (id),
    complete         INTEGER NOT NULL CHECK (complete IN (0, 1)),
    wrong_codes      INTEGER NOT NULL DEFAULT 0,
    created_at       INTEGER NOT NULL,
    last_seen_at     INTEGER NOT NULL,
    password_at      INTEGER NOT NULL,
    second_factor_at INTEGER,
    address          TEXT    NOT NULL,
    browser          TEXT    NOT NULL,
    seen_notice      INTEGER NOT NULL,
    CHECK (complete = 1 OR second_factor_at IS NULL)
) STRICT;
CREATE INDEX session_account ON session (account);

-- Links that are good once; `hash` is SHA-256 of the token in the URL. A used or replaced one is deleted.
CREATE TABLE one_time_link (
    hash       BLOB    PRIMARY KEY CHECK (length(hash) = 32),
    purpose    TEXT    NOT NULL CHECK (purpose IN ('first-administrator', 'new-account', 'password', 'second-factor', 'email')),
    account    INTEGER REFERENCES account (id),
    detail     TEXT    NOT NULL DEFAULT '',
    created_by TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    expires_at INTEGER NOT NULL,
    CHECK ((purpose = 'first-administrator') = (account IS NULL))
) STRICT, WITHOUT ROWID;

-- Somebody is asked to join an organization, or to own a package ID. Nothing changes until they agree.
CREATE TABLE invitation (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    invitee      INTEGER NOT NULL REFERENCES account (id),
    organization INTEGER REFERENCES account (id),
    role         TEXT    CHECK (role IN ('administrator', 'collaborator')),
    registration INTEGER REFERENCES registration (id),
    invited_by   TEXT    NOT NULL,
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    CHECK ((organization IS NULL) = (role IS NULL)),
    CHECK ((organization IS NULL) <> (registration IS NULL))
) STRICT;
CREATE UNIQUE INDEX invitation_member ON invitation (organization, invitee) WHERE organization IS NOT NULL;
CREATE UNIQUE INDEX invitation_owner ON invitation (registration, invitee) WHERE registration IS NOT NULL;
CREATE INDEX invitation_invitee ON invitation (invitee);

-- Who was told of an invitation in the last day, by whom: invitations that were withdrawn count, or they would bound nothing.
CREATE TABLE invitation_told (
    at           INTEGER NOT NULL,
    invitee      INTEGER NOT NULL REFERENCES account (id),
    organization INTEGER REFERENCES account (id),
    registration INTEGER REFERENCES registration (id),
    invited_by   TEXT    NOT NULL
) STRICT;
CREATE INDEX invitation_told_at ON invitation_told (at);
CREATE INDEX registration_owner_account ON registration_owner (account);

-- Patterns of IDs that only these accounts may create.
CREATE TABLE reserved_prefix (
    pattern     TEXT    NOT NULL,
    pattern_key TEXT    NOT NULL,
    account     INTEGER NOT NULL REFERENCES account (id),
    reserved_at INTEGER NOT NULL,
    PRIMARY KEY (pattern_key, account)
) STRICT, WITHOUT ROWID;

-- A key has a name for its owner's list, and says when it was used last. `warned_at`: its owner knows that it ends soon.
ALTER TABLE api_key ADD COLUMN name TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN created_by TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN last_used_at INTEGER;
ALTER TABLE api_key ADD COLUMN last_used_from TEXT NOT NULL DEFAULT '';
ALTER TABLE api_key ADD COLUMN warned_at INTEGER;
CREATE INDEX api_key_owner ON api_key (owner);
ALTER TABLE certificate_registration ADD COLUMN warned_at INTEGER;

-- What an account is told on the pages, and by mail if it has an address. `link` is a path on this server, or empty. `mail_to`
-- is the confirmed address that it had then, until the notice has become a mail. `security`: it says that somebody may act as
-- the account now who could not before, and no other notice pushes it off a page. `invitation` is what it is about.
CREATE TABLE notice (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    account    INTEGER NOT NULL REFERENCES account (id),
    at         INTEGER NOT NULL,
    text       TEXT    NOT NULL,
    link       TEXT    NOT NULL DEFAULT '',
    mail_to    TEXT,
    mailed     INTEGER NOT NULL DEFAULT 0 CHECK (mailed IN (0, 1)),
    security   INTEGER NOT NULL DEFAULT 0 CHECK (security IN (0, 1)),
    invitation INTEGER
) STRICT;
CREATE INDEX notice_account ON notice (account, security, id);
CREATE INDEX notice_invitation ON notice (invitation) WHERE invitation IS NOT NULL;
CREATE INDEX notice_unmailed ON notice (id) WHERE mail_to IS NOT NULL;

-- Mail that waits to be sent. Sealed, because a body may hold a link that is good for an account. Sent mail is deleted, and so
-- is what nobody has taken by `ends_at`.
CREATE TABLE outgoing_mail (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    sealed     BLOB    NOT NULL,
    created_at INTEGER NOT NULL,
    ends_at    INTEGER NOT NULL,
    attempts   INTEGER NOT NULL DEFAULT 0,
    next_try   INTEGER NOT NULL,
    failure    TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX outgoing_mail_next_try ON outgoing_mail (next_try);

-- Mails that confirm an address, of the last hour.
CREATE TABLE confirmation_mailed (
    at      INTEGER NOT NULL,
    account INTEGER NOT NULL REFERENCES account (id),
    address TEXT    NOT NULL COLLATE NOCASE
) STRICT;

-- The last run of each background job.
CREATE TABLE job (
    name        TEXT    PRIMARY KEY,
    started_at  INTEGER NOT NULL,
    finished_at INTEGER,
    succeeded   INTEGER CHECK (succeeded IN (0, 1)),
    result      TEXT    NOT NULL DEFAULT ''
) STRICT, WITHOUT ROWID;

-- Roots in which refused pushes ended, for an administrator to look at. `pushed_by` was the first to bring it, and `package`
-- is the last that they brought it with; `pushes` and `seen_at` count everybody's.
CREATE TABLE unknown_root (
    purpose     TEXT    NOT NULL CHECK (purpose IN ('signing', 'timestamping')),
    fingerprint BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    der         BLOB    NOT NULL,
    subject     TEXT    NOT NULL,
    not_after   INTEGER NOT NULL,
    pushed_by   TEXT    NOT NULL,
    package     TEXT    NOT NULL,
    pushes      INTEGER NOT NULL DEFAULT 1,
    seen_at     INTEGER NOT NULL,
    PRIMARY KEY (purpose, fingerprint)
) STRICT, WITHOUT ROWID;
CREATE INDEX unknown_root_pushed_by ON unknown_root (pushed_by, seen_at);

-- The anchors that a version's signer and timestamp ended in when it was pushed.
ALTER TABLE version ADD COLUMN signing_anchor BLOB CHECK (signing_anchor IS NULL OR length(signing_anchor) = 32);
ALTER TABLE version ADD COLUMN timestamping_anchor BLOB CHECK (timestamping_anchor IS NULL OR length(timestamping_anchor) = 32);
CREATE INDEX version_signing_anchor ON version (signing_anchor) WHERE signing_anchor IS NOT NULL;
CREATE INDEX version_timestamping_anchor ON version (timestamping_anchor) WHERE timestamping_anchor IS NOT NULL;

-- Who added it: an account's name, or the command line.
ALTER TABLE trust_anchor ADD COLUMN added_by TEXT NOT NULL DEFAULT '';

-- From where a change was made; empty for the command line and for the server itself.
ALTER TABLE audit ADD COLUMN address TEXT NOT NULL DEFAULT '';
CREATE INDEX audit_at ON audit (at);
-- Names are looked for without regard to case.
DROP INDEX audit_subject;
CREATE INDEX audit_subject ON audit (subject COLLATE NOCASE);
CREATE INDEX audit_actor ON audit (actor COLLATE NOCASE);
CREATE INDEX audit_action ON audit (action COLLATE NOCASE);
CREATE INDEX audit_address ON audit (address COLLATE NOCASE);
