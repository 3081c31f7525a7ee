-- The life of a broadcast, and people's answers to reminders. A step of a campaign is a broadcast with a parent.

-- name: add_broadcast!
-- Add a draft.
INSERT INTO broadcasts (id, state, unit, author, chat, content, document, warrant, starts_at, created_at, changed_at)
VALUES (:id, 'draft', :unit, :author, :chat, :content, :document, :warrant, :starts_at, :now, :now);

-- name: change_broadcast
-- Replace a draft that was seen at :revision; the findings about the old one are dropped. The last person to write it
-- is its author. The document stays unless another is given, and is removed with its name.
UPDATE broadcasts SET state = 'draft', checking = 0, unit = :unit, author = :author, chat = COALESCE(:chat, chat),
    content = :content, document = CASE WHEN :keeps = 1 THEN COALESCE(:document, document) END, findings = NULL,
    warrant = :warrant, recipients = 0, starts_at = :starts_at, why = NULL, revision = revision + 1, changed_at = :now
WHERE id = :id AND revision = :revision AND state IN ('draft', 'checked')
RETURNING id;

-- name: where_broadcast_named
-- It is this broadcast.
id = :id;

-- name: where_broadcast_alone
-- It was not made by another broadcast.
parent IS NULL;

-- name: where_broadcast_before
-- It is older.
id < :before;

-- name: where_broadcast_made_by
-- It was made by this campaign, or repeats this broadcast for people who postponed it.
parent = :parent;

-- name: where_broadcast_open
-- It may still need work: it has not ended, or it was cancelled with messages that wait.
state NOT IN {life_ended} OR (state = 'cancelled' AND EXISTS (
    SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id AND o.state = 'queued'));

-- name: broadcasts
-- Read broadcasts, the oldest first.
SELECT id, state, content, unit, author, revision, created_at, changed_at, parent, step, chat, approver, checking,
    recipients, starts_at, held_until, why, finished_at, warrant
FROM broadcasts
WHERE {where}
ORDER BY id;

-- name: count_broadcasts
-- Count broadcasts.
SELECT COUNT(*) FROM broadcasts WHERE {where};

-- name: latest_broadcasts
-- Read broadcasts, the newest first.
SELECT id, state, content, unit, author, revision, created_at, changed_at, parent, step, chat, approver, checking,
    recipients, starts_at, held_until, why, finished_at, warrant
FROM broadcasts
WHERE {where}
ORDER BY id DESC
LIMIT :limit;

-- name: ask_check
-- Request a check of the whole list; returns nothing if one was requested already.
UPDATE broadcasts SET checking = 1, changed_at = :now
WHERE id = :id AND checking = 0 AND state IN ('draft', 'checked')
RETURNING id;

-- name: broadcast_findings
-- Read what the last check found.
SELECT findings FROM broadcasts WHERE id = :id AND findings IS NOT NULL;

-- name: broadcast_document
-- Read the document of a broadcast.
SELECT document FROM broadcasts WHERE id = :id AND document IS NOT NULL;

-- name: move_broadcast
-- Move a broadcast from the state and revision that were seen. A step of a paused campaign does not run, and a
-- broadcast does not finish while a message of it waits. The note that a step is late stays.
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
-- Approve the campaign of a step, by the person who approved the step.
UPDATE broadcasts SET approver = :approver, warrant = :warrant WHERE id = :id;

-- name: hold_parent_warrant
-- Lock the campaign of a step and read its warrant.
SELECT {warrant} FROM broadcasts b WHERE b.id = (SELECT s.parent FROM broadcasts s WHERE s.id = :id) {held};

-- name: where_paused_with_parent
-- It was paused because its campaign was paused.
why = 'parent';

-- name: move_steps
-- Move the steps of a campaign along with it.
UPDATE broadcasts SET state = :to, why = :why, finished_at = CASE WHEN :to IN {life_ended} THEN :now END,
    revision = revision + 1, changed_at = :now
WHERE parent = :parent AND state IN ({each}(:states)) AND {where}
RETURNING id;

-- name: note_move!
-- Record a change of state, or that the broadcast was held back.
INSERT INTO broadcast_moves (broadcast, at, state, actor, why) VALUES (:id, :now, :state, :actor, :why);

-- name: who_has
-- Read the chat of a role, whether the role has ended or not.
SELECT chat FROM grants WHERE id = :id;

-- name: tally
-- Count the rows in each state, and by reason. For the many rows without a reason only the index is read.
SELECT state, NULL AS reason, COUNT(*) FROM outbox
WHERE broadcast = :id AND state IN ('queued', 'sending', 'sent')
GROUP BY state
UNION ALL
SELECT state, reason, COUNT(*) FROM outbox
WHERE broadcast = :id AND state IN ('blocked', 'invalid', 'failed', 'skipped', 'unknown')
GROUP BY state, reason;

-- name: tally_receipts
-- Count the messages of which the channel told that they arrived (1) or were seen (2).
SELECT state, COUNT(*) FROM zalo_receipts WHERE broadcast = :id AND state > 0 GROUP BY state;

-- name: where_recipient_after
-- The recipient comes after this chat; the order of chats is the order of codes.
COALESCE(o.meant, o.chat) > :after;

-- name: where_recipient_until
-- The recipient comes no later than this chat.
COALESCE(o.meant, o.chat) <= :until;

-- name: where_recipient_in_state
-- The row is in this state.
o.state = :state;

-- name: recipients
-- Read the result for each person, over the channel it went to last; the name is that of the certificate known last.
SELECT COALESCE(o.meant, o.chat), o.channel, c.unit, s.id, s.subscriber, o.state, o.reason, o.attempts, o.queued_at,
    o.settled_at, (SELECT MAX(z.state) FROM zalo_receipts z WHERE z.outbox = o.id)
FROM outbox o
LEFT JOIN chats c ON c.id = COALESCE(o.meant, o.chat)
LEFT JOIN standings s ON s.id = (
    SELECT x.id FROM standings x WHERE x.chat = COALESCE(o.meant, o.chat) AND x.subscriber IS NOT NULL
    ORDER BY x.changed_at DESC, x.id DESC
    LIMIT 1)
WHERE o.broadcast = :id AND COALESCE(o.reason, '') <> 'next_channel' AND {where}
ORDER BY COALESCE(o.meant, o.chat)
LIMIT :limit;

-- name: where_recipient_coded
-- The recipient is one of these people.
SUBSTR(COALESCE(meant, chat), 1, 8) IN ({each}(:heads));

-- name: resend
-- Queue messages with an unknown result again, except to people who have stopped reminders or are done since.
UPDATE outbox SET state = 'queued', reason = NULL, attempts = 0, settled_at = NULL, due_at = 0
WHERE broadcast = :id AND state = 'unknown' AND payload IS NOT NULL AND {where}
  AND NOT EXISTS (SELECT 1 FROM chats c WHERE c.id = outbox.chat AND c.stopped_at IS NOT NULL)
  AND NOT EXISTS (
      SELECT 1 FROM reminder_marks m JOIN broadcasts b ON m.broadcast = COALESCE(b.parent, b.id)
      WHERE b.id = outbox.broadcast AND m.chat = outbox.chat AND m.done_at >= outbox.queued_at)
RETURNING id;

-- name: hold_life
-- Lock a broadcast: until the transaction ends it changes no state, and no message of it is queued again by hand.
SELECT {warrant} FROM broadcasts b WHERE b.id = :id {held};

-- name: run_again
-- Restart a finished broadcast, which has messages to deliver again.
UPDATE broadcasts SET state = 'running', why = NULL, finished_at = NULL, revision = revision + 1, changed_at = :now
WHERE id = :id AND state = 'finished'
RETURNING id;

-- name: chat_channel
-- Read the channel of a chat.
SELECT channel FROM chats WHERE id = :chat;

-- name: hold_broadcast
-- Hold a broadcast back until then; returns nothing if it was held so already, or has ended. The reason of a pause and
-- the note that a step is late stay.
UPDATE broadcasts SET held_until = NULLIF(:until, 0), changed_at = :now,
    why = CASE WHEN state = 'paused' THEN why ELSE COALESCE(:why,
        (SELECT MAX(m.why) FROM broadcast_moves m WHERE m.broadcast = broadcasts.id AND m.why = 'late')) END
WHERE id = :id AND COALESCE(held_until, 0) <> :until AND state NOT IN {life_ended}
RETURNING state;

-- name: withdraw
-- Withdraw a batch of the waiting messages of a cancelled broadcast.
UPDATE outbox SET state = 'skipped', reason = 'cancelled', settled_at = :now, payload = NULL
WHERE state = 'queued' AND id {in_batch}
    SELECT o.id FROM outbox o JOIN broadcasts b ON b.id = o.broadcast
    WHERE o.broadcast = :id AND o.state = 'queued' AND b.state = 'cancelled'
    ORDER BY o.channel, o.due_at, o.id
    LIMIT :limit {end_batch}
RETURNING id;

-- name: hold_parent
-- Lock a broadcast that may get a step, so that it stays unchanged until the transaction ends.
SELECT content, document, unit, author, approver, chat, {warrant} FROM broadcasts b
WHERE b.id = :parent AND b.state IN ('running', 'finished') {held};

-- name: add_step
-- Add a step, which is approved with its campaign; each step is created once.
INSERT INTO broadcasts (id, parent, step, state, unit, author, chat, approver, content, document, warrant, starts_at, why,
    created_at, changed_at, finished_at)
VALUES (:id, :parent, :step, :state, :unit, :author, :chat, :approver, :content, :document, :warrant, :starts_at, :why, :now,
    :now, CASE WHEN :state IN {life_ended} THEN :now END)
ON CONFLICT DO NOTHING
RETURNING id;

-- name: author_of
-- Read the chat in which the author of a broadcast is told of its progress.
SELECT c.id, c.channel, b.unit FROM broadcasts b JOIN chats c ON c.id = b.chat WHERE b.id = :id;

-- name: author_grant
-- Read the role by which the broadcast was written; returns nothing for the machine.
SELECT g.id, g.role, g.unit, g.label FROM broadcasts b JOIN grants g ON g.id = b.author WHERE b.id = :id;

-- name: approvers
-- Read the roles of people other than the author: of nested units the inner one first, roles without a unit last.
SELECT {grant}, c.id, c.channel, c.language, b.unit
FROM broadcasts b JOIN grants g ON g.ended_at IS NULL JOIN chats c ON c.id = g.chat LEFT JOIN units u ON u.code = g.unit
    LEFT JOIN audit_head h ON h.id = 1
WHERE b.id = :id AND b.state = 'checked' AND c.erased_at IS NULL AND c.blocked_at IS NULL
  AND g.chat <> COALESCE(b.chat, '') AND g.chat NOT IN (SELECT a.chat FROM grants a WHERE a.id = b.author)
  AND NOT EXISTS (
      SELECT 1 FROM person_channels p JOIN person_channels q ON q.person = p.person
      WHERE p.chat = g.chat AND (q.chat = b.chat OR q.chat IN (SELECT a.chat FROM grants a WHERE a.id = b.author)))
ORDER BY COALESCE(u.place, -1) DESC, g.id;

-- name: stopped
-- Return a row if the person has stopped reminders.
SELECT 1 FROM chats WHERE id = :chat AND stopped_at IS NOT NULL;

-- name: stop_reminders!
-- Stop reminders from now on, in all chats of a person; a mailbox asks its chat.
UPDATE chats SET stopped_at = COALESCE(stopped_at, :now) WHERE id IN {own} AND channel <> 'email';

-- name: resume_reminders!
-- Resume reminders, in all chats of a person.
UPDATE chats SET stopped_at = NULL WHERE id IN {own} AND channel <> 'email';

-- name: where_of_series
-- The row belongs to a campaign, or to a broadcast and its repetitions for people who postponed it.
broadcast IN (SELECT b.id FROM broadcasts b WHERE b.id = :series OR b.parent = :series);

-- name: skip_reminders
-- Skip the reminders that wait for a person.
UPDATE outbox SET state = 'skipped', reason = :reason, settled_at = :now, payload = NULL
WHERE chat IN {own}
  AND state = 'queued' AND broadcast IS NOT NULL AND {where}
RETURNING id;

-- name: series_of
-- Read the campaign, or the single broadcast, to which an answer belongs.
SELECT COALESCE(b.parent, b.id)
FROM broadcasts b JOIN outbox o ON o.broadcast = b.id
WHERE b.id = :broadcast AND o.chat IN {own}
LIMIT 1;

-- name: latest_reminder
-- Read the broadcast that the person received last.
SELECT broadcast FROM outbox
WHERE chat IN {own}
  AND state = 'sent' AND broadcast IS NOT NULL
ORDER BY settled_at DESC, id DESC LIMIT 1;

-- name: mark_done!
-- Record that the person says it is done, for all of their chats.
INSERT INTO reminder_marks (broadcast, chat, done_at) SELECT :broadcast, own.id, :now FROM chats own WHERE own.id IN {own} AND own.channel <> 'email'
ON CONFLICT (broadcast, chat) DO UPDATE SET done_at = excluded.done_at, later_on = NULL;

-- name: mark_later!
-- Record the day on which the person wants to be reminded again, for all of their chats.
INSERT INTO reminder_marks (broadcast, chat, later_on) SELECT :broadcast, own.id, :day FROM chats own WHERE own.id IN {own} AND own.channel <> 'email'
ON CONFLICT (broadcast, chat) DO UPDATE SET later_on = excluded.later_on, done_at = NULL;
