-- What is held about a person: shown, deleted.

-- name: my_chat
-- What is held about a chat itself.
SELECT first_contact_at, last_contact_at, blocked_at, session, unit, stopped_at, reminded_at FROM chats WHERE id = :chat;

-- name: my_inbox
-- A page of what a chat sent, of one state: the ids of what was handled, and all of what was not.
SELECT id, update_id, payload, state, received_at FROM inbox
WHERE chat = :chat AND state = :state AND id > :after
ORDER BY id LIMIT :limit;

-- name: my_inbox_before
-- The newest of those that are not listed, there being more than :listed.
SELECT id FROM inbox WHERE chat = :chat AND state = :state ORDER BY id DESC LIMIT 1 OFFSET :listed;

-- name: my_inbox_before_count
-- How many these are.
SELECT COUNT(*) FROM inbox WHERE chat = :chat AND state = :state AND id <= :last;

-- name: my_outbox
-- A page of what a chat was told, of one state: the ids of what was sent, and all of what was not, but for large files.
SELECT id, origin, CASE WHEN LENGTH(payload) <= :longest THEN payload END, message, state, queued_at, broadcast, reason
FROM outbox
WHERE chat = :chat AND state = :state AND id > :after
ORDER BY id LIMIT :limit;

-- name: my_outbox_before
-- The newest of those that are not listed, there being more than :listed.
SELECT id FROM outbox WHERE chat = :chat AND state = :state ORDER BY id DESC LIMIT 1 OFFSET :listed;

-- name: my_outbox_before_count
-- How many these are.
SELECT COUNT(*) FROM outbox WHERE chat = :chat AND state = :state AND id <= :last;

-- name: undelivered
-- Whether files of a kind that were made for this chat have not left.
SELECT 1 FROM outbox WHERE chat = :chat AND state IN ('queued', 'sending') AND origin LIKE :files LIMIT 1;

-- name: hold_my_requests
-- Nobody else changes these until the transaction ends; all who hold several take them in this order.
SELECT number FROM requests WHERE chat = :chat ORDER BY number {held};

-- name: erase_inbox!
-- What a chat sent goes, but for this turn's own update; the ids stay, so that nothing is handled twice.
UPDATE inbox SET payload = NULL, state = 'done', handled_at = :now
WHERE chat = :chat AND id <> :inbox AND payload IS NOT NULL;

-- name: erase_outbox!
-- What a chat was or was to be told goes.
DELETE FROM outbox WHERE chat = :chat;

-- name: erase_requests!
-- The requests of a chat go, but for those whose paper is on its way.
DELETE FROM requests WHERE chat = :chat AND state NOT IN {must_stay};

-- name: lessen!
-- A request that must stay keeps only what it needs.
UPDATE requests SET content = :content WHERE code = :code AND chat = :chat;

-- name: erase_notes!
-- What became of such a request stays, but not what was said to it.
UPDATE request_history SET note = NULL
WHERE note IS NOT NULL AND code IN (SELECT r.code FROM requests r WHERE r.chat = :chat);

-- name: my_standings
-- What the register of certificates knows of a chat, the first interview first.
SELECT id, unit, not_after, owed, subscriber, known_at, changed_at FROM standings WHERE chat = :chat
ORDER BY known_at, id;

-- name: erase_unreadable!
-- Sessions of a chat that could not be read go.
DELETE FROM unreadable WHERE place LIKE :place;

-- name: erase_standings!
-- What the register knows of a chat goes.
DELETE FROM standings WHERE chat = :chat;

-- name: erase_chat!
-- The chat itself: its address stays until this turn's reply is delivered, or as long as a request does. As long as it
-- is there, a wish for no reminders stays a wish.
UPDATE chats SET session = NULL, language = NULL, unit = NULL, reminded_at = NULL, consented = 0, erased_at = :now
WHERE id = :chat;

-- name: my_roles
-- The roles of a chat, ended ones too.
SELECT id, role, unit, label, granted_at, ended_at FROM grants WHERE chat = :chat ORDER BY id;

-- name: my_tasks
-- What a chat ordered, and lists of theirs that wait.
SELECT id, kind, state, created_at FROM tasks WHERE chat = :chat ORDER BY created_at, id;

-- name: erase_grants!
-- Of the roles that ended nothing stays but the rows of the journal.
DELETE FROM grants WHERE chat = :chat AND ended_at IS NOT NULL;

-- name: my_reminders
-- What a person answered to reminders.
SELECT broadcast, done_at, later_on FROM reminder_marks WHERE chat = :chat ORDER BY broadcast;

-- name: erase_reminders!
-- What a person answered to reminders goes.
DELETE FROM reminder_marks WHERE chat = :chat;

-- name: forget_author!
-- Whoever has their data deleted is not told any more how far their broadcasts are; these go on.
UPDATE broadcasts SET chat = NULL WHERE chat = :chat;
