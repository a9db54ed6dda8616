-- Content of a revocation answer is also stored by commands beside the server. A server that starts sweeps what pushes left
-- behind, as there are none but its own; an answer may still be on its way.
ALTER TABLE content ADD COLUMN answer INTEGER NOT NULL DEFAULT 0 CHECK (answer IN (0, 1));

-- How often nothing was found out about a certificate; each question counts its own failures.
ALTER TABLE revocation_status DROP COLUMN failures;
