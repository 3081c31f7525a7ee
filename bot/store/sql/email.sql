-- E-mail addresses: of staff whom an admin imported, and of people who gave and confirmed their own.

-- name: email_chat!
-- Make an address known; one that was forgotten or ended begins anew. A known one stays with its unit, and one that
-- somebody has confirmed is theirs.
INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at, consented, unit)
VALUES (:chat, :channel, :address, :now, :now, 1, :unit)
ON CONFLICT (id) DO UPDATE SET consented = 1, erased_at = NULL, address = excluded.address, unit = CASE
    WHEN EXISTS (SELECT 1 FROM email_contacts e WHERE e.chat = chats.id AND e.confirmed_at IS NOT NULL) THEN chats.unit
    WHEN chats.erased_at IS NOT NULL THEN excluded.unit
    ELSE COALESCE(chats.unit, excluded.unit) END;

-- name: email_import!
-- Import an address of staff, as an admin says it is; to one that somebody has confirmed reminders go already.
INSERT INTO email_addresses (chat, imported_at)
SELECT CAST(:chat AS TEXT), CAST(:now AS BIGINT)
WHERE NOT EXISTS (SELECT 1 FROM email_contacts e WHERE e.chat = :chat AND e.confirmed_at IS NOT NULL)
ON CONFLICT (chat) DO UPDATE SET imported_at = COALESCE(email_addresses.imported_at, excluded.imported_at);

-- name: email_staff
-- List the imported addresses below some units, with what keeps messages from them.
SELECT c.id, c.address, c.unit, c.stopped_at, c.blocked_at FROM email_addresses a JOIN chats c ON c.id = a.chat
WHERE a.imported_at IS NOT NULL AND c.erased_at IS NULL ORDER BY c.unit, c.id;

-- name: email_leave!
-- Take an address that a person replaces from their channels.
DELETE FROM person_channels
WHERE chat IN (SELECT e.chat FROM email_contacts e WHERE e.owner = :owner AND e.chat <> :chat);

-- name: email_offer!
-- Store an address that a person gives in the place of an earlier one; it counts once it is confirmed.
INSERT INTO email_contacts (owner, chat, added_at) VALUES (:owner, :chat, :now)
ON CONFLICT (owner) DO UPDATE SET chat = excluded.chat, added_at = excluded.added_at,
    confirmed_at = CASE WHEN email_contacts.chat = excluded.chat THEN email_contacts.confirmed_at END;

-- name: email_address_row!
-- Keep a place for what the server of an address says.
INSERT INTO email_addresses (chat) VALUES (:chat) ON CONFLICT (chat) DO NOTHING;

-- name: email_offers_since
-- Count the first messages of late to this mailbox, and those that this person asked for.
SELECT
    (SELECT COUNT(*) FROM outbox o
     WHERE o.chat = :chat AND o.origin LIKE 'email-confirm:%' AND o.queued_at >= :since),
    (SELECT COUNT(*) FROM outbox o
     WHERE o.channel = 'email' AND o.origin LIKE CAST(:mine AS TEXT) AND o.queued_at >= :since);

-- name: email_confirm
-- Confirm an address by the link in the first message; one that another person has confirmed stays theirs.
UPDATE email_contacts SET confirmed_at = COALESCE(confirmed_at, :now)
WHERE owner = :owner AND chat = :chat AND NOT EXISTS (
    SELECT 1 FROM email_contacts o WHERE o.chat = :chat AND o.owner <> :owner AND o.confirmed_at IS NOT NULL)
RETURNING owner;

-- name: email_take_over!
-- Make the address a person's own: reminders for them go there, not to the staff that was imported.
UPDATE email_addresses SET imported_at = NULL, deferred_at = NULL WHERE chat = :chat;

-- name: email_open!
-- Somebody reads this mailbox, and wants the messages.
UPDATE chats SET stopped_at = NULL, blocked_at = NULL WHERE id = :chat;

-- name: email_contact
-- Read the address that a person gave.
SELECT e.chat, c.address, e.confirmed_at,
    (SELECT COUNT(*) FROM person_channels m JOIN person_channels p ON p.person = m.person AND p.place > m.place
     WHERE m.chat = e.chat AND p.chat = e.owner),
    e.files, c.stopped_at, c.blocked_at
FROM email_contacts e JOIN chats c ON c.id = e.chat WHERE e.owner = :owner;

-- name: email_choose!
-- Choose what goes to the address.
UPDATE email_contacts SET files = :files WHERE owner = :owner AND confirmed_at IS NOT NULL;

-- name: email_place!
-- Put the address before all other channels of its person, or behind them; nothing where it is so already.
UPDATE person_channels SET place = (
    SELECT CASE WHEN :first = 1 THEN MIN(o.place) - 1 ELSE MAX(o.place) + 1 END
    FROM person_channels o WHERE o.person = person_channels.person)
WHERE chat = (SELECT e.chat FROM email_contacts e WHERE e.owner = :owner AND e.confirmed_at IS NOT NULL)
  AND :first <> (SELECT COUNT(*) FROM person_channels p
                 WHERE p.chat = :owner AND p.person = person_channels.person AND p.place > person_channels.place);

-- name: email_place_owner!
-- Place a chat as the first channel of its person.
INSERT INTO person_channels (chat, person, place, linked_at) VALUES (:owner, :person, 1, :now) ON CONFLICT (chat) DO NOTHING;

-- name: email_place_address!
-- Place a confirmed address as the last channel of its person.
INSERT INTO person_channels (chat, person, place, linked_at)
SELECT CAST(:chat AS TEXT), p.person, (SELECT MAX(o.place) + 1 FROM person_channels o WHERE o.person = p.person), :now
FROM person_channels p WHERE p.chat = :owner
ON CONFLICT (chat) DO NOTHING;

-- name: email_keep_offers!
-- Keep the first messages that a person asked for, without a word of whom or what: they still count for their mailbox.
UPDATE outbox SET origin = 'email-confirm:' || 'gone:' || id, message = NULL,
    payload = CASE WHEN state = 'sending' THEN payload END
WHERE origin LIKE 'email-confirm:' || :owner || ':%' AND state <> 'queued';

-- name: email_erase_letters!
-- Delete the letters to the address that a person gave: what is in them is theirs.
DELETE FROM outbox
WHERE (chat IN (SELECT e.chat FROM email_contacts e WHERE e.owner = :owner AND e.confirmed_at IS NOT NULL)
       AND origin NOT LIKE 'email-confirm:%')
   OR origin LIKE 'email-confirm:' || :owner || ':%';

-- name: email_removed!
-- Take an address that a person takes back from their channels.
DELETE FROM person_channels WHERE chat IN (SELECT e.chat FROM email_contacts e WHERE e.owner = :owner);

-- name: email_remove
-- Remove the address that a person takes back; return its mailbox.
DELETE FROM email_contacts WHERE owner = :owner RETURNING chat;

-- name: where_unused_address
-- It is a mailbox that is nobody's any more.
channel = 'email' AND erased_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM email_contacts e WHERE e.chat = chats.id)
    AND NOT EXISTS (SELECT 1 FROM email_addresses a WHERE a.chat = chats.id AND a.imported_at IS NOT NULL);

-- name: unused_addresses
-- Read such mailboxes: a look through all of them, which nearly always finds none.
SELECT id FROM chats WHERE {where} LIMIT :limit;

-- name: forget_addresses!
-- Forget those of :chats that are such: they go with their last message.
UPDATE chats SET erased_at = :now, consented = 0 WHERE id IN ({each}(:chats)) AND {where};

-- name: email_unconfirmed!
-- Delete addresses that were not confirmed in time.
DELETE FROM email_contacts WHERE confirmed_at IS NULL AND added_at < :before;

-- name: email_reached
-- Read where those of these people can be reached whose chat is not enough: confirmed, wanted and working addresses, the
-- nearest in the order of reminders last.
SELECT p.chat, e.chat, CASE WHEN m.place < p.place THEN 1 ELSE 0 END, e.files
FROM person_channels p JOIN person_channels m ON m.person = p.person
JOIN email_contacts e ON e.chat = m.chat AND e.confirmed_at IS NOT NULL JOIN chats c ON c.id = e.chat
WHERE p.chat IN ({each}(:owners)) AND c.erased_at IS NULL AND c.stopped_at IS NULL AND c.blocked_at IS NULL
ORDER BY m.place DESC;

-- name: email_language
-- Read the language of whoever reads a mailbox.
SELECT o.language FROM email_contacts e JOIN chats o ON o.id = e.owner
WHERE e.chat = :chat AND o.language IS NOT NULL ORDER BY e.confirmed_at LIMIT 1;

-- name: email_known
-- Tell whether an address is known here.
SELECT id FROM chats WHERE id = :chat AND channel = 'email' AND erased_at IS NULL;

-- name: email_deferred
-- Note that the server of an address asks to be tried again, and since when it does; a mark from before :stale is of
-- another letter.
UPDATE email_addresses SET deferred_at = CASE WHEN deferred_at >= :stale THEN deferred_at ELSE :now END
WHERE chat = :chat RETURNING deferred_at;

-- name: email_took!
-- Record that the server took a message.
UPDATE email_addresses SET deferred_at = NULL WHERE chat = :chat AND deferred_at IS NOT NULL;

-- name: email_stop
-- Stop messages, as the reader wants. Of an address that is forgotten already only that is kept, so that nobody begins
-- it again.
INSERT INTO chats (id, channel, address, first_contact_at, last_contact_at, consented, erased_at, stopped_at)
VALUES (:chat, 'email', :nobody, :now, :now, 0, :now, :now)
ON CONFLICT (id) DO UPDATE SET stopped_at = COALESCE(chats.stopped_at, excluded.stopped_at)
WHERE chats.channel = 'email'
RETURNING id;

-- name: email_bounced
-- Record that a message came back that had been taken; one that has another end keeps it.
UPDATE outbox SET state = :state, reason = :reason
WHERE id = :row AND chat = :chat AND channel = 'email' AND state IN ('sent', 'unknown') RETURNING id;
