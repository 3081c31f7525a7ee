-- The request list. Conditions name the table "requests" if they would be ambiguous; days and numbers are plain
-- columns, words are digests.

-- name: where_within_one
-- The same as within_reach for a reach of a single unit, as nearly every one is: PostgreSQL then knows how small it is.
unit IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code = :top);

-- name: where_within_one_one_by_one
-- The same, tested for each request in the order of numbers: COALESCE keeps the index of units out of it, whose order
-- would send every look at request_words to another page.
COALESCE(unit, '') IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code = :top);

-- name: where_within_reach_one_by_one
-- The same as within_reach, tested one by one.
COALESCE(unit, '') IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code IN ({each}(:reach)));

-- name: where_of_procedure
-- It is for one of these procedures.
procedure IN ({each}(:procedures));

-- name: where_in_state
-- It is in one of these states.
state IN ({each}(:states));

-- name: where_registered_since
-- It was registered at this moment or later.
registered_at >= :since;

-- name: where_registered_before
-- It was registered before this moment.
registered_at < :until;

-- name: where_expires_since
-- The certificate ends on this day or later.
not_after >= :expires_from;

-- name: where_expires_until
-- The certificate ends on this day or earlier.
not_after <= :expires_until;

-- name: where_with_rare_word
-- It has this word, which few requests have: begin with those.
requests.number IN (SELECT w.number FROM request_words w WHERE w.word = :word);

-- name: where_with_words
-- It has all these words: one look at a request that matches otherwise. With a join PostgreSQL would begin here,
-- because it expects any pattern to be rare.
(SELECT w.words FROM request_word_lists w WHERE w.number = requests.number) LIKE :pattern;

-- name: where_with_common_words
-- It has all these words, each of which many requests have: scan all lists. The condition that numbers are above zero
-- is always true, but makes SQLite scan by number.
requests.number > 0 AND EXISTS (SELECT 1 FROM request_word_lists w WHERE w.number = requests.number AND w.words LIKE :pattern);

-- name: where_with_open_words
-- The same for people who may search open words only.
(SELECT w.open_words FROM request_word_lists w WHERE w.number = requests.number) LIKE :pattern;

-- name: where_with_common_open_words
-- The same for people who may search open words only.
requests.number > 0 AND EXISTS (SELECT 1 FROM request_word_lists w WHERE w.number = requests.number AND w.open_words LIKE :pattern);

-- name: where_numbered_below
-- It is older.
requests.number < :before;

-- name: where_coded
-- It is this request.
code = :code;

-- name: where_seen_at
-- It has not changed since.
requests.revision = :revision;

-- name: count_words
-- Count the requests with each word, up to :enough.
WITH wanted (word) AS ({each}(:words))
SELECT word, (SELECT COUNT(*) FROM (SELECT 1 FROM request_words w WHERE w.word = wanted.word LIMIT :enough) AS found)
FROM wanted;

-- name: desk_count
-- Count the matching requests.
SELECT COUNT(*) FROM requests WHERE {where};

-- name: desk_page
-- Read the newest matching requests. Their numbers are found first, so that no sealed content is read in vain.
SELECT code, number, state, content, unit, registered_at, changed_at, revision, procedure
FROM requests
WHERE number IN (SELECT requests.number FROM requests WHERE {where} ORDER BY requests.number DESC LIMIT :limit)
ORDER BY number DESC;

-- name: desk_history
-- Read the moves of these requests, in order.
SELECT code, state, at, actor, revision, note FROM request_history WHERE code IN ({each}(:codes)) ORDER BY id;

-- name: desk_meant
-- Read what a move needs to know about the matching requests and their officers.
SELECT requests.code, requests.state, requests.procedure, requests.unit, requests.revision, c.id, c.channel, c.session,
    c.erased_at
FROM requests JOIN chats c ON c.id = requests.chat
WHERE requests.number IN (SELECT requests.number FROM requests WHERE {where} ORDER BY requests.number LIMIT :limit)
ORDER BY requests.number;

-- name: desk_move
-- Move a request from the revision that was seen, if its state allows this move.
UPDATE requests SET state = :state, ended_at = :ended, revision = revision + 1, changed_at = :now
WHERE code = :code AND revision = :revision AND (state, :state) IN (VALUES {moves})
RETURNING code;

-- name: desk_take_back
-- Take the last move of a request back, from the revision and the state that were seen.
UPDATE requests SET state = :state, revision = revision + 1, changed_at = :now
WHERE code = :code AND revision = :revision AND state = :seen AND ended_at IS NULL
RETURNING code;

-- name: sealed_request
-- Read the content of a request.
SELECT content FROM requests WHERE code = :code;

-- name: homeless_requests
-- Read the requests without a unit, in the order of registration.
SELECT code, number, revision, content FROM requests WHERE unit IS NULL AND number > :after ORDER BY number LIMIT :limit;

-- name: place_request
-- Assign a request, as it was seen, to a unit. Its officer neither moved nor amended it, so changed_at stays.
UPDATE requests SET unit = :unit, content = :content, revision = revision + 1
WHERE code = :code AND revision = :revision
RETURNING code;

-- name: requests_to_index
-- Read requests that are not indexed yet; another process that indexes reads others.
SELECT code, number, content FROM requests
WHERE indexed = 0 AND number > :after
ORDER BY number
LIMIT :limit
{skip_locked};

-- name: index_request!
-- Store what such a request is found by.
UPDATE requests SET unit = (SELECT u.code FROM units u WHERE u.code = :unit), not_after = :not_after, indexed = 1
WHERE number = :number;
