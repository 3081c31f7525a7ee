-- Count what waits; each count reads an index that holds only waiting rows.

-- name: inbox_waiting
-- Count the updates to handle. By the channel, of which there is always one, SQLite finds the index of what waits, and does
-- not walk through that of all that was ever received.
SELECT COUNT(*) FROM inbox WHERE state = 'waiting' AND channel >= '';

-- name: outbox_queued
-- Count the messages to send, by priority; those of broadcasts wait with their broadcasts.
SELECT priority, COUNT(*) FROM outbox WHERE state = 'queued' AND broadcast IS NULL GROUP BY priority
UNION ALL
SELECT 2, COUNT(*) FROM outbox WHERE state = 'queued' AND broadcast IN (
    SELECT b.id FROM broadcasts b WHERE b.state NOT IN ('finished', 'cancelled'));

-- name: tasks_waiting
-- Count the exports that have not ended; a list that waits for a confirmation is no work.
SELECT COUNT(*) FROM tasks WHERE state IN ('queued', 'running') AND kind IN (:kind, 'page_export');

-- name: sessions_page
-- Read the next sessions of people who have been silent since :before.
SELECT id, session FROM chats
WHERE session IS NOT NULL AND in_group = 0 AND erased_at IS NULL AND last_contact_at < :before AND id > :after
ORDER BY id LIMIT :limit;

-- name: failed_messages
-- Count the messages since :since that did not arrive, by state.
SELECT state, COUNT(*) FROM outbox
WHERE settled_at >= :since AND state IN ('failed', 'unknown', 'invalid', 'blocked') GROUP BY state;

-- name: failed_updates
-- Count what came since :since and could not be handled.
SELECT COUNT(*) FROM inbox WHERE handled_at >= :since AND state = 'failed';

-- name: waiting_since
-- Read since when the oldest update waits, and since when the oldest message that is no broadcast's should have left.
SELECT (SELECT MIN(i.received_at) FROM inbox i WHERE i.state = 'waiting'),
       (SELECT MIN(CASE WHEN o.due_at > o.queued_at THEN o.due_at ELSE o.queued_at END)
        FROM outbox o WHERE o.state = 'queued' AND o.broadcast IS NULL);

-- name: last_failed_messages
-- Read the latest messages since :since that did not arrive; whose they were is not read. SQLite finds them by the very
-- condition of its index.
SELECT settled_at, channel, state, reason, attempts FROM outbox
WHERE settled_at >= :since AND state IN ('failed', 'unknown', 'invalid', 'blocked') AND state <> 'blocked'
ORDER BY settled_at DESC LIMIT :limit;

-- name: last_failed_updates
-- Read when the latest updates since :since could not be handled, and over which channel they came.
SELECT handled_at, channel FROM inbox
WHERE handled_at >= :since AND state = 'failed' ORDER BY handled_at DESC LIMIT :limit;

-- name: processes_of_channels
-- Count the processes of each channel, with the last sign of life of any of them.
SELECT channel, COUNT(*), MAX(seen_at) FROM workers GROUP BY channel ORDER BY channel;
