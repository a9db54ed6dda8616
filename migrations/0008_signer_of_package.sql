-- Whether a package has a version that somebody signed: the search filter `signed-by:` asks it of one package after the other, and
-- each time it is one look into one of these. Gathered by the signer it cost as much as the signer ever signed, in each search.
-- `hidden_at` stands in them, always NULL, because SQLite looks it up in the row otherwise, behind all of a version's large columns.
CREATE INDEX version_of_signer ON version (registration, signed_by, hidden_at)
    WHERE signed_by IS NOT NULL AND hidden_at IS NULL;
CREATE INDEX version_of_author ON version (registration, author, hidden_at)
    WHERE author IS NOT NULL AND hidden_at IS NULL;
