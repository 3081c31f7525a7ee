-- Tasks, which a process that serves the channel carries out outside of turns.

-- name: add_task!
-- Add a task.
INSERT INTO tasks (id, chat, kind, state, spec, progress, total, created_at, changed_at)
VALUES (:id, :chat, :kind, 'queued', :spec, :progress, :total, :now, :now);

-- name: open_task
-- Read the task of a chat that waits or runs.
SELECT id, done, total FROM tasks
WHERE chat = :chat AND kind = :kind AND state IN ('queued', 'running')
ORDER BY id
LIMIT 1;

-- name: waiting_task
-- Read the task of a channel that has waited longest.
SELECT t.id FROM tasks t JOIN chats c ON c.id = t.chat
WHERE t.state = 'queued' AND t.kind = :kind AND c.channel = :channel
ORDER BY t.id
LIMIT 1;

-- name: take_task
-- Take a task, which counts as tried before work begins; returns nothing if another process was faster, or it was
-- cancelled.
UPDATE tasks SET state = 'running', done = 0, changed_at = :now, worker = :worker, tries = tries + 1
WHERE id = :id AND state = 'queued'
RETURNING id;

-- name: task
-- Read a running task, with its chat.
SELECT t.id, t.chat, c.channel, c.address, t.spec, t.tries FROM tasks t JOIN chats c ON c.id = t.chat
WHERE t.id = :id AND t.state = 'running';

-- name: recover_tasks
-- Queue the tasks of dead workers again; they start over. Those of the admin pages belong to the workers of the web,
-- whatever the channel of their person.
UPDATE tasks SET state = 'queued'
WHERE id IN (
    SELECT t.id FROM tasks t JOIN chats c ON c.id = t.chat
    WHERE t.state = 'running' AND CASE WHEN t.kind = 'page_export' THEN 'web' ELSE c.channel END = :channel
      AND NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = t.worker AND w.channel = :channel))
RETURNING id;

-- name: waiting_page_export
-- Read the export ordered on the admin pages that has waited longest, of whatever channel its person is.
SELECT id FROM tasks WHERE state = 'queued' AND kind = :kind ORDER BY id LIMIT 1;

-- name: latest_task
-- Read the newest task of a kind in a chat, whatever became of it.
SELECT id, state, done, total, changed_at, spec FROM tasks WHERE chat = :chat AND kind = :kind ORDER BY id DESC LIMIT 1;

-- name: tell_task!
-- Replace the order of a task by what became of it.
UPDATE tasks SET spec = :spec WHERE id = :id;

-- name: report_task
-- Store the progress of a task; returns nothing if it was ended meanwhile.
UPDATE tasks SET done = :done, total = :total, changed_at = :now
WHERE id = :id AND state = 'running'
RETURNING progress;

-- name: end_task
-- End a task, once.
UPDATE tasks SET state = :state, changed_at = :now
WHERE id = :id AND state IN ('queued', 'running')
RETURNING progress;

-- name: undelivered_exports
-- Read the exports of a chat that are not written yet, or whose files have not left.
SELECT t.id, c.channel, t.spec FROM tasks t JOIN chats c ON c.id = t.chat
WHERE t.chat = :chat AND t.kind = :kind AND (t.state IN ('queued', 'running') OR EXISTS (
    SELECT 1 FROM outbox o
    WHERE o.chat = t.chat AND o.state IN ('queued', 'sending') AND o.origin LIKE 'export:' || t.id || :files))
ORDER BY t.id;

-- name: withhold_files!
-- Withhold the files of an export; the result of those on their way is unknown. Their contents are deleted.
UPDATE outbox SET state = CASE WHEN state = 'queued' THEN 'skipped' ELSE 'unknown' END, settled_at = :now, payload = NULL
WHERE chat = :chat AND state IN ('queued', 'sending') AND origin LIKE :files;

-- name: shown_message
-- Read the platform's id of a sent message.
SELECT message FROM outbox WHERE origin = :origin AND state = 'sent' AND message IS NOT NULL;

-- name: untold
-- Return a row if a message to the chat still waits; a reminder does not count, because it may wait as long as its
-- broadcast is paused.
SELECT 1 FROM outbox WHERE chat = :chat AND state IN ('queued', 'sending') AND broadcast IS NULL LIMIT 1;

-- name: drop_imports!
-- Delete the lists that waited in this chat for a confirmation.
DELETE FROM tasks WHERE chat = :chat AND kind = :kind;

-- name: task_spec
-- Read the order of a task; for an import, the list that waits for a confirmation.
SELECT spec FROM tasks WHERE id = :id AND chat = :chat AND kind = :kind;

-- name: hold_requests
-- Lock these requests until the transaction ends; every process that locks several takes them in this order.
SELECT number FROM requests WHERE code IN ({each}(:codes)) ORDER BY number {held};

-- name: where_coded_among
-- It is one of these requests.
code IN ({each}(:codes));

-- name: import_known
-- Read the state and revision of the requests on a list.
SELECT code, state, revision, changed_at FROM requests WHERE {where};

-- name: erase_tasks!
-- Delete a person's orders and waiting lists, with everything else that is stored about them.
DELETE FROM tasks WHERE chat = :chat;

-- name: expire_tasks
-- Delete at most :limit orders and lists unchanged since :before.
DELETE FROM tasks
WHERE id {in_batch}
    SELECT t.id FROM tasks t WHERE t.changed_at < :before ORDER BY t.changed_at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;
