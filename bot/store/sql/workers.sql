-- Processes that serve a channel: which ones live, what they have in hand, and what the dead left. A worker lives as
-- long as it has a row here; times are the database's own, so that no machine's clock matters.

-- name: join_worker!
-- Register a process that serves a channel from now on, or again after it was thought dead.
INSERT INTO workers (id, channel, started_at, seen_at, lease, name, keys)
VALUES (:worker, :channel, {now}, {now}, :lease, :name, :keys)
ON CONFLICT (id, channel) DO UPDATE SET seen_at = excluded.seen_at, lease = excluded.lease, keys = excluded.keys;

-- name: renew_worker
-- Renew the lease of a worker and the keys it holds; returns nothing if the others have given it up. The end of the
-- journal is returned too: the key that sealed it is in use.
UPDATE workers SET seen_at = {now}, keys = :keys WHERE id = :worker AND channel = :channel
RETURNING id, (SELECT h.seal FROM audit_head h WHERE h.id = 1);

-- name: expire_workers
-- Delete the workers whose lease is over: they are dead.
DELETE FROM workers
WHERE channel = :channel AND id <> :worker AND seen_at + lease < {now}
RETURNING id;

-- name: replace_workers
-- Delete all other workers: this database belongs to one process, so that any other is dead.
DELETE FROM workers WHERE channel = :channel AND id <> :worker RETURNING id;

-- name: leave_worker!
-- Delete a worker that stopped, with nothing in hand that it could still settle.
DELETE FROM workers WHERE id = :worker AND channel = :channel;

-- name: present_workers
-- Count the workers of the channel; read the longest lease of the others heard from within its :part, or 0; and count
-- those that come before this one in the order of their ids.
SELECT COUNT(*),
       COALESCE(MAX(CASE WHEN id <> :worker AND seen_at + lease / :part >= {now} THEN lease END), 0),
       COUNT(CASE WHEN id < :worker THEN 1 END)
FROM workers WHERE channel = :channel;

-- name: hold_chat
-- Reserve a chat with something to handle for this worker until the turn ends; returns nothing if another worker has
-- it. This waits for a process that changes the row at this moment (a millisecond) instead of skipping it: if the chat
-- were skipped because of a process that does not handle its updates, they would be forgotten. Its commit does not wait
-- for the disk: what it writes need not survive a power failure.
UPDATE chats SET worker = :worker
WHERE id = :chat AND {relaxed}
  AND (worker IS NULL OR worker = :worker
       OR NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = chats.worker AND w.channel = chats.channel))
  AND EXISTS (SELECT 1 FROM inbox i WHERE i.chat = chats.id AND i.state = 'waiting')
RETURNING id;

-- name: take_chat
-- Reserve a chat whose update is stored in the same transaction, as ``hold_chat`` does: not where nothing waits, for the
-- update is an old one that came again. This commit has to wait for the disk: the platform forgets the update next.
UPDATE chats SET worker = :worker
WHERE id = :chat
  AND (worker IS NULL OR worker = :worker
       OR NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = chats.worker AND w.channel = chats.channel))
  AND EXISTS (SELECT 1 FROM inbox i WHERE i.chat = chats.id AND i.state = 'waiting')
RETURNING id;

-- name: free_chat!
-- Free the chat for the next worker.
UPDATE chats SET worker = NULL WHERE id = :chat AND worker = :worker;

-- name: recover
-- Recover the messages of a dead worker, whose results are unknown: a reply may come twice, a broadcast may not. The
-- death was not the message's fault, so its attempt is given back; but a message in hand at :most deaths is taken for
-- their cause. The worker's id stays, for an answer that comes late.
UPDATE outbox SET state = CASE WHEN broadcast IS NOT NULL THEN 'unknown' WHEN crashes + 1 >= :most THEN 'failed' ELSE 'queued' END,
                  settled_at = CASE WHEN broadcast IS NULL AND crashes + 1 < :most THEN NULL ELSE CAST(:now AS BIGINT) END,
                  reason = CASE WHEN broadcast IS NULL AND crashes + 1 < :most THEN NULL ELSE 'crash' END,
                  crashes = crashes + 1,
                  attempts = attempts - 1
WHERE state = 'sending' AND id {in_batch}
    SELECT o.id FROM outbox o
    WHERE o.channel = :channel AND o.state = 'sending'
      AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = o.worker AND w.channel = o.channel)
    {skip_locked} {end_batch}
RETURNING state, id;
