-- A made-up province, written in bulk into an empty database.

-- name: made_up
-- Whether the data are made up.
SELECT value FROM counters WHERE name = 'demo';

-- name: holds_data
-- Whether anybody's data are there, made up or not.
SELECT 1 WHERE EXISTS (SELECT 1 FROM chats) OR EXISTS (SELECT 1 FROM requests)
            OR EXISTS (SELECT 1 FROM units) OR EXISTS (SELECT 1 FROM grants);

-- name: put_counter!
-- Where a counter stands.
INSERT INTO counters (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: put_chat!
-- A person with the session they left.
INSERT INTO chats (id, channel, address, session, language, consented, first_contact_at, last_contact_at, unit)
VALUES (:id, :channel, :address, :session, :language, :consented, :first, :last, :unit);

-- name: put_request!
-- A request as it stands now.
INSERT INTO requests (code, number, chat, state, procedure, certificate_key, content, ended_at,
                      unit, registered_at, changed_at, not_after, revision, indexed)
VALUES (:code, :number, :chat, :state, :procedure, :certificate_key, :content, :ended,
        :unit, :registered, :changed, :not_after, :revision, 1);

-- name: put_step!
-- A move of its life.
INSERT INTO request_history (code, state, at, actor, revision, note)
VALUES (:code, :state, :at, :actor, :revision, :note);

-- name: put_grant!
-- A role.
INSERT INTO grants (id, chat, role, unit, label, granted_at, granted_by, seal)
VALUES (:id, :chat, :role, :unit, :label, :granted_at, :granted_by, :seal);

-- name: office_moves
-- What people with a role moved at one moment to one state, in the order of time.
SELECT h.at, h.actor, h.state, g.unit, COUNT(*), MIN(h.code), MAX(h.code)
FROM request_history h JOIN grants g ON g.id = h.actor
GROUP BY h.at, h.actor, h.state, g.unit
ORDER BY h.at, h.actor, h.state;

-- name: move_journal_end!
-- The end of the chain after many rows were added.
UPDATE audit_head SET number = :number, hash = :hash, seal = :seal WHERE id = 1;
