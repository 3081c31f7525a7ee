-- Requests, as the person who registered them sees them.

-- :name next_number
-- The next number of a counter; two who ask at once wait for each other.
INSERT INTO counters (name, value) VALUES (:name, 1)
ON CONFLICT (name) DO UPDATE SET value = counters.value + 1
RETURNING value;

-- :name register
-- A new request.
INSERT INTO requests (code, number, chat, state, procedure, certificate_key, content, ended_at)
VALUES (:code, :number, :chat, :state, :procedure, :certificate_key, :content, :ended);

-- :name record_move
-- Who moved a request, when, and where to.
INSERT INTO request_history (code, state, at, actor) VALUES (:code, :state, :now, :actor);

-- :name my_requests
-- The requests of a chat, the newest first.
SELECT code, state, content FROM requests WHERE chat = :chat ORDER BY number DESC;

-- :name my_request
-- One request of a chat.
SELECT code, state, content FROM requests WHERE chat = :chat AND code = :code;

-- :name my_open_request
-- An open request for the same certificate and procedure.
SELECT code, state, content FROM requests
WHERE chat = :chat AND certificate_key = :certificate_key AND procedure = :procedure AND state IN {open_states}
ORDER BY number DESC
LIMIT 1;

-- :name my_history
-- The moves of all requests of a chat, in order.
SELECT h.code, h.state, h.at, h.actor
FROM request_history h JOIN requests r ON r.code = h.code
WHERE r.chat = :chat
ORDER BY h.id;

-- :name amend
-- New content, while that is allowed.
UPDATE requests SET content = :content, certificate_key = :certificate_key, procedure = :procedure
WHERE code = :code AND chat = :chat AND state IN {amendable_states}
RETURNING code;

-- :name move
-- A move, where there is one from the state the request is in.
UPDATE requests SET state = :state, ended_at = :ended
WHERE code = :code AND chat = :chat AND (state, :state) IN (VALUES {moves})
RETURNING code;
