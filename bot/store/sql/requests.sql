-- Requests, as seen by the person who registered them.

-- name: next_number
-- Take the next number of a counter; two processes that ask at once wait for each other. Where a standby took over that
-- may lack the newest numbers, the next one lies far beyond them.
INSERT INTO counters (name, value) VALUES (:name, 1)
ON CONFLICT (name) DO UPDATE SET value = counters.value + CASE WHEN {behind} THEN 1001 ELSE 1 END
RETURNING value;

-- name: register!
-- Add a request; a unit that is no longer known is not stored.
INSERT INTO requests (code, number, chat, state, procedure, certificate_key, content, ended_at, unit, not_after,
    registered_at, changed_at, indexed)
VALUES (:code, :number, :chat, :state, :procedure, :certificate_key, :content, :ended,
    (SELECT u.code FROM units u WHERE u.code = :unit), :not_after, :now, :now, 1);

-- name: record_move!
-- Record who moved a request, when, to which state, why, and its revision after the move.
INSERT INTO request_history (code, state, at, actor, revision, note)
VALUES (:code, :state, :now, :actor, :revision, :note);

-- name: add_words!
-- Store the words a request is found by.
WITH wanted (word) AS ({each}(:words))
INSERT INTO request_words (word, number) SELECT word, :number FROM wanted;

-- name: list_words!
-- Store the same words in one text.
INSERT INTO request_word_lists (number, words, open_words) VALUES (:number, :words, :open_words)
ON CONFLICT (number) DO UPDATE SET words = excluded.words, open_words = excluded.open_words;

-- name: drop_words!
-- Delete the words a request was found by before it was amended.
DELETE FROM request_words WHERE number = :number;

-- name: my_requests
-- Read the requests of a person, the newest first.
SELECT code, state, content, procedure FROM requests WHERE chat IN {own} ORDER BY number DESC;

-- name: my_requests_page
-- Read a page of the requests of a chat, the newest first; only those before a number, if one is given.
SELECT number, code, state, content, procedure FROM requests
WHERE chat = :chat AND (:before = 0 OR number < :before)
ORDER BY number DESC LIMIT :limit;

-- name: history_of
-- Read the moves of these requests, in order.
SELECT code, state, at, actor, revision, note FROM request_history WHERE code IN ({each}(:codes)) ORDER BY id;

-- name: my_request
-- Read one request of a person.
SELECT code, state, content, procedure FROM requests WHERE chat IN {own} AND code = :code;

-- name: my_open_request
-- Read an open request for the same certificate and procedure.
SELECT code, state, content, procedure FROM requests
WHERE chat IN {own} AND certificate_key = :certificate_key AND procedure = :procedure AND state IN {open_states}
ORDER BY number DESC
LIMIT 1;

-- name: my_history
-- Read the moves of all requests of a person, in order.
SELECT h.code, h.state, h.at, h.actor, h.revision, h.note
FROM request_history h JOIN requests r ON r.code = h.code
WHERE r.chat IN {own}
ORDER BY h.id;

-- name: amend
-- Replace the content of a request, while its state allows that.
UPDATE requests SET content = :content, certificate_key = :certificate_key, procedure = :procedure,
    unit = (SELECT u.code FROM units u WHERE u.code = :unit), not_after = :not_after,
    revision = revision + 1, changed_at = :now, indexed = 1
WHERE code = :code AND chat IN {own} AND state IN {amendable_states}
RETURNING number;

-- name: move
-- Move a request, if its state allows this move.
UPDATE requests SET state = :state, ended_at = :ended, revision = revision + 1, changed_at = :now
WHERE code = :code AND chat IN {own} AND (state, :state) IN (VALUES {moves})
RETURNING revision;
