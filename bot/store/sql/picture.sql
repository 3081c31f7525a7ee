-- Statistics: counts per unit. A waived request (draft, refused, withdrawn) counts as if it did not exist. GROUP BY
-- COALESCE keeps SQLite in the order of the chats, in which it finds their requests side by side.

-- name: count_officers
-- Count the officers of each unit; an erased person belongs to none.
SELECT unit, COUNT(*) FROM chats WHERE unit IS NOT NULL AND {where} GROUP BY unit;

-- name: count_unplaced
-- Count the officers about whom something is known, but no unit.
SELECT NULL, COUNT(*) FROM (SELECT DISTINCT chat FROM standings WHERE unit IS NULL) s JOIN chats c ON c.id = s.chat
WHERE c.unit IS NULL;

-- name: count_certificates
-- Count for each unit the known certificates, and those whose last day is within 30, 60 and 90 days.
SELECT unit,
    COUNT(CASE WHEN not_after IS NOT NULL OR owed IS NOT NULL THEN 1 END),
    COUNT(CASE WHEN not_after BETWEEN :today AND :today + 30 THEN 1 END),
    COUNT(CASE WHEN not_after BETWEEN :today AND :today + 60 THEN 1 END),
    COUNT(CASE WHEN not_after BETWEEN :today AND :today + 90 THEN 1 END)
FROM standings WHERE {where} GROUP BY unit;

-- name: count_action_needed
-- Count for each unit the certificates for which something is owed and nothing was requested.
SELECT COALESCE(unit, ''), COUNT(*) FROM standings
WHERE owed <> '' AND {where} AND NOT EXISTS (
    SELECT 1 FROM requests r
    WHERE r.chat = standings.chat AND r.certificate_key = standings.certificate_key AND r.state NOT IN {waived})
GROUP BY COALESCE(unit, '');

-- name: count_requests
-- Count for each unit the requests not forwarded yet, forwarded, and done.
SELECT unit,
    COUNT(CASE WHEN state IN {requested} THEN 1 END),
    COUNT(CASE WHEN state = 'forwarded' THEN 1 END),
    COUNT(CASE WHEN state = 'done' THEN 1 END)
FROM requests WHERE {where} GROUP BY unit;

-- name: count_silent
-- Count for each unit the officers silent since :quiet who have something to do or to answer, and no request.
SELECT COALESCE(unit, ''), COUNT(*) FROM (
    SELECT c.unit FROM (
        SELECT chat FROM standings WHERE owed IS NULL OR owed <> ''
        EXCEPT
        SELECT chat FROM requests WHERE state NOT IN {waived}
    ) s JOIN chats c ON c.id = s.chat WHERE c.last_contact_at < :quiet
) silent
WHERE {where}
GROUP BY COALESCE(unit, '');

-- name: count_silent_within
-- Count the same where few of all units are looked at: person by person of those, instead of everybody at once.
SELECT unit, COUNT(*) FROM chats
WHERE {where} AND last_contact_at < :quiet
  AND EXISTS (SELECT 1 FROM standings s WHERE s.chat = chats.id AND (s.owed IS NULL OR s.owed <> ''))
  AND NOT EXISTS (SELECT 1 FROM requests r WHERE r.chat = chats.id AND r.state NOT IN {waived})
GROUP BY unit;

-- name: where_below_unit
-- It belongs to a unit, or to a unit below it.
unit IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code = :below);

-- name: owed_spans
-- Read from which day something is owed, until the day it is requested; days since 1970 in Viet Nam.
SELECT (known_at + 25200000000) / 86400000000,
    ((SELECT MIN(r.registered_at) FROM requests r
      WHERE r.chat = standings.chat AND r.certificate_key = standings.certificate_key AND r.state NOT IN {waived})
     + 25200000000) / 86400000000,
    COUNT(*)
FROM standings WHERE owed <> '' AND {where}
GROUP BY 1, 2;

-- name: requested_spans
-- Read from which day something is requested, until the day it is done.
SELECT (registered_at + 25200000000) / 86400000000, (ended_at + 25200000000) / 86400000000, COUNT(*)
FROM requests WHERE state NOT IN {waived} AND {where}
GROUP BY 1, 2;
