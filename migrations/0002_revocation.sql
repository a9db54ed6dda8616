-- What issuers say about revocation, and the certificates that it is about.

-- Certificates below the anchors in the chains of packages that were accepted: signers, timestamping authorities and the
-- authorities between. They came inside the packages' signatures; a chain is built again from these rows and the trust
-- anchors without opening a package.
CREATE TABLE seen_certificate (
    fingerprint BLOB    PRIMARY KEY CHECK (length(fingerprint) = 32),
    der         BLOB    NOT NULL,
    subject     TEXT    NOT NULL,
    first_seen  INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- The timestamping authority's certificate of the author's timestamp, whose upper bound is in `timestamp`. Versions that
-- were pushed before this column was there have none: they are judged by their signer alone.
ALTER TABLE version ADD COLUMN tsa BLOB CHECK (tsa IS NULL OR length(tsa) = 32);
CREATE INDEX version_tsa ON version (tsa) WHERE tsa IS NOT NULL;

-- Each question that is asked, with its last answer that counted. A list is asked for by URL alone; OCSP by URL and the
-- certificate that is asked about; what was imported from a file has no URL, and in `about` the SHA-256 of what the
-- answer covers, so that a newer file takes the place of an older one. Answers may have megabytes: their bytes are
-- content, which arrives in small transactions.
CREATE TABLE revocation_answer (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    kind        TEXT    NOT NULL CHECK (kind IN ('crl', 'ocsp')),
    url         TEXT    NOT NULL,
    about       BLOB    NOT NULL CHECK (length(about) IN (0, 32)),
    content     INTEGER UNIQUE REFERENCES content (id),
    sha256      BLOB    CHECK (sha256 IS NULL OR length(sha256) = 32),
    this_update INTEGER,
    next_update INTEGER,
    answered_at INTEGER,
    source      TEXT    NOT NULL,
    failure     TEXT,
    failures    INTEGER NOT NULL DEFAULT 0,
    next_try    INTEGER,
    UNIQUE (kind, url, about),
    CHECK ((content IS NULL) = (answered_at IS NULL) AND (content IS NULL) = (sha256 IS NULL)),
    CHECK ((failure IS NULL) = (failures = 0))
) STRICT;

-- What is known about each certificate. Revoked is final, but for a hold: issuers may drop old revocations from their
-- lists, and what was told once stays known.
CREATE TABLE revocation_status (
    fingerprint BLOB    PRIMARY KEY CHECK (length(fingerprint) = 32),
    status      TEXT    NOT NULL CHECK (status IN ('good', 'revoked', 'unknown')),
    revoked_at  INTEGER,
    hold        INTEGER NOT NULL DEFAULT 0 CHECK (hold IN (0, 1)),
    reason      TEXT    NOT NULL DEFAULT '',
    this_update INTEGER,
    next_update INTEGER,
    source      TEXT    NOT NULL DEFAULT '',
    learnt_at   INTEGER,
    checked_at  INTEGER NOT NULL,
    failures    INTEGER NOT NULL DEFAULT 0,
    CHECK ((status = 'revoked') = (revoked_at IS NOT NULL)),
    CHECK (hold = 0 OR status = 'revoked')
) STRICT, WITHOUT ROWID;
