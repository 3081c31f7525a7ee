-- What admins see and do.

-- name: where_within_reach
-- It belongs to one of these units, or to a unit below them.
unit IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code IN ({each}(:reach)));

-- name: journal_next
-- Reserve the next row of the journal; another writer waits. Returns its number, the hash of the row before, the seal
-- of the end, and whether there are roles or invitations (except one that is being created). If the end was set back,
-- rows continue after the existing ones, and that shows.
INSERT INTO audit_head (id, number, hash) VALUES (1, (SELECT COALESCE(MAX(a.number), 0) + 1 FROM audit a), '')
ON CONFLICT (id) DO UPDATE SET number = CASE
    WHEN audit_head.number >= excluded.number THEN audit_head.number + 1 ELSE excluded.number END
RETURNING number, hash, seal,
    CASE WHEN EXISTS (SELECT 1 FROM grants g WHERE g.seal IS NOT NULL)
           OR EXISTS (SELECT 1 FROM invitations i WHERE i.seal IS NOT NULL AND i.id <> :made) THEN 1 ELSE 0 END;

-- name: journal_add!
-- Add a row to the journal.
INSERT INTO audit (number, at, actor, act, subject, unit, count, channel, previous, hash)
VALUES (:number, :at, :actor, :act, :subject, :unit, :count, :channel, :previous, :hash);

-- name: journal_head!
-- Store the end of the chain, which reveals a missing last row.
UPDATE audit_head SET hash = :hash, seal = :seal WHERE id = 1;

-- name: where_journal_before
-- The row is older.
number < :before;

-- name: where_journal_act
-- It tells of this act.
act = :act;

-- name: where_journal_actor
-- This role, or the machine, did it.
actor = :actor;

-- name: where_journal_about
-- Its subject names this code, or a part of it.
UPPER(subject) LIKE :about;

-- name: where_journal_since
-- It was written at that moment or later.
at >= :since;

-- name: where_journal_until
-- It was written before that moment.
at < :until;

-- name: journal_count
-- Count the rows of the journal.
SELECT COUNT(*) FROM audit WHERE {where};

-- name: journal_page
-- Read the newest rows of the journal.
SELECT number, at, actor, act, subject, unit, count, channel FROM audit
WHERE {where}
ORDER BY number DESC
LIMIT :limit;

-- name: journal_end
-- Read in one moment the recorded number and hash of the chain's end, and the number of rows.
SELECT h.number, h.hash, (SELECT COUNT(*) FROM audit), h.seal
FROM (SELECT 1 AS id) one LEFT JOIN audit_head h ON h.id = one.id;

-- name: journal_walk
-- Read the next rows of the chain, with what ties each to the one before.
SELECT number, at, actor, act, subject, unit, count, channel, previous, hash FROM audit
WHERE number > :after AND number <= :until
ORDER BY number
LIMIT :limit;

-- name: keep_standing!
-- Store the present status of an interview.
INSERT INTO standings (id, chat, unit, certificate_key, not_after, owed, subscriber, known_at, changed_at)
VALUES (:id, :chat, :unit, :certificate_key, :not_after, :owed, :subscriber, :now, :now)
ON CONFLICT (id) DO UPDATE SET unit = excluded.unit, certificate_key = excluded.certificate_key,
    not_after = excluded.not_after, owed = excluded.owed, subscriber = excluded.subscriber, changed_at = excluded.changed_at;

-- name: drop_older_standings!
-- Delete older interviews about the same certificate, so that it is known once.
DELETE FROM standings WHERE chat = :chat AND id <> :id AND certificate_key = :certificate_key;

-- name: belong_to!
-- Set the unit of a person.
UPDATE chats SET unit = :unit WHERE id = :chat;

-- name: my_grants
-- Read the roles of a chat, in the order they were given, each with its proof.
SELECT {grant} FROM grants g LEFT JOIN audit_head h ON h.id = 1
WHERE g.chat = :chat AND g.ended_at IS NULL
ORDER BY g.id;

-- name: grants_behind
-- Read the roles of the person who has or had this one.
SELECT {grant} FROM grants g JOIN grants o ON o.chat = g.chat LEFT JOIN audit_head h ON h.id = 1
WHERE o.id = :id AND g.ended_at IS NULL
ORDER BY g.id;

-- name: chat_of_grant
-- Read the holder of a role, with its proof.
SELECT {grant} FROM grants g LEFT JOIN audit_head h ON h.id = 1 WHERE g.id = :id AND g.ended_at IS NULL;

-- name: expect_chat!
-- Add a chat that is given a role before it ever wrote; an existing one stays unchanged.
INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at)
VALUES (:chat, :channel, :address, :now, :now)
ON CONFLICT (id) DO NOTHING;

-- name: invite!
-- Add an invitation, under the keyed HMAC of its code.
INSERT INTO invitations (id, code, role, unit, label, created_at, created_by, expires_at, seal)
VALUES (:id, :code, :role, :unit, :label, :created_at, :created_by, :expires_at, :seal);

-- name: open_invitation
-- Read the open invitation of a code, with its proof.
SELECT {invitation} FROM invitations i LEFT JOIN audit_head h ON h.id = 1
WHERE i.code = :code AND i.used_at IS NULL AND i.ended_at IS NULL AND i.expires_at > :now;

-- name: use_invitation
-- Use an open invitation once: a second person finds nothing. The person's name moves to the role.
UPDATE invitations SET used_at = :now, label = NULL
WHERE id = :id AND used_at IS NULL AND ended_at IS NULL AND expires_at > :now
RETURNING id;

-- name: spent_invitation
-- Why one could not be taken.
SELECT used_at, expires_at FROM invitations WHERE code = :code AND ended_at IS NULL;

-- name: grant
-- Add a role; a person who has the same role already keeps one.
INSERT INTO grants (id, chat, role, unit, label, granted_at, granted_by, seal)
VALUES (:id, :chat, :role, :unit, :label, :granted_at, :granted_by, :seal)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: end_worthless!
-- End a role that the program did not give, or that had ended, to make room for a new one.
UPDATE grants SET ended_at = :granted_at, ended_by = 'machine'
WHERE chat = :chat AND role = :role AND COALESCE(unit, '') = COALESCE(:unit, '') AND ended_at IS NULL;

-- name: holders
-- Read the people with a role, the newest first.
SELECT {grant} FROM grants g LEFT JOIN audit_head h ON h.id = 1
WHERE ended_at IS NULL AND {where}
ORDER BY g.id DESC;

-- name: open_invitations
-- Read the invitations that can still be used, the newest first.
SELECT {invitation} FROM invitations i LEFT JOIN audit_head h ON h.id = 1
WHERE used_at IS NULL AND ended_at IS NULL AND expires_at > :now AND {where}
ORDER BY i.id DESC;

-- name: hold_grants!
-- Lock the roles: another process that ends, promises or gives one waits, and then sees what was ended here. The
-- counter exists wherever a role does.
UPDATE counters SET value = value WHERE name = 'QT';

-- name: end_grant
-- End a role, unless it is the last owner's.
UPDATE grants SET ended_at = :now, ended_by = :actor
WHERE id = :id AND ended_at IS NULL AND {where} AND (
    role <> 'owner' OR EXISTS (SELECT 1 FROM grants o WHERE o.role = 'owner' AND o.ended_at IS NULL AND o.id <> :id))
RETURNING id, role, unit, chat;

-- name: standing_grant
-- Return a row if a role within the caller's rights could not be ended: it is the last owner's.
SELECT 1 FROM grants WHERE id = :id AND ended_at IS NULL AND {where};

-- name: invitations_of
-- Read the open invitations that a person made, by any role they have or had.
SELECT id, role, unit FROM invitations
WHERE used_at IS NULL AND ended_at IS NULL AND expires_at > :now
  AND created_by IN (SELECT g.id FROM grants g WHERE g.chat = :chat)
ORDER BY id;

-- name: end_invitation
-- Revoke an invitation.
UPDATE invitations SET ended_at = :now
WHERE id = :id AND used_at IS NULL AND ended_at IS NULL AND expires_at > :now AND {where}
RETURNING unit;

-- name: standing_grants
-- Read every role that has not ended, with its proof.
SELECT {grant} FROM grants g LEFT JOIN audit_head h ON h.id = 1 WHERE g.ended_at IS NULL ORDER BY g.id;

-- name: standing_invitations
-- Read every invitation that was neither used nor revoked, with its proof.
SELECT {invitation} FROM invitations i LEFT JOIN audit_head h ON h.id = 1
WHERE i.used_at IS NULL AND i.ended_at IS NULL
ORDER BY i.id;

-- name: seal_grant!
-- Store the proof of a role.
UPDATE grants SET seal = :seal WHERE id = :id;

-- name: seal_invitation!
-- Store the proof of an invitation.
UPDATE invitations SET seal = :seal WHERE id = :id;

-- name: seal_broadcast!
-- Store the proof of a broadcast's author and approver.
UPDATE broadcasts SET warrant = :warrant WHERE id = :id;

-- name: journal_last
-- Read the last existing row.
SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1;

-- name: sealed_before
-- Read whether the journal says that roles were sealed, and whether anything exists that would need a seal.
SELECT (SELECT COUNT(*) FROM audit WHERE act = 'seal_powers'), (SELECT COUNT(*) FROM audit_head WHERE seal IS NOT NULL),
    (SELECT COUNT(*) FROM audit_head) + (SELECT COUNT(*) FROM grants) + (SELECT COUNT(*) FROM invitations)
    + (SELECT COUNT(*) FROM broadcasts);

-- name: spent_in_journal
-- Read the roles and invitations that have ended, according to the journal and according to the rows. A row of a used
-- invitation begins with its code; one that begins with the role itself (in a made-up province) spends nothing.
SELECT subject FROM audit WHERE act IN ('end_role', 'leave_role', 'end_invitation', 'end_with_role')
UNION SELECT subject FROM audit WHERE act = 'redeem' AND subject LIKE 'LM-%'
UNION SELECT id FROM grants WHERE ended_at IS NOT NULL
UNION SELECT id FROM invitations WHERE used_at IS NOT NULL OR ended_at IS NOT NULL;

-- name: warranted
-- Read every broadcast that has not ended, with its proof.
SELECT {warrant}, content, document, state FROM broadcasts b WHERE state NOT IN {life_ended} ORDER BY id;

-- name: units_version
-- Read the version of the units, which changes with every import.
SELECT value FROM counters WHERE name = 'units';

-- name: all_units
-- Read every unit, parents first.
SELECT code, name, parent, closed_on FROM units ORDER BY place;

-- name: all_unit_names
-- Read every other name of a unit.
SELECT unit, name, kind FROM unit_names ORDER BY unit, name;

-- name: all_successions
-- Read the successors of former units.
SELECT former, successor, became, since, source FROM unit_successions ORDER BY former, successor;

-- name: keep_unit!
-- Store a unit with its place in the tree.
INSERT INTO units (code, parent, name, closed_on, place, last) VALUES (:code, :parent, :name, :closed_on, :place, :last)
ON CONFLICT (code) DO UPDATE SET parent = excluded.parent, name = excluded.name, closed_on = excluded.closed_on,
    place = excluded.place, last = excluded.last;

-- name: drop_unit_names!
-- Delete the other names of a unit, before they are stored again.
DELETE FROM unit_names WHERE unit = :code;

-- name: keep_unit_name!
-- Store another name of a unit.
INSERT INTO unit_names (unit, name, kind) VALUES (:code, :name, :kind);

-- name: drop_successions!
-- Delete the successors of a unit, before they are stored again.
DELETE FROM unit_successions WHERE former = :code;

-- name: keep_succession!
-- Store a successor of a unit.
INSERT INTO unit_successions (former, successor, became, since, source)
VALUES (:former, :successor, :became, :since, :source);

-- name: held_by_units
-- Count what belongs to each unit: requests, officers, certificates of the register, roles, open invitations.
SELECT unit, 'requests', COUNT(*) FROM requests WHERE unit IS NOT NULL GROUP BY unit
UNION ALL SELECT unit, 'officers', COUNT(*) FROM chats WHERE unit IS NOT NULL GROUP BY unit
UNION ALL SELECT unit, 'certificates', COUNT(*) FROM standings WHERE unit IS NOT NULL GROUP BY unit
UNION ALL SELECT unit, 'roles', COUNT(*) FROM grants WHERE unit IS NOT NULL AND ended_at IS NULL GROUP BY unit
UNION ALL SELECT unit, 'invitations', COUNT(*) FROM invitations
WHERE unit IS NOT NULL AND used_at IS NULL AND ended_at IS NULL AND expires_at > :now
GROUP BY unit;

-- name: hand_on_requests!
-- Move the requests of an ended unit to its successor.
UPDATE requests SET unit = :successor WHERE unit = :former;

-- name: hand_on_officers!
-- Move the officers of an ended unit to its successor.
UPDATE chats SET unit = :successor WHERE unit = :former;

-- name: hand_on_standings!
-- Move the interviews of an ended unit to its successor.
UPDATE standings SET unit = :successor WHERE unit = :former;
