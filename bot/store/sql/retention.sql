-- Delete what is past its retention, at most :limit rows at a time. What another process has in hand is left for the
-- next time.

-- name: expire_unreadable
-- Delete records of unreadable values found before :before; a value that is still there is found and reported again.
DELETE FROM unreadable WHERE place {in_batch}
    SELECT u.place FROM unreadable u WHERE u.found_at < :before LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: gone_windows
-- Read windows of people whose chat is gone, once no colleague answers them any more.
SELECT z.chat FROM zalo_people z
WHERE z.silent_until < :undecided AND NOT EXISTS (SELECT 1 FROM chats c WHERE c.id = z.chat) LIMIT :limit;

-- name: expire_windows
-- Delete such windows.
DELETE FROM zalo_people
WHERE chat {in_batch} {each}(:chats) {end_batch} AND silent_until < :undecided
  AND chat NOT IN (SELECT c.id FROM chats c WHERE c.id {in_batch} {each}(:chats) {end_batch})
RETURNING 1;

-- name: expire_receipts
-- Delete receipts of messages that Zalo told of before :before.
DELETE FROM zalo_receipts
WHERE message {in_batch}
    SELECT r.message FROM zalo_receipts r WHERE r.at < :before ORDER BY r.at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: due_identities
-- Read the next sessions whose personal numbers must be gone by :now.
SELECT id, session, identity_until FROM chats
WHERE identity_until <= :now AND (identity_until, id) > (:at, :id)
ORDER BY identity_until, id LIMIT :limit;

-- name: erase_identities!
-- Store a session without personal numbers, unless a turn has written it meanwhile.
UPDATE chats SET session = :fresh, identity_until = NULL WHERE id = :chat AND session = :stale;

-- name: erase_failed_updates!
-- Delete the content of updates given up: one may hold a personal number.
UPDATE inbox SET payload = NULL WHERE chat = :chat AND state = 'failed';

-- name: erase_failed_messages!
-- Delete the content of answers that did not arrive: one may hold papers with a personal number.
UPDATE outbox SET payload = NULL WHERE chat = :chat AND broadcast IS NULL AND state NOT IN ('queued', 'sending');

-- name: expire_channels
-- A chat whose person does not agree any more that data are kept, or was silent for too long, is linked with nothing.
DELETE FROM person_channels
WHERE chat {in_batch}
    SELECT p.chat FROM person_channels p JOIN chats c ON c.id = p.chat WHERE c.consented = 0 LIMIT :limit {end_batch}
RETURNING 1;

-- name: expire_offers
-- Delete codes and offers that link chats and that nobody used in time.
DELETE FROM channel_offers
WHERE chat {in_batch}
    SELECT o.chat FROM channel_offers o WHERE o.expires_at < :undecided LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: expire_guesses
-- Forget wrong codes of long ago.
DELETE FROM channel_guesses
WHERE chat {in_batch}
    SELECT g.chat FROM channel_guesses g WHERE g.since < :undecided LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: expire_requests
-- Delete requests that ended before :before.
DELETE FROM requests
WHERE code {in_batch}
    SELECT r.code FROM requests r WHERE r.ended_at < :before ORDER BY r.ended_at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: silent_chats
-- Read the next chats silent since :before.
SELECT id, last_contact_at FROM chats
WHERE last_contact_at < :before AND (last_contact_at, id) > (:at, :id)
ORDER BY last_contact_at, id LIMIT :limit;

-- name: undecided_chats
-- Read the next chats of people without consent silent since :undecided.
SELECT id, last_contact_at FROM chats
WHERE consented = 0 AND last_contact_at < :undecided AND (last_contact_at, id) > (:at, :id)
ORDER BY last_contact_at, id LIMIT :limit;

-- name: erased_chats
-- Read the next chats of people who wanted to be forgotten.
SELECT id, erased_at FROM chats
WHERE erased_at IS NOT NULL AND (erased_at, id) > (:at, :id)
ORDER BY erased_at, id LIMIT :limit;

-- name: expire_drafts
-- Delete drafts of those of :chats that are silent since :before.
DELETE FROM requests
WHERE state = 'draft'
  AND chat {in_batch} SELECT c.id FROM chats c WHERE c.id {in_batch} {each}(:chats) {end_batch} AND c.last_contact_at < :before {end_batch}
RETURNING 1;

-- name: expire_sessions
-- Delete sessions of those of :chats that are silent since :before without an open request.
UPDATE chats SET session = NULL, language = NULL, unit = NULL, consented = 0, identity_until = NULL
WHERE id {in_batch} {each}(:chats) {end_batch} AND last_contact_at < :before AND session IS NOT NULL
  AND id NOT IN (SELECT r.chat FROM requests r WHERE r.chat {in_batch} {each}(:chats) {end_batch} AND r.state IN {open_states})
RETURNING 1;

-- name: expire_standings
-- Delete what the register knows of those of :chats that are silent since :before and whose session is gone.
DELETE FROM standings
WHERE chat {in_batch}
    SELECT c.id FROM chats c WHERE c.id {in_batch} {each}(:chats) {end_batch} AND c.last_contact_at < :before AND c.session IS NULL {end_batch}
RETURNING 1;

-- name: expire_inbox
-- Delete updates handled, or given up, before :before.
DELETE FROM inbox
WHERE id {in_batch}
    SELECT i.id FROM inbox i WHERE i.state IN ('done', 'failed') AND i.handled_at < :before
    ORDER BY i.handled_at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: expire_outbox
-- Delete messages settled before :before.
DELETE FROM outbox
WHERE id {in_batch}
    SELECT o.id FROM outbox o WHERE o.settled_at < :before ORDER BY o.settled_at LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: expire_grants
-- Delete roles that ended before :before; the journal still records them.
DELETE FROM grants WHERE id {in_batch}
    SELECT g.id FROM grants g WHERE g.ended_at < :before LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: expire_invitations
-- Delete invitations used, revoked or expired before :before.
DELETE FROM invitations
WHERE id {in_batch}
    SELECT i.id FROM invitations i
    WHERE i.used_at < :before OR i.ended_at < :before OR i.expires_at < :before LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: expire_chats
-- Delete those of :chats that are silent since :before, or erased, or of people without consent silent since :undecided,
-- if they have no role and nothing is left to answer, to deliver or to follow. A mailbox that was stopped stays, so that
-- nobody begins it again, and one that got a first message since :day, so that those count.
DELETE FROM chats
WHERE id {in_batch} {each}(:chats) {end_batch}
  AND (last_contact_at < :before OR erased_at IS NOT NULL OR (consented = 0 AND last_contact_at < :undecided))
  AND id NOT IN (SELECT r.chat FROM requests r WHERE r.chat {in_batch} {each}(:chats) {end_batch})
  AND id NOT IN (SELECT g.chat FROM grants g WHERE g.chat {in_batch} {each}(:chats) {end_batch} AND g.ended_at IS NULL)
  AND id NOT IN (SELECT o.chat FROM outbox o WHERE o.chat {in_batch} {each}(:chats) {end_batch} AND (
      o.state IN ('queued', 'sending') OR (o.origin LIKE 'email-confirm:%' AND o.queued_at >= :day)))
  AND id NOT IN (SELECT i.chat FROM inbox i WHERE i.chat {in_batch} {each}(:chats) {end_batch} AND i.payload IS NOT NULL)
  AND NOT (channel = 'email' AND stopped_at IS NOT NULL)
  AND id NOT IN (SELECT e.chat FROM email_contacts e WHERE e.chat {in_batch} {each}(:chats) {end_batch})
  AND id NOT IN (SELECT a.chat FROM email_addresses a WHERE a.chat {in_batch} {each}(:chats) {end_batch} AND a.imported_at IS NOT NULL)
RETURNING 1;

-- name: where_broadcast_over
-- The broadcast ended before :before and has no message left. A running campaign keeps its steps, from which it knows what
-- it has done; the campaign of certificates' ends knows it otherwise, and keeps only the steps that still tell which
-- certificates were mentioned.
state IN {life_ended} AND finished_at < :before
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id)
  AND NOT EXISTS (
      SELECT 1 FROM broadcasts p
      WHERE p.id = broadcasts.parent AND p.id <> {standing} AND (p.state NOT IN {life_ended} OR p.finished_at >= :before))
  AND NOT EXISTS (SELECT 1 FROM expiry_reminders e WHERE e.broadcast = broadcasts.id AND e.not_after >= :today)
  AND NOT EXISTS (
      SELECT 1 FROM broadcasts s
      WHERE s.parent = broadcasts.id AND (
          s.state NOT IN {life_ended} OR s.finished_at >= :before
          OR EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast = s.id)));

-- name: due_broadcasts
-- Read such broadcasts.
SELECT id FROM broadcasts WHERE {where};

-- name: expire_marks
-- Delete at most :limit answers to these broadcasts.
DELETE FROM reminder_marks
WHERE {row_place} {in_batch}
    SELECT m.{row_place} FROM reminder_marks m
    WHERE m.broadcast IN ({each}(:broadcasts)) LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: expire_mentions
-- Delete at most :limit notes of certificates that these broadcasts mentioned.
DELETE FROM expiry_reminders
WHERE {row_place} {in_batch}
    SELECT e.{row_place} FROM expiry_reminders e
    WHERE e.broadcast IN ({each}(:broadcasts)) LIMIT :limit {skip_locked} {end_batch}
RETURNING 1;

-- name: expire_broadcasts
-- Delete such broadcasts with what is left of them: all in one go, for they name each other.
DELETE FROM broadcasts WHERE {where} RETURNING 1;
