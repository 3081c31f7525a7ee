-- How much waits; each is read from an index of what waits alone.

-- name: inbox_waiting
-- Updates to be handled.
SELECT COUNT(*) FROM inbox WHERE state = 'waiting';

-- name: outbox_queued
-- Messages to be sent, by priority; those to many wait with their broadcasts.
SELECT priority, COUNT(*) FROM outbox WHERE state = 'queued' AND broadcast IS NULL GROUP BY priority
UNION ALL
SELECT 2, COUNT(*) FROM outbox WHERE state = 'queued' AND broadcast IN (
    SELECT b.id FROM broadcasts b WHERE b.state NOT IN ('finished', 'cancelled'));

-- name: tasks_waiting
-- Exports that are not at their end; lists that wait for a yes are nobody's work.
SELECT COUNT(*) FROM tasks WHERE state IN ('queued', 'running') AND kind = :kind;
