-- Write a made-up province in bulk into an empty database.

-- name: made_up
-- Return a row if the data are made up.
SELECT value FROM counters WHERE name = 'demo';

-- name: holds_data
-- Return a row if the database holds anybody's data, made up or not.
SELECT 1 WHERE EXISTS (SELECT 1 FROM chats) OR EXISTS (SELECT 1 FROM requests)
            OR EXISTS (SELECT 1 FROM units) OR EXISTS (SELECT 1 FROM grants);

-- name: put_counter!
-- Set a counter.
INSERT INTO counters (name, value) VALUES (:name, :value)
ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: put_chat!
-- Add a person with the session they left.
INSERT INTO chats (id, channel, address, session, language, consented, first_contact_at, last_contact_at, unit)
VALUES (:id, :channel, :address, :session, :language, :consented, :first, :last, :unit);

-- name: put_request!
-- Add a request in its present state.
INSERT INTO requests (code, number, chat, state, procedure, certificate_key, content, ended_at,
                      unit, registered_at, changed_at, not_after, revision, indexed)
VALUES (:code, :number, :chat, :state, :procedure, :certificate_key, :content, :ended,
        :unit, :registered, :changed, :not_after, :revision, 1);

-- name: put_step!
-- Add a step of a request's history.
INSERT INTO request_history (code, state, at, actor, revision, note)
VALUES (:code, :state, :at, :actor, :revision, :note);

-- name: put_grant!
-- Add a role.
INSERT INTO grants (id, chat, role, unit, label, granted_at, granted_by, seal)
VALUES (:id, :chat, :role, :unit, :label, :granted_at, :granted_by, :seal);

-- name: office_moves
-- Read what people with a role moved at one moment to one state, in the order of time.
SELECT h.at, h.actor, h.state, g.unit, COUNT(*), MIN(h.code), MAX(h.code)
FROM request_history h JOIN grants g ON g.id = h.actor
GROUP BY h.at, h.actor, h.state, g.unit
ORDER BY h.at, h.actor, h.state;

-- name: move_journal_end!
-- Set the end of the chain after many rows were added.
UPDATE audit_head SET number = :number, hash = :hash, seal = :seal WHERE id = 1;
