-- The tables themselves, and the keys their values are sealed with.

-- name: keyring_mark
-- By which key file this database was sealed.
SELECT mark FROM keyring;

-- name: set_keyring_mark!
-- The first start ties database and key file together.
INSERT INTO keyring (mark) VALUES (:mark) ON CONFLICT (mark) DO NOTHING;

-- name: lock_migrations
-- Processes that start at once change the tables one after the other, until the transaction ends.
SELECT {migration_lock};

-- name: create_migrations!
-- The first start.
CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);

-- name: applied_migrations
-- What was applied, in order.
SELECT version, name, checksum FROM schema_migrations ORDER BY version;

-- name: record_migration!
-- A migration is applied.
INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (:version, :name, :checksum, :now);

-- name: stale
-- The next values that another key than the current one sealed.
SELECT {key}, {row}, {column} FROM {table}
WHERE {key} > :after AND substr({column}, 1, 4) <> :current
ORDER BY {key}
LIMIT :limit;

-- name: every_value
-- The next values, whichever key sealed them.
SELECT {key}, {row}, {column} FROM {table} WHERE {key} > :after AND {column} IS NOT NULL ORDER BY {key} LIMIT :limit;

-- name: sealing_keys
-- Keys that sealed values here, and since when they do no longer.
SELECT id, retired_at FROM sealing_keys;

-- name: key_in_use!
-- Values are sealed with it from now on.
INSERT INTO sealing_keys (id) VALUES (:id) ON CONFLICT (id) DO UPDATE SET retired_at = NULL;

-- name: key_retired!
-- Nothing is sealed with it any more, or what is was given up.
UPDATE sealing_keys SET retired_at = :now WHERE id = :id;

-- name: live_keys
-- Who serves a channel, and the keys they say they hold.
SELECT name, keys FROM workers WHERE seen_at + lease >= {now} ORDER BY name, id;

-- name: reseal
-- The same value under the current key, unless it was written anew meanwhile.
UPDATE {table} SET {column} = :fresh WHERE {key} = :key AND {column} = :stale RETURNING 1;

-- name: key_usage
-- How many values each key seals.
SELECT substr({column}, 1, 4), COUNT(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1;
