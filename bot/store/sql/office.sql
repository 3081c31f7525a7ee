-- What admins see and do.

-- :where within_reach
-- Of these units, and of all below them.
unit IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code IN ({each}(:reach)));

-- :name journal_next
-- The number of the next row of the journal, and the hash of the one before; whoever comes next waits.
INSERT INTO audit_head (id, number, hash) VALUES (1, 1, '')
ON CONFLICT (id) DO UPDATE SET number = audit_head.number + 1
RETURNING number, hash;

-- :name journal_add
-- A row of the journal.
INSERT INTO audit (number, at, actor, act, subject, unit, count, channel, previous, hash)
VALUES (:number, :at, :actor, :act, :subject, :unit, :count, :channel, :previous, :hash);

-- :name journal_head
-- The end of the chain, by which a missing last row shows.
UPDATE audit_head SET hash = :hash WHERE id = 1;

-- :where journal_before
-- Older rows only.
number < :before;

-- :name journal_page
-- The newest rows of the journal.
SELECT number, at, actor, act, subject, unit, count, channel FROM audit
WHERE {where}
ORDER BY number DESC
LIMIT :limit;

-- :name keep_standing
-- Where an interview stands now.
INSERT INTO standings (id, chat, unit, certificate_key, not_after, owed, subscriber, known_at, changed_at)
VALUES (:id, :chat, :unit, :certificate_key, :not_after, :owed, :subscriber, :now, :now)
ON CONFLICT (id) DO UPDATE SET unit = excluded.unit, certificate_key = excluded.certificate_key,
    not_after = excluded.not_after, owed = excluded.owed, subscriber = excluded.subscriber, changed_at = excluded.changed_at;

-- :name drop_older_standings
-- The same certificate, asked about again, is known once.
DELETE FROM standings WHERE chat = :chat AND id <> :id AND certificate_key = :certificate_key;

-- :name belong_to
-- The unit a person belongs to.
UPDATE chats SET unit = :unit WHERE id = :chat;

-- :name my_grants
-- The roles of a chat, in the order they were given.
SELECT id, role, unit, label FROM grants WHERE chat = :chat AND ended_at IS NULL ORDER BY id;

-- :name units_version
-- Changes with every import of units.
SELECT value FROM counters WHERE name = 'units';

-- :name all_units
-- Every unit, parents first.
SELECT code, name, parent, closed_on FROM units ORDER BY place;

-- :name all_unit_names
-- Every other name of a unit.
SELECT unit, name, kind FROM unit_names ORDER BY unit, name;

-- :name all_successions
-- What became of former units.
SELECT former, successor, became, since, source FROM unit_successions ORDER BY former, successor;

-- :name keep_unit
-- A unit, new or as it is now, with its place in the tree.
INSERT INTO units (code, parent, name, closed_on, place, last) VALUES (:code, :parent, :name, :closed_on, :place, :last)
ON CONFLICT (code) DO UPDATE SET parent = excluded.parent, name = excluded.name, closed_on = excluded.closed_on,
    place = excluded.place, last = excluded.last;

-- :name drop_unit_names
-- The other names of a unit, before they are kept anew.
DELETE FROM unit_names WHERE unit = :code;

-- :name keep_unit_name
-- Another name of a unit.
INSERT INTO unit_names (unit, name, kind) VALUES (:code, :name, :kind);

-- :name drop_successions
-- What became of a unit, before it is kept anew.
DELETE FROM unit_successions WHERE former = :code;

-- :name keep_succession
-- What became of a unit.
INSERT INTO unit_successions (former, successor, became, since, source)
VALUES (:former, :successor, :became, :since, :source);
