-- The prepared search results in the order in which they are asked for. Fragments are large, so they stay out of the index
-- that counts and sorts.
DROP TABLE search_result;
CREATE TABLE search_result (
    id            INTEGER PRIMARY KEY,
    registration  INTEGER NOT NULL REFERENCES registration (id),
    prerelease    INTEGER NOT NULL CHECK (prerelease IN (0, 1)),
    semver2       INTEGER NOT NULL CHECK (semver2 IN (0, 1)),
    package_types TEXT    NOT NULL,
    fragment      BLOB    NOT NULL,
    UNIQUE (prerelease, semver2, registration)
) STRICT;
CREATE INDEX search_result_registration ON search_result (registration);
-- Without words, results come by downloads: the first page is the head of this index.
CREATE INDEX registration_by_downloads ON registration (downloads DESC, id_key);
