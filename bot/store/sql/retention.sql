-- What is past its time.

-- name: expire_unreadable
-- What could not be read and was found before :before; where it is still there, it is found and told of again.
DELETE FROM unreadable WHERE found_at < :before RETURNING 1;

-- name: expire_requests
-- Requests that ended before :before, and drafts of chats that were silent since.
DELETE FROM requests
WHERE ended_at < :before
   OR (state = 'draft' AND chat IN (SELECT c.id FROM chats c WHERE c.last_contact_at < :before))
RETURNING 1;

-- name: expire_sessions
-- Sessions of chats silent since :before that have no open request.
UPDATE chats SET session = NULL, language = NULL, unit = NULL, consented = 0
WHERE last_contact_at < :before AND session IS NOT NULL
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id AND r.state IN {open_states})
RETURNING 1;

-- name: expire_standings
-- What the register knows of chats silent since :before whose session is gone.
DELETE FROM standings WHERE chat IN (SELECT c.id FROM chats c WHERE c.last_contact_at < :before AND c.session IS NULL)
RETURNING 1;

-- name: expire_inbox
-- Updates handled, or given up, before :before.
DELETE FROM inbox WHERE state IN ('done', 'failed') AND handled_at < :before RETURNING 1;

-- name: expire_outbox
-- Messages settled before :before.
DELETE FROM outbox WHERE settled_at < :before RETURNING 1;

-- name: expire_grants
-- Roles that ended before :before; the journal goes on telling that they did.
DELETE FROM grants WHERE ended_at < :before RETURNING 1;

-- name: expire_invitations
-- Invitations used, taken back or run out before :before.
DELETE FROM invitations WHERE used_at < :before OR ended_at < :before OR expires_at < :before RETURNING 1;

-- name: expire_chats
-- Chats silent since :before, erased ones, and those of whoever has not agreed and was silent since :undecided; without a
-- role, with nothing left to answer, to tell or to follow.
DELETE FROM chats
WHERE (last_contact_at < :before OR erased_at IS NOT NULL OR (consented = 0 AND last_contact_at < :undecided))
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id)
  AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.ended_at IS NULL)
  AND NOT EXISTS (SELECT 1 FROM outbox o WHERE o.chat = chats.id AND o.state IN ('queued', 'sending'))
  AND NOT EXISTS (SELECT 1 FROM inbox i WHERE i.chat = chats.id AND i.payload IS NOT NULL)
RETURNING 1;

-- name: expire_broadcasts
-- Broadcasts that ended before :before and of whose messages nothing is left, with what they made. A campaign that goes
-- on keeps its steps, by which it knows what it has done; the one of certificates' ends knows it otherwise, and keeps
-- those alone that still say which certificates were spoken of.
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
