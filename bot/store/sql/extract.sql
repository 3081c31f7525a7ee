-- Read the requests of an export; the conditions are those of the request list.

-- name: where_beyond
-- It was registered after one request, and no later than another.
requests.number > :after AND requests.number <= :last;

-- name: extract_extent
-- Count the matching requests, and read the number of the newest.
SELECT COUNT(*), COALESCE(MAX(requests.number), 0) FROM requests WHERE {where};

-- name: extract_batch
-- Read the next requests in the order of registration, each with its last move. Their numbers are found first, so that
-- no sealed content is read in vain.
SELECT r.code, r.number, r.state, r.content, r.unit, r.registered_at, r.changed_at, r.revision, h.revision, h.note, h.actor,
    r.procedure
FROM requests r
LEFT JOIN request_history h ON h.id = (SELECT MAX(o.id) FROM request_history o WHERE o.code = r.code)
WHERE r.number IN (SELECT requests.number FROM requests WHERE {where} ORDER BY requests.number LIMIT :limit)
ORDER BY r.number;
