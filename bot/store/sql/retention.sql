-- Delete what is past its retention.

-- name: expire_unreadable
-- Delete records of unreadable values found before :before; a value that is still there is found and reported again.
DELETE FROM unreadable WHERE found_at < :before RETURNING 1;

-- name: expire_windows
-- Delete windows of people whose chat is gone, once no colleague answers them any more.
DELETE FROM zalo_people
WHERE silent_until < :undecided AND NOT EXISTS (SELECT 1 FROM chats c WHERE c.id = zalo_people.chat) RETURNING 1;

-- name: expire_receipts
-- Delete receipts of messages that Zalo told of before :before.
DELETE FROM zalo_receipts WHERE at < :before RETURNING 1;

-- name: due_identities
-- Find the sessions whose personal numbers must be gone by :now.
SELECT id, session FROM chats WHERE identity_until <= :now ORDER BY id;

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
DELETE FROM person_channels WHERE chat IN (SELECT c.id FROM chats c WHERE c.consented = 0) RETURNING 1;

-- name: expire_offers
-- Delete codes and offers that link chats and that nobody used in time.
DELETE FROM channel_offers WHERE expires_at < :undecided RETURNING 1;

-- name: expire_guesses
-- Forget wrong codes of long ago.
DELETE FROM channel_guesses WHERE since < :undecided RETURNING 1;

-- name: expire_requests
-- Delete requests that ended before :before, and drafts of chats silent since.
DELETE FROM requests
WHERE ended_at < :before
   OR (state = 'draft' AND chat IN (SELECT c.id FROM chats c WHERE c.last_contact_at < :before))
RETURNING 1;

-- name: expire_sessions
-- Delete sessions of chats silent since :before without an open request.
UPDATE chats SET session = NULL, language = NULL, unit = NULL, consented = 0, identity_until = NULL
WHERE last_contact_at < :before AND session IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id AND r.state IN {open_states})
RETURNING 1;

-- name: expire_standings
-- Delete what the register knows of chats silent since :before whose session is gone.
DELETE FROM standings WHERE chat IN (SELECT c.id FROM chats c WHERE c.last_contact_at < :before AND c.session IS NULL)
RETURNING 1;

-- name: expire_inbox
-- Delete updates handled, or given up, before :before.
DELETE FROM inbox WHERE state IN ('done', 'failed') AND handled_at < :before RETURNING 1;

-- name: expire_outbox
-- Delete messages settled before :before.
DELETE FROM outbox WHERE settled_at < :before RETURNING 1;

-- name: expire_grants
-- Delete roles that ended before :before; the journal still records them.
DELETE FROM grants WHERE ended_at < :before RETURNING 1;

-- name: expire_invitations
-- Delete invitations used, revoked or expired before :before.
DELETE FROM invitations WHERE used_at < :before OR ended_at < :before OR expires_at < :before RETURNING 1;

-- name: expire_chats
-- Delete chats silent since :before, erased ones, and those of people without consent silent since :undecided; only
-- without a role and with nothing left to answer, to deliver or to follow. A mailbox that was stopped stays, so that
-- nobody begins it again, and one that got a first message since :day, so that those count.
DELETE FROM chats
WHERE (last_contact_at < :before OR erased_at IS NOT NULL OR (consented = 0 AND last_contact_at < :undecided))
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id)
  AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.ended_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.chat = chats.id AND o.state IN ('queued', 'sending'))
  AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.chat = chats.id AND i.payload IS NOT NULL)
  AND NOT (channel = 'email' AND stopped_at IS NOT NULL)
  AND NOT EXISTS (
      SELECT 1 FROM outbox o WHERE o.chat = chats.id AND o.origin LIKE 'email-confirm:%' AND o.queued_at >= :day)
  AND NOT EXISTS (SELECT 1 FROM email_contacts e WHERE e.chat = chats.id)
  AND NOT EXISTS (SELECT 1 FROM email_addresses a WHERE a.chat = chats.id AND a.imported_at IS NOT NULL)
RETURNING 1;

-- name: expire_broadcasts
-- Delete broadcasts that ended before :before and have no message left, with what they made. A running campaign keeps
-- its steps, from which it knows what it has done; the campaign of certificates' ends knows it otherwise, and keeps
-- only the steps that still tell which certificates were mentioned.
DELETE FROM broadcasts
WHERE state IN {life_ended} AND finished_at < :before
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id)
  AND NOT EXISTS (
      SELECT 1 FROM broadcasts p
      WHERE p.id = broadcasts.parent AND p.id <> {standing} AND (p.state NOT IN {life_ended} OR p.finished_at >= :before))
  AND NOT EXISTS (SELECT 1 FROM expiry_reminders e WHERE e.broadcast = broadcasts.id AND e.not_after >= :today)
  AND NOT EXISTS (
      SELECT 1 FROM broadcasts s
      WHERE s.parent = broadcasts.id AND (
          s.state NOT IN {life_ended} OR s.finished_at >= :before
          OR EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast = s.id)))
RETURNING 1;
