"""The time-series tables, which no model manages: keyed by point, cut into months.

No foreign key, trigger, identity or default partition, so that they can be distributed by
``point_id`` as they are. Source: docs/time-series.md, "Tables".
"""

from django.db import migrations

CREATE = """
CREATE TABLE devices_reading (
    point_id bigint NOT NULL,
    time timestamptz NOT NULL,
    value double precision NOT NULL,
    quality smallint NOT NULL,
    revision smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (point_id, time)
) PARTITION BY RANGE (time);
CREATE INDEX devices_reading_time ON devices_reading USING brin (time);

CREATE TABLE devices_reading_text (
    point_id bigint NOT NULL,
    time timestamptz NOT NULL,
    value text NOT NULL,
    quality smallint NOT NULL,
    revision smallint NOT NULL DEFAULT 0,
    PRIMARY KEY (point_id, time)
) PARTITION BY RANGE (time);

CREATE TABLE devices_rollup (
    point_id bigint NOT NULL,
    resolution smallint NOT NULL,
    bucket timestamptz NOT NULL,
    count integer NOT NULL,
    sum double precision,
    min double precision,
    max double precision,
    first double precision,
    last double precision,
    first_time timestamptz,
    last_time timestamptz,
    delta double precision,
    flags integer NOT NULL DEFAULT 0,
    PRIMARY KEY (point_id, resolution, bucket)
) PARTITION BY RANGE (bucket);

CREATE TABLE devices_rollup_dirty (
    point_id bigint NOT NULL,
    bucket timestamptz NOT NULL,
    marks integer NOT NULL DEFAULT 1,
    PRIMARY KEY (point_id, bucket)
);

-- Room on each page for the next latest value, so that an update touches no index.
ALTER TABLE devices_point SET (fillfactor = 70);
"""
DROP = """
DROP TABLE devices_rollup_dirty;
DROP TABLE devices_rollup;
DROP TABLE devices_reading_text;
DROP TABLE devices_reading;
"""
TIME_SERIES_TABLES = migrations.RunSQL(CREATE, reverse_sql=DROP)
