-- The same certificate is recognised by whatever tells it from others, not by its serial number alone.

ALTER TABLE requests RENAME COLUMN serial TO certificate_key;
