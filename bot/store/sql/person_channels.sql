-- One person on several channels: the order of reminders, and the codes that link chats.

-- name: own_channels
-- Read the chats of a person, in the order of reminders; a mailbox with the chat that gave it.
SELECT c.id, c.channel, c.address, c.language, p.person, p.linked_at, c.stopped_at, c.blocked_at, e.owner
FROM chats c
LEFT JOIN person_channels p ON p.chat = c.id
LEFT JOIN email_contacts e ON e.chat = c.id AND e.confirmed_at IS NOT NULL
WHERE c.id IN {own} AND (c.erased_at IS NULL OR c.id = :chat)
ORDER BY COALESCE(p.place, 0), c.id;

-- name: own_chats
-- Read the chats of a person alone.
SELECT id FROM chats WHERE id IN {own};

-- name: hold_channels
-- Lock the chats of two people until the transaction ends, always in the same order: whose they are is not changed by
-- two at once.
SELECT id FROM chats
WHERE id IN {own} OR id = :other OR id IN (
    SELECT t.chat FROM person_channels o JOIN person_channels t ON t.person = o.person WHERE o.chat = :other)
ORDER BY id {held};

-- name: channels_held
-- Count the requests of a chat.
SELECT COUNT(*) FROM requests WHERE chat = :chat;

-- name: show_code!
-- Keep the digest of a code that a chat shows; an earlier one ends.
INSERT INTO channel_offers (chat, digest, state, expires_at) VALUES (:chat, :digest, 'shown', :expires)
ON CONFLICT (chat) DO UPDATE SET digest = excluded.digest, taker = NULL, state = 'shown', expires_at = excluded.expires_at;

-- name: own_code
-- Return a row if a code is shown in a chat of this very person.
SELECT chat FROM channel_offers WHERE digest = :digest AND chat IN {own};

-- name: take_code
-- Use a code once, from another person's chat.
UPDATE channel_offers SET taker = :chat, state = 'typed', expires_at = :expires
WHERE digest = :digest AND state = 'shown' AND expires_at > :now AND chat NOT IN {own}
RETURNING chat;

-- name: drop_other_offers!
-- End what the same chat typed before.
DELETE FROM channel_offers WHERE taker = :chat AND digest <> :digest;

-- name: wrong_codes
-- Count the wrong codes of a chat since a moment.
SELECT wrong FROM channel_guesses WHERE chat = :chat AND since > :since;

-- name: count_wrong_code!
-- Count a wrong code; those from before a moment are forgotten.
INSERT INTO channel_guesses (chat, since, wrong) VALUES (:chat, :now, 1)
ON CONFLICT (chat) DO UPDATE SET
    wrong = CASE WHEN channel_guesses.since > :since THEN channel_guesses.wrong + 1 ELSE 1 END,
    since = CASE WHEN channel_guesses.since > :since THEN channel_guesses.since ELSE excluded.since END;

-- name: open_offer
-- Read what waits for a word of this chat, or of the other one.
SELECT chat, taker, state FROM channel_offers
WHERE (chat = :chat OR taker = :chat) AND state <> 'shown' AND expires_at > :now
ORDER BY expires_at DESC LIMIT 1;

-- name: agree_to_offer
-- Record that the chat where the code was typed agrees.
UPDATE channel_offers SET state = 'agreed', expires_at = :expires
WHERE taker = :chat AND chat = :other AND state = 'typed' AND expires_at > :now
RETURNING chat;

-- name: use_offer
-- Use up the offer: the chat that showed the code agrees as well.
DELETE FROM channel_offers
WHERE chat = :chat AND taker = :other AND state = 'agreed' AND expires_at > :now
  AND EXISTS (SELECT 1 FROM chats c WHERE c.id = :other AND c.erased_at IS NULL AND c.consented = 1)
RETURNING taker;

-- name: end_offer!
-- End the offer: one of the two does not want it.
DELETE FROM channel_offers WHERE (chat = :chat OR taker = :chat) AND state <> 'shown';

-- name: drop_offers!
-- Delete the code of a chat, and what it typed.
DELETE FROM channel_offers WHERE chat = :chat OR taker = :chat;

-- name: place_channel!
-- Store whose a chat is, and its place in the order.
INSERT INTO person_channels (chat, person, place, linked_at) VALUES (:chat, :person, :place, :now)
ON CONFLICT (chat) DO UPDATE SET person = excluded.person, place = excluded.place;

-- name: reorder_channel!
-- Change the place of a chat that is this person's still.
UPDATE person_channels SET place = :place WHERE chat = :chat AND person = :person;

-- name: leave_person!
-- Take a chat from its person: it is nobody's but its own.
DELETE FROM person_channels WHERE chat = :chat;

-- name: join_stops!
-- Reminders that were stopped in one chat of a person are stopped in all of them; a mailbox has a word of its own.
UPDATE chats SET stopped_at = (
    SELECT MIN(s.stopped_at) FROM person_channels m JOIN chats s ON s.id = m.chat
    WHERE m.person = :person AND s.channel <> 'email')
WHERE channel <> 'email' AND stopped_at IS NULL AND id IN (SELECT p.chat FROM person_channels p WHERE p.person = :person);

-- name: join_marks!
-- What was answered to reminders in one chat of a person holds in all of them; done outweighs another day.
INSERT INTO reminder_marks (broadcast, chat, done_at, later_on)
SELECT k.broadcast, p.chat, MAX(k.done_at), CASE WHEN MAX(k.done_at) IS NULL THEN MAX(k.later_on) END
FROM person_channels p
JOIN person_channels o ON o.person = p.person
JOIN reminder_marks k ON k.chat = o.chat
WHERE p.person = :person
GROUP BY k.broadcast, p.chat
ON CONFLICT (broadcast, chat) DO UPDATE SET done_at = excluded.done_at, later_on = excluded.later_on;

-- name: hold_reminders
-- Lock what waits for the chats of a person: nothing of it is claimed while it is decided what stays.
SELECT id FROM outbox
WHERE state = 'queued' AND broadcast IS NOT NULL
  AND chat IN (SELECT p.chat FROM person_channels p WHERE p.person = :person)
ORDER BY id {held};

-- name: join_reminders!
-- Of messages of one broadcast that wait for the chats of one person one stays: none where one has left, else that of
-- the first chat that takes messages. The others never left; without their rows their channels can be tried later.
DELETE FROM outbox
WHERE state = 'queued' AND broadcast IS NOT NULL
  AND chat IN (SELECT p.chat FROM person_channels p WHERE p.person = :person)
  AND EXISTS (
      SELECT 1 FROM outbox o
      JOIN person_channels q ON q.chat = o.chat AND q.person = :person
      JOIN chats c ON c.id = o.chat
      WHERE o.broadcast = outbox.broadcast AND o.chat <> outbox.chat
        AND (o.state IN ('sending', 'sent', 'unknown')
          OR (o.state = 'queued'
            AND q.place + CASE WHEN c.blocked_at IS NULL AND c.stopped_at IS NULL THEN 0 ELSE 1000000 END < (
              SELECT m.place + CASE WHEN h.blocked_at IS NULL AND h.stopped_at IS NULL THEN 0 ELSE 1000000 END
              FROM person_channels m JOIN chats h ON h.id = m.chat WHERE m.chat = outbox.chat))));

-- name: part_reminders!
-- After a parting no row of one side names a chat of the other.
UPDATE outbox SET meant = NULL
WHERE meant IS NOT NULL
  AND ((chat IN ({each}(:left)) AND meant NOT IN ({each}(:left)))
    OR (chat IN ({each}(:rest)) AND meant IN ({each}(:left))));

-- name: person_members
-- Read all chats of these people, in the order of reminders, with what keeps reminders from each and what it had.
SELECT p.person, c.id, c.channel, c.language, c.stopped_at, c.blocked_at, c.consented,
    (SELECT COUNT(*) FROM outbox o
     WHERE o.chat = c.id AND o.broadcast IS NOT NULL AND o.state IN ('queued', 'sending', 'sent', 'unknown')
       AND COALESCE(o.settled_at, o.queued_at) >= :week)
FROM person_channels p JOIN chats c ON c.id = p.chat
WHERE p.person IN ({each}(:people)) AND c.erased_at IS NULL
ORDER BY p.person, p.place, c.id;

-- name: person_requests
-- Read what was requested in these chats, by certificate; with :finished only what is done.
SELECT r.chat, r.certificate_key, r.procedure FROM requests r
WHERE r.chat IN ({each}(:chats)) AND r.certificate_key IS NOT NULL AND r.state NOT IN {waived}
  AND (:finished = 0 OR r.state = 'done');

-- name: where_linked
-- The chat is one of several of its person.
EXISTS (SELECT 1 FROM person_channels p WHERE p.chat = chats.id);

-- name: where_among_linked
-- The same, where few chats are: it begins with those.
chats.id IN (SELECT p.chat FROM person_channels p);

-- name: where_not_linked
-- The chat is all that is known of its person.
NOT EXISTS (SELECT 1 FROM person_channels p WHERE p.chat = chats.id);

-- name: to_fall_back
-- Read messages of a running broadcast that surely did not arrive and whose person has other channels that had none of
-- it, with each such channel in the order of reminders. What may have arrived, or waits in another chat, is never among
-- them.
SELECT o.id, o.chat, o.origin, o.payload, COALESCE(o.meant, o.chat), n.chat, c.channel, o.queued_at
FROM outbox o
JOIN person_channels m ON m.chat = o.chat
JOIN person_channels n ON n.person = m.person
JOIN chats c ON c.id = n.chat
WHERE o.broadcast = :broadcast AND o.state IN ('blocked', 'invalid', 'failed') AND o.id > :after
  AND COALESCE(o.reason, '') <> 'next_channel' AND o.payload IS NOT NULL
  AND c.erased_at IS NULL AND c.stopped_at IS NULL AND c.blocked_at IS NULL AND c.consented = 1
  AND NOT EXISTS (SELECT 1 FROM outbox z WHERE z.broadcast = :broadcast AND z.chat = n.chat)
  AND NOT EXISTS (
      SELECT 1 FROM person_channels e JOIN outbox w ON w.chat = e.chat AND w.broadcast = :broadcast
      WHERE e.person = m.person AND w.state IN ('queued', 'sending', 'sent', 'unknown'))
  AND EXISTS (SELECT 1 FROM broadcasts b WHERE b.id = :broadcast AND b.state = 'running')
ORDER BY o.id, n.place, n.chat
LIMIT :limit;

-- name: waiting_over
-- Count what of a broadcast goes over a channel, and what waits there of all broadcasts.
SELECT
    (SELECT COUNT(*) FROM outbox o WHERE o.broadcast = :broadcast AND o.channel = :channel),
    (SELECT COUNT(*) FROM outbox w WHERE w.state = 'queued' AND w.broadcast IS NOT NULL AND w.channel = :channel);

-- name: went_on
-- Note that a message goes on to the person's next channel; nothing where that was noted already.
UPDATE outbox SET reason = 'next_channel', payload = NULL
WHERE id = :id AND state IN ('blocked', 'invalid', 'failed') AND COALESCE(reason, '') <> 'next_channel'
RETURNING id;

-- name: go_on!
-- Queue a message of a broadcast for another channel of its person; each channel has at most one of it. It waits since
-- the first one did: what its person has said since then counts.
INSERT INTO outbox (origin, chat, channel, payload, priority, state, queued_at, due_at, broadcast, meant)
VALUES (:origin, :chat, :channel, :payload, :priority, 'queued', :queued, 0, :broadcast, NULLIF(:meant, :chat))
ON CONFLICT DO NOTHING;
