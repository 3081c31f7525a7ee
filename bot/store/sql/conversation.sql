-- Inbox, sessions and outbox.

-- name: meet_chat!
-- Record that a chat writes: it is known from now on, no longer blocked, no longer to be forgotten, and an unreadable
-- address is whole again. An update that comes a second time changes nothing: a person who was forgotten since stays
-- forgotten.
INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at)
SELECT :chat, :channel, :address, :now, :now
WHERE NOT EXISTS (SELECT 1 FROM inbox i WHERE i.channel = :channel AND i.update_id = :update)
ON CONFLICT (id) DO UPDATE SET last_contact_at = excluded.last_contact_at, address = excluded.address, blocked_at = NULL,
    erased_at = NULL;

-- name: meet_group!
-- Record that the chat is a group's.
UPDATE chats SET in_group = 1 WHERE id = :chat AND in_group = 0;

-- name: receive
-- Store an update once; a redelivered one returns nothing.
INSERT INTO inbox (channel, update_id, chat, payload, received_at)
VALUES (:channel, :update, :chat, :payload, :now)
ON CONFLICT (channel, update_id) DO NOTHING
RETURNING id;

-- name: waiting_chats
-- Read the chats with updates to handle, the longest waiting first, without those that another worker handles.
SELECT c.id, c.address
FROM chats c JOIN inbox i ON i.chat = c.id
WHERE i.channel = :channel AND i.state = 'waiting'
  AND (c.worker IS NULL OR c.worker = :worker
       OR NOT EXISTS (SELECT 1 FROM workers w WHERE w.id = c.worker AND w.channel = c.channel))
GROUP BY c.id, c.address
ORDER BY MIN(i.id);

-- name: pending
-- Read the next update of a chat with its session; a follow-up comes before what arrived after its update. The update
-- counts as tried before it is handled: one that ends the process must not end it for ever. The last column is the first
-- other update that waits. With a :worker nothing is read, nor locked, unless that one has reserved the chat. (For the
-- CAST see ``claim``.)
UPDATE inbox SET tries = tries + 1
WHERE state = 'waiting' AND id = (
    SELECT i.id FROM inbox i
    WHERE i.chat = :chat AND i.state = 'waiting'
      AND (CAST(:worker AS TEXT) IS NULL
           OR EXISTS (SELECT 1 FROM chats h WHERE h.id = :chat AND h.worker = CAST(:worker AS TEXT)))
    ORDER BY COALESCE(i.turn, i.id), i.id
    LIMIT 1)
RETURNING id, update_id, payload, received_at, (SELECT c.session FROM chats c WHERE c.id = CAST(inbox.chat AS TEXT)), tries, turn,
    (SELECT MIN(o.id) FROM inbox o WHERE o.chat = :chat AND o.state = 'waiting' AND o.id <> inbox.id);

-- name: untry!
-- Give back a try that came to nothing for want of a key.
UPDATE inbox SET tries = tries - 1 WHERE id = :inbox AND state = 'waiting';

-- name: waiting_updates
-- Read what a chat has waiting, without taking it.
SELECT update_id, payload FROM inbox WHERE chat = :chat AND state = 'waiting' ORDER BY id DESC LIMIT :limit;

-- name: session_of
-- Read the stored session.
SELECT session FROM chats WHERE id = :chat AND session IS NOT NULL;

-- name: lose_session!
-- Remove an unreadable session, to make room for a new one.
UPDATE chats SET session = NULL, language = NULL WHERE id = :chat AND session = :session;

-- name: note_unreadable
-- Record an unreadable value; returns nothing if it was known.
INSERT INTO unreadable (place, found_at, told_at, value) VALUES (:place, :now, :now, :value)
ON CONFLICT (place) DO NOTHING
RETURNING place;

-- name: owners
-- Read the owners who can be told something.
SELECT {grant}, c.channel, c.language FROM grants g JOIN chats c ON c.id = g.chat LEFT JOIN audit_head h ON h.id = 1
WHERE g.role = 'owner' AND g.ended_at IS NULL AND c.erased_at IS NULL AND c.blocked_at IS NULL
ORDER BY g.id;

-- name: finish
-- Mark the update as handled; returns nothing if another worker has done so.
UPDATE inbox SET state = 'done', payload = NULL, handled_at = :now
WHERE id = :inbox AND state = 'waiting'
RETURNING id;

-- name: give_up
-- Set a poison update aside; its content stays sealed for the operator.
UPDATE inbox SET state = 'failed', handled_at = :now
WHERE id = :inbox AND state = 'waiting'
RETURNING id;

-- name: keep_session!
-- Store the session after a turn and free the chat; a chat that goes on talking is not forgotten, and one with a
-- session is a person's. By when a personal number must be gone stays until that was seen to, whatever the session says
-- now: an update that failed may hold it too.
UPDATE chats SET session = :session, language = :language, consented = :consented,
    identity_until = COALESCE(CAST(:identity_until AS BIGINT), identity_until), erased_at = NULL, in_group = 0, worker = NULL
WHERE id = :chat;

-- name: drop_session!
-- End a turn that leaves no session: nothing personal is kept, and the chat goes with its last message. Exceptions are
-- a person with a role, who has to be found, and a person whose session was lost while a request of theirs is under
-- way; a person who wanted to be forgotten has neither.
UPDATE chats SET session = NULL, language = NULL, consented = 0, identity_until = NULL, worker = NULL,
    erased_at = CASE WHEN EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.ended_at IS NULL)
                       OR EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id
                                  AND r.state IN {open_states} AND r.state NOT IN {must_stay}) THEN erased_at
                     ELSE CAST(:now AS BIGINT) END
WHERE id = :chat;

-- name: consents_unread
-- Read the sessions of an earlier version for which it is unknown whether they hold a consent.
SELECT id, session FROM chats WHERE consented IS NULL AND id > :after ORDER BY id LIMIT :limit;

-- name: note_consent!
-- Record that this session holds a consent.
UPDATE chats SET consented = 1 WHERE id = :chat AND consented IS NULL;

-- name: note_no_consent!
-- Record that this session holds none: what an earlier version kept is removed, as it is now after the greeting.
UPDATE chats SET session = NULL, language = NULL, consented = 0,
    erased_at = CASE WHEN EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.ended_at IS NULL) THEN erased_at
                     ELSE last_contact_at END
WHERE id = :chat AND consented IS NULL;

-- name: follow_up!
-- Add an event that a turn asks for, in the place of its update.
INSERT INTO inbox (channel, update_id, chat, payload, turn, received_at)
SELECT channel, :update, chat, :payload, COALESCE(turn, id), :now FROM inbox WHERE id = :inbox
ON CONFLICT (channel, update_id) DO NOTHING;

-- name: queue
-- Add a message to deliver; the same origin cannot add it again. People take turns, the one whose turn was longest ago
-- first: places are seconds (in microseconds) of a clock that stands still while no message leaves, and a second is a
-- round. Its first half belongs to people who wait for an answer before they write again: a message without a waiting
-- one before it in its chat gets a place a fifth of a second after the last one, so that three of them come before
-- everybody with a backlog. A message that joins a backlog gets its place in the second half of the round after the one
-- before it. No place lies before the second at which the queue is now, which is the wall clock's if nothing waits.
-- :follows is 1 for a further part of one answer: it comes as soon as a message without a waiting one before it.
-- With a :worker it is in the hands of that one at once, where ``claim`` would take it now: unless another message of the
-- chat is under way or comes first. The row that is returned says which.
INSERT INTO outbox (origin, chat, channel, payload, priority, queued_at, due_at, state, attempts, worker, place)
SELECT :origin, :chat, :channel, :payload, :priority, :now, 0,
    CASE WHEN f.taken = 1 THEN 'sending' ELSE 'queued' END, f.taken, CASE WHEN f.taken = 1 THEN CAST(:worker AS TEXT) END,
    CASE WHEN f.waiting IS NULL OR :follows = 1 THEN
        CASE WHEN COALESCE(f.waiting, f.sent, 0) + 200000 > f.present - f.present % 1000000
             THEN COALESCE(f.waiting, f.sent, 0) + 200000
             ELSE f.present - f.present % 1000000 END
    ELSE
        CASE WHEN f.waiting - f.waiting % 1000000 + 1500000 > f.present - f.present % 1000000 + 500000
             THEN f.waiting - f.waiting % 1000000 + 1500000
             ELSE f.present - f.present % 1000000 + 500000 END
    END
FROM (
    SELECT
        COALESCE((SELECT q.place FROM outbox q
                  WHERE q.channel = :channel AND q.priority = :priority AND q.state = 'queued' AND q.broadcast IS NULL
                    AND (q.due_at <= :now OR q.due_at > :now + {longest_wait})
                  ORDER BY q.place LIMIT 1), :now) AS present,
        (SELECT MAX(m.place) FROM outbox m
         WHERE m.chat = :chat AND m.state IN ('queued', 'sending') AND m.broadcast IS NULL
           AND m.priority = :priority) AS waiting,
        (SELECT s.place FROM outbox s WHERE s.chat = :chat AND s.state = 'sent' ORDER BY s.id DESC LIMIT 1) AS sent,
        CASE WHEN CAST(:worker AS TEXT) IS NULL OR ({behind}) OR EXISTS (
            SELECT 1 FROM outbox b
            WHERE b.chat = :chat AND b.state IN ('queued', 'sending')
              AND (b.state = 'sending' OR (b.broadcast IS NULL AND b.priority <= :priority))) THEN 0 ELSE 1 END AS taken) f
WHERE 1 = 1
ON CONFLICT (origin) DO NOTHING
RETURNING id, state;

-- name: message_of_turn
-- Read the last message of a turn's answer, with the platform's id once it is sent.
SELECT origin, state, message FROM outbox WHERE chat = :chat AND origin LIKE :origin ORDER BY id DESC LIMIT 1;

-- name: claim
-- Claim due replies and notices: the first of each chat, none if a message of it is under way, in the order of their
-- places. Chats in :resting are left out, because they had their share for the moment; :large is 1 for only those over
-- :heavy bytes, 0 for only the others, 2 for all. Messages over :most bytes are not even read. Nothing is claimed while it
-- is not known what a standby that took over lacks: what it knows as queued may have left. MATERIALIZED: PostgreSQL may
-- evaluate it more than once, and then takes more than the limit. Without the CAST, SQLite (3.40) forgets the column's
-- type in RETURNING and scans all chats.
WITH due AS MATERIALIZED (
    SELECT o.id FROM outbox o
    WHERE o.channel = :channel AND o.state = 'queued' AND o.broadcast IS NULL AND NOT ({behind})
      AND (o.due_at <= :now OR o.due_at > :now + {longest_wait})
      AND (:large = 2 OR CASE WHEN LENGTH(o.payload) > :heavy THEN 1 ELSE 0 END = :large)
      AND o.chat NOT IN ({each}(:resting))
      AND NOT EXISTS (
          SELECT 1 FROM outbox b
          WHERE b.chat = o.chat AND b.state IN ('queued', 'sending')
            AND (b.state = 'sending' OR (b.broadcast IS NULL
                 AND (b.priority < o.priority OR (b.priority = o.priority AND b.id < o.id)))))
    ORDER BY o.priority, o.place, o.id
    LIMIT :limit
    {skip_locked})
UPDATE outbox SET state = 'sending', attempts = attempts + 1, worker = :worker
WHERE state = 'queued' AND id {in_batch} SELECT due.id FROM due {end_batch}
RETURNING id, origin, chat, (SELECT c.address FROM chats c WHERE c.id = CAST(outbox.chat AS TEXT)),
    CASE WHEN LENGTH(payload) <= :most THEN payload END, attempts - 1, priority, place;

-- name: running
-- Read the broadcasts that have something to send over a channel now.
SELECT b.id FROM broadcasts b
WHERE b.state = 'running' AND (b.held_until IS NULL OR b.held_until <= :now)
  AND EXISTS (
      SELECT 1 FROM outbox o
      WHERE o.broadcast = b.id AND o.state = 'queued' AND o.channel = :channel
        AND (o.due_at <= :now OR o.due_at > :now + {longest_wait}));

-- name: claim_broadcast
-- Claim the next rows of a running broadcast; a chat with a message under way, or with an answer that waits, comes
-- later. Left out are people without consent and without a role, and people who, since the row was created, have
-- stopped reminders, blocked the assistant, said that it is done or when to ask again, or received as many in a week,
-- over all channels, as one person may get. Nothing is claimed while it is not known what a standby that took over lacks.
WITH due AS MATERIALIZED (
    SELECT o.id, o.chat, o.queued_at FROM outbox o
    WHERE o.broadcast = :broadcast AND o.state = 'queued' AND o.channel = :channel AND NOT ({behind})
      AND (o.due_at <= :now OR o.due_at > :now + {longest_wait})
      AND EXISTS (
          SELECT 1 FROM broadcasts b
          WHERE b.id = :broadcast AND b.state = 'running' AND (b.held_until IS NULL OR b.held_until <= :now))
      AND NOT EXISTS (
          SELECT 1 FROM outbox e
          WHERE e.chat = o.chat AND e.state IN ('queued', 'sending') AND (e.state = 'sending' OR e.broadcast IS NULL))
    ORDER BY o.due_at, o.id
    LIMIT :limit
    {skip_locked}),
judged AS MATERIALIZED (
    SELECT due.id, CASE
        WHEN COALESCE(c.consented, 0) = 0 AND NOT EXISTS (
            SELECT 1 FROM grants g WHERE g.chat = due.chat AND g.ended_at IS NULL) THEN 'no_consent'
        WHEN c.stopped_at IS NOT NULL OR w.stopped_at IS NOT NULL THEN 'stopped'
        WHEN c.blocked_at IS NOT NULL THEN 'blocked_before'
        WHEN m.done_at >= due.queued_at THEN 'done'
        WHEN m.later_on > :today THEN 'later'
        WHEN (SELECT COUNT(*) FROM outbox h
              WHERE h.chat = due.chat AND h.broadcast IS NOT NULL AND h.state IN ('sent', 'unknown')
                AND h.settled_at >= :week)
            + (SELECT COUNT(*) FROM person_channels p
               JOIN person_channels q ON q.person = p.person AND q.chat <> p.chat JOIN outbox h ON h.chat = q.chat
               WHERE p.chat = due.chat AND h.broadcast IS NOT NULL AND h.state IN ('sent', 'unknown')
                 AND h.settled_at >= :week) >= :most THEN 'capped' END AS kept
    FROM due
    JOIN chats c ON c.id = due.chat
    JOIN broadcasts s ON s.id = :broadcast
    LEFT JOIN email_contacts e ON e.chat = due.chat AND e.confirmed_at IS NOT NULL
    LEFT JOIN chats w ON w.id = e.owner
    LEFT JOIN reminder_marks m ON m.broadcast = COALESCE(s.parent, s.id) AND m.chat = COALESCE(e.owner, due.chat))
UPDATE outbox SET
    state = CASE WHEN j.kept IS NULL THEN 'sending' WHEN j.kept = 'blocked_before' THEN 'blocked' ELSE 'skipped' END,
    reason = j.kept,
    settled_at = CASE WHEN j.kept IS NOT NULL THEN CAST(:now AS BIGINT) END,
    attempts = attempts + CASE WHEN j.kept IS NULL THEN 1 ELSE 0 END,
    worker = :worker
FROM judged j
WHERE j.id = outbox.id AND outbox.id {in_batch} SELECT judged.id FROM judged {end_batch} AND outbox.state = 'queued'
RETURNING outbox.id, outbox.chat, (SELECT a.address FROM chats a WHERE a.id = CAST(outbox.chat AS TEXT)), outbox.payload,
    outbox.attempts - 1, outbox.state, (SELECT a.reminded_at FROM chats a WHERE a.id = CAST(outbox.chat AS TEXT));

-- name: broadcast_said
-- Read the text and the document of a broadcast.
SELECT content, document, {warrant} FROM broadcasts b WHERE b.id = :broadcast;

-- name: settle_sent!
-- Settle a message as sent: only ids and the state stay. A late answer also settles a row that was taken from its
-- worker.
UPDATE outbox SET state = 'sent', reason = :reason, settled_at = :now, message = :message, payload = NULL
WHERE id = :id AND worker = :worker AND (state = 'sending' OR (state = 'unknown' AND reason = 'crash'));

-- name: settle!
-- Settle a message with any other result; its content stays sealed until its retention ends.
UPDATE outbox SET state = :state, reason = :reason, settled_at = :now
WHERE id = :id AND state = 'sending' AND worker = :worker;

-- name: still_queued
-- Read which of these chats have a reply or notice in the queue.
SELECT DISTINCT o.chat FROM outbox o
WHERE o.chat IN ({each}(:chats)) AND o.state = 'queued' AND o.broadcast IS NULL;

-- name: chat_place
-- Read the channel and address of a chat.
SELECT channel, address FROM chats WHERE id = :chat AND erased_at IS NULL;

-- name: chat_language
-- Read the language of a person.
SELECT language FROM chats WHERE id = :chat;

-- name: block_chat!
-- Record that the person blocked the assistant.
UPDATE chats SET blocked_at = :now WHERE id = :chat AND blocked_at IS NULL;

-- name: unblock_chat!
-- Record that the person unblocked the assistant.
UPDATE chats SET blocked_at = NULL WHERE id = :chat;

-- name: remind_chat!
-- Record that the first reminder, which says how to stop them, has arrived.
UPDATE chats SET reminded_at = :now WHERE id = :chat AND reminded_at IS NULL;

-- name: forget_chat!
-- Delete an erased chat once no message waits for it and neither a request nor a role of it stays.
DELETE FROM chats
WHERE id = :chat AND erased_at IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.chat = chats.id AND o.state IN ('queued', 'sending'))
  AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.chat = chats.id AND i.payload IS NOT NULL)
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id)
  AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.ended_at IS NULL);

-- name: give_back!
-- Return what a worker claimed without learning of it, because the store became unavailable: all but what it has in
-- hand.
UPDATE outbox SET state = 'queued', attempts = attempts - 1
WHERE channel = :channel AND worker = :worker AND state = 'sending'
  AND CASE WHEN broadcast IS NULL THEN 0 ELSE 1 END = :broadcasts AND CAST(id AS TEXT) NOT IN ({each}(:in_hand));

-- name: retry!
-- Return a message to the queue for later; an attempt that does not count is given back. The same :again, because its
-- answer was lost, changes nothing: the message may be in hand once more.
UPDATE outbox SET state = 'queued', due_at = :due, attempts = attempts - :given_back
WHERE id = :id AND state = 'sending' AND worker = :worker AND (:again = 0 OR due_at <> :due);
