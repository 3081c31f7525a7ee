-- One-time links, and the conversations of the web chat.

-- name: drop_link_of!
-- Delete the link of a message that is sent again.
DELETE FROM one_time_links WHERE origin = :origin;

-- name: keep_link!
-- Store a link.
INSERT INTO one_time_links (digest, purpose, chat, origin, about, content, made_at, expires_at)
VALUES (:digest, :purpose, :chat, :origin, :about, :content, :now, :expires);

-- name: look_at_link
-- Read what a link leads to, without using it.
SELECT chat, about FROM one_time_links WHERE digest = :digest AND purpose = :purpose AND expires_at > :now;

-- name: use_link
-- Use a link up: whoever is second gets nothing.
DELETE FROM one_time_links
WHERE digest = :digest AND purpose = :purpose AND expires_at > :now AND (CAST(:chat AS TEXT) = '' OR chat = :chat)
RETURNING chat, about, content;

-- name: files_of_page_export
-- Read the files of an export that was ordered on the admin pages.
SELECT digest, about FROM one_time_links
WHERE chat = :chat AND origin LIKE :origins AND about IS NOT NULL AND expires_at > :now
ORDER BY origin;

-- name: file_of_page_export
-- Read one of these files.
SELECT digest, about, content FROM one_time_links
WHERE chat = :chat AND origin = :origin AND content IS NOT NULL AND expires_at > :now;

-- name: drop_page_export!
-- Delete these files.
DELETE FROM one_time_links WHERE chat = :chat AND origin LIKE :origins;

-- name: expire_links
-- Delete at most :limit links that nobody used in time, with their files.
DELETE FROM one_time_links
WHERE digest {in_batch}
    SELECT l.digest FROM one_time_links l WHERE l.expires_at <= :now
    ORDER BY l.expires_at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: my_links
-- Read the files that wait for a person behind a link.
SELECT digest, about, made_at, expires_at FROM one_time_links WHERE chat = :chat AND about IS NOT NULL
ORDER BY made_at, digest;

-- name: erase_links!
-- Delete the links of a chat, with their files.
DELETE FROM one_time_links WHERE chat = :chat;

-- name: web_browser
-- Read the conversation of a browser.
SELECT b.chat, b.address, COALESCE(w.ended, 0) FROM web_browsers b LEFT JOIN web_chats w ON w.chat = b.chat
WHERE b.digest = :digest;

-- name: keep_browser!
-- Let a browser go on with a conversation.
INSERT INTO web_browsers (digest, chat, address, seen_at) VALUES (:digest, :chat, :address, :now)
ON CONFLICT (digest) DO UPDATE SET chat = excluded.chat, address = excluded.address, seen_at = excluded.seen_at;

-- name: see_browser!
-- Record that a browser is in use.
UPDATE web_browsers SET seen_at = :now WHERE digest = :digest;

-- name: web_address
-- Read the address of a conversation, as one of its browsers has it.
SELECT digest, address FROM web_browsers WHERE chat = :chat LIMIT 1;

-- name: web_next!
-- Take the next version of a conversation; whoever writes to it meanwhile waits.
INSERT INTO web_chats (chat, latest, changed_at) VALUES (:chat, 1, :now)
ON CONFLICT (chat) DO UPDATE SET latest = web_chats.latest + 1, changed_at = excluded.changed_at;

-- name: web_say
-- Add a message under that version; what came in already returns nothing.
INSERT INTO web_messages (chat, origin, version, payload, at)
SELECT w.chat, :origin, w.latest, :payload, :now FROM web_chats w WHERE w.chat = :chat
ON CONFLICT (chat, origin) DO NOTHING
RETURNING id;

-- name: web_said
-- Read one message by what brought it.
SELECT id FROM web_messages WHERE chat = :chat AND origin = :origin;

-- name: web_message
-- Read one message.
SELECT id, origin, version, payload, at FROM web_messages WHERE chat = :chat AND id = :id;

-- name: web_change
-- Replace a message, or delete what it says (:payload is NULL), under that version.
UPDATE web_messages SET payload = :payload,
    version = (SELECT w.latest FROM web_chats w WHERE w.chat = :chat)
WHERE chat = :chat AND id = :id
RETURNING id;

-- name: web_changed
-- Read what changed in a conversation after a version.
SELECT id, origin, version, payload, at FROM web_messages WHERE chat = :chat AND version > :after
ORDER BY version, id LIMIT :limit;

-- name: web_page
-- Read the newest messages of a conversation before one of them.
SELECT id, origin, version, payload, at FROM web_messages
WHERE chat = :chat AND id < :before AND payload IS NOT NULL
ORDER BY id DESC LIMIT :limit;

-- name: web_latest
-- Read the newest versions of conversations.
SELECT chat, latest FROM web_chats WHERE chat IN ({each}(:chats));

-- name: keep_web_file!
-- Store a file of a conversation, once.
INSERT INTO web_files (id, chat, upload, about, content, at) VALUES (:id, :chat, :upload, :about, :content, :now)
ON CONFLICT (id) DO NOTHING;

-- name: web_file
-- Read a file.
SELECT about, content FROM web_files WHERE id = :id AND chat = :chat;

-- name: my_web_files
-- Read the files that a conversation holds.
SELECT id, about, upload, at FROM web_files WHERE chat = :chat ORDER BY at, id;

-- name: expire_web_uploads
-- Delete at most :limit of what people uploaded once it is handled.
DELETE FROM web_files
WHERE id {in_batch}
    SELECT f.id FROM web_files f
    WHERE f.upload IS NOT NULL AND f.at < :handled
      AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.update_id = f.upload AND i.state = 'waiting')
    ORDER BY f.at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: expire_web_documents
-- Delete at most :limit documents past their time.
DELETE FROM web_files
WHERE id {in_batch}
    SELECT f.id FROM web_files f WHERE f.at < :documents ORDER BY f.at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: web_ended
-- Read the conversations that are over: the person wanted to be forgotten, or nothing is known of them.
SELECT w.chat FROM web_chats w
WHERE (w.ended = 1 AND w.changed_at < :farewell)
   OR (w.changed_at < :undecided AND NOT EXISTS (SELECT 1 FROM chats c WHERE c.id = w.chat))
LIMIT 1000;

-- name: drop_web_messages!
-- Delete the messages of a conversation.
DELETE FROM web_messages WHERE chat = :chat;

-- name: drop_web_files!
-- Delete the files of a conversation.
DELETE FROM web_files WHERE chat = :chat;

-- name: drop_web_browsers!
-- Let no browser go on with a conversation.
DELETE FROM web_browsers WHERE chat = :chat;

-- name: drop_web_chat!
-- Delete a conversation.
DELETE FROM web_chats WHERE chat = :chat;

-- name: end_web_chat!
-- End a conversation whose person wanted to be forgotten; what is said afterwards are its last words.
UPDATE web_chats SET ended = 1, changed_at = :now WHERE chat = :chat;

-- name: expire_web_messages
-- Delete at most :limit messages of before :before.
DELETE FROM web_messages
WHERE id {in_batch}
    SELECT m.id FROM web_messages m WHERE m.at < :before ORDER BY m.at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: expire_web_browsers
-- Delete at most :limit browsers that were not in use since :before.
DELETE FROM web_browsers
WHERE digest {in_batch}
    SELECT b.digest FROM web_browsers b WHERE b.seen_at < :before ORDER BY b.seen_at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: begin_desk_session!
-- Sign a browser in.
INSERT INTO desk_sessions (digest, chat, begun_at, expires_at) VALUES (:digest, :chat, :now, :expires);

-- name: desk_session
-- Read whose browser this is, while it is signed in; a chat that was erased has none.
SELECT s.chat, c.channel, c.language, s.expires_at FROM desk_sessions s JOIN chats c ON c.id = s.chat
WHERE s.digest = :digest AND s.expires_at > :now AND c.erased_at IS NULL;

-- name: renew_desk_session!
-- Let a session that is in use go on.
UPDATE desk_sessions SET expires_at = :expires WHERE digest = :digest AND expires_at > :now AND expires_at < :expires;

-- name: end_desk_session!
-- Sign a browser out.
DELETE FROM desk_sessions WHERE digest = :digest;

-- name: end_desk_sessions!
-- Sign all browsers of a person out.
DELETE FROM desk_sessions WHERE chat = :chat;

-- name: expire_desk_sessions!
-- Delete sessions that nobody used in time.
DELETE FROM desk_sessions WHERE expires_at <= :now;
