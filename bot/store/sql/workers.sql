-- Processes that serve a channel: who lives, who has what in hand, what the dead left. A worker lives as long as it has
-- a row here; times are the database's own, so that no machine's clock matters.

-- name: join_worker!
-- A process serves a channel from now on, or again after it was thought dead.
INSERT INTO workers (id, channel, started_at, seen_at, lease, name, keys)
VALUES (:worker, :channel, {now}, {now}, :lease, :name, :keys)
ON CONFLICT (id, channel) DO UPDATE SET seen_at = excluded.seen_at, lease = excluded.lease, keys = excluded.keys;

-- name: renew_worker
-- It lives, and holds these keys; nothing comes back where the others have given it up. The end of the journal comes along:
-- whichever key sealed it is in use.
UPDATE workers SET seen_at = {now}, keys = :keys WHERE id = :worker AND channel = :channel
RETURNING id, (SELECT h.seal FROM audit_head h WHERE h.id = 1);

-- name: expire_workers
-- Those whose lease is over are dead.
DELETE FROM workers
WHERE channel = :channel AND id <> :worker AND seen_at + lease < {now}
RETURNING id;

-- name: replace_workers
-- The database is one process's alone: whoever else is written down is dead.
DELETE FROM workers WHERE channel = :channel AND id <> :worker RETURNING id;

-- name: leave_worker!
-- It has stopped, with nothing in hand that it could still end.
DELETE FROM workers WHERE id = :worker AND channel = :channel;

-- name: present_workers
-- How many serve the channel; the longest lease of those others that were heard of within its :part, or 0.
SELECT COUNT(*),
       COALESCE(MAX(CASE WHEN id <> :worker AND seen_at + lease / :part >= {now} THEN lease END), 0)
FROM workers WHERE channel = :channel;

-- name: relax
-- What this transaction writes need not outlive a power failure: its commit does not wait for the disk.
SELECT {relaxed};

-- name: hold_chat
-- A chat with something to handle is this worker's until the turn ends; nothing comes back where another one is at it.
-- This waits for whoever changes the row at this moment (a millisecond) instead of passing it by: skipped because of
-- somebody who is not at its updates, nobody would come back for them.
UPDATE chats SET worker = :worker
WHERE id = :chat
  AND (worker IS NULL OR worker = :worker
       OR NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = chats.worker AND w.channel = chats.channel))
  AND EXISTS (SELECT 1 FROM inbox i WHERE i.chat = chats.id AND i.state = 'waiting')
RETURNING id;

-- name: free_chat!
-- Whoever comes next may take the chat.
UPDATE chats SET worker = NULL WHERE id = :chat AND worker = :worker;

-- name: recover
-- Nobody knows whether these left when whoever had them died: a reply may come twice, a broadcast may not. The death was
-- not the message's fault: its attempt is given back; but what was in hand at :most deaths is taken for their cause. Whose
-- it was stays, for an answer that comes late.
UPDATE outbox SET state = CASE WHEN broadcast IS NOT NULL THEN 'unknown' WHEN crashes + 1 >= :most THEN 'failed' ELSE 'queued' END,
                  settled_at = CASE WHEN broadcast IS NULL AND crashes + 1 < :most THEN NULL ELSE CAST(:now AS BIGINT) END,
                  reason = CASE WHEN broadcast IS NULL AND crashes + 1 < :most THEN NULL ELSE 'crash' END,
                  crashes = crashes + 1,
                  attempts = attempts - 1
WHERE state = 'sending' AND id IN (
    SELECT o.id FROM outbox o
    WHERE o.channel = :channel AND o.state = 'sending'
      AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = o.worker AND w.channel = o.channel)
    {skip_locked})
RETURNING state, id;
