-- Whom a list of people names.

-- name: chats_of_requests
-- Whose requests these are, and the unit of each request.
SELECT code, chat, unit FROM requests WHERE code IN ({each}(:codes)) AND chat IS NOT NULL;

-- name: chats_by_code
-- Chats whose ids begin so: a code of a person is the beginning of an id, which two may share.
SELECT substr(id, 1, 8), id, unit FROM chats WHERE substr(id, 1, 8) IN ({each}(:heads));

-- name: chats_by_id
-- Those of these chats that are known.
SELECT id, id, unit FROM chats WHERE id IN ({each}(:ids));
