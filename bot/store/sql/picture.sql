-- Statistics: counts per unit, each read from an index alone. A waived request (draft, refused, withdrawn) counts as if it
-- did not exist; what is kept of that beside people and certificates, triggers keep (``bot/store/drivers/kept_counts.py``).

-- name: count_officers
-- Count the officers of each unit; an erased person belongs to none.
SELECT unit, COUNT(*) FROM chats WHERE unit IS NOT NULL AND {where} GROUP BY unit;

-- name: count_unplaced
-- Count the officers about whom something is known, but no unit.
SELECT NULL, COUNT(*) FROM (SELECT DISTINCT chat FROM standings WHERE unit IS NULL) s JOIN chats c ON c.id = s.chat
WHERE c.unit IS NULL;

-- name: count_certificates
-- Count the known certificates of each unit.
SELECT unit, COUNT(*) FROM standings WHERE COALESCE(CAST(not_after AS TEXT), owed) IS NOT NULL AND {where} GROUP BY unit;

-- name: count_expiring
-- Count for each unit the certificates whose last day is within 30, 60 and 90 days.
SELECT unit, COUNT(CASE WHEN not_after <= :today + 30 THEN 1 END), COUNT(CASE WHEN not_after <= :today + 60 THEN 1 END), COUNT(*)
FROM standings WHERE not_after BETWEEN :today AND :today + 90 AND {where} GROUP BY unit;

-- name: count_action_needed
-- Count for each unit the certificates for which something is owed and nothing was requested.
SELECT unit, COUNT(*) FROM standings WHERE owed <> '' AND requested_at IS NULL AND {where} GROUP BY unit;

-- name: count_requests
-- Count for each unit the requests not forwarded yet, forwarded, and done.
SELECT unit,
    CAST(COALESCE(SUM(CASE WHEN state IN {requested} THEN number END), 0) AS BIGINT),
    CAST(COALESCE(SUM(CASE WHEN state = 'forwarded' THEN number END), 0) AS BIGINT),
    CAST(COALESCE(SUM(CASE WHEN state = 'done' THEN number END), 0) AS BIGINT)
FROM (SELECT unit, state, COUNT(*) AS number FROM requests WHERE {where} GROUP BY unit, state) counted
GROUP BY unit;

-- name: count_silent
-- Count for each unit the officers silent since :quiet who have something to do or to answer, and no request.
SELECT unit, COUNT(*) FROM chats WHERE idle = 1 AND last_contact_at < :quiet AND {where} GROUP BY unit;

-- name: where_below_unit
-- It belongs to a unit, or to a unit below it.
unit IN (SELECT u.code FROM units u JOIN units s ON u.place BETWEEN s.place AND s.last WHERE s.code = :below);

-- name: owed_spans
-- Read from which day something is owed, until the day it is requested; days since 1970 in Viet Nam.
SELECT (known_at + 25200000000) / 86400000000, (requested_at + 25200000000) / 86400000000, COUNT(*)
FROM standings WHERE owed <> '' AND {where}
GROUP BY 1, 2;

-- name: requested_spans
-- Read from which day something is requested, until the day it is done.
SELECT (registered_at + 25200000000) / 86400000000, (ended_at + 25200000000) / 86400000000, COUNT(*)
FROM requests WHERE state NOT IN {waived} AND {where}
GROUP BY 1, 2;

-- name: owed_since
-- Count of everybody, for each day by its first moment, for what something is owed from then on; the first of :days takes
-- in all days before. Each is a range of an index: what is over on its first day was never open.
WITH days (start) AS ({each}(:days))
SELECT CAST(start AS BIGINT), (
    SELECT COUNT(*) FROM standings
    WHERE owed <> '' AND known_at >= CASE WHEN CAST(start AS BIGINT) = :first THEN 0 ELSE CAST(start AS BIGINT) END
      AND known_at < CAST(start AS BIGINT) + 86400000000
      AND (requested_at IS NULL OR (requested_at + 25200000000) / 86400000000 > (known_at + 25200000000) / 86400000000))
FROM days;

-- name: owed_until
-- Count in the same way until when it was owed.
WITH days (start) AS ({each}(:days))
SELECT CAST(start AS BIGINT), (
    SELECT COUNT(*) FROM standings
    WHERE owed <> '' AND requested_at IS NOT NULL
      AND requested_at >= CASE WHEN CAST(start AS BIGINT) = :first THEN 0 ELSE CAST(start AS BIGINT) END
      AND requested_at < CAST(start AS BIGINT) + 86400000000
      AND (requested_at + 25200000000) / 86400000000 > (known_at + 25200000000) / 86400000000)
FROM days;

-- name: requested_since
-- Count in the same way from when on something is requested.
WITH days (start) AS ({each}(:days))
SELECT CAST(start AS BIGINT), (
    SELECT COUNT(*) FROM requests
    WHERE state NOT IN {waived}
      AND registered_at >= CASE WHEN CAST(start AS BIGINT) = :first THEN 0 ELSE CAST(start AS BIGINT) END
      AND registered_at < CAST(start AS BIGINT) + 86400000000
      AND (ended_at IS NULL OR (ended_at + 25200000000) / 86400000000 > (registered_at + 25200000000) / 86400000000))
FROM days;

-- name: requested_until
-- Count in the same way until when it was requested.
WITH days (start) AS ({each}(:days))
SELECT CAST(start AS BIGINT), (
    SELECT COUNT(*) FROM requests
    WHERE state NOT IN {waived} AND ended_at IS NOT NULL
      AND ended_at >= CASE WHEN CAST(start AS BIGINT) = :first THEN 0 ELSE CAST(start AS BIGINT) END
      AND ended_at < CAST(start AS BIGINT) + 86400000000
      AND (ended_at + 25200000000) / 86400000000 > (registered_at + 25200000000) / 86400000000)
FROM days;
