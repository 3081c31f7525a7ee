-- Zalo Official Accounts: one row an app, events until they are handled, windows of people, receipts.

-- name: zalo_account
-- Read all that is known of an account.
SELECT tokens, expires_at, state, version, attempts, endpoint, buttons, profile, last_event_at, spent_month || ' ' || spent
FROM zalo_accounts WHERE app = :app;

-- name: zalo_connect!
-- Keep a first pair of tokens, or one after a new consent.
INSERT INTO zalo_accounts (app, tokens, expires_at) VALUES (:app, :tokens, :expires_at)
ON CONFLICT (app) DO UPDATE SET tokens = excluded.tokens, expires_at = excluded.expires_at, state = 'connected',
    version = zalo_accounts.version + 1, attempts = 0, refresher = NULL, refreshing_until = 0;

-- name: zalo_begin_refresh
-- Take the lock of the one refresher; returns nothing where somebody else has it, or the pair is not this one any more.
UPDATE zalo_accounts SET refresher = :me, refreshing_until = :until, attempts = attempts + 1
WHERE app = :app AND version = :version AND state = 'connected' AND refreshing_until < :now
RETURNING attempts;

-- name: zalo_keep_pair
-- Keep the new pair before it is used for the first time; returns nothing where the lock was lost.
UPDATE zalo_accounts SET tokens = :tokens, expires_at = :expires_at, version = version + 1, attempts = 0,
    refresher = NULL, refreshing_until = 0
WHERE app = :app AND refresher = :me AND version = :version
RETURNING version;

-- name: zalo_leave_refresh!
-- Give the lock back without a new pair; :uncounted is 1 where the token surely was not used.
UPDATE zalo_accounts SET refresher = NULL, refreshing_until = 0, attempts = attempts - :uncounted, state = :state
WHERE app = :app AND refresher = :me AND version = :version;

-- name: zalo_pin
-- Use the other endpoint from now on; once only.
UPDATE zalo_accounts SET endpoint = :endpoint, flipped = 1 WHERE app = :app AND flipped = 0 RETURNING endpoint;

-- name: zalo_keep_profile!
-- Keep what the account says of itself, and the endpoint that suits its kind where none is known.
UPDATE zalo_accounts SET profile = :profile, endpoint = COALESCE(endpoint, :endpoint) WHERE app = :app;

-- name: zalo_without_buttons!
-- The account takes no buttons: menus are numbered from now on.
UPDATE zalo_accounts SET buttons = 0 WHERE app = :app;

-- name: zalo_spend
-- Take the price of a message from what a month may cost; returns nothing where that would be passed.
UPDATE zalo_accounts SET spent = (CASE WHEN spent_month = :month THEN spent ELSE 0 END) + :price, spent_month = :month
WHERE app = :app AND (CASE WHEN spent_month = :month THEN spent ELSE 0 END) + :price <= :most
RETURNING spent;

-- name: zalo_heard!
-- Note when the platform last told of something.
UPDATE zalo_accounts SET last_event_at = :now WHERE app = :app AND last_event_at < :now;

-- name: zalo_store_event!
-- Keep an event as it came, once.
INSERT INTO zalo_events (key, payload, received_at) VALUES (:key, :payload, :now) ON CONFLICT (key) DO NOTHING;

-- name: zalo_next_events
-- Read the oldest events, and count that they are tried.
UPDATE zalo_events SET tries = tries + 1
WHERE id IN (SELECT e.id FROM zalo_events e ORDER BY e.id LIMIT :limit)
RETURNING id, key, payload, tries, received_at;

-- name: zalo_drop_event!
-- Forget an event that was handled.
DELETE FROM zalo_events WHERE id = :id;

-- name: zalo_touch_person!
-- Note that a known person interacted; windows never move back.
INSERT INTO zalo_people (chat, last_interaction) SELECT c.id, :at FROM chats c WHERE c.id = :chat
ON CONFLICT (chat) DO UPDATE SET last_interaction = excluded.last_interaction
WHERE zalo_people.last_interaction < excluded.last_interaction;

-- name: zalo_silence_person!
-- A colleague answers in this chat until then, known or not.
INSERT INTO zalo_people (chat, silent_until) VALUES (:chat, :until)
ON CONFLICT (chat) DO UPDATE SET silent_until = excluded.silent_until
WHERE zalo_people.silent_until < excluded.silent_until;

-- name: zalo_silent_chats
-- List the chats in which a colleague answers now: few, and only of the last half hour.
SELECT chat FROM zalo_people WHERE silent_until > :now;

-- name: zalo_person
-- Read the window of a person.
SELECT last_interaction, silent_until FROM zalo_people WHERE chat = :chat;

-- name: zalo_receipt!
-- Note that a message was received or seen; the state only grows, whatever comes first.
INSERT INTO zalo_receipts (message, state, at) VALUES (:message, :state, :now)
ON CONFLICT (message) DO UPDATE SET state = excluded.state WHERE zalo_receipts.state < excluded.state;

-- name: zalo_expect_receipt!
-- Note whose message it is that receipts will name; one may have come already.
INSERT INTO zalo_receipts (message, state, at, broadcast, outbox) VALUES (:message, 0, :now, :broadcast, :outbox)
ON CONFLICT (message) DO UPDATE SET broadcast = excluded.broadcast, outbox = excluded.outbox;

-- name: zalo_receipt_of
-- Read how far a message got.
SELECT state FROM zalo_receipts WHERE message = :message;
