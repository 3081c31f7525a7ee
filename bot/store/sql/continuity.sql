-- Record how far this database was used, to notice a restored copy and a clock that jumped.

-- name: counters
-- Read every counter.
SELECT name, value FROM counters;

-- name: begin_counter!
-- Set a counter that has no value yet, such as the number that distinguishes this database and its copies from others.
INSERT INTO counters (name, value) VALUES (:name, :value) ON CONFLICT (name) DO NOTHING;

-- name: seen_at
-- Read the last moment known to have passed: noted by a heartbeat, or else the last time that anybody wrote. A person
-- who only got a role at the machine has written nothing: the first start may come long after that.
SELECT COALESCE((SELECT value FROM counters WHERE name = 'seen'), (
    SELECT MAX(c.last_contact_at) FROM chats c
    WHERE c.session IS NOT NULL OR EXISTS (SELECT 1 FROM inbox i WHERE i.chat = c.id)
        OR EXISTS (SELECT 1 FROM requests r WHERE r.chat = c.id)
));

-- name: set_counter!
-- Set a counter.
INSERT INTO counters (name, value) VALUES (:name, :value) ON CONFLICT (name) DO UPDATE SET value = excluded.value;

-- name: journal_seal
-- Read what proves the end of the journal, and which roles and invitations are spent.
SELECT seal FROM audit_head WHERE id = 1;

-- name: journal_hash
-- Read the hash of a row of the journal.
SELECT hash FROM audit WHERE number = :number;

-- name: hold_journal
-- Lock the journal: no row is added until the transaction ends.
UPDATE audit_head SET number = number WHERE id = 1 RETURNING hash, seal;

-- name: take_up
-- Continue a restored database; returns nothing if another process has done so already.
UPDATE counters SET value = :beats WHERE name = 'beats' AND value <= :seen RETURNING value;

-- name: history
-- Read which timeline this server writes, and which server it is; 0 where a database has neither.
SELECT {line}, {server};

-- name: is_promoted
-- Read whether a standby took over, and nobody has seen to it.
SELECT COUNT(*) FROM counters WHERE name = 'line' AND value <> {line};

-- name: note_waits!
-- Record whether commits wait for a standby; a standby that took over says nothing about the server before it.
INSERT INTO counters (name, value) VALUES ('waits', {waits})
ON CONFLICT (name) DO UPDATE SET value = excluded.value
WHERE EXISTS (SELECT 1 FROM counters l WHERE l.name = 'line' AND l.value = {line});

-- name: follow_line
-- Go on with the timeline of a standby that took over; returns nothing if another process has done so already.
UPDATE counters SET value = :line WHERE name = 'line' AND value <> :line RETURNING value;

-- name: forget_marks!
-- Forget that this database was put back from a backup, or that its rows went elsewhere: it is gone on with.
DELETE FROM counters WHERE name IN ('put_back', 'moved');

-- name: whereabouts
-- Read whether the rows of this database went elsewhere, and whether not all rows that are to come here have come.
SELECT (SELECT c.value FROM counters c WHERE c.name = 'moved'), (SELECT COUNT(*) FROM copied_tables);

-- name: restored_messages
-- Mark the messages of broadcasts that may have left since the copy was made.
UPDATE outbox SET state = 'unknown', reason = 'restored', settled_at = :now
WHERE broadcast IS NOT NULL AND state IN ('queued', 'sending')
RETURNING 1;

-- name: restored_running
-- Pause every broadcast that sends, or would, until a person resumes it. From then on a campaign makes its steps again.
UPDATE broadcasts SET state = 'paused', why = 'restored', revision = revision + 1, changed_at = :now,
    starts_at = CASE WHEN state = 'running' THEN :now ELSE starts_at END
WHERE state IN ('running', 'scheduled')
RETURNING id;

-- name: approved_now
-- Read what is approved and does not have all its rows yet.
SELECT {warrant} FROM broadcasts b WHERE b.state = 'approved' {held};

-- name: restored_approved!
-- Require a new approval for what has no rows in the copy but may have had them.
UPDATE broadcasts SET state = 'checked', approver = NULL, warrant = :warrant, why = 'restored', frozen_to = NULL,
    revision = revision + 1, changed_at = :now
WHERE id = :id AND state = 'approved';

-- name: restored_wishes!
-- Clear the postponed reminders up to this day: they may have been sent.
UPDATE reminder_marks SET later_on = NULL WHERE later_on <= :today;

-- name: restored_expiry!
-- Mark the certificates this near to their end as reminded: their holders may have been told.
INSERT INTO expiry_reminders (standing, not_after, days, broadcast)
SELECT s.id, s.not_after, :days, {standing} FROM standings s
WHERE s.not_after BETWEEN :first AND :last AND EXISTS (SELECT 1 FROM broadcasts b WHERE b.id = {standing})
ON CONFLICT DO NOTHING;
