-- The first schema. Times are seconds since 1970 (UTC); certificates are DER, byte for byte as they came;
-- fingerprints are 32 bytes of SHA-256; booleans are 0 or 1. Checks repeat the rules of the types in src/domain.

-- Facts about the file itself: the public URL that the documents were built for, salts, the check of the sealing key.
CREATE TABLE meta (
    key   TEXT PRIMARY KEY,
    value BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE policy (
    key   TEXT PRIMARY KEY,
    value TEXT NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE account (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    name          TEXT    NOT NULL CHECK (length(name) BETWEEN 1 AND 40),
    name_key      TEXT    NOT NULL UNIQUE CHECK (name_key = lower(name)),
    kind          TEXT    NOT NULL CHECK (kind IN ('user', 'organization')),
    administrator INTEGER NOT NULL DEFAULT 0 CHECK (administrator IN (0, 1)),
    password_hash TEXT,
    disabled      INTEGER NOT NULL DEFAULT 0 CHECK (disabled IN (0, 1)),
    created_at    INTEGER NOT NULL,
    CHECK (kind = 'user' OR (administrator = 0 AND password_hash IS NULL))
) STRICT;

CREATE TABLE membership (
    organization INTEGER NOT NULL REFERENCES account (id),
    user         INTEGER NOT NULL REFERENCES account (id),
    role         TEXT    NOT NULL CHECK (role IN ('administrator', 'collaborator')),
    PRIMARY KEY (organization, user)
) STRICT, WITHOUT ROWID;

CREATE TABLE api_key (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    hash         BLOB    NOT NULL UNIQUE CHECK (length(hash) = 32),
    hint         TEXT    NOT NULL,
    account      INTEGER NOT NULL REFERENCES account (id),
    owner        INTEGER NOT NULL REFERENCES account (id),
    scopes       TEXT    NOT NULL CHECK (scopes <> ''),
    patterns     TEXT    NOT NULL DEFAULT '',
    created_at   INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    revoked_at   INTEGER
) STRICT;
CREATE INDEX api_key_account ON api_key (account);

-- Every certificate that anybody registered, once.
CREATE TABLE certificate (
    fingerprint BLOB    PRIMARY KEY CHECK (length(fingerprint) = 32),
    der         BLOB    NOT NULL,
    subject     TEXT    NOT NULL,
    issuer      TEXT    NOT NULL,
    not_before  INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    revoked_at  INTEGER
) STRICT, WITHOUT ROWID;

-- Which account signs with it. A removed registration stays as long as a version on the feed was signed with it.
CREATE TABLE certificate_registration (
    account     INTEGER NOT NULL REFERENCES account (id),
    fingerprint BLOB    NOT NULL REFERENCES certificate (fingerprint),
    patterns    TEXT    NOT NULL DEFAULT '',
    added_at    INTEGER NOT NULL,
    removed_at  INTEGER,
    PRIMARY KEY (account, fingerprint)
) STRICT, WITHOUT ROWID;

CREATE TABLE trust_anchor (
    purpose     TEXT    NOT NULL CHECK (purpose IN ('signing', 'timestamping')),
    fingerprint BLOB    NOT NULL CHECK (length(fingerprint) = 32),
    der         BLOB    NOT NULL,
    subject     TEXT    NOT NULL,
    not_after   INTEGER NOT NULL,
    source      TEXT    NOT NULL,
    added_at    INTEGER NOT NULL,
    PRIMARY KEY (purpose, fingerprint)
) STRICT, WITHOUT ROWID;

-- The feed's own signing certificates. `sealed_key` is the PKCS #8 key, encrypted with the key beside the database.
CREATE TABLE repository_certificate (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    fingerprint BLOB    NOT NULL UNIQUE CHECK (length(fingerprint) = 32),
    der         BLOB    NOT NULL,
    chain       BLOB    NOT NULL,
    subject     TEXT    NOT NULL,
    issuer      TEXT    NOT NULL,
    not_before  INTEGER NOT NULL,
    not_after   INTEGER NOT NULL,
    sealed_key  BLOB,
    listed      INTEGER NOT NULL CHECK (listed IN (0, 1)),
    signs       INTEGER NOT NULL CHECK (signs IN (0, 1)),
    created_at  INTEGER NOT NULL
) STRICT;
CREATE UNIQUE INDEX repository_certificate_signs ON repository_certificate (signs) WHERE signs = 1;

-- A package registration: everything under one ID.
CREATE TABLE registration (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    package_id      TEXT    NOT NULL,
    id_key          TEXT    NOT NULL UNIQUE,
    required_signer TEXT    NOT NULL DEFAULT 'any-owner' CHECK (required_signer IN ('any-owner', 'no-signature-needed', 'one-owner')),
    required_owner  INTEGER REFERENCES account (id),
    downloads       INTEGER NOT NULL DEFAULT 0,
    created_at      INTEGER NOT NULL,
    CHECK ((required_signer = 'one-owner') = (required_owner IS NOT NULL))
) STRICT;

CREATE TABLE registration_owner (
    registration INTEGER NOT NULL REFERENCES registration (id),
    account      INTEGER NOT NULL REFERENCES account (id),
    PRIMARY KEY (registration, account)
) STRICT, WITHOUT ROWID;

-- The bytes of a package, in chunks. Pending content belongs to a push that runs, and is swept when it does not.
CREATE TABLE content (
    id         INTEGER PRIMARY KEY AUTOINCREMENT,
    pending    INTEGER NOT NULL CHECK (pending IN (0, 1)),
    size       INTEGER NOT NULL,
    created_at INTEGER NOT NULL
) STRICT;

-- `id` is content × 65 536 + sequence, so that any place of a package is one lookup away.
CREATE TABLE content_chunk (
    id    INTEGER PRIMARY KEY,
    bytes BLOB    NOT NULL
) STRICT;

-- One version of a package that is on the feed. The leaves are its entries in the registration documents of the two
-- hives; NULL where they must be made anew, or where the hive leaves the version out.
CREATE TABLE version (
    id               INTEGER PRIMARY KEY AUTOINCREMENT,
    registration     INTEGER NOT NULL REFERENCES registration (id),
    version          TEXT    NOT NULL,
    version_key      TEXT    NOT NULL,
    prerelease       INTEGER NOT NULL CHECK (prerelease IN (0, 1)),
    semver2          INTEGER NOT NULL CHECK (semver2 IN (0, 1)),
    listed           INTEGER NOT NULL DEFAULT 1 CHECK (listed IN (0, 1)),
    published_at     INTEGER NOT NULL,
    downloads        INTEGER NOT NULL DEFAULT 0,
    manifest         TEXT    NOT NULL,
    nuspec           BLOB    NOT NULL,
    content          INTEGER NOT NULL UNIQUE REFERENCES content (id),
    sha512           BLOB    NOT NULL CHECK (length(sha512) = 64),
    content_hash     TEXT    NOT NULL,
    pushed_sha512    BLOB    NOT NULL CHECK (length(pushed_sha512) = 64),
    pushed_size      INTEGER NOT NULL,
    original         BLOB    NOT NULL,
    pushed_by        INTEGER NOT NULL REFERENCES api_key (id),
    author           BLOB    CHECK (author IS NULL OR length(author) = 32),
    signed_by        INTEGER REFERENCES account (id),
    timestamp        INTEGER,
    repository       INTEGER REFERENCES repository_certificate (id),
    leaf_semver1     BLOB,
    leaf_semver2     BLOB,
    UNIQUE (registration, version_key)
) STRICT;
CREATE INDEX version_author ON version (author) WHERE author IS NOT NULL;
CREATE INDEX version_repository ON version (repository);

-- Files of a package that are shown beside it: icon, readme, licence.
CREATE TABLE package_file (
    version    INTEGER NOT NULL REFERENCES version (id),
    kind       TEXT    NOT NULL CHECK (kind IN ('icon', 'readme', 'license')),
    media_type TEXT    NOT NULL,
    bytes      BLOB    NOT NULL,
    PRIMARY KEY (version, kind)
) STRICT, WITHOUT ROWID;

-- What a read answers, prepared when the package changed: the version list and the registration documents.
CREATE TABLE document (
    registration INTEGER NOT NULL REFERENCES registration (id),
    name         TEXT    NOT NULL,
    plain        BLOB    NOT NULL,
    gzip         BLOB    NOT NULL,
    etag         TEXT    NOT NULL,
    PRIMARY KEY (registration, name)
) STRICT;

-- The search result of a package for each of: with prereleases or not, with SemVer 2 or not.
CREATE TABLE search_result (
    registration  INTEGER NOT NULL REFERENCES registration (id),
    prerelease    INTEGER NOT NULL CHECK (prerelease IN (0, 1)),
    semver2       INTEGER NOT NULL CHECK (semver2 IN (0, 1)),
    package_types TEXT    NOT NULL,
    fragment      BLOB    NOT NULL,
    PRIMARY KEY (registration, prerelease, semver2)
) STRICT, WITHOUT ROWID;

-- The words of a package; rowid is the registration.
CREATE VIRTUAL TABLE search_text USING fts5 (
    package_id, title, tags, description, authors, owners,
    tokenize = 'unicode61', prefix = '2 3'
);

CREATE TABLE audit (
    id      INTEGER PRIMARY KEY AUTOINCREMENT,
    at      INTEGER NOT NULL,
    actor   TEXT    NOT NULL,
    action  TEXT    NOT NULL,
    subject TEXT    NOT NULL,
    detail  TEXT    NOT NULL DEFAULT ''
) STRICT;
CREATE INDEX audit_subject ON audit (subject);
