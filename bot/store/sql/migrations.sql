-- The tables themselves, and the keys that seal their values.

-- name: keyring_mark
-- Read which key file sealed this database.
SELECT mark FROM keyring;

-- name: set_keyring_mark!
-- Tie the database to the key file, at the first start.
INSERT INTO keyring (mark) VALUES (:mark) ON CONFLICT (mark) DO NOTHING;

-- name: lock_migrations
-- Lock until the transaction ends, so that processes that start together change the tables one after the other.
SELECT {migration_lock};

-- name: create_migrations!
-- Create the table of migrations, at the first start.
CREATE TABLE IF NOT EXISTS schema_migrations (
    version BIGINT PRIMARY KEY, name TEXT NOT NULL, checksum TEXT NOT NULL, applied_at BIGINT NOT NULL);

-- name: applied_migrations
-- Read the applied migrations, in order.
SELECT version, name, checksum FROM schema_migrations ORDER BY version;

-- name: newest_migration
-- Read the newest applied migration: a program that is older must not go on.
SELECT version, name, checksum FROM schema_migrations ORDER BY version DESC LIMIT 1;

-- name: record_migration!
-- Record an applied migration.
INSERT INTO schema_migrations (version, name, checksum, applied_at) VALUES (:version, :name, :checksum, :now);

-- name: stale
-- Read the next values sealed by another key than the current one.
SELECT {key}, {row}, {column} FROM {table}
WHERE {key} > :after AND substr({column}, 1, 4) <> :current
ORDER BY {key}
LIMIT :limit;

-- name: every_value
-- Read the next values, whichever key sealed them.
SELECT {key}, {row}, {column} FROM {table} WHERE {key} > :after AND {column} IS NOT NULL ORDER BY {key} LIMIT :limit;

-- name: sealing_keys
-- Read the keys that sealed values here, and since when they no longer do.
SELECT id, retired_at FROM sealing_keys;

-- name: key_in_use!
-- Record that values are sealed with this key from now on.
INSERT INTO sealing_keys (id) VALUES (:id) ON CONFLICT (id) DO UPDATE SET retired_at = NULL;

-- name: key_retired!
-- Record that nothing is sealed with this key any more, or that its values were given up.
UPDATE sealing_keys SET retired_at = :now WHERE id = :id;

-- name: live_keys
-- Read the live processes, and the keys they report.
SELECT name, keys FROM workers WHERE seen_at + lease >= {now} ORDER BY name, id;

-- name: reseal
-- Store the value under the current key, unless it was written again meanwhile.
UPDATE {table} SET {column} = :fresh WHERE {key} = :key AND {column} = :stale RETURNING 1;

-- name: key_usage
-- Count the values that each key seals.
SELECT substr({column}, 1, 4), COUNT(*) FROM {table} WHERE {column} IS NOT NULL GROUP BY 1;
