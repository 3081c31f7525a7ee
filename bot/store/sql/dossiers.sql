-- Dossiers of whole units, each of one chat at a time.

-- name: my_dossiers
-- Read the dossiers of a chat, the latest changed first.
SELECT id, unit, content, revision FROM dossiers WHERE chat = :chat ORDER BY changed_at DESC, id DESC LIMIT :limit;

-- name: my_dossier
-- Read one dossier of a chat.
SELECT id, unit, content, revision FROM dossiers WHERE chat = :chat AND id = :id;

-- name: add_dossier!
-- Add a dossier.
INSERT INTO dossiers (id, chat, unit, content, revision, created_at, changed_at)
VALUES (:id, :chat, :unit, :content, 1, :now, :now);

-- name: change_dossier
-- Replace a dossier, if nobody has changed it since it was read.
UPDATE dossiers SET unit = :unit, content = :content, revision = revision + 1, changed_at = :now
WHERE id = :id AND chat = :chat AND revision = :revision
RETURNING revision;

-- name: give_dossier
-- Give a dossier of one chat to another.
UPDATE dossiers SET chat = :to, revision = revision + 1, changed_at = :now
WHERE id = :id AND chat = :chat
RETURNING id;

-- name: give_requests!
-- Give requests of one chat to another; whoever has them is told of their moves.
UPDATE requests SET chat = :to WHERE chat = :chat AND code IN ({each}(:codes));

-- name: interviewed_certificates
-- Read the certificates that people of a unit, or of one below it, asked about.
SELECT id, subscriber, not_after FROM standings
WHERE subscriber IS NOT NULL
  AND unit IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code = :unit)
ORDER BY known_at, id LIMIT :limit;

-- name: other_chats_with_certificate
-- Read the chats of other people that have a request for a certificate.
SELECT DISTINCT c.id, c.channel, c.language FROM requests r JOIN chats c ON c.id = r.chat
WHERE r.certificate_key = :certificate_key AND r.chat <> :chat AND c.erased_at IS NULL AND c.blocked_at IS NULL
ORDER BY c.id;

-- name: dossiers_held
-- Read what is held about a chat's dossiers.
SELECT id, unit, created_at, changed_at FROM dossiers WHERE chat = :chat ORDER BY id;

-- name: erase_dossiers!
-- Delete the dossiers of a chat.
DELETE FROM dossiers WHERE chat = :chat;

-- name: expire_dossiers
-- Delete at most :limit dossiers that nobody has changed since :before.
DELETE FROM dossiers
WHERE id {in_batch}
    SELECT d.id FROM dossiers d WHERE d.changed_at < :before ORDER BY d.changed_at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;
