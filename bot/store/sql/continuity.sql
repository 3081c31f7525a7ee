-- How far this database was used, so that a copy put back and a clock that leapt are noticed.

-- name: counters
-- Every counter.
SELECT name, value FROM counters;

-- name: know_database!
-- What tells this database, and its copies, from all others.
INSERT INTO counters (name, value) VALUES ('database', :number) ON CONFLICT (name) DO NOTHING;

-- name: seen_at
-- The last moment that is known to have been: noted by a beat, else the last time that anybody wrote. Whoever was only
-- given a role at the machine has written nothing: the first start may come long after that.
SELECT COALESCE((SELECT value FROM counters WHERE name = 'seen'), (
    SELECT MAX(c.last_contact_at) FROM chats c
    WHERE c.session IS NOT NULL OR EXISTS (SELECT 1 FROM inbox i WHERE i.chat = c.id)
        OR EXISTS (SELECT 1 FROM requests r WHERE r.chat = c.id)
));

-- name: set_counter!
-- A counter has this value.
INSERT INTO counters (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: journal_seal
-- What proves the end of the journal, and which roles and invitations are spent.
SELECT seal FROM audit_head WHERE id = 1;

-- name: journal_hash
-- The hash of a row of the journal.
SELECT hash FROM audit WHERE number = :number;

-- name: hold_journal
-- Nobody adds a row until the transaction ends.
UPDATE audit_head SET number = number WHERE id = 1 RETURNING hash, seal;

-- name: take_up
-- The database goes on from where it was once; nothing comes back where another process has seen to it already.
UPDATE counters SET value = :beats WHERE name = 'beats' AND value < :beats RETURNING value;

-- name: restored_messages
-- Messages of broadcasts that may have left since the copy was made.
UPDATE outbox SET state = 'unknown', reason = 'restored', settled_at = :now
WHERE broadcast IS NOT NULL AND state IN ('queued', 'sending')
RETURNING 1;

-- name: restored_running
-- Whatever sends, or would, rests until somebody lets it go on. A campaign makes its steps from then on.
UPDATE broadcasts SET state = 'paused', why = 'restored', revision = revision + 1, changed_at = :now,
    starts_at = CASE WHEN state = 'running' THEN :now ELSE starts_at END
WHERE state IN ('running', 'scheduled')
RETURNING id;

-- name: approved_now
-- What is approved and has no rows yet, or not all.
SELECT {warrant} FROM broadcasts b WHERE b.state = 'approved' {held};

-- name: restored_approved!
-- What has no rows yet may have had them: it is to be approved again.
UPDATE broadcasts SET state = 'checked', approver = NULL, warrant = :warrant, why = 'restored', frozen_to = NULL,
    revision = revision + 1, changed_at = :now
WHERE id = :id AND state = 'approved';

-- name: restored_wishes!
-- Whoever asked to be reminded by this day may have been.
UPDATE reminder_marks SET later_on = NULL WHERE later_on <= :today;

-- name: restored_expiry!
-- Whoever holds a certificate that is this near to its end may have been told.
INSERT INTO expiry_reminders (standing, not_after, days, broadcast)
SELECT s.id, s.not_after, :days, {standing} FROM standings s
WHERE s.not_after BETWEEN :first AND :last AND EXISTS (SELECT 1 FROM broadcasts b WHERE b.id = {standing})
ON CONFLICT DO NOTHING;
