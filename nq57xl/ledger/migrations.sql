-- The ledger, step by step: each under a comment of its number and name. A step that has been released is never edited:
-- what is wrong is put right by the next one. Written for SQLite; migrate.py says how a server has it.
-- Of 5: a file may be judged for several periods, and again; SQLite drops a UNIQUE only with its table, children first.

-- 1: forms, returns, values, findings, outputs, events
CREATE TABLE plans (
        version TEXT NOT NULL PRIMARY KEY, json TEXT NOT NULL, recorded_at TEXT NOT NULL);
CREATE TABLE forms (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        issue_id TEXT NOT NULL UNIQUE, short_id TEXT NOT NULL UNIQUE,
        plan_version TEXT NOT NULL REFERENCES plans (version), schema_version TEXT NOT NULL,
        unit TEXT NOT NULL, period TEXT NOT NULL, version INTEGER NOT NULL,
        file TEXT NOT NULL, sha256 TEXT NOT NULL, json TEXT NOT NULL, issued_at TEXT NOT NULL,
        UNIQUE (period, unit, version));
CREATE TABLE files (
        sha256 TEXT NOT NULL PRIMARY KEY, path TEXT, name TEXT NOT NULL, size INTEGER NOT NULL,
        first_seen TEXT NOT NULL);
CREATE TABLE returns (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        sha256 TEXT NOT NULL UNIQUE REFERENCES files (sha256), period TEXT NOT NULL,
        path TEXT NOT NULL, name TEXT NOT NULL, received_at TEXT NOT NULL, received_basis TEXT NOT NULL,
        verdict TEXT NOT NULL, unit TEXT, form_period TEXT, issue_id TEXT,
        collected_at TEXT NOT NULL, who TEXT NOT NULL);
CREATE INDEX returns_by_period ON returns (period, id);
CREATE TABLE return_values (
        return_id INTEGER NOT NULL REFERENCES returns (id), position INTEGER NOT NULL,
        row_table TEXT NOT NULL, row_key TEXT NOT NULL, field TEXT NOT NULL, typed TEXT NOT NULL,
        value TEXT, value_type TEXT NOT NULL CHECK (value_type IN ('text', 'number', 'date', 'none')),
        sheet TEXT NOT NULL, cell TEXT NOT NULL,
        PRIMARY KEY (return_id, position)) WITHOUT ROWID;
CREATE TABLE return_findings (
        return_id INTEGER NOT NULL REFERENCES returns (id), position INTEGER NOT NULL,
        code TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, fix TEXT NOT NULL,
        sheet TEXT NOT NULL, cell TEXT NOT NULL, row_table TEXT NOT NULL, task TEXT, field TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (return_id, position)) WITHOUT ROWID;
CREATE TABLE outputs (
        path TEXT NOT NULL, sha256 TEXT NOT NULL, written_at TEXT NOT NULL, PRIMARY KEY (path, sha256));
CREATE TABLE events (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        at TEXT NOT NULL, who TEXT NOT NULL, what TEXT NOT NULL, detail TEXT NOT NULL);

-- 2: every cell of a form as it was issued
ALTER TABLE forms ADD COLUMN cells BLOB;

-- 3: senders, origins, decisions on returns, the office's edits, closed periods, amendments
ALTER TABLE returns ADD COLUMN sender TEXT NOT NULL DEFAULT '';
ALTER TABLE returns ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE return_values ADD COLUMN origin TEXT;
CREATE TABLE decisions (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        return_id INTEGER NOT NULL REFERENCES returns (id),
        kind TEXT NOT NULL CHECK (kind IN ('exclude', 'readmit', 'received')),
        value TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL);
CREATE TABLE edits (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        period TEXT NOT NULL, unit TEXT NOT NULL, row_table TEXT NOT NULL, row_key TEXT NOT NULL, field TEXT NOT NULL,
        kind TEXT NOT NULL CHECK (kind IN ('wording', 'figure', 'withdrawn')),
        typed TEXT NOT NULL, value TEXT,
        value_type TEXT NOT NULL CHECK (value_type IN ('text', 'number', 'date', 'none')),
        before TEXT NOT NULL, author TEXT NOT NULL, reason TEXT NOT NULL,
        file_sha256 TEXT NOT NULL, sheet TEXT NOT NULL, cell TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL);
CREATE INDEX edits_by_period ON edits (period, id);
CREATE TABLE closings (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        period TEXT NOT NULL, kind TEXT NOT NULL CHECK (kind IN ('close', 'reopen')),
        json TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL);
CREATE TABLE amendments (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        plan_version TEXT NOT NULL REFERENCES plans (version), effective_from TEXT NOT NULL,
        json TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL);

-- 4: what a unit's cell meant when the office edited it
ALTER TABLE edits ADD COLUMN before_value TEXT;
ALTER TABLE edits ADD COLUMN before_type TEXT NOT NULL DEFAULT 'none';

-- 5: files judged for several periods and again, when saved, returns taken by the office
CREATE TABLE returns_new (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        sha256 TEXT NOT NULL REFERENCES files (sha256), period TEXT NOT NULL,
        path TEXT NOT NULL, name TEXT NOT NULL, received_at TEXT NOT NULL, received_basis TEXT NOT NULL,
        verdict TEXT NOT NULL, unit TEXT, form_period TEXT, issue_id TEXT,
        collected_at TEXT NOT NULL, who TEXT NOT NULL,
        sender TEXT NOT NULL DEFAULT '', subject TEXT NOT NULL DEFAULT '',
        saved_at TEXT NOT NULL DEFAULT '', judged_again INTEGER REFERENCES returns_new (id));
INSERT INTO returns_new SELECT id, sha256, period, path, name, received_at, received_basis, verdict, unit,
        form_period, issue_id, collected_at, who, sender, subject, '', NULL FROM returns;
CREATE TABLE return_values_new (
        return_id INTEGER NOT NULL REFERENCES returns_new (id), position INTEGER NOT NULL,
        row_table TEXT NOT NULL, row_key TEXT NOT NULL, field TEXT NOT NULL, typed TEXT NOT NULL,
        value TEXT, value_type TEXT NOT NULL CHECK (value_type IN ('text', 'number', 'date', 'none')),
        sheet TEXT NOT NULL, cell TEXT NOT NULL, origin TEXT,
        PRIMARY KEY (return_id, position)) WITHOUT ROWID;
INSERT INTO return_values_new SELECT return_id, position, row_table, row_key, field, typed, value, value_type,
        sheet, cell, origin FROM return_values;
CREATE TABLE return_findings_new (
        return_id INTEGER NOT NULL REFERENCES returns_new (id), position INTEGER NOT NULL,
        code TEXT NOT NULL, severity TEXT NOT NULL, message TEXT NOT NULL, fix TEXT NOT NULL,
        sheet TEXT NOT NULL, cell TEXT NOT NULL, row_table TEXT NOT NULL, task TEXT, field TEXT NOT NULL,
        value TEXT NOT NULL,
        PRIMARY KEY (return_id, position)) WITHOUT ROWID;
INSERT INTO return_findings_new SELECT return_id, position, code, severity, message, fix, sheet, cell,
        row_table, task, field, value FROM return_findings;
CREATE TABLE decisions_new (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        return_id INTEGER NOT NULL REFERENCES returns_new (id),
        kind TEXT NOT NULL CHECK (kind IN ('exclude', 'readmit', 'received', 'take')),
        value TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL);
INSERT INTO decisions_new SELECT id, return_id, kind, value, reason, at, who FROM decisions;
DROP TABLE decisions;
DROP TABLE return_values;
DROP TABLE return_findings;
DROP TABLE returns;
ALTER TABLE returns_new RENAME TO returns;
ALTER TABLE return_values_new RENAME TO return_values;
ALTER TABLE return_findings_new RENAME TO return_findings;
ALTER TABLE decisions_new RENAME TO decisions;
CREATE INDEX returns_by_period ON returns (period, id);
CREATE INDEX returns_by_file ON returns (sha256);
CREATE INDEX returns_again ON returns (judged_again);

-- 6: warnings waived
CREATE TABLE waivers (
        id INTEGER PRIMARY KEY AUTOINCREMENT, ends INTEGER REFERENCES waivers (id),
        unit TEXT NOT NULL, code TEXT NOT NULL, task TEXT NOT NULL, field TEXT NOT NULL,
        since TEXT NOT NULL, until TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL);

-- 7: what a statement said
ALTER TABLE return_values ADD COLUMN stated TEXT NOT NULL DEFAULT '';

-- 8: the office's remarks on cells
CREATE TABLE decisions_new (
        id INTEGER PRIMARY KEY AUTOINCREMENT,
        return_id INTEGER NOT NULL REFERENCES returns (id),
        kind TEXT NOT NULL CHECK (kind IN ('exclude', 'readmit', 'received', 'take', 'remark')),
        value TEXT NOT NULL, reason TEXT NOT NULL, at TEXT NOT NULL, who TEXT NOT NULL);
INSERT INTO decisions_new SELECT id, return_id, kind, value, reason, at, who FROM decisions;
DROP TABLE decisions;
ALTER TABLE decisions_new RENAME TO decisions;

-- 9: what later reports show of a period
CREATE TABLE past_periods (
        period TEXT NOT NULL, mark TEXT NOT NULL, json TEXT NOT NULL, PRIMARY KEY (period, mark));
CREATE INDEX outputs_by_content ON outputs (sha256);

-- 10: the schema of forms kept once
CREATE TABLE schemas (sha256 TEXT NOT NULL PRIMARY KEY, json TEXT NOT NULL);
