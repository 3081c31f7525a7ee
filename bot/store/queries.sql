-- Every statement of the store, in the subset that SQLite and PostgreSQL both speak.
-- "-- :name x" begins a query, the comment below says what it is for, ":word" is a parameter. Words in braces are filled
-- in when the file is read: lists of states from the vocabulary, {skip_locked}, which is empty on SQLite, and the
-- words of a sealed column ({table}, {column}, {key}, {row}): such a query stands for one query per column.

-- :name meet_chat
-- A chat writes: known from now on, no longer blocked, no longer to be forgotten.
INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at)
VALUES (:chat, :channel, :address, :now, :now)
ON CONFLICT (id) DO UPDATE SET last_contact_at = excluded.last_contact_at, blocked_at = NULL, erased_at = NULL;

-- :name receive
-- Store an update once; a redelivered one returns nothing.
INSERT INTO inbox (channel, update_id, chat, payload, received_at)
VALUES (:channel, :update, :chat, :payload, :now)
ON CONFLICT (channel, update_id) DO NOTHING
RETURNING id;

-- :name waiting_chats
-- Chats that still have to be answered, the longest waiting first.
SELECT c.id, c.address
FROM chats c JOIN inbox i ON i.chat = c.id
WHERE i.channel = :channel AND i.state = 'waiting'
GROUP BY c.id, c.address
ORDER BY MIN(i.id);

-- :name pending
-- The next update of a chat and the session it meets; a follow-up goes before what came after its update.
SELECT i.id, i.update_id, i.payload, i.received_at, c.session
FROM inbox i JOIN chats c ON c.id = i.chat
WHERE i.chat = :chat AND i.state = 'waiting'
ORDER BY COALESCE(i.turn, i.id), i.id
LIMIT 1;

-- :name finish
-- The update is handled; nothing comes back where somebody else has done so.
UPDATE inbox SET state = 'done', payload = NULL, handled_at = :now
WHERE id = :inbox AND state = 'waiting'
RETURNING id;

-- :name give_up
-- A poison update steps aside; what it says stays sealed for the operator.
UPDATE inbox SET state = 'failed', handled_at = :now
WHERE id = :inbox AND state = 'waiting'
RETURNING id;

-- :name keep_session
-- The session after a turn; a chat that goes on talking is not forgotten.
UPDATE chats SET session = :session, erased_at = NULL WHERE id = :chat;

-- :name drop_session
-- A turn that leaves no session.
UPDATE chats SET session = NULL WHERE id = :chat;

-- :name follow_up
-- An event a turn asks for, in the place of its update.
INSERT INTO inbox (channel, update_id, chat, payload, turn, received_at)
SELECT channel, :update, chat, :payload, COALESCE(turn, id), :now FROM inbox WHERE id = :inbox
ON CONFLICT (channel, update_id) DO NOTHING;

-- :name queue
-- A message to deliver; what asked for it once cannot ask again.
INSERT INTO outbox (origin, chat, channel, payload, priority, queued_at, due_at)
VALUES (:origin, :chat, :channel, :payload, :priority, :now, :now)
ON CONFLICT (origin) DO NOTHING;

-- :name claim
-- Due rows go to "sending": of each chat the first in order, none where one is under way. Without the CAST, SQLite
-- (3.40) forgets the column's type in RETURNING and walks all chats.
UPDATE outbox SET state = 'sending', attempts = attempts + 1
WHERE state = 'queued' AND id IN (
    SELECT o.id FROM outbox o
    WHERE o.channel = :channel AND o.state = 'queued' AND o.due_at <= :now
      AND NOT EXISTS (
          SELECT 1 FROM outbox b
          WHERE b.chat = o.chat AND b.state IN ('queued', 'sending')
            AND (b.state = 'sending' OR b.priority < o.priority OR (b.priority = o.priority AND b.id < o.id)))
    ORDER BY o.priority, o.id
    LIMIT :limit
    {skip_locked})
RETURNING id, origin, chat, (SELECT c.address FROM chats c WHERE c.id = CAST(outbox.chat AS TEXT)), payload, attempts - 1, priority;

-- :name settle_sent
-- Sent: only ids and the state stay.
UPDATE outbox SET state = 'sent', settled_at = :now, message = :message, payload = NULL
WHERE id = :id AND state = 'sending';

-- :name settle
-- Any other end; what was to be said stays sealed until its time is over.
UPDATE outbox SET state = :state, settled_at = :now
WHERE id = :id AND state = 'sending';

-- :name block_chat
-- The person stopped the bot.
UPDATE chats SET blocked_at = :now WHERE id = :chat;

-- :name forget_chat
-- An erased chat goes once nothing is left to tell it and no request stays.
DELETE FROM chats
WHERE id = :chat AND erased_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.chat = chats.id AND o.state IN ('queued', 'sending'))
  AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.chat = chats.id AND i.payload IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id);

-- :name retry
-- Back in the queue, for later; an attempt that does not count is given back.
UPDATE outbox SET state = 'queued', due_at = :due, attempts = attempts - :given_back
WHERE id = :id AND state = 'sending';

-- :name recover
-- After a crash nobody knows whether these left: a reply may come twice, a broadcast may not. The crash was not the
-- message's fault: its attempt is given back.
UPDATE outbox SET state = CASE WHEN priority < :broadcast THEN 'queued' ELSE 'unknown' END,
                  settled_at = CASE WHEN priority < :broadcast THEN NULL ELSE queued_at END,
                  attempts = attempts - 1
WHERE channel = :channel AND state = 'sending'
RETURNING id;

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

-- :name my_chat
-- What is held about a chat itself.
SELECT first_contact_at, last_contact_at, blocked_at, session FROM chats WHERE id = :chat;

-- :name my_inbox
-- What a chat sent: the ids of what was handled, and all of what was not.
SELECT update_id, payload, state, received_at FROM inbox WHERE chat = :chat ORDER BY id;

-- :name my_outbox
-- What a chat was told: the ids of what was sent, and all of what was not.
SELECT origin, payload, message, state, queued_at FROM outbox WHERE chat = :chat ORDER BY id;

-- :name erase_inbox
-- What a chat sent goes, but for this turn's own update; the ids stay, so that nothing is handled twice.
UPDATE inbox SET payload = NULL, state = 'done', handled_at = :now
WHERE chat = :chat AND id <> :inbox AND payload IS NOT NULL;

-- :name erase_outbox
-- What a chat was or was to be told goes.
DELETE FROM outbox WHERE chat = :chat;

-- :name erase_requests
-- The requests of a chat go, but for those whose paper is on its way.
DELETE FROM requests WHERE chat = :chat AND state NOT IN {must_stay};

-- :name lessen
-- A request that must stay keeps only what it needs.
UPDATE requests SET content = :content WHERE code = :code AND chat = :chat;

-- :name erase_chat
-- The chat itself: its address stays until this turn's reply is delivered, or as long as a request does.
UPDATE chats SET session = NULL, erased_at = :now WHERE id = :chat;

-- :name expire_requests
-- Requests that ended before :before, and drafts of chats that were silent since.
DELETE FROM requests
WHERE ended_at < :before
   OR (state = 'draft' AND chat IN (SELECT c.id FROM chats c WHERE c.last_contact_at < :before))
RETURNING 1;

-- :name expire_sessions
-- Sessions of chats silent since :before that have no open request.
UPDATE chats SET session = NULL
WHERE last_contact_at < :before AND session IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id AND r.state IN {open_states})
RETURNING 1;

-- :name expire_inbox
-- Updates handled, or given up, before :before.
DELETE FROM inbox WHERE state IN ('done', 'failed') AND handled_at < :before RETURNING 1;

-- :name expire_outbox
-- Messages settled before :before.
DELETE FROM outbox WHERE settled_at < :before RETURNING 1;

-- :name expire_chats
-- Chats silent since :before, and erased ones, with nothing left to answer, to tell or to follow.
DELETE FROM chats
WHERE (last_contact_at < :before OR erased_at IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id)
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.chat = chats.id AND o.state IN ('queued', 'sending'))
  AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.chat = chats.id AND i.payload IS NOT NULL)
RETURNING 1;

-- :name keyring_mark
-- By which key file this database was sealed.
SELECT mark FROM keyring;

-- :name set_keyring_mark
-- The first start ties database and key file together.
INSERT INTO keyring (mark) VALUES (:mark) ON CONFLICT (mark) DO NOTHING;

-- :name lock_migrations
-- Processes that start at once change the tables one after the other, until the transaction ends.
SELECT {migration_lock};

-- :name create_migrations
-- The first start.
CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);

-- :name applied_migrations
-- What was applied, in order.
SELECT version, name, checksum FROM schema_migrations ORDER BY version;

-- :name record_migration
-- A migration is applied.
INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (:version, :name, :checksum, :now);

-- :name stale
-- The next values that another key than the current one sealed.
SELECT {key}, {row}, {column} FROM {table}
WHERE {key} > :after AND substr({column}, 1, 4) <> :current
ORDER BY {key}
LIMIT :limit;

-- :name reseal
-- The same value under the current key, unless it was written anew meanwhile.
UPDATE {table} SET {column} = :fresh WHERE {key} = :key AND {column} = :stale RETURNING 1;

-- :name key_usage
-- How many values each key seals.
SELECT substr({column}, 1, 4), COUNT(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1;
