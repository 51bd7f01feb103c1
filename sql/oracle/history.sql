-- Question: which versions has each deal had? The rows of the CRM alone do not tell when a stage was entered or a deal won.
-- Grain:    a version of a deal. Key: seq.
-- Writer:   a trigger on crm_deals. Readers: the oracle queries in this folder.
-- For test and demo databases only: the job needs none of it. Run it after words.sql and rows.sql, before the job starts; the
-- versions that are there then count as first versions, as they do for the job's snapshot. Needs track_commit_timestamp = on.

CREATE TABLE oracle.deal_versions (
  seq          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  deal_id      bigint NOT NULL,
  pipeline_id  bigint NOT NULL,
  stage_id     bigint NOT NULL,
  outcome      text NOT NULL,
  value        numeric NOT NULL,
  currency     text NOT NULL,
  updated_at   timestamptz NOT NULL,
  -- By which transaction it was written, or when; both are null for what was there before.
  xid          xid8,
  committed_at timestamptz
);
CREATE INDEX ON oracle.deal_versions (deal_id, seq);

-- How many visits deals had that were deleted: when one is restored under its id, its visits are numbered on.
CREATE TABLE oracle.past_visits (deal_id bigint PRIMARY KEY, visits bigint NOT NULL, deleted_at timestamptz NOT NULL);

-- In tests that make up time, the setting oracle.committed_at says when it is.
CREATE FUNCTION oracle.made_up_time() RETURNS timestamptz LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('oracle.committed_at', true), '')::timestamptz $$;

CREATE FUNCTION oracle.keep_deal_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  -- With another key it is another deal.
  IF TG_OP = 'DELETE' OR (TG_OP = 'UPDATE' AND OLD.id <> NEW.id) THEN
    INSERT INTO oracle.past_visits AS held
    SELECT OLD.id, count(*), coalesce(oracle.made_up_time(), now()) FROM oracle.deal_visits
    WHERE deal_id = OLD.id AND (left_at IS NOT NULL OR is_current)
    ON CONFLICT (deal_id) DO UPDATE SET visits = held.visits + excluded.visits, deleted_at = excluded.deleted_at;
    DELETE FROM oracle.deal_versions WHERE deal_id = OLD.id;
  END IF;
  IF TG_OP = 'DELETE' THEN
    RETURN OLD;
  END IF;
  IF TG_OP = 'INSERT' OR OLD.id <> NEW.id THEN
    DELETE FROM oracle.past_visits
    WHERE deal_id = NEW.id AND deleted_at + (SELECT make_interval(hours => 24 * freeze_days) FROM oracle.settings) <= coalesce(oracle.made_up_time(), now());
  END IF;
  INSERT INTO oracle.deal_versions (deal_id, pipeline_id, stage_id, outcome, value, currency, updated_at, xid, committed_at)
  VALUES (NEW.id, NEW.pipeline_id, NEW.stage_id, oracle.outcome(NEW.status), NEW.value, oracle.currency(NEW.currency), NEW.updated_at,
          pg_current_xact_id(), oracle.made_up_time());
  RETURN NEW;
END $$;

CREATE TRIGGER keep_deal_version AFTER INSERT OR UPDATE OR DELETE ON crm_deals
FOR EACH ROW EXECUTE FUNCTION oracle.keep_deal_version();

INSERT INTO oracle.deal_versions (deal_id, pipeline_id, stage_id, outcome, value, currency, updated_at)
SELECT id, pipeline_id, stage_id, outcome, value, currency, updated_at FROM oracle.deals;

-- A stay begins with the first version in a stage and lasts until the first version in another.
CREATE VIEW oracle.deal_steps AS
SELECT *, sum(moves::int) OVER (PARTITION BY deal_id ORDER BY seq) AS stay
FROM (
  SELECT v.*,
         -- A version that leaves updated_at as it was changed the deal when it was committed.
         CASE WHEN lag(updated_at) OVER w = updated_at
              THEN coalesce(committed_at, pg_xact_commit_timestamp(xid::xid), updated_at) ELSE updated_at END AS changed_at,
         lag(stage_id) OVER w IS DISTINCT FROM stage_id AS moves,
         outcome <> 'open' AND lag(outcome) OVER w IS DISTINCT FROM outcome AS closes
  FROM oracle.deal_versions v
  WINDOW w AS (PARTITION BY deal_id ORDER BY seq)
) marked;

-- left_at is when the visit ended; null while it goes on, and for a stay in which the deal was never open. A deal that was
-- closed and not re-opened in a stay ended its visit with the closing; one that was open at its end, or that is open again in
-- the next stage, ended it by moving on.
CREATE VIEW oracle.deal_visits AS
WITH stays AS (
  SELECT deal_id, stay, min(stage_id) AS stage_id, (array_agg(pipeline_id ORDER BY seq DESC))[1] AS pipeline_id,
         (array_agg(changed_at ORDER BY seq))[1] AS entered_at,
         (array_agg(outcome ORDER BY seq DESC))[1] AS last_outcome,
         bool_or(outcome <> 'open') AS was_closed,
         max(seq) FILTER (WHERE outcome = 'open') AS last_open
  FROM oracle.deal_steps GROUP BY deal_id, stay
),
ended AS (
  SELECT s.*, following.seq IS NULL AS is_current,
         s.last_outcome <> 'open' AND following.outcome IS DISTINCT FROM 'open' AS ended_by_closing,
         CASE WHEN s.last_outcome = 'open' OR following.outcome = 'open' THEN following.seq
              ELSE (SELECT c.seq FROM oracle.deal_steps c
                    WHERE c.deal_id = s.deal_id AND c.stay = s.stay AND c.seq > s.last_open ORDER BY c.seq LIMIT 1)
         END AS end_seq
  FROM stays s
  LEFT JOIN oracle.deal_steps following ON following.deal_id = s.deal_id AND following.stay = s.stay + 1 AND following.moves
)
SELECT e.deal_id, e.stay, e.pipeline_id, e.stage_id, e.entered_at, e.last_outcome, e.was_closed, e.is_current, e.ended_by_closing,
       v.changed_at AS left_at, v.value AS value_at_end, v.currency AS currency_at_end
FROM ended e LEFT JOIN oracle.deal_steps v ON v.deal_id = e.deal_id AND v.seq = e.end_seq;

CREATE VIEW oracle.deal_closings AS
SELECT DISTINCT ON (deal_id) deal_id, changed_at AS closed_at
FROM oracle.deal_steps WHERE closes ORDER BY deal_id, seq DESC;
