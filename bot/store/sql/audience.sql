-- The audience of a broadcast, and the outbox rows of its recipients. Conditions are put to chats; erased chats and
-- groups are never in an audience. Both sides of a join are limited by :after: with one alone, PostgreSQL would read
-- the other from its beginning for every page.

-- name: where_agreed
-- The person agrees that data about them are stored. A person who only opened the chat, declined, or had everything
-- deleted belongs to no audience. An e-mail address is somebody only where an admin imported it: one that a person gave
-- is a way to that person.
consented = 1 AND (channel <> 'email' OR EXISTS (
    SELECT 1 FROM email_addresses a WHERE a.chat = chats.id AND a.imported_at IS NOT NULL));

-- name: where_with_role
-- The person has this role. They are written to because of the role, whether or not they ever asked about a
-- certificate.
EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.chat > :after AND g.role = :role AND g.ended_at IS NULL);

-- name: where_agreed_in_a_chat
-- The same of everybody but addresses: no other table is looked into.
consented = 1 AND channel <> 'email';

-- name: where_agreed_by_mail
-- The same of addresses alone.
consented = 1 AND channel = 'email' AND EXISTS (
    SELECT 1 FROM email_addresses a WHERE a.chat = chats.id AND a.imported_at IS NOT NULL);

-- name: where_has_to_do
-- A procedure is owed for a certificate and was not requested for it (``bot/store/drivers/kept_counts.py``).
to_do <> 0;

-- name: where_has_unfinished
-- A procedure is owed for a certificate and no request for it is done.
unfinished = 1;

-- name: where_owes
-- One of these procedures is owed for a certificate and was not requested for it; by the sum of their numbers.
(to_do & CAST(:owed AS BIGINT)) <> 0;

-- name: where_has_request
-- The person has a request in one of these states; by the sum of their numbers.
(asked & CAST(:states AS BIGINT)) <> 0;

-- name: where_has_certificate
-- The person has a certificate whose last day is in this window.
EXISTS (SELECT 1 FROM standings s WHERE s.chat = chats.id AND s.chat > :after AND s.not_after BETWEEN :ends_from AND :ends_until);

-- name: where_first_or_last_ends
-- The same of most people: the first or the last of their certificates ends in the window. No other table is looked into.
first_end IS NOT NULL AND (first_end BETWEEN :ends_from AND :ends_until OR last_end BETWEEN :ends_from AND :ends_until);

-- name: where_another_ends
-- The same of the few others: of three days or more one is in the window, and neither the first nor the last is.
ends > 2 AND first_end < :ends_from AND last_end > :ends_until AND EXISTS (
    SELECT 1 FROM standings s WHERE s.chat = chats.id AND s.not_after BETWEEN :ends_from AND :ends_until);

-- name: where_over_channel
-- The chat is on this channel, or on one of several such as terminal:NAME.
(channel = :channel OR SUBSTR(channel, 1, LENGTH(CAST(:channels AS TEXT))) = :channels);

-- name: where_silent_before
-- The person has not written since then.
last_contact_at < :silent_before;

-- name: where_listed
-- The chat is one of these.
chats.id IN ({each}(:chats));

-- name: audience_counts
-- Count the audience on each channel, reachable, stopped and blocked, as if each chat were all there is of its person
-- and nobody had enough reminders. SQLite finds units and channels side by side in its index.
SELECT channel, CAST(SUM(number - stopped - blocked) AS BIGINT), CAST(SUM(stopped) AS BIGINT), CAST(SUM(blocked) AS BIGINT)
FROM (
    SELECT channel, COUNT(*) AS number, COUNT(stopped_at) AS stopped,
        COUNT(CASE WHEN stopped_at IS NULL THEN blocked_at END) AS blocked
    FROM chats WHERE erased_at IS NULL AND in_group = 0 AND {where} GROUP BY unit, channel) counted
GROUP BY channel;

-- name: week_broadcasts
-- Read the broadcasts of which a message may have left since :week, those with most recipients first; a message that
-- ends after its broadcast did ends within a day.
SELECT id FROM broadcasts
WHERE state NOT IN {life_ended} OR changed_at >= CAST(:week AS BIGINT) - 86400000000
ORDER BY recipients DESC, id;

-- name: audience_capped
-- Count on each channel those who had :most messages since :week, among the people of some broadcasts. A message that may
-- have been delivered counts as received.
SELECT channel, COUNT(*) FROM chats
WHERE erased_at IS NULL AND in_group = 0 AND stopped_at IS NULL AND blocked_at IS NULL
  AND id IN (SELECT o.chat FROM outbox o WHERE o.broadcast IN ({each}(:broadcasts)))
  AND (SELECT COUNT(*) FROM outbox w
       WHERE w.chat = chats.id AND w.broadcast IS NOT NULL AND w.state IN ('queued', 'sending', 'sent', 'unknown')
         AND COALESCE(w.settled_at, w.queued_at) >= :week) >= :most
  AND {where}
GROUP BY channel;

-- name: audience_linked
-- Count the people of several chats who are meant, each once, by the first of their chats that is meant; over the channel
-- that a reminder would take, which is on :wanted where that is asked for. With :asks another chat of theirs may have asked
-- for what there is to do: something (one of :owed, unless that is 0) must be left that none of them requested, or with
-- :finished, that none of them has done.
WITH meant (person, chat) AS MATERIALIZED (
    SELECT l.person, MIN(chats.id) FROM person_channels l JOIN chats ON chats.id = l.chat
    WHERE erased_at IS NULL AND in_group = 0 AND {where}
    GROUP BY l.person),
found (channel, stopped, route, had) AS MATERIALIZED (
    SELECT c.channel, c.stopped_at, (
        SELECT t.channel FROM person_channels p JOIN chats t ON t.id = p.chat
        WHERE p.person = m.person AND t.erased_at IS NULL AND t.consented = 1 AND t.blocked_at IS NULL
          AND NOT (t.channel = 'email' AND t.stopped_at IS NOT NULL)
          AND (:wanted = '' OR t.channel = :wanted OR SUBSTR(t.channel, 1, LENGTH(CAST(:wanted AS TEXT)) + 1) = :wanted || ':')
        ORDER BY p.place, p.chat LIMIT 1), (
        SELECT COUNT(*) FROM person_channels p JOIN chats t ON t.id = p.chat JOIN outbox o ON o.chat = p.chat
        WHERE p.person = m.person AND t.erased_at IS NULL
          AND o.broadcast IS NOT NULL AND o.state IN ('queued', 'sending', 'sent', 'unknown')
          AND COALESCE(o.settled_at, o.queued_at) >= :week)
    FROM meant m JOIN chats c ON c.id = m.chat
    WHERE :asks = 0
       OR NOT EXISTS (
        SELECT 1 FROM person_channels p JOIN chats t ON t.id = p.chat
        WHERE p.person = m.person AND p.chat <> m.chat AND t.erased_at IS NULL AND t.channel <> 'email')
       OR EXISTS (
        SELECT 1 FROM person_channels p
        JOIN chats t ON t.id = p.chat
        JOIN standings s ON s.chat = p.chat
        JOIN (VALUES {left_numbers}) n ON ',' || s.owed || ',' LIKE '%,' || n.column1 || ',%'
        WHERE p.person = m.person AND t.erased_at IS NULL AND (:owed = 0 OR (n.column2 & CAST(:owed AS BIGINT)) <> 0)
          AND NOT EXISTS (
            SELECT 1 FROM person_channels q JOIN chats u ON u.id = q.chat JOIN requests r ON r.chat = q.chat
            WHERE q.person = m.person AND u.erased_at IS NULL AND r.certificate_key = s.certificate_key
              AND r.procedure = n.column1 AND r.state NOT IN {waived} AND (:finished = 0 OR r.state = 'done'))))
SELECT COALESCE(route, channel), CASE
    WHEN stopped IS NOT NULL THEN 'stopped' WHEN route IS NULL THEN 'blocked' WHEN had >= :most THEN 'capped'
    ELSE 'reachable' END, COUNT(*)
FROM found GROUP BY 1, 2;

-- name: audience_page
-- Read the next people of the audience.
SELECT p.id, p.channel, p.stopped_at, p.blocked_at, p.language, p.unit, u.name, m.done_at, m.later_on,
    (SELECT COUNT(*) FROM outbox o
     WHERE o.chat = p.id AND o.broadcast IS NOT NULL AND o.state IN ('queued', 'sending', 'sent', 'unknown')
       AND COALESCE(o.settled_at, o.queued_at) >= :week),
    l.person
FROM chats p
LEFT JOIN person_channels l ON l.chat = p.id
LEFT JOIN units u ON u.code = p.unit
LEFT JOIN reminder_marks m ON m.broadcast = :series AND m.chat = p.id
WHERE p.id IN (
    SELECT chats.id FROM chats
    WHERE chats.id > :after AND erased_at IS NULL AND in_group = 0 AND {where}
    ORDER BY chats.id
    LIMIT :limit)
ORDER BY p.id;

-- name: audience_sessions
-- Read the sessions of these people.
SELECT id, session FROM chats WHERE session IS NOT NULL AND id IN ({each}(:chats));

-- name: audience_certificates
-- Read the certificates of these people, the newest first, each with the procedures requested for it, if any; with
-- :finished only those whose request is done.
SELECT s.chat, s.id, s.not_after, s.owed, CASE WHEN :named = 1 THEN s.subscriber END, s.certificate_key, r.procedure
FROM standings s
LEFT JOIN requests r ON r.chat = s.chat AND r.certificate_key = s.certificate_key AND r.state NOT IN {waived}
    AND (:finished = 0 OR r.state = 'done')
WHERE s.chat IN ({each}(:chats))
ORDER BY s.chat, s.changed_at DESC, s.id DESC;

-- name: audience_known
-- Read those of a list that are known and within the caller's rights.
SELECT id FROM chats WHERE erased_at IS NULL AND in_group = 0 AND {where};

-- name: written
-- Read what is written once for all recipients, and the state of the broadcast.
SELECT content, LENGTH(document), unit, parent, step, state, revision, frozen_to, starts_at, changed_at, {warrant}
FROM broadcasts b
WHERE b.id = :id;

-- name: note_check
-- Store what a check found, if its text has not changed since. A broadcast without problems is no draft any more.
UPDATE broadcasts SET findings = :findings, checking = 0, changed_at = :now,
    recipients = CASE WHEN state IN ('draft', 'checked') THEN :recipients ELSE recipients END,
    state = CASE WHEN state IN ('draft', 'checked') THEN :state ELSE state END
WHERE id = :id AND revision = :revision AND state = :was
RETURNING id;

-- name: note_life!
-- Record that the broadcast has changed its state by itself.
INSERT INTO broadcast_moves (broadcast, at, state, actor, why)
SELECT id, :now, state, 'machine', why FROM broadcasts WHERE id = :id AND state <> :was;

-- name: freeze_from
-- Reserve the next recipients for one process at a time, and only while the broadcast may get rows.
UPDATE broadcasts SET frozen_to = :last WHERE id = :id AND state = 'approved' AND COALESCE(frozen_to, '') = :after
RETURNING id;

-- name: freeze_present
-- Read those of a batch who were not erased since they were read, and did not withdraw their consent.
SELECT id FROM chats
WHERE id IN ({each}(:chats)) AND erased_at IS NULL
  AND (consented = 1 OR EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.ended_at IS NULL));

-- name: freeze_row!
-- Create the row of one recipient; an existing row stays. Values are used because SQLite takes more than twice as long
-- for INSERT .. SELECT.
INSERT INTO outbox
    (origin, chat, channel, payload, priority, state, queued_at, due_at, settled_at, broadcast, reason, meant)
VALUES (:origin, :chat, :channel, :payload, :priority, :state, :now, 0, :settled, :broadcast, :reason, :meant)
ON CONFLICT DO NOTHING;

-- name: freeze_reminded!
-- Clear the postponed reminders of this day or earlier: they are fulfilled now.
UPDATE reminder_marks SET later_on = NULL
WHERE broadcast = :series AND later_on <= :day AND chat IN ({each}(:chats));

-- name: approved_alone
-- Return the broadcast if its approver is its author. One person is recognised by their chat, whatever role they use, and
-- the machine is one person.
SELECT b.id FROM broadcasts b LEFT JOIN grants a ON a.id = b.author LEFT JOIN grants p ON p.id = b.approver
WHERE b.id = :id AND (b.approver IS NULL
    OR CASE WHEN b.author = 'machine' THEN 'machine' ELSE COALESCE(a.chat, b.chat, '') END
     = CASE WHEN b.approver = 'machine' THEN 'machine' ELSE COALESCE(p.chat, '') END);

-- name: series_reached
-- Read the people with a row in a campaign, or in a broadcast and its repetitions for people who postponed it.
SELECT DISTINCT chat FROM outbox
WHERE broadcast IN (SELECT b.id FROM broadcasts b WHERE b.id = :series OR b.parent = :series)
LIMIT :limit;

-- name: freeze_not_alone
-- Return the broadcast to its checked state: it has more recipients than one person may decide about, so a second
-- person must approve it.
UPDATE broadcasts SET state = 'checked', approver = NULL, warrant = :warrant, why = 'second_person', frozen_to = NULL,
    recipients = :recipients, revision = revision + 1, changed_at = :now
WHERE id = :id AND state = 'approved' AND COALESCE(frozen_to, '') = :after
RETURNING id;

-- name: freeze_undone!
-- Delete the rows of a broadcast that never ran, so that none of them has left.
DELETE FROM outbox WHERE broadcast = :id AND state IN ('queued', 'skipped', 'blocked');

-- name: freeze_end
-- End the creation of rows: every recipient has one; without any row there was no recipient.
UPDATE broadcasts SET changed_at = :now,
    recipients = (SELECT COUNT(*) FROM outbox o WHERE o.broadcast = broadcasts.id),
    state = CASE WHEN EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id) THEN 'scheduled' ELSE 'finished' END,
    why = CASE WHEN EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id) THEN why ELSE 'nobody' END,
    finished_at = CASE WHEN EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id) THEN NULL
                       ELSE CAST(:now AS BIGINT) END
WHERE id = :id AND state = 'approved' AND COALESCE(frozen_to, '') = :after
RETURNING id;

-- name: campaign_begins
-- Start a campaign, which has no rows of its own: its plan is carried out from now on.
UPDATE broadcasts SET state = 'running', changed_at = :now WHERE id = :id AND state = 'approved' RETURNING id;

-- name: later_marks
-- Read who wanted to be reminded again by that day. A person on a list that has no rows yet waits for those.
SELECT m.broadcast, m.chat FROM reminder_marks m JOIN broadcasts b ON b.id = m.broadcast
WHERE m.later_on <= :day AND m.done_at IS NULL AND b.state <> 'cancelled' AND NOT EXISTS (
    SELECT 1 FROM broadcasts l WHERE l.parent = b.id AND l.state = 'approved' AND l.step LIKE 'later:%')
ORDER BY m.broadcast, m.chat;

-- name: later_over!
-- Clear the postponed reminders of people whose day has come; a person who had enough reminders that week keeps waiting
-- for another day.
UPDATE reminder_marks SET later_on = NULL
WHERE broadcast = :series AND later_on <= :day AND NOT EXISTS (
    SELECT 1 FROM outbox o WHERE o.broadcast = :broadcast AND o.chat = reminder_marks.chat AND o.reason = 'capped');

-- name: expiring_next
-- Read the certificates that end in this window of days and whose holders were not reminded at this distance, the
-- nearest first, and whether the person said after an earlier reminder that it is done.
SELECT s.id, s.chat, s.not_after, CASE WHEN EXISTS (
    SELECT 1 FROM reminder_marks m
    JOIN expiry_reminders e ON e.standing = s.id AND e.not_after = s.not_after
    JOIN broadcasts b ON b.id = e.broadcast AND b.created_at <= m.done_at
    WHERE m.broadcast = :series AND m.chat = s.chat) THEN 1 ELSE 0 END
FROM standings s JOIN chats c ON c.id = s.chat
WHERE s.not_after BETWEEN :first AND :last AND c.erased_at IS NULL AND c.consented = 1
  AND NOT EXISTS (
      SELECT 1 FROM expiry_reminders e WHERE e.standing = s.id AND e.not_after = s.not_after AND e.days = :days)
  AND NOT EXISTS (
      SELECT 1 FROM requests r
      WHERE r.chat = s.chat AND r.certificate_key = s.certificate_key AND (r.state IN {open_states} OR r.state = 'done'))
  AND NOT EXISTS (
      SELECT 1 FROM person_channels p JOIN person_channels q ON q.person = p.person JOIN requests r ON r.chat = q.chat
      WHERE p.chat = s.chat AND r.certificate_key = s.certificate_key AND (r.state IN {open_states} OR r.state = 'done'))
ORDER BY s.not_after, s.id
LIMIT :limit;

-- name: expiring_child
-- Read the step of the standing campaign that does not have all its rows yet, or else the step of this day.
SELECT id, state FROM broadcasts
WHERE parent = :series AND (step = :step OR (state = 'approved' AND step LIKE 'expiry:%'))
ORDER BY CASE WHEN state = 'approved' THEN 0 ELSE 1 END, id;

-- name: expiring_make!
-- Create the standing campaign, or its step of a day; each exists only once.
INSERT INTO broadcasts (id, parent, step, state, author, approver, content, warrant, starts_at, created_at, changed_at)
VALUES (:id, :series, :step, :state, 'machine', 'machine', :content, :warrant, :starts, :now, :now)
ON CONFLICT DO NOTHING;

-- name: expiring_open
-- Return the broadcast if rows may still be created for it.
UPDATE broadcasts SET changed_at = :now WHERE id = :id AND state = 'approved' RETURNING id;

-- name: expiring_reminded!
-- Record that the person was reminded of this certificate so many days before its end, or that it was too late.
INSERT INTO expiry_reminders (standing, not_after, days, broadcast)
SELECT s.id, :not_after, :days, :broadcast FROM standings s WHERE s.id = :standing
ON CONFLICT DO NOTHING;
