-- Upkeep: backups, retention, and alarms that are not over.

-- name: begin_upkeep
-- Begin work that is due; returns nothing where it was done after :due, or another process began it after :tried.
INSERT INTO upkeep (name, begun_at) VALUES (:name, :now)
ON CONFLICT (name) DO UPDATE SET begun_at = excluded.begun_at
WHERE upkeep.begun_at <= :tried AND COALESCE(upkeep.done_at, 0) <= :due
RETURNING name;

-- name: upkeep_first!
-- Note when work was begun for the first time, in a row of its own: it may never end.
INSERT INTO upkeep (name, begun_at) VALUES (:name, :now) ON CONFLICT (name) DO NOTHING;

-- name: upkeep_done!
-- Note that work was done.
INSERT INTO upkeep (name, begun_at, done_at) VALUES (:name, :now, :now)
ON CONFLICT (name) DO UPDATE SET done_at = excluded.done_at, failed_at = NULL;

-- name: upkeep_failed!
-- Note that work failed.
INSERT INTO upkeep (name, begun_at, failed_at) VALUES (:name, :now, :now)
ON CONFLICT (name) DO UPDATE SET failed_at = excluded.failed_at;

-- name: upkeep
-- Read when each kind of work was begun, done and failed last.
SELECT name, begun_at, done_at, failed_at FROM upkeep WHERE name <> 'readiness' AND name NOT LIKE '%/first';

-- name: upkeep_firsts
-- Read when each kind of work was begun first.
SELECT name, begun_at FROM upkeep WHERE name LIKE '%/first';

-- name: write_something!
-- Write, to learn whether the database can be written to.
INSERT INTO upkeep (name, begun_at) VALUES ('readiness', :now)
ON CONFLICT (name) DO UPDATE SET begun_at = excluded.begun_at;

-- name: write_much!
-- Write what needs room, to learn whether the disk has any; it is undone.
INSERT INTO unreadable (place, found_at, told_at, value) VALUES ('readiness', :now, :now, :value);

-- name: see_alarm
-- Note that the reason of an alarm is there; returns since when.
INSERT INTO alarms (name, since, seen_at) VALUES (:name, :now, :now)
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at
RETURNING since;

-- name: end_alarms
-- Delete the alarms whose reason was not there since :before.
DELETE FROM alarms WHERE seen_at < :before RETURNING name;

-- name: broadcasts_by_state
-- Count the broadcasts that are not over, by state.
SELECT state, COUNT(*) FROM broadcasts WHERE state NOT IN ('finished', 'cancelled') GROUP BY state;

-- name: paused_by_errors
-- Read the broadcasts that paused by themselves.
SELECT id FROM broadcasts WHERE state = 'paused' AND why = 'errors' ORDER BY id;

-- name: oldest_updates
-- Read by channel since when the oldest update waits.
SELECT channel, MIN(received_at) FROM inbox WHERE state = 'waiting' GROUP BY channel;

-- name: oldest_messages
-- Read by channel since when the oldest message that is no broadcast's should have left.
SELECT channel, MIN(CASE WHEN due_at > queued_at THEN due_at ELSE queued_at END) FROM outbox
WHERE state = 'queued' AND broadcast IS NULL GROUP BY channel;

-- name: consents_needed
-- Count the accounts of platforms that need a new consent.
SELECT COUNT(*) FROM zalo_accounts WHERE state = 'consent_needed';

-- name: unreadable_values
-- Count the values that were found unreadable.
SELECT COUNT(*) FROM unreadable;
