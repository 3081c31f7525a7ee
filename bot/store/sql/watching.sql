-- How much waits; each is read from an index of what waits alone.

-- :name inbox_waiting
-- Updates to be handled.
SELECT COUNT(*) FROM inbox WHERE state = 'waiting';

-- :name outbox_queued
-- Messages to be sent, by priority.
SELECT priority, COUNT(*) FROM outbox WHERE state = 'queued' GROUP BY priority;

-- :name tasks_waiting
-- Tasks that are not at their end.
SELECT COUNT(*) FROM tasks WHERE state IN ('queued', 'running');
