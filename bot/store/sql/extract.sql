-- What an export reads of the request list; the conditions are those of the list.

-- name: where_beyond
-- Registered after a request, up to another.
requests.number > :after AND requests.number <= :last;

-- name: extract_extent
-- How many requests are meant, and the newest of them.
SELECT COUNT(*), COALESCE(MAX(requests.number), 0) FROM requests WHERE {where};

-- name: extract_batch
-- The next requests in the order of registration, with their last move. Their numbers are found first, so that no
-- sealed content is read in vain.
SELECT r.code, r.number, r.state, r.content, r.unit, r.registered_at, r.changed_at, r.revision, h.revision, h.note, h.actor,
    r.procedure
FROM requests r
LEFT JOIN request_history h ON h.id = (SELECT MAX(o.id) FROM request_history o WHERE o.code = r.code)
WHERE r.number IN (SELECT requests.number FROM requests WHERE {where} ORDER BY requests.number LIMIT :limit)
ORDER BY r.number;
