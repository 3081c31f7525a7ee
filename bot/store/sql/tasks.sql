-- Tasks: what is done outside of turns, by whoever serves the channel.

-- name: add_task!
-- A task to be done.
INSERT INTO tasks (id, chat, kind, state, spec, progress, total, created_at, changed_at)
VALUES (:id, :chat, :kind, 'queued', :spec, :progress, :total, :now, :now);

-- name: open_task
-- The task of a chat that waits or is under way.
SELECT id, done, total FROM tasks
WHERE chat = :chat AND kind = :kind AND state IN ('queued', 'running')
ORDER BY id
LIMIT 1;

-- name: waiting_task
-- The task of a channel that has waited longest.
SELECT t.id FROM tasks t JOIN chats c ON c.id = t.chat
WHERE t.state = 'queued' AND t.kind = :kind AND c.channel = :channel
ORDER BY t.id
LIMIT 1;

-- name: take_task
-- It becomes this process's own, and counts as tried before anybody works at it; nothing comes back where somebody was
-- faster, or it was cancelled.
UPDATE tasks SET state = 'running', done = 0, changed_at = :now, worker = :worker, tries = tries + 1
WHERE id = :id AND state = 'queued'
RETURNING id;

-- name: task
-- A task that is under way, with the chat it is for.
SELECT t.id, t.chat, c.channel, c.address, t.spec, t.tries FROM tasks t JOIN chats c ON c.id = t.chat
WHERE t.id = :id AND t.state = 'running';

-- name: recover_tasks
-- Whoever was at them is no more: they are begun anew.
UPDATE tasks SET state = 'queued'
WHERE id IN (
    SELECT t.id FROM tasks t JOIN chats c ON c.id = t.chat
    WHERE t.state = 'running' AND c.channel = :channel
      AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = t.worker AND w.channel = :channel))
RETURNING id;

-- name: report_task
-- How far it is; nothing comes back where it was ended meanwhile.
UPDATE tasks SET done = :done, total = :total, changed_at = :now
WHERE id = :id AND state = 'running'
RETURNING progress;

-- name: end_task
-- The end of a task, once.
UPDATE tasks SET state = :state, changed_at = :now
WHERE id = :id AND state IN ('queued', 'running')
RETURNING progress;

-- name: undelivered_exports
-- Exports of a chat that are not written yet, or the files of which have not left.
SELECT t.id, c.channel, t.spec FROM tasks t JOIN chats c ON c.id = t.chat
WHERE t.chat = :chat AND t.kind = :kind AND (t.state IN ('queued', 'running') OR EXISTS (
    SELECT 1 FROM outbox o
    WHERE o.chat = t.chat AND o.state IN ('queued', 'sending') AND o.origin LIKE 'export:' || t.id || :files))
ORDER BY t.id;

-- name: withhold_files!
-- Files of an export do not leave; of those on their way nobody knows. Nothing is kept of what they held.
UPDATE outbox SET state = CASE WHEN state = 'queued' THEN 'skipped' ELSE 'unknown' END, settled_at = :now, payload = NULL
WHERE chat = :chat AND state IN ('queued', 'sending') AND origin LIKE :files;

-- name: shown_message
-- The platform's id of a message that was sent.
SELECT message FROM outbox WHERE origin = :origin AND state = 'sent' AND message IS NOT NULL;

-- name: untold
-- Whether the chat still has something to be told; a reminder may wait for as long as its broadcast is paused.
SELECT 1 FROM outbox WHERE chat = :chat AND state IN ('queued', 'sending') AND broadcast IS NULL LIMIT 1;

-- name: drop_imports!
-- Lists that waited for a yes in this chat, and wait no longer.
DELETE FROM tasks WHERE chat = :chat AND kind = :kind;

-- name: task_spec
-- What a task of this chat is to do; of an import, the list that waits for a yes.
SELECT spec FROM tasks WHERE id = :id AND chat = :chat AND kind = :kind;

-- name: hold_requests
-- Nobody else changes these until the transaction ends; all who hold several take them in this order.
SELECT number FROM requests WHERE code IN ({each}(:codes)) ORDER BY number {held};

-- name: where_coded_among
-- One of these requests.
code IN ({each}(:codes));

-- name: import_known
-- What requests of a list stand at.
SELECT code, state, revision, changed_at FROM requests WHERE {where};

-- name: erase_tasks!
-- What a person ordered, and lists of theirs that wait, go with all that is held about them.
DELETE FROM tasks WHERE chat = :chat;

-- name: expire_tasks
-- Orders and lists that nobody came back to since :before.
DELETE FROM tasks WHERE changed_at < :before RETURNING 1;
