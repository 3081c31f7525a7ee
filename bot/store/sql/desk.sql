-- The request list. Conditions say "requests" where they would be ambiguous; days and numbers are plain columns, words
-- are digests.

-- name: where_within_one
-- As within_reach where the reach is a single unit, as nearly every one is: PostgreSQL then knows how little it is.
unit IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code = :top);

-- name: where_within_one_one_by_one
-- The same, asked of each request in the order of numbers: COALESCE keeps the index of units out of it, which would
-- bring them in an order in which every look at request_words goes to another page.
COALESCE(unit, '') IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code = :top);

-- name: where_within_reach_one_by_one
-- As within_reach, one by one.
COALESCE(unit, '') IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code IN ({each}(:reach)));

-- name: where_of_procedure
-- One of these procedures.
procedure IN ({each}(:procedures));

-- name: where_in_state
-- In one of these states.
state IN ({each}(:states));

-- name: where_registered_since
-- Registered at this moment or later.
registered_at >= :since;

-- name: where_registered_before
-- Registered before this moment.
registered_at < :until;

-- name: where_expires_since
-- The certificate ends on this day or later.
not_after >= :expires_from;

-- name: where_expires_until
-- The certificate ends on this day or earlier.
not_after <= :expires_until;

-- name: where_with_rare_word
-- Of a word that few requests have: begin with those.
requests.number IN (SELECT w.number FROM request_words w WHERE w.word = :word);

-- name: where_with_words
-- Of all these words: one look at a request that fits otherwise. PostgreSQL would begin with a condition that it could
-- join, for it takes any pattern to be rare.
(SELECT w.words FROM request_word_lists w WHERE w.number = requests.number) LIKE :pattern;

-- name: where_with_common_words
-- Of all these words, each of which many requests have: go through all the lists. That numbers are above zero says
-- nothing but makes SQLite go by them.
requests.number > 0 AND EXISTS (SELECT 1 FROM request_word_lists w WHERE w.number = requests.number AND w.words LIKE :pattern);

-- name: where_with_open_words
-- The same for whoever may find by open words only.
(SELECT w.open_words FROM request_word_lists w WHERE w.number = requests.number) LIKE :pattern;

-- name: where_with_common_open_words
-- The same for whoever may find by open words only.
requests.number > 0 AND EXISTS (SELECT 1 FROM request_word_lists w WHERE w.number = requests.number AND w.open_words LIKE :pattern);

-- name: where_numbered_below
-- Older ones only.
requests.number < :before;

-- name: where_coded
-- This request.
code = :code;

-- name: where_seen_at
-- Not changed since.
requests.revision = :revision;

-- name: count_words
-- How many requests have a word, counted as far as it matters to know.
WITH wanted (word) AS ({each}(:words))
SELECT word, (SELECT COUNT(*) FROM (SELECT 1 FROM request_words w WHERE w.word = wanted.word LIMIT :enough) AS found)
FROM wanted;

-- name: desk_count
-- How many requests are meant.
SELECT COUNT(*) FROM requests WHERE {where};

-- name: desk_page
-- The newest requests that are meant. Their numbers are found first, so that no sealed content is read in vain.
SELECT code, number, state, content, unit, registered_at, changed_at, revision, procedure
FROM requests
WHERE number IN (SELECT requests.number FROM requests WHERE {where} ORDER BY requests.number DESC LIMIT :limit)
ORDER BY number DESC;

-- name: desk_history
-- The moves of these requests, in order.
SELECT code, state, at, actor, revision, note FROM request_history WHERE code IN ({each}(:codes)) ORDER BY id;

-- name: desk_meant
-- What a move of the requests meant needs to know of them, and of whose they are.
SELECT requests.code, requests.state, requests.procedure, requests.unit, requests.revision, c.id, c.channel, c.session,
    c.erased_at
FROM requests JOIN chats c ON c.id = requests.chat
WHERE requests.number IN (SELECT requests.number FROM requests WHERE {where} ORDER BY requests.number LIMIT :limit)
ORDER BY requests.number;

-- name: desk_move
-- A move of a request as it was seen, where there is one from its state.
UPDATE requests SET state = :state, ended_at = :ended, revision = revision + 1, changed_at = :now
WHERE code = :code AND revision = :revision AND (state, :state) IN (VALUES {moves})
RETURNING code;

-- name: sealed_request
-- What a request asks for.
SELECT content FROM requests WHERE code = :code;

-- name: homeless_requests
-- Requests of no unit, in the order of registration.
SELECT code, number, revision, content FROM requests WHERE unit IS NULL AND number > :after ORDER BY number LIMIT :limit;

-- name: place_request
-- A request as it was seen, given to a unit. Its officer neither moved nor amended it: changed_at stays.
UPDATE requests SET unit = :unit, content = :content, revision = revision + 1
WHERE code = :code AND revision = :revision
RETURNING code;

-- name: requests_to_index
-- Requests from before they could be found; whoever else indexes takes others.
SELECT code, number, content FROM requests
WHERE indexed = 0 AND number > :after
ORDER BY number
LIMIT :limit
{skip_locked};

-- name: index_request!
-- What such a request is found by.
UPDATE requests SET unit = (SELECT u.code FROM units u WHERE u.code = :unit), not_after = :not_after, indexed = 1
WHERE number = :number;
