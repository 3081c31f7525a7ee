-- Receiving offices that admins set in the chat.

-- name: offices_version
-- Read the version of the receiving offices, which changes with every change of one.
SELECT value FROM counters WHERE name = 'offices';

-- name: all_offices
-- Read all receiving offices.
SELECT id, unit, content, revision, changed_by, changed_at FROM receiving_offices ORDER BY changed_at, id;

-- name: offices_within
-- Read the receiving offices of units within the caller's rights.
SELECT id, unit, content, revision, changed_by, changed_at FROM receiving_offices
WHERE {where}
ORDER BY changed_at, id;

-- name: offices_above
-- Read the receiving offices of these units, and those for everybody.
SELECT id, unit, content, revision, changed_by, changed_at FROM receiving_offices
WHERE unit IS NULL OR unit IN ({each}(:units))
ORDER BY changed_at, id;

-- name: add_office!
-- Add a receiving office.
INSERT INTO receiving_offices (id, unit, content, revision, changed_by, changed_at)
VALUES (:id, :unit, :content, 1, :actor, :now);

-- name: change_office
-- Replace a receiving office, if nobody has changed it since it was read.
UPDATE receiving_offices SET content = :content, revision = revision + 1, changed_by = :actor, changed_at = :now
WHERE id = :id AND revision = :revision AND {where}
RETURNING revision;

-- name: drop_office
-- Delete a receiving office, if nobody has changed it since it was read.
DELETE FROM receiving_offices WHERE id = :id AND revision = :revision AND {where} RETURNING id;
