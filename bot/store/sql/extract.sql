-- What an export reads of the request list.

-- :where beyond
-- Registered after a request, up to another.
number > :after AND number <= :last;

-- :name extract_extent
-- How many requests are meant, and the newest of them.
SELECT COUNT(*), COALESCE(MAX(number), 0) FROM requests WHERE {where};

-- :name extract_batch
-- The next requests in the order of registration, with their last move.
SELECT r.code, r.number, r.state, r.content, r.unit, r.registered_at, r.changed_at, r.revision, h.note, h.actor
FROM (
    SELECT code, number, state, content, unit, registered_at, changed_at, revision FROM requests
    WHERE {where}
    ORDER BY number
    LIMIT :limit
) r
LEFT JOIN request_history h ON h.code = r.code AND h.revision = r.revision
ORDER BY r.number;
