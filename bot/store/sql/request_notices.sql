-- Who is told of a request, and the overview of the morning.

-- name: request_watchers
-- Read the roles in whose scope a unit lies, the nearest first, with how their people want to be told.
SELECT {grant}, c.channel, c.language, n.timing
FROM grants g JOIN chats c ON c.id = g.chat LEFT JOIN request_notices n ON n.chat = g.chat
    LEFT JOIN units u ON u.code = g.unit LEFT JOIN audit_head h ON h.id = 1
WHERE g.ended_at IS NULL AND c.erased_at IS NULL AND c.blocked_at IS NULL
  AND (g.unit IS NULL OR g.unit IN (
      SELECT s.code FROM units t JOIN units s ON t.place BETWEEN s.place AND s.last WHERE t.code = :unit))
ORDER BY COALESCE(u.place, -1) DESC, g.id;

-- name: request_unit
-- Read the unit and the revision of a request.
SELECT unit, revision FROM requests WHERE code = :code;

-- name: unfinished_by_unit
-- Count those of these requests that are not finished, by unit.
SELECT unit, COUNT(*) FROM requests
WHERE code IN ({each}(:codes)) AND state IN ({each}(:states)) AND unit IS NOT NULL
GROUP BY unit;

-- name: unfinished_of_units
-- Count the unfinished requests of these units.
SELECT unit, COUNT(*) FROM requests
WHERE unit IN ({each}(:units)) AND state IN ({each}(:states))
GROUP BY unit;

-- name: answer_times
-- Read when the newest answered requests of a unit were registered, and when an office first moved each.
SELECT r.registered_at, MIN(h.at)
FROM requests r JOIN request_history h ON h.code = r.code
WHERE h.actor <> 'subscriber' AND r.number IN (
    SELECT q.number FROM requests q
    WHERE q.unit = :unit AND q.state NOT IN ('draft', 'submitted')
    ORDER BY q.number DESC LIMIT :limit)
GROUP BY r.code, r.registered_at;

-- name: offices_of
-- Read role and unit of these roles, whether or not they have ended.
SELECT g.id, g.role, g.unit FROM grants g WHERE g.id IN ({each}(:grants));

-- name: my_notice_timing
-- Read how a person wants to be told.
SELECT timing FROM request_notices WHERE chat = :chat;

-- name: choose_notice_timing!
-- Store how a person wants to be told; the next overview begins with what comes from now on.
INSERT INTO request_notices (chat, timing, digest_on, seen)
VALUES (:chat, :timing, NULL, (SELECT MAX(r.number) FROM requests r))
ON CONFLICT (chat) DO UPDATE SET timing = excluded.timing, seen = excluded.seen;

-- name: erase_notice_timing!
-- Delete how a person wants to be told.
DELETE FROM request_notices WHERE chat = :chat;

-- name: digest_people
-- Read the roles of people who have had no overview on this day, with how they want to be told.
SELECT {grant}, c.channel, c.language, n.timing, n.seen
FROM grants g JOIN chats c ON c.id = g.chat LEFT JOIN request_notices n ON n.chat = g.chat
    LEFT JOIN audit_head h ON h.id = 1
WHERE g.ended_at IS NULL AND c.erased_at IS NULL AND c.blocked_at IS NULL
  AND (n.digest_on IS NULL OR n.digest_on < :today)
ORDER BY g.chat, g.id;

-- name: newest_request
-- Read the number of the newest request.
SELECT COALESCE(MAX(number), 0) FROM requests;

-- name: take_digest
-- Reserve the overview of a day for one process: another finds nothing.
INSERT INTO request_notices (chat, timing, digest_on, seen) VALUES (:chat, NULL, :today, :seen)
ON CONFLICT (chat) DO UPDATE SET digest_on = excluded.digest_on, seen = excluded.seen
WHERE COALESCE(request_notices.digest_on, 0) < excluded.digest_on
RETURNING chat;

-- name: where_numbered_within
-- It is newer than one number, and not newer than another.
requests.number > :above AND requests.number <= :newest;

-- name: where_of_others
-- Somebody else registered it.
requests.chat NOT IN {own};

-- name: where_without_unit
-- It belongs to no unit.
requests.unit IS NULL;

-- name: where_incomplete
-- It was sent back, or lacks its unit (where units are known), its last day or its serial number, and needs one.
(requests.state = 'sent_back'
  OR (requests.unit IS NULL AND EXISTS (SELECT 1 FROM units))
  OR (requests.not_after IS NULL AND requests.procedure <> 'issue_new')
  OR EXISTS (SELECT 1 FROM request_words w WHERE w.number = requests.number AND w.word = :no_serial));

-- name: where_changed_at
-- Its last change was at this very moment.
requests.changed_at = :changed_at;

-- name: menus_to_show
-- Read the roles of people on a channel, with the menu of commands that their chat shows.
SELECT {grant}, c.address, m.menu
FROM grants g JOIN chats c ON c.id = g.chat LEFT JOIN command_menus m ON m.chat = c.id LEFT JOIN audit_head h ON h.id = 1
WHERE g.ended_at IS NULL AND c.channel = :channel AND c.blocked_at IS NULL
ORDER BY g.chat, g.id;

-- name: menus_to_drop
-- Read the chats of a channel that show a menu and have no role any more.
SELECT c.id, c.address, m.menu FROM command_menus m JOIN chats c ON c.id = m.chat
WHERE c.channel = :channel
  AND NOT EXISTS (SELECT 1 FROM grants g WHERE g.chat = c.id AND g.ended_at IS NULL);

-- name: keep_menu!
-- Store which menu a chat shows.
INSERT INTO command_menus (chat, menu) VALUES (:chat, :menu)
ON CONFLICT (chat) DO UPDATE SET menu = excluded.menu;

-- name: drop_menu!
-- Store that a chat shows the menu of everybody.
DELETE FROM command_menus WHERE chat = :chat;
