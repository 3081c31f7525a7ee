-- Inbox, sessions, outbox.

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
-- Chats that still have to be answered, the longest waiting first; without those that somebody else is at.
SELECT c.id, c.address
FROM chats c JOIN inbox i ON i.chat = c.id
WHERE i.channel = :channel AND i.state = 'waiting'
  AND (c.worker IS NULL OR c.worker = :worker
       OR NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = c.worker AND w.channel = c.channel))
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
-- The session after a turn; a chat that goes on talking is not forgotten. Whoever comes next may take the chat.
UPDATE chats SET session = :session, language = :language, erased_at = NULL, worker = NULL WHERE id = :chat;

-- :name drop_session
-- A turn that leaves no session.
UPDATE chats SET session = NULL, language = NULL, worker = NULL WHERE id = :chat;

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
UPDATE outbox SET state = 'sending', attempts = attempts + 1, worker = :worker
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
-- An erased chat goes once nothing is left to tell it and neither a request nor a role stays.
DELETE FROM chats
WHERE id = :chat AND erased_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.chat = chats.id AND o.state IN ('queued', 'sending'))
  AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.chat = chats.id AND i.payload IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id)
  AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.ended_at IS NULL);

-- :name retry
-- Back in the queue, for later; an attempt that does not count is given back.
UPDATE outbox SET state = 'queued', due_at = :due, attempts = attempts - :given_back
WHERE id = :id AND state = 'sending';
