-- The life of a broadcast, and what people answer to reminders. A step of a campaign is a broadcast with a parent.

-- name: add_broadcast!
-- A draft.
INSERT INTO broadcasts (id, state, unit, author, chat, content, document, warrant, starts_at, created_at, changed_at)
VALUES (:id, 'draft', :unit, :author, :chat, :content, :document, :warrant, :starts_at, :now, :now);

-- name: change_broadcast
-- Another draft in place of one that was seen at :revision; what was found of the old one says nothing of it. Its author
-- is who wrote it last. The document stays where no other is given, and goes with its name.
UPDATE broadcasts SET state = 'draft', checking = 0, unit = :unit, author = :author, chat = COALESCE(:chat, chat),
    content = :content, document = CASE WHEN :keeps = 1 THEN COALESCE(:document, document) END, findings = NULL,
    warrant = :warrant, recipients = 0, starts_at = :starts_at, why = NULL, revision = revision + 1, changed_at = :now
WHERE id = :id AND revision = :revision AND state IN ('draft', 'checked')
RETURNING id;

-- name: where_broadcast_named
-- One of them.
id = :id;

-- name: where_broadcast_alone
-- Not what another one made.
parent IS NULL;

-- name: where_broadcast_before
-- Older ones only.
id < :before;

-- name: where_broadcast_made_by
-- What a campaign made, or a broadcast for those who asked to hear it again.
parent = :parent;

-- name: where_broadcast_open
-- Those that something may still have to be done for: not ended, or cancelled with messages that wait.
state NOT IN {life_ended} OR (state = 'cancelled' AND EXISTS (
    SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id AND o.state = 'queued'));

-- name: broadcasts
-- The oldest first.
SELECT id, state, content, unit, author, revision, created_at, changed_at, parent, step, chat, approver, checking,
    recipients, starts_at, held_until, why, finished_at, warrant
FROM broadcasts
WHERE {where}
ORDER BY id;

-- name: latest_broadcasts
-- The newest first.
SELECT id, state, content, unit, author, revision, created_at, changed_at, parent, step, chat, approver, checking,
    recipients, starts_at, held_until, why, finished_at, warrant
FROM broadcasts
WHERE {where}
ORDER BY id DESC
LIMIT :limit;

-- name: ask_check
-- The whole list is to be gone through; nothing comes back where it was asked for already.
UPDATE broadcasts SET checking = 1, changed_at = :now
WHERE id = :id AND checking = 0 AND state IN ('draft', 'checked')
RETURNING id;

-- name: broadcast_findings
-- What the last check found.
SELECT findings FROM broadcasts WHERE id = :id AND findings IS NOT NULL;

-- name: broadcast_document
-- The file that goes along.
SELECT document FROM broadcasts WHERE id = :id AND document IS NOT NULL;

-- name: move_broadcast
-- From where it was seen, and as it was seen; nothing of a paused campaign runs, and none has finished of which a message
-- waits. That a step is late stays said.
UPDATE broadcasts SET state = :to, approver = COALESCE(:approver, approver), warrant = COALESCE(:warrant, warrant),
    starts_at = CASE WHEN state = 'scheduled' AND :to = 'running' THEN :now ELSE starts_at END,
    why = COALESCE(:why, (SELECT MAX(m.why) FROM broadcast_moves m WHERE m.broadcast = broadcasts.id AND m.why = 'late')),
    finished_at = CASE WHEN :to IN {life_ended} THEN :now END, revision = revision + 1, changed_at = :now
WHERE id = :id AND state = :was AND revision = COALESCE(:revision, revision)
  AND (:to <> 'finished' OR NOT EXISTS (
      SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id AND o.state IN ('queued', 'sending')))
  AND (:to <> 'running' OR NOT EXISTS (SELECT 1 FROM broadcasts p WHERE p.id = broadcasts.parent AND p.state = 'paused'))
RETURNING id;

-- name: approve_parent!
-- What a step belongs to is approved by whoever approved the step.
UPDATE broadcasts SET approver = :approver, warrant = :warrant WHERE id = :id;

-- name: hold_parent_warrant
-- What a step belongs to.
SELECT {warrant} FROM broadcasts b WHERE b.id = (SELECT s.parent FROM broadcasts s WHERE s.id = :id) {held};

-- name: where_paused_with_parent
-- Whoever paused the campaign paused it.
why = 'parent';

-- name: move_steps
-- What a campaign made goes its way.
UPDATE broadcasts SET state = :to, why = :why, finished_at = CASE WHEN :to IN {life_ended} THEN :now END,
    revision = revision + 1, changed_at = :now
WHERE parent = :parent AND state IN ({each}(:states)) AND {where}
RETURNING id;

-- name: note_move!
-- Where it went, or that it was held back.
INSERT INTO broadcast_moves (broadcast, at, state, actor, why) VALUES (:id, :now, :state, :actor, :why);

-- name: who_has
-- The chat of a role, ended or not.
SELECT chat FROM grants WHERE id = :id;

-- name: tally
-- How many rows are in which state, and why. Of the many without a reason the index alone is read.
SELECT state, NULL AS reason, COUNT(*) FROM outbox
WHERE broadcast = :id AND state IN ('queued', 'sending', 'sent')
GROUP BY state
UNION ALL
SELECT state, reason, COUNT(*) FROM outbox
WHERE broadcast = :id AND state IN ('blocked', 'invalid', 'failed', 'skipped', 'unknown')
GROUP BY state, reason;

-- name: where_recipient_after
-- Those behind one, in the order of chats, which is that of codes.
o.chat > :after;

-- name: where_recipient_until
-- None behind.
o.chat <= :until;

-- name: where_recipient_in_state
-- In one state.
o.state = :state;

-- name: recipients
-- What became of it for each; the name is that of the certificate last known.
SELECT o.chat, o.channel, c.unit, s.id, s.subscriber, o.state, o.reason, o.attempts, o.queued_at, o.settled_at
FROM outbox o
JOIN chats c ON c.id = o.chat
LEFT JOIN standings s ON s.id = (
    SELECT x.id FROM standings x WHERE x.chat = o.chat AND x.subscriber IS NOT NULL
    ORDER BY x.changed_at DESC, x.id DESC
    LIMIT 1)
WHERE o.broadcast = :id AND {where}
ORDER BY o.chat
LIMIT :limit;

-- name: where_recipient_coded
-- These people.
SUBSTR(chat, 1, 8) IN ({each}(:heads));

-- name: resend
-- What nobody knows the fate of is sent once more; but not to whoever wants no reminders, or is done, since.
UPDATE outbox SET state = 'queued', reason = NULL, attempts = 0, settled_at = NULL, due_at = 0
WHERE broadcast = :id AND state = 'unknown' AND payload IS NOT NULL AND {where}
  AND NOT EXISTS (SELECT 1 FROM chats c WHERE c.id = outbox.chat AND c.stopped_at IS NOT NULL)
  AND NOT EXISTS (
      SELECT 1 FROM reminder_marks m JOIN broadcasts b ON m.broadcast = COALESCE(b.parent, b.id)
      WHERE b.id = outbox.broadcast AND m.chat = outbox.chat AND m.done_at >= outbox.queued_at)
RETURNING id;

-- name: hold_life
-- It goes nowhere, and no message of it is queued again by hand, until the transaction ends.
SELECT {warrant} FROM broadcasts b WHERE b.id = :id {held};

-- name: run_again
-- One that had finished has messages to deliver again.
UPDATE broadcasts SET state = 'running', why = NULL, finished_at = NULL, revision = revision + 1, changed_at = :now
WHERE id = :id AND state = 'finished'
RETURNING id;

-- name: chat_channel
-- Where a chat is.
SELECT channel FROM chats WHERE id = :chat;

-- name: hold_broadcast
-- Nothing leaves before; nothing comes back where it was held so already, or has ended. Why it is paused stays said, and
-- that a step is late.
UPDATE broadcasts SET held_until = NULLIF(:until, 0), changed_at = :now,
    why = CASE WHEN state = 'paused' THEN why ELSE COALESCE(:why,
        (SELECT MAX(m.why) FROM broadcast_moves m WHERE m.broadcast = broadcasts.id AND m.why = 'late')) END
WHERE id = :id AND COALESCE(held_until, 0) <> :until AND state NOT IN {life_ended}
RETURNING state;

-- name: withdraw
-- Messages of a cancelled broadcast that wait do not leave; a batch of them.
UPDATE outbox SET state = 'skipped', reason = 'cancelled', settled_at = :now, payload = NULL
WHERE state = 'queued' AND id IN (
    SELECT o.id FROM outbox o JOIN broadcasts b ON b.id = o.broadcast
    WHERE o.broadcast = :id AND o.state = 'queued' AND b.state = 'cancelled'
    ORDER BY o.channel, o.due_at, o.id
    LIMIT :limit)
RETURNING id;

-- name: hold_parent
-- One that may have a step: it stays so until the transaction ends.
SELECT content, document, unit, author, approver, chat, {warrant} FROM broadcasts b
WHERE b.id = :parent AND b.state IN ('running', 'finished') {held};

-- name: add_step
-- What a campaign makes is approved with it; each step is made once.
INSERT INTO broadcasts (id, parent, step, state, unit, author, chat, approver, content, document, warrant, starts_at, why,
    created_at, changed_at, finished_at)
VALUES (:id, :parent, :step, :state, :unit, :author, :chat, :approver, :content, :document, :warrant, :starts_at, :why, :now,
    :now, CASE WHEN :state IN {life_ended} THEN :now END)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: author_of
-- Where the author of a broadcast is told how far it is.
SELECT c.id, c.channel, b.unit FROM broadcasts b JOIN chats c ON c.id = b.chat WHERE b.id = :id;

-- name: author_grant
-- The role by which it was written; nothing comes back of the machine.
SELECT g.id, g.role, g.unit, g.label FROM broadcasts b JOIN grants g ON g.id = b.author WHERE b.id = :id;

-- name: approvers
-- Roles of other people than its author: of the units that hold one another the inner one first, at last those of no unit.
SELECT {grant}, c.id, c.channel, c.language, b.unit
FROM broadcasts b JOIN grants g ON g.ended_at IS NULL JOIN chats c ON c.id = g.chat LEFT JOIN units u ON u.code = g.unit
    LEFT JOIN audit_head h ON h.id = 1
WHERE b.id = :id AND b.state = 'checked' AND c.erased_at IS NULL AND c.blocked_at IS NULL
  AND g.chat <> COALESCE(b.chat, '') AND g.chat NOT IN (SELECT a.chat FROM grants a WHERE a.id = b.author)
ORDER BY COALESCE(u.place, -1) DESC, g.id;

-- name: stopped
-- Whether a person wants no reminders.
SELECT 1 FROM chats WHERE id = :chat AND stopped_at IS NOT NULL;

-- name: stop_reminders!
-- No reminders from now on.
UPDATE chats SET stopped_at = COALESCE(stopped_at, :now) WHERE id = :chat;

-- name: resume_reminders!
-- They are wanted again.
UPDATE chats SET stopped_at = NULL WHERE id = :chat;

-- name: where_of_series
-- Of one campaign, or of one broadcast and what was made for those who wanted to hear it again.
broadcast IN (SELECT b.id FROM broadcasts b WHERE b.id = :series OR b.parent = :series);

-- name: skip_reminders
-- Reminders that wait for a person do not leave.
UPDATE outbox SET state = 'skipped', reason = :reason, settled_at = :now, payload = NULL
WHERE chat = :chat AND state = 'queued' AND broadcast IS NOT NULL AND {where}
RETURNING id;

-- name: series_of
-- What an answer to a broadcast that a person had is about: all of its campaign.
SELECT COALESCE(b.parent, b.id)
FROM broadcasts b JOIN outbox o ON o.broadcast = b.id
WHERE b.id = :broadcast AND o.chat = :chat;

-- name: latest_reminder
-- The broadcast that the person got last.
SELECT broadcast FROM outbox
WHERE chat = :chat AND state = 'sent' AND broadcast IS NOT NULL
ORDER BY settled_at DESC, id DESC LIMIT 1;

-- name: mark_done!
-- The person says that it is done.
INSERT INTO reminder_marks (broadcast, chat, done_at) VALUES (:broadcast, :chat, :now)
ON CONFLICT (broadcast, chat) DO UPDATE SET done_at = excluded.done_at, later_on = NULL;

-- name: mark_later!
-- The person wants to be reminded on that day.
INSERT INTO reminder_marks (broadcast, chat, later_on) VALUES (:broadcast, :chat, :day)
ON CONFLICT (broadcast, chat) DO UPDATE SET later_on = excluded.later_on, done_at = NULL;
