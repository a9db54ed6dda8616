-- Whose signature counts, and what follows from it: kept verdicts, versions whose signature no longer counts, versions that were
-- taken off the feed, and packages that were uploaded on a page.

-- Who pushed a version, and with which key; without one it was uploaded on a page. `pusher` is never NULL: a column that is added
-- can't say so, and the next statement fills it.
ALTER TABLE version ADD COLUMN pusher INTEGER REFERENCES account (id);
ALTER TABLE version ADD COLUMN pusher_key INTEGER REFERENCES api_key (id);
UPDATE version SET pusher_key = pushed_by, pusher = (SELECT k.account FROM api_key k WHERE k.id = pushed_by);
ALTER TABLE version DROP COLUMN pushed_by;

-- A hidden version is on no list and in no answer, until an administrator shows it again. The reason is kept.
-- What readers see is `shown_version`: answers are made of it, and not of `version`.
ALTER TABLE version ADD COLUMN hidden_at INTEGER;
ALTER TABLE version ADD COLUMN hidden_by TEXT NOT NULL DEFAULT '';
ALTER TABLE version ADD COLUMN hidden_reason TEXT NOT NULL DEFAULT '';
CREATE INDEX version_hidden ON version (hidden_at) WHERE hidden_at IS NOT NULL;
CREATE VIEW shown_version AS SELECT * FROM version WHERE hidden_at IS NULL;

-- The numbers of versions that were removed for good. They stay burnt until an administrator frees them.
CREATE TABLE removed_version (
    registration INTEGER NOT NULL REFERENCES registration (id),
    version      TEXT    NOT NULL,
    version_key  TEXT    NOT NULL,
    removed_at   INTEGER NOT NULL,
    removed_by   TEXT    NOT NULL,
    reason       TEXT    NOT NULL DEFAULT '',
    PRIMARY KEY (registration, version_key)
) STRICT, WITHOUT ROWID;

-- An administrator's word that a certificate is revoked, for networks that no issuer's list reaches. It stands beside what issuers
-- say (`revocation_status`), so that taking it back leaves that as it was.
CREATE TABLE revocation_mark (
    fingerprint BLOB    PRIMARY KEY CHECK (length(fingerprint) = 32),
    revoked_at  INTEGER NOT NULL,
    reason      TEXT    NOT NULL,
    marked_by   TEXT    NOT NULL,
    marked_at   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Versions whose author's signature no longer counts: why, by which certificate, and since when that one is revoked. Nothing else
-- follows by itself: `decision` is what an owner or an administrator chose.
CREATE TABLE void_signature (
    version     INTEGER PRIMARY KEY REFERENCES version (id) ON DELETE CASCADE,
    cause       TEXT    NOT NULL CHECK (cause IN ('signer', 'issuer', 'authority', 'authority-issuer', 'path', 'authority-path')),
    certificate BLOB    NOT NULL CHECK (length(certificate) = 32),
    since       INTEGER,
    why         TEXT    NOT NULL,
    for_good    INTEGER NOT NULL CHECK (for_good IN (0, 1)),
    found_at    INTEGER NOT NULL,
    decision    TEXT    CHECK (decision IN ('keep', 'unlist', 'hide', 'remove')),
    decided_by  TEXT,
    decided_at  INTEGER,
    CHECK ((decision IS NULL) = (decided_by IS NULL) AND (decision IS NULL) = (decided_at IS NULL))
) STRICT;

-- What was decided about a package, explained. Refusals and dry runs are kept for some days for whoever pushed and the owners;
-- what a stage let in although the rule refused it, for longer, because the page of stages counts it.
CREATE TABLE verdict (
    number       INTEGER PRIMARY KEY AUTOINCREMENT,
    at           INTEGER NOT NULL,
    expires_at   INTEGER NOT NULL,
    kind         TEXT    NOT NULL CHECK (kind IN ('push', 'upload', 'dry-run')),
    outcome      TEXT    NOT NULL CHECK (outcome IN ('accepted', 'not-enforced', 'refused')),
    stage        TEXT    NOT NULL,
    pusher       INTEGER NOT NULL REFERENCES account (id),
    owner        INTEGER NOT NULL REFERENCES account (id),
    package_id   TEXT,
    id_key       TEXT,
    version      TEXT,
    reason       TEXT    NOT NULL DEFAULT '',
    explained    TEXT    NOT NULL,
    certificates BLOB,
    CHECK ((package_id IS NULL) = (id_key IS NULL))
) STRICT;
-- With outcome and kind in it, because each refusal counts in it what its pusher has too many of.
CREATE INDEX verdict_pusher ON verdict (pusher, number, outcome, kind);
-- All of them by number, for the bounds of all: a row of the table has tens of kilobytes.
CREATE INDEX verdict_number ON verdict (number, outcome, kind);
CREATE INDEX verdict_package ON verdict (id_key, number) WHERE id_key IS NOT NULL;
CREATE INDEX verdict_expiry ON verdict (expires_at);

-- Whether a session was opened in a browser that had signed in to the account before.
ALTER TABLE session ADD COLUMN known_browser INTEGER NOT NULL DEFAULT 0 CHECK (known_browser IN (0, 1));
-- Notices about security stand above the others, so how far each topic was read is kept apart: `seen_notice` and `read_notice`
-- tell of the others.
ALTER TABLE session ADD COLUMN seen_security INTEGER NOT NULL DEFAULT 0;
UPDATE session SET seen_security = seen_notice;
ALTER TABLE account ADD COLUMN read_security INTEGER NOT NULL DEFAULT 0;
UPDATE account SET read_security = read_notice;
-- `reason` is the first thing that was wrong. What stages let in is counted by it, in this index alone.
CREATE INDEX verdict_let_in ON verdict (id_key, reason, number, expires_at, outcome, kind)
    WHERE outcome = 'not-enforced' AND kind <> 'dry-run';

-- On what a version was let in: the rule about who must have signed was kept, or its ID is other people's, or a stage let it in
-- although the rule refused it. The records of earlier pushes say so in words.
ALTER TABLE version ADD COLUMN let_in TEXT NOT NULL DEFAULT 'rule' CHECK (let_in IN ('rule', 'foreign', 'stage'));
UPDATE version SET let_in = told.let_in FROM (
    SELECT v.id, CASE WHEN a.detail LIKE '%, foreign ID%' THEN 'foreign' ELSE 'stage' END AS let_in
    FROM version v JOIN registration r ON r.id = v.registration
      JOIN audit a ON a.subject = (r.package_id || ' ' || v.version) COLLATE NOCASE AND a.action = 'package.push'
    WHERE a.detail LIKE '%, foreign ID%' OR a.detail LIKE '%, not enforced: %'
) AS told WHERE told.id = version.id;

-- Whether the feed's own signature on a version has a timestamp. NULL: the feed did not sign it, or nobody has noted it.
ALTER TABLE version ADD COLUMN stamped INTEGER CHECK (stamped IN (0, 1));

-- Who signed what, by signer; what nobody signed; and the version of an ID that was published last.
CREATE INDEX version_signed_by ON version (signed_by, registration) WHERE signed_by IS NOT NULL;
CREATE INDEX version_unsigned ON version (registration, author) WHERE author IS NULL AND hidden_at IS NULL;
CREATE INDEX version_shown ON version (registration) WHERE hidden_at IS NULL;

-- What an account signed with one certificate is counted wherever that certificate is shown: in the index alone. By the signer
-- alone it would be a walk through everything that the account ever signed, once for each of its certificates.
DROP INDEX version_author;
CREATE INDEX version_author ON version (author, signed_by, hidden_at) WHERE author IS NOT NULL;
