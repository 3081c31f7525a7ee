-- Find the people that a list names.

-- name: chats_of_requests
-- Read the chat and the unit of each of these requests.
SELECT code, chat, unit FROM requests WHERE code IN ({each}(:codes)) AND chat IS NOT NULL;

-- name: chats_by_code
-- Read the chats whose ids begin like this: a person's code is the beginning of an id, which two people may share.
SELECT substr(id, 1, 8), id, unit FROM chats WHERE substr(id, 1, 8) IN ({each}(:heads));

-- name: chats_by_id
-- Read those of these chats that are known.
SELECT id, id, unit FROM chats WHERE id IN ({each}(:ids));
