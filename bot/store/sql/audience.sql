-- Who is meant by a broadcast, and the rows of those who are. Conditions are asked of chats; neither the erased nor groups
-- are ever meant. That they lie behind :after is said of both sides: of one alone, PostgreSQL would read the other from
-- its beginning for every page.

-- name: where_agreed
-- Agrees that data about them are kept. Whoever only opened the chat, declined, or had everything deleted is nobody's
-- audience.
consented = 1;

-- name: where_with_role
-- Has this role. It is by the role that they are written to, whether or not they ever asked about a certificate.
EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.chat > :after AND g.role = :role AND g.ended_at IS NULL);

-- name: where_has_to_do
-- Of what is owed for a certificate not everything was requested for it. The register lists procedures by commas.
EXISTS (
    SELECT 1 FROM standings s
    WHERE s.chat = chats.id AND s.chat > :after AND s.owed <> '' AND LENGTH(s.owed) - LENGTH(REPLACE(s.owed, ',', '')) + 1 > (
        SELECT COUNT(DISTINCT r.procedure) FROM requests r
        WHERE r.chat = s.chat AND r.certificate_key = s.certificate_key AND r.state NOT IN {waived}
          AND ',' || s.owed || ',' LIKE '%,' || r.procedure || ',%'));

-- name: where_owes
-- One of these procedures is owed for a certificate and was not requested for it.
EXISTS (
    WITH wanted (procedure) AS ({each}(:owed))
    SELECT 1 FROM standings s JOIN wanted w ON ',' || s.owed || ',' LIKE '%,' || w.procedure || ',%'
    WHERE s.chat = chats.id AND s.chat > :after AND NOT EXISTS (
        SELECT 1 FROM requests r
        WHERE r.chat = s.chat AND r.certificate_key = s.certificate_key AND r.state NOT IN {waived}
          AND r.procedure = w.procedure));

-- name: where_has_request
-- Has a request in one of these states.
EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id AND r.chat > :after AND r.state IN ({each}(:states)));

-- name: where_has_certificate
-- Has a certificate whose last day is in this window.
EXISTS (SELECT 1 FROM standings s WHERE s.chat = chats.id AND s.chat > :after AND s.not_after BETWEEN :ends_from AND :ends_until);

-- name: where_over_channel
-- Over this channel, or over one of several such as terminal:NAME.
(channel = :channel OR SUBSTR(channel, 1, LENGTH(CAST(:channels AS TEXT))) = :channels);

-- name: where_silent_before
-- Not heard of since.
last_contact_at < :silent_before;

-- name: where_listed
-- One of these.
chats.id IN ({each}(:chats));

-- name: audience_counts
-- How many are meant over each channel, by what keeps a message from them. What may have been delivered counts as had.
WITH meant (channel, kept) AS MATERIALIZED (
    SELECT channel, CASE
        WHEN stopped_at IS NOT NULL THEN 'stopped'
        WHEN blocked_at IS NOT NULL THEN 'blocked'
        WHEN (SELECT COUNT(*) FROM outbox o
              WHERE o.chat = chats.id AND o.broadcast IS NOT NULL AND o.state IN ('queued', 'sending', 'sent', 'unknown')
                AND COALESCE(o.settled_at, o.queued_at) >= :week) >= :most THEN 'capped'
        ELSE 'reachable' END AS kept
    FROM chats WHERE erased_at IS NULL AND in_group = 0 AND {where})
SELECT channel, kept, COUNT(*) FROM meant GROUP BY channel, kept;

-- name: audience_page
-- The next of those who are meant.
SELECT p.id, p.channel, p.stopped_at, p.blocked_at, p.language, p.unit, u.name, m.done_at, m.later_on,
    (SELECT COUNT(*) FROM outbox o
     WHERE o.chat = p.id AND o.broadcast IS NOT NULL AND o.state IN ('queued', 'sending', 'sent', 'unknown')
       AND COALESCE(o.settled_at, o.queued_at) >= :week)
FROM chats p
LEFT JOIN units u ON u.code = p.unit
LEFT JOIN reminder_marks m ON m.broadcast = :series AND m.chat = p.id
WHERE p.id IN (
    SELECT chats.id FROM chats
    WHERE chats.id > :after AND erased_at IS NULL AND in_group = 0 AND {where}
    ORDER BY chats.id
    LIMIT :limit)
ORDER BY p.id;

-- name: audience_sessions
-- The sessions of these people.
SELECT id, session FROM chats WHERE session IS NOT NULL AND id IN ({each}(:chats));

-- name: audience_certificates
-- The certificates of these people, the newest first, each with the procedures that were requested for it, if any.
SELECT s.chat, s.id, s.not_after, s.owed, CASE WHEN :named = 1 THEN s.subscriber END, r.procedure
FROM standings s
LEFT JOIN requests r ON r.chat = s.chat AND r.certificate_key = s.certificate_key AND r.state NOT IN {waived}
WHERE s.chat IN ({each}(:chats))
ORDER BY s.chat, s.changed_at DESC, s.id DESC;

-- name: audience_known
-- Those of a list who are known and within reach.
SELECT id FROM chats WHERE erased_at IS NULL AND in_group = 0 AND {where};

-- name: written
-- What is written once for all recipients, and where it stands.
SELECT content, LENGTH(document), unit, parent, step, state, revision, frozen_to, starts_at, changed_at, {warrant}
FROM broadcasts b
WHERE b.id = :id;

-- name: note_check
-- What a check found, of the text that was checked. One that nothing stands against is no draft any more.
UPDATE broadcasts SET findings = :findings, checking = 0, changed_at = :now,
    recipients = CASE WHEN state IN ('draft', 'checked') THEN :recipients ELSE recipients END,
    state = CASE WHEN state IN ('draft', 'checked') THEN :state ELSE state END
WHERE id = :id AND revision = :revision AND state = :was
RETURNING id;

-- name: note_life!
-- It is in another state than it was, by itself.
INSERT INTO broadcast_moves (broadcast, at, state, actor, why)
SELECT id, :now, state, 'machine', why FROM broadcasts WHERE id = :id AND state <> :was;

-- name: freeze_from
-- Rows are made for the next ones, by one process at a time, and only while it may have rows.
UPDATE broadcasts SET frozen_to = :last WHERE id = :id AND state = 'approved' AND COALESCE(frozen_to, '') = :after
RETURNING id;

-- name: freeze_present
-- Those of a batch who were not erased since they were read, and did not take their consent back.
SELECT id FROM chats
WHERE id IN ({each}(:chats)) AND erased_at IS NULL
  AND (consented = 1 OR EXISTS (SELECT 1 FROM grants g WHERE g.chat = chats.id AND g.ended_at IS NULL));

-- name: freeze_row!
-- One recipient; one who has a row keeps it. As values: INSERT .. SELECT takes SQLite more than twice as long.
INSERT INTO outbox (origin, chat, channel, payload, priority, state, queued_at, due_at, settled_at, broadcast, reason)
VALUES (:origin, :chat, :channel, :payload, :priority, :state, :now, 0, :settled, :broadcast, :reason)
ON CONFLICT DO NOTHING;

-- name: freeze_reminded!
-- Whoever asked to be reminded on that day, or before, is reminded now.
UPDATE reminder_marks SET later_on = NULL
WHERE broadcast = :series AND later_on <= :day AND chat IN ({each}(:chats));

-- name: approved_alone
-- Whether whoever approved it is who wrote it: one person by their chat, whatever role they act by; the machine is one.
SELECT b.id FROM broadcasts b LEFT JOIN grants a ON a.id = b.author LEFT JOIN grants p ON p.id = b.approver
WHERE b.id = :id AND (b.approver IS NULL
    OR CASE WHEN b.author = 'machine' THEN 'machine' ELSE COALESCE(a.chat, b.chat, '') END
     = CASE WHEN b.approver = 'machine' THEN 'machine' ELSE COALESCE(p.chat, '') END);

-- name: series_reached
-- People who have a row of a campaign, or of a broadcast and what was made for those who wanted to hear it again.
SELECT DISTINCT chat FROM outbox
WHERE broadcast IN (SELECT b.id FROM broadcasts b WHERE b.id = :series OR b.parent = :series)
LIMIT :limit;

-- name: freeze_not_alone
-- More are meant than one person may decide about: it waits for another one, as after its check.
UPDATE broadcasts SET state = 'checked', approver = NULL, warrant = :warrant, why = 'second_person', frozen_to = NULL,
    recipients = :recipients, revision = revision + 1, changed_at = :now
WHERE id = :id AND state = 'approved' AND COALESCE(frozen_to, '') = :after
RETURNING id;

-- name: freeze_undone!
-- Its rows: none of them has left, for it never ran.
DELETE FROM outbox WHERE broadcast = :id AND state IN ('queued', 'skipped', 'blocked');

-- name: freeze_end
-- Everybody has a row; where there is none, there was nobody.
UPDATE broadcasts SET changed_at = :now,
    recipients = (SELECT COUNT(*) FROM outbox o WHERE o.broadcast = broadcasts.id),
    state = CASE WHEN EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id) THEN 'scheduled' ELSE 'finished' END,
    why = CASE WHEN EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id) THEN why ELSE 'nobody' END,
    finished_at = CASE WHEN EXISTS (SELECT 1 FROM outbox o WHERE o.broadcast = broadcasts.id) THEN NULL
                       ELSE CAST(:now AS BIGINT) END
WHERE id = :id AND state = 'approved' AND COALESCE(frozen_to, '') = :after
RETURNING id;

-- name: campaign_begins
-- A campaign has no rows of its own: its plan is carried out from now on.
UPDATE broadcasts SET state = 'running', changed_at = :now WHERE id = :id AND state = 'approved' RETURNING id;

-- name: later_marks
-- Who wanted to be reminded again by that day. Whoever is in a list that has no rows yet waits for those.
SELECT m.broadcast, m.chat FROM reminder_marks m JOIN broadcasts b ON b.id = m.broadcast
WHERE m.later_on <= :day AND m.done_at IS NULL AND b.state <> 'cancelled' AND NOT EXISTS (
    SELECT 1 FROM broadcasts l WHERE l.parent = b.id AND l.state = 'approved' AND l.step LIKE 'later:%')
ORDER BY m.broadcast, m.chat;

-- name: later_over!
-- Whose day had come waits no longer; but whoever had enough reminders that week does, for another day.
UPDATE reminder_marks SET later_on = NULL
WHERE broadcast = :series AND later_on <= :day AND NOT EXISTS (
    SELECT 1 FROM outbox o WHERE o.broadcast = :broadcast AND o.chat = reminder_marks.chat AND o.reason = 'capped');

-- name: expiring_next
-- Certificates that end in this window of days and of which nobody was reminded at this distance, the nearest first, and
-- whether the person said after a farther reminder of the same that it is done.
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
ORDER BY s.not_after, s.id
LIMIT :limit;

-- name: expiring_child
-- What was made of the standing campaign and has not all its rows yet, else what was made on this day.
SELECT id, state FROM broadcasts
WHERE parent = :series AND (step = :step OR (state = 'approved' AND step LIKE 'expiry:%'))
ORDER BY CASE WHEN state = 'approved' THEN 0 ELSE 1 END, id;

-- name: expiring_make!
-- The standing campaign, or what it makes on a day; both are there once.
INSERT INTO broadcasts (id, parent, step, state, author, approver, content, warrant, starts_at, created_at, changed_at)
VALUES (:id, :series, :step, :state, 'machine', 'machine', :content, :warrant, :starts, :now, :now)
ON CONFLICT DO NOTHING;

-- name: expiring_open
-- Rows may still be made.
UPDATE broadcasts SET changed_at = :now WHERE id = :id AND state = 'approved' RETURNING id;

-- name: expiring_reminded!
-- The person is reminded of this certificate, so many days before its end, or was too late to be.
INSERT INTO expiry_reminders (standing, not_after, days, broadcast)
SELECT s.id, :not_after, :days, :broadcast FROM standings s WHERE s.id = :standing
ON CONFLICT DO NOTHING;
