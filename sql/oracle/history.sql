-- Question: which versions has each deal had? The rows of the CRM alone do not tell when a stage was entered or a deal won.
-- Grain:    a version of a deal. Key: seq.
-- Writer:   a trigger on crm_deals. Readers: the oracle queries in this folder.
-- For test and demo databases only: the job needs none of it. Run it before the job starts; the versions that are there
-- then count as first versions, as they do for the job's snapshot.

CREATE SCHEMA oracle;

CREATE TABLE oracle.deal_versions (
  seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  deal_id    integer NOT NULL,
  pipeline_id integer NOT NULL,
  stage_id   integer NOT NULL,
  outcome    text NOT NULL,
  value      numeric NOT NULL,
  currency   text NOT NULL,
  updated_at timestamptz NOT NULL
);
CREATE INDEX ON oracle.deal_versions (deal_id, seq);

CREATE FUNCTION oracle.outcome(status text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE lower(status) WHEN 'won' THEN 'won' WHEN 'lost' THEN 'lost' WHEN 'closed_lost' THEN 'lost' ELSE 'open' END $$;

CREATE FUNCTION oracle.keep_deal_version() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF TG_OP = 'DELETE' THEN
    DELETE FROM oracle.deal_versions WHERE deal_id = OLD.id;
    RETURN OLD;
  END IF;
  INSERT INTO oracle.deal_versions (deal_id, pipeline_id, stage_id, outcome, value, currency, updated_at)
  VALUES (NEW.id, NEW.pipeline_id, NEW.stage_id, oracle.outcome(NEW.status), NEW.value, NEW.currency, NEW.updated_at);
  RETURN NEW;
END $$;

CREATE TRIGGER keep_deal_version AFTER INSERT OR UPDATE OR DELETE ON crm_deals
FOR EACH ROW EXECUTE FUNCTION oracle.keep_deal_version();

INSERT INTO oracle.deal_versions (deal_id, pipeline_id, stage_id, outcome, value, currency, updated_at)
SELECT id, pipeline_id, stage_id, oracle.outcome(status), value, currency, updated_at FROM crm_deals;

-- A stay begins with the first version in a stage and lasts until the first version in another.
CREATE VIEW oracle.deal_steps AS
SELECT *, sum(moves::int) OVER (PARTITION BY deal_id ORDER BY seq) AS stay
FROM (
  SELECT v.*,
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
         (array_agg(updated_at ORDER BY seq))[1] AS entered_at,
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
       v.updated_at AS left_at, v.value AS value_at_end, v.currency AS currency_at_end
FROM ended e LEFT JOIN oracle.deal_versions v ON v.seq = e.end_seq;

CREATE VIEW oracle.deal_closings AS
SELECT DISTINCT ON (deal_id) deal_id, updated_at AS closed_at
FROM oracle.deal_steps WHERE closes ORDER BY deal_id, seq DESC;
