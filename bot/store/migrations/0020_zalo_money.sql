-- Money that messages of Zalo's accounts cost, month by month; approved texts with their prices; windows that Zalo shut.
CREATE TABLE zalo_spending (
    app   TEXT NOT NULL,    -- id of the app
    month TEXT NOT NULL,    -- in Viet Nam, such as 2026-11
    spent BIGINT NOT NULL,  -- dong: settled, reserved by messages on their way, or of messages that may have arrived
    PRIMARY KEY (app, month)
);
INSERT INTO zalo_spending (app, month, spent) SELECT app, spent_month, spent FROM zalo_accounts WHERE spent > 0;
ALTER TABLE zalo_accounts DROP COLUMN spent_month;
ALTER TABLE zalo_accounts DROP COLUMN spent;
ALTER TABLE zalo_accounts ADD COLUMN templates TEXT NOT NULL DEFAULT '[]'; -- approved texts and their prices, as JSON
ALTER TABLE zalo_accounts ADD COLUMN templates_at BIGINT NOT NULL DEFAULT 0; -- when Zalo was asked for them
ALTER TABLE zalo_people ADD COLUMN phone {bytes}; -- sealed: the number that the person sent by Zalo's own form
ALTER TABLE zalo_people ADD COLUMN closed_at BIGINT NOT NULL DEFAULT 0; -- Zalo said then that it takes no message
