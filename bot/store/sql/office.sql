-- What admins see and do.

-- name: where_within_reach
-- Of these units, and of all below them.
unit IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code IN ({each}(:reach)));

-- name: journal_next
-- The number of the next row of the journal, the hash of the one before, the seal of the end, whether there are roles or
-- invitations (but one that is just being made); whoever comes next waits. Where the end was set back, rows go on behind
-- those that there are, and it shows.
INSERT INTO audit_head (id, number, hash) VALUES (1, (SELECT COALESCE(MAX(a.number), 0) + 1 FROM audit a), '')
ON CONFLICT (id) DO UPDATE SET number = CASE
    WHEN audit_head.number >= excluded.number THEN audit_head.number + 1 ELSE excluded.number END
RETURNING number, hash, seal,
    CASE WHEN EXISTS (SELECT 1 FROM grants g WHERE g.seal IS NOT NULL)
           OR EXISTS (SELECT 1 FROM invitations i WHERE i.seal IS NOT NULL AND i.id <> :made) THEN 1 ELSE 0 END;

-- name: journal_add!
-- A row of the journal.
INSERT INTO audit (number, at, actor, act, subject, unit, count, channel, previous, hash)
VALUES (:number, :at, :actor, :act, :subject, :unit, :count, :channel, :previous, :hash);

-- name: journal_head!
-- The end of the chain, by which a missing last row shows.
UPDATE audit_head SET hash = :hash, seal = :seal WHERE id = 1;

-- name: where_journal_before
-- Older rows only.
number < :before;

-- name: journal_page
-- The newest rows of the journal.
SELECT number, at, actor, act, subject, unit, count, channel FROM audit
WHERE {where}
ORDER BY number DESC
LIMIT :limit;

-- name: journal_end
-- As one moment has them: the number and hash that the chain's end is said to have, and how many rows there are.
SELECT h.number, h.hash, (SELECT COUNT(*) FROM audit), h.seal
FROM (SELECT 1 AS id) one LEFT JOIN audit_head h ON h.id = one.id;

-- name: journal_walk
-- The next rows of the chain, with what ties each to the one before.
SELECT number, at, actor, act, subject, unit, count, channel, previous, hash FROM audit
WHERE number > :after AND number <= :until
ORDER BY number
LIMIT :limit;

-- name: keep_standing!
-- Where an interview stands now.
INSERT INTO standings (id, chat, unit, certificate_key, not_after, owed, subscriber, known_at, changed_at)
VALUES (:id, :chat, :unit, :certificate_key, :not_after, :owed, :subscriber, :now, :now)
ON CONFLICT (id) DO UPDATE SET unit = excluded.unit, certificate_key = excluded.certificate_key,
    not_after = excluded.not_after, owed = excluded.owed, subscriber = excluded.subscriber, changed_at = excluded.changed_at;

-- name: drop_older_standings!
-- The same certificate, asked about again, is known once.
DELETE FROM standings WHERE chat = :chat AND id <> :id AND certificate_key = :certificate_key;

-- name: belong_to!
-- The unit a person belongs to.
UPDATE chats SET unit = :unit WHERE id = :chat;

-- name: my_grants
-- The roles of a chat, in the order they were given, each with what proves it.
SELECT {grant} FROM grants g LEFT JOIN audit_head h ON h.id = 1
WHERE g.chat = :chat AND g.ended_at IS NULL
ORDER BY g.id;

-- name: grants_behind
-- The roles of the person who has or had this one.
SELECT {grant} FROM grants g JOIN grants o ON o.chat = g.chat LEFT JOIN audit_head h ON h.id = 1
WHERE o.id = :id AND g.ended_at IS NULL
ORDER BY g.id;

-- name: chat_of_grant
-- Whose role it is, with what proves it.
SELECT {grant} FROM grants g LEFT JOIN audit_head h ON h.id = 1 WHERE g.id = :id AND g.ended_at IS NULL;

-- name: expect_chat!
-- A chat that may never have written is given a role; one that did stays as it is.
INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at)
VALUES (:chat, :channel, :address, :now, :now)
ON CONFLICT (id) DO NOTHING;

-- name: invite!
-- An invitation, under the keyed HMAC of its code.
INSERT INTO invitations (id, code, role, unit, label, created_at, created_by, expires_at, seal)
VALUES (:id, :code, :role, :unit, :label, :created_at, :created_by, :expires_at, :seal);

-- name: open_invitation
-- What a code opens, with what proves it.
SELECT {invitation} FROM invitations i LEFT JOIN audit_head h ON h.id = 1
WHERE i.code = :code AND i.used_at IS NULL AND i.ended_at IS NULL AND i.expires_at > :now;

-- name: use_invitation
-- Taken once, while it is open: whoever comes second finds nothing. How the person is called stands with the role now.
UPDATE invitations SET used_at = :now, label = NULL
WHERE id = :id AND used_at IS NULL AND ended_at IS NULL AND expires_at > :now
RETURNING id;

-- name: spent_invitation
-- Why one could not be taken.
SELECT used_at, expires_at FROM invitations WHERE code = :code AND ended_at IS NULL;

-- name: grant
-- A role; somebody who has the same one already has it once.
INSERT INTO grants (id, chat, role, unit, label, granted_at, granted_by, seal)
VALUES (:id, :chat, :role, :unit, :label, :granted_at, :granted_by, :seal)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: end_worthless!
-- A role that the program did not give, or that has ended, makes room for one that is given.
UPDATE grants SET ended_at = :granted_at, ended_by = 'machine'
WHERE chat = :chat AND role = :role AND COALESCE(unit, '') = COALESCE(:unit, '') AND ended_at IS NULL;

-- name: holders
-- Who has a role, the newest first.
SELECT {grant} FROM grants g LEFT JOIN audit_head h ON h.id = 1
WHERE ended_at IS NULL AND {where}
ORDER BY g.id DESC;

-- name: open_invitations
-- Invitations that can still be taken, the newest first.
SELECT {invitation} FROM invitations i LEFT JOIN audit_head h ON h.id = 1
WHERE used_at IS NULL AND ended_at IS NULL AND expires_at > :now AND {where}
ORDER BY i.id DESC;

-- name: hold_grants!
-- Whoever else is about to end, promise or give a role waits, and sees then what was ended here: there is a counter where there is a role.
UPDATE counters SET value = value WHERE name = 'QT';

-- name: end_grant
-- A role ends; the last owner's does not.
UPDATE grants SET ended_at = :now, ended_by = :actor
WHERE id = :id AND ended_at IS NULL AND {where} AND (
    role <> 'owner' OR EXISTS (SELECT 1 FROM grants o WHERE o.role = 'owner' AND o.ended_at IS NULL AND o.id <> :id))
RETURNING id, role, unit, chat;

-- name: standing_grant
-- A role that could not be ended though it is within reach: the last owner's.
SELECT 1 FROM grants WHERE id = :id AND ended_at IS NULL AND {where};

-- name: invitations_of
-- What a person invited to, by any role they have or had, that can still be taken.
SELECT id, role, unit FROM invitations
WHERE used_at IS NULL AND ended_at IS NULL AND expires_at > :now
  AND created_by IN (SELECT g.id FROM grants g WHERE g.chat = :chat)
ORDER BY id;

-- name: end_invitation
-- An invitation is taken back.
UPDATE invitations SET ended_at = :now
WHERE id = :id AND used_at IS NULL AND ended_at IS NULL AND expires_at > :now AND {where}
RETURNING unit;

-- name: standing_grants
-- Every role that has not ended, with what proves it.
SELECT {grant} FROM grants g LEFT JOIN audit_head h ON h.id = 1 WHERE g.ended_at IS NULL ORDER BY g.id;

-- name: standing_invitations
-- Every invitation that was not taken or taken back, with what proves it.
SELECT {invitation} FROM invitations i LEFT JOIN audit_head h ON h.id = 1
WHERE i.used_at IS NULL AND i.ended_at IS NULL
ORDER BY i.id;

-- name: seal_grant!
-- What proves a role.
UPDATE grants SET seal = :seal WHERE id = :id;

-- name: seal_invitation!
-- What proves an invitation.
UPDATE invitations SET seal = :seal WHERE id = :id;

-- name: seal_broadcast!
-- What proves who wrote and who approved a broadcast.
UPDATE broadcasts SET warrant = :warrant WHERE id = :id;

-- name: journal_last
-- The last row that there is.
SELECT number, hash FROM audit ORDER BY number DESC LIMIT 1;

-- name: sealed_before
-- Whether the journal tells that roles were sealed, and whether anything is there that would have to be.
SELECT (SELECT COUNT(*) FROM audit WHERE act = 'seal_powers'), (SELECT COUNT(*) FROM audit_head WHERE seal IS NOT NULL),
    (SELECT COUNT(*) FROM audit_head) + (SELECT COUNT(*) FROM grants) + (SELECT COUNT(*) FROM invitations)
    + (SELECT COUNT(*) FROM broadcasts);

-- name: spent_in_journal
-- Roles and invitations that ended, as the journal tells, and as the rows do. What is taken up spends the invitation
-- that its row begins with; a row that begins with the role itself (the made-up province's) spends nothing.
SELECT subject FROM audit WHERE act IN ('end_role', 'leave_role', 'end_invitation', 'end_with_role')
UNION SELECT subject FROM audit WHERE act = 'redeem' AND subject LIKE 'LM-%'
UNION SELECT id FROM grants WHERE ended_at IS NOT NULL
UNION SELECT id FROM invitations WHERE used_at IS NOT NULL OR ended_at IS NOT NULL;

-- name: warranted
-- Every broadcast that something may still come of, with what proves it.
SELECT {warrant}, content, document, state FROM broadcasts b WHERE state NOT IN {life_ended} ORDER BY id;

-- name: units_version
-- Changes with every import of units.
SELECT value FROM counters WHERE name = 'units';

-- name: all_units
-- Every unit, parents first.
SELECT code, name, parent, closed_on FROM units ORDER BY place;

-- name: all_unit_names
-- Every other name of a unit.
SELECT unit, name, kind FROM unit_names ORDER BY unit, name;

-- name: all_successions
-- What became of former units.
SELECT former, successor, became, since, source FROM unit_successions ORDER BY former, successor;

-- name: keep_unit!
-- A unit, new or as it is now, with its place in the tree.
INSERT INTO units (code, parent, name, closed_on, place, last) VALUES (:code, :parent, :name, :closed_on, :place, :last)
ON CONFLICT (code) DO UPDATE SET parent = excluded.parent, name = excluded.name, closed_on = excluded.closed_on,
    place = excluded.place, last = excluded.last;

-- name: drop_unit_names!
-- The other names of a unit, before they are kept anew.
DELETE FROM unit_names WHERE unit = :code;

-- name: keep_unit_name!
-- Another name of a unit.
INSERT INTO unit_names (unit, name, kind) VALUES (:code, :name, :kind);

-- name: drop_successions!
-- What became of a unit, before it is kept anew.
DELETE FROM unit_successions WHERE former = :code;

-- name: keep_succession!
-- What became of a unit.
INSERT INTO unit_successions (former, successor, became, since, source)
VALUES (:former, :successor, :became, :since, :source);

-- name: held_by_units
-- How much lies on each unit: requests, officers, certificates of the register, roles, open invitations.
SELECT unit, 'requests', COUNT(*) FROM requests WHERE unit IS NOT NULL GROUP BY unit
UNION ALL SELECT unit, 'officers', COUNT(*) FROM chats WHERE unit IS NOT NULL GROUP BY unit
UNION ALL SELECT unit, 'certificates', COUNT(*) FROM standings WHERE unit IS NOT NULL GROUP BY unit
UNION ALL SELECT unit, 'roles', COUNT(*) FROM grants WHERE unit IS NOT NULL AND ended_at IS NULL GROUP BY unit
UNION ALL SELECT unit, 'invitations', COUNT(*) FROM invitations
WHERE unit IS NOT NULL AND used_at IS NULL AND ended_at IS NULL AND expires_at > :now
GROUP BY unit;

-- name: hand_on_requests!
-- Requests of a unit that ended, to the one that took its place.
UPDATE requests SET unit = :successor WHERE unit = :former;

-- name: hand_on_officers!
-- The officers of a unit that ended.
UPDATE chats SET unit = :successor WHERE unit = :former;

-- name: hand_on_standings!
-- Their interviews.
UPDATE standings SET unit = :successor WHERE unit = :former;
