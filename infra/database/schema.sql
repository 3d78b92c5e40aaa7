-- The tables of the job queue. Moments are text, 'YYYY-MM-DD HH:MM:SS.ffffff' in UTC.

CREATE TABLE campaigns (
    id         INTEGER PRIMARY KEY,
    name       TEXT    NOT NULL,
    user_id    INTEGER NOT NULL,
    status     TEXT    NOT NULL DEFAULT 'active'
               CHECK (status IN ('draft', 'active', 'paused', 'completed', 'archived')),
    created_at TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now'))
);

CREATE TABLE jobs (
    id             INTEGER PRIMARY KEY,
    campaign_id    INTEGER NOT NULL REFERENCES campaigns (id),
    customer_email TEXT    NOT NULL,
    current_step   TEXT    NOT NULL DEFAULT 'send_email'
                   CHECK (current_step IN ('send_email', 'analyze', 'take_action', 'done')),
    status         TEXT    NOT NULL DEFAULT 'pending'
                   CHECK (status IN ('pending', 'processing', 'completed', 'failed')),
    worker_id      TEXT,
    retry_count    INTEGER NOT NULL DEFAULT 0,
    created_at     TEXT    NOT NULL DEFAULT (strftime('%Y-%m-%d %H:%M:%f000', 'now')),
    started_at     TEXT,
    completed_at   TEXT,
    error_message  TEXT,
    scheduled_for  TEXT,
    last_heartbeat TEXT
);

CREATE TABLE job_steps (
    id           INTEGER PRIMARY KEY,
    job_id       INTEGER NOT NULL REFERENCES jobs (id),
    step_name    TEXT    NOT NULL
                 CHECK (step_name IN ('send_email', 'analyze', 'take_action', 'done')),
    status       TEXT    NOT NULL DEFAULT 'pending'
                 CHECK (status IN ('pending', 'in_progress', 'completed', 'failed')),
    output_data  TEXT    CHECK (output_data IS NULL OR json_type(output_data) = 'object'),
    started_at   TEXT,
    completed_at TEXT,
    UNIQUE (job_id, step_name)
);

-- A claim may look for the oldest by id, by created_at, by scheduled_for, or by the latter two.
CREATE INDEX jobs_by_status ON jobs (status);
CREATE INDEX jobs_by_status_and_age ON jobs (status, created_at);
CREATE INDEX jobs_by_status_and_due ON jobs (status, scheduled_for);
CREATE INDEX jobs_by_status_due_and_age ON jobs (status, scheduled_for, created_at);
