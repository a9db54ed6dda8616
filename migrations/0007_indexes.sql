-- Who registered a certificate, which each round of questions about revocation asks of every certificate that is known: by the
-- primary key, which begins with the account, it would be a walk through all registrations for each of them.
CREATE INDEX certificate_registration_fingerprint ON certificate_registration (fingerprint, removed_at);

-- Which of an account's versions are signed with a certificate is asked of the certificate and the owners of each package, since
-- some were on the feed before the account registered it. Counted in the index alone, with one look at the owners for each
-- version that another registration let in, or none.
DROP INDEX version_author;
CREATE INDEX version_author ON version (author, registration, signed_by, hidden_at) WHERE author IS NOT NULL;

-- What stages let in is counted by the first thing that was wrong, in this index alone.
DROP INDEX verdict_let_in;
CREATE INDEX verdict_let_in ON verdict (id_key, reason, number, expires_at, outcome, kind)
    WHERE outcome = 'not-enforced' AND kind <> 'dry-run';

-- Whether a package has a version that somebody signed: the search filter `signed-by:` asks it of one package after the other, and
-- each time it is one look into one of these. Gathered by the signer it cost as much as the signer ever signed, in each search.
-- `hidden_at` stands in them, always NULL, because SQLite looks it up in the row otherwise, behind all of a version's large columns.
CREATE INDEX version_of_signer ON version (registration, signed_by, hidden_at)
    WHERE signed_by IS NOT NULL AND hidden_at IS NULL;
CREATE INDEX version_of_author ON version (registration, author, hidden_at)
    WHERE author IS NOT NULL AND hidden_at IS NULL;
