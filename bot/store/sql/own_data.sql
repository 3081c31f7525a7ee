-- Show and delete the data about a person.

-- name: my_chat
-- Read what is stored about a chat itself.
SELECT first_contact_at, last_contact_at, blocked_at, session, unit, stopped_at, reminded_at,
    (SELECT n.timing FROM request_notices n WHERE n.chat = chats.id)
FROM chats WHERE id = :chat;

-- name: my_inbox
-- Read a page of a chat's updates in one state: the ids of handled ones, and the whole of the others.
SELECT id, update_id, payload, state, received_at FROM inbox
WHERE chat = :chat AND state = :state AND id > :after
ORDER BY id LIMIT :limit;

-- name: my_inbox_before
-- Read the newest update that is not listed, if there are more than :listed.
SELECT id FROM inbox WHERE chat = :chat AND state = :state ORDER BY id DESC LIMIT 1 OFFSET :listed;

-- name: my_inbox_before_count
-- Count the updates that are not listed.
SELECT COUNT(*) FROM inbox WHERE chat = :chat AND state = :state AND id <= :last;

-- name: my_outbox
-- Read a page of a chat's messages in one state: the ids of sent ones, and the whole of the others except large files.
SELECT id, origin, CASE WHEN LENGTH(payload) <= :longest THEN payload END, message, state, queued_at, broadcast, reason
FROM outbox
WHERE chat = :chat AND state = :state AND id > :after
ORDER BY id LIMIT :limit;

-- name: my_outbox_before
-- Read the newest message that is not listed, if there are more than :listed.
SELECT id FROM outbox WHERE chat = :chat AND state = :state ORDER BY id DESC LIMIT 1 OFFSET :listed;

-- name: my_outbox_before_count
-- Count the messages that are not listed.
SELECT COUNT(*) FROM outbox WHERE chat = :chat AND state = :state AND id <= :last;

-- name: undelivered
-- Return a row if files of a kind made for this chat have not left yet.
SELECT 1 FROM outbox WHERE chat = :chat AND state IN ('queued', 'sending') AND origin LIKE :files LIMIT 1;

-- name: hold_my_requests
-- Lock the requests of a person until the transaction ends; every process that locks several takes them in this order.
SELECT number FROM requests WHERE chat IN {own} ORDER BY number {held};

-- name: erase_inbox!
-- Delete the content of a chat's updates except this turn's own; the ids stay, so that no update is handled twice.
UPDATE inbox SET payload = NULL, state = 'done', handled_at = :now
WHERE chat = :chat AND id <> :inbox AND payload IS NOT NULL;

-- name: erase_outbox!
-- Delete the messages of a chat.
DELETE FROM outbox WHERE chat = :chat;

-- name: erase_requests!
-- Delete the requests of a chat, except those whose paper is on its way.
DELETE FROM requests WHERE chat = :chat AND state NOT IN {must_stay};

-- name: lessen!
-- Reduce a request that must stay to what it needs.
UPDATE requests SET content = :content WHERE code = :code AND chat IN {own};

-- name: erase_notes!
-- Delete the notes of such a request; its moves stay.
UPDATE request_history SET note = NULL
WHERE note IS NOT NULL AND code IN (SELECT r.code FROM requests r WHERE r.chat = :chat);

-- name: my_standings
-- Read what the register of certificates knows about a chat, the first interview first.
SELECT id, unit, not_after, owed, subscriber, known_at, changed_at FROM standings WHERE chat = :chat
ORDER BY known_at, id;

-- name: erase_unreadable!
-- Delete the unreadable sessions of a chat.
DELETE FROM unreadable WHERE place LIKE :place;

-- name: erase_standings!
-- Delete what the register knows about a chat.
DELETE FROM standings WHERE chat = :chat;

-- name: erase_chat!
-- Erase the chat itself: its address stays until this turn's reply is delivered, or as long as a request does. As long
-- as it exists, stopped reminders stay stopped.
UPDATE chats SET session = NULL, language = NULL, unit = NULL, reminded_at = NULL, consented = 0, identity_until = NULL,
    erased_at = :now
WHERE id = :chat;

-- name: my_roles
-- Read the roles of a chat, ended ones included.
SELECT id, role, unit, label, granted_at, ended_at FROM grants WHERE chat = :chat ORDER BY id;

-- name: my_tasks
-- Read the exports a chat ordered, and its lists that wait.
SELECT id, kind, state, created_at FROM tasks WHERE chat = :chat ORDER BY created_at, id;

-- name: erase_grants!
-- Delete the ended roles of a chat; only the rows of the journal stay.
DELETE FROM grants WHERE chat = :chat AND ended_at IS NOT NULL;

-- name: my_reminders
-- Read a person's answers to reminders.
SELECT broadcast, done_at, later_on FROM reminder_marks WHERE chat = :chat ORDER BY broadcast;

-- name: erase_reminders!
-- Delete a person's answers to reminders.
DELETE FROM reminder_marks WHERE chat = :chat;

-- name: forget_author!
-- Remove the author from their broadcasts: a person whose data are deleted gets no progress any more; the broadcasts go
-- on.
UPDATE broadcasts SET chat = NULL WHERE chat = :chat;
