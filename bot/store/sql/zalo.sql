-- Zalo Official Accounts: one row an app, events until they are handled, windows of people, receipts.

-- name: zalo_account
-- Read all that is known of an account.
SELECT tokens, expires_at, state, version, attempts, endpoint, buttons, profile, last_event_at FROM zalo_accounts WHERE app = :app;

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

-- name: zalo_reserve
-- Take the price of a message from what a month may cost, before it leaves; returns nothing where that would be passed.
INSERT INTO zalo_spending (app, month, spent)
SELECT CAST(:app AS TEXT), CAST(:month AS TEXT), CAST(:price AS BIGINT)
WHERE CAST(:price AS BIGINT) <= CAST(:most AS BIGINT)
ON CONFLICT (app, month) DO UPDATE SET spent = zalo_spending.spent + excluded.spent
WHERE zalo_spending.spent + excluded.spent <= :most
RETURNING spent;

-- name: zalo_month!
-- Begin the account of a month.
INSERT INTO zalo_spending (app, month, spent) VALUES (:app, :month, 0) ON CONFLICT (app, month) DO NOTHING;

-- name: zalo_change_cost!
-- Change what a month has cost; never below nothing.
UPDATE zalo_spending SET spent = CASE WHEN spent + :change < 0 THEN 0 ELSE spent + :change END
WHERE app = :app AND month = :month;

-- name: zalo_spent
-- Read what a month has cost so far.
SELECT spent FROM zalo_spending WHERE app = :app AND month = :month;

-- name: zalo_keep_templates!
-- Keep the approved texts with their prices.
UPDATE zalo_accounts SET templates = :templates, templates_at = :now WHERE app = :app;

-- name: zalo_templates
-- Read the approved texts.
SELECT templates, templates_at FROM zalo_accounts WHERE app = :app;

-- name: zalo_heard!
-- Note when the platform last told of something.
UPDATE zalo_accounts SET last_event_at = :now WHERE app = :app AND last_event_at < :now;

-- name: zalo_store_event!
-- Keep an event as it came, once.
INSERT INTO zalo_events (key, payload, received_at) VALUES (:key, :payload, :now) ON CONFLICT (key) DO NOTHING;

-- name: zalo_next_events
-- Read the oldest events, and count that they are tried.
UPDATE zalo_events SET tries = tries + 1
WHERE id {in_batch} SELECT e.id FROM zalo_events e ORDER BY e.id LIMIT :limit {end_batch}
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

-- name: zalo_close_window!
-- Zalo takes no message for a known person, whatever was believed; their next interaction opens the window again.
INSERT INTO zalo_people (chat, closed_at) SELECT c.id, :now FROM chats c WHERE c.id = :chat
ON CONFLICT (chat) DO UPDATE SET closed_at = excluded.closed_at WHERE zalo_people.closed_at < excluded.closed_at;

-- name: zalo_people
-- Read the windows of people, with when each blocked the account.
SELECT p.chat, p.last_interaction, p.silent_until, p.closed_at, c.blocked_at
FROM zalo_people p LEFT JOIN chats c ON c.id = p.chat WHERE p.chat IN ({each}(:chats));

-- name: zalo_keep_phone!
-- Keep the telephone number that a person sent, who has agreed that data about them are kept.
INSERT INTO zalo_people (chat, phone) SELECT c.id, CAST(:phone AS {bytes}) FROM chats c WHERE c.id = :chat AND c.consented = 1
ON CONFLICT (chat) DO UPDATE SET phone = excluded.phone;

-- name: zalo_phone
-- Read the telephone number that a person sent, and when they last interacted.
SELECT phone, last_interaction FROM zalo_people WHERE chat = :chat;

-- name: zalo_forget_person!
-- Forget what a person sent, and when; that a colleague answers them stays for its half hour.
UPDATE zalo_people SET phone = NULL, last_interaction = 0, closed_at = 0 WHERE chat = :chat;

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
