-- Question: which versions has each deal had? The rows of the CRM alone do not tell when a stage was entered or a deal won.
-- Grain:    a version of a deal. Key: seq.
-- Writer:   a trigger on crm_deals. Readers: the oracle queries in this folder.
-- For test and demo databases only: the job needs none of it. Run it before the job starts; the versions that are there
-- then count as first versions, as they do for the job's snapshot.

CREATE SCHEMA oracle;

CREATE TABLE oracle.deal_versions (
  seq        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
  deal_id    integer NOT NULL,
  stage_id   integer NOT NULL,
  outcome    text NOT NULL,
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
  INSERT INTO oracle.deal_versions (deal_id, stage_id, outcome, updated_at)
  VALUES (NEW.id, NEW.stage_id, oracle.outcome(NEW.status), NEW.updated_at);
  RETURN NEW;
END $$;

CREATE TRIGGER keep_deal_version AFTER INSERT OR UPDATE OR DELETE ON crm_deals
FOR EACH ROW EXECUTE FUNCTION oracle.keep_deal_version();

INSERT INTO oracle.deal_versions (deal_id, stage_id, outcome, updated_at)
SELECT id, stage_id, oracle.outcome(status), updated_at FROM crm_deals;

-- A version starts a visit when the deal is open in a stage in which it was not open before, and ends the visit before
-- it when the deal is no longer open there.
CREATE VIEW oracle.deal_steps AS
SELECT *, sum(starts::int) OVER (PARTITION BY deal_id ORDER BY seq) AS visit_no
FROM (
  SELECT v.*,
         outcome = 'open' AND (lag(outcome) OVER w IS DISTINCT FROM 'open' OR lag(stage_id) OVER w <> stage_id) AS starts,
         lag(outcome) OVER w = 'open' AND (outcome <> 'open' OR lag(stage_id) OVER w <> stage_id) AS ends,
         outcome <> 'open' AND lag(outcome) OVER w IS DISTINCT FROM outcome AS closes,
         outcome = 'open' AND lag(outcome) OVER w IN ('won', 'lost') AS reopens
  FROM oracle.deal_versions v
  WINDOW w AS (PARTITION BY deal_id ORDER BY seq)
) marked;

CREATE VIEW oracle.deal_visits AS
SELECT s.deal_id, s.stage_id, s.updated_at AS entered_at, e.updated_at AS left_at
FROM oracle.deal_steps s
LEFT JOIN oracle.deal_steps e
  ON e.deal_id = s.deal_id AND e.ends AND e.visit_no - e.starts::int = s.visit_no
WHERE s.starts
  -- Re-opening withdraws the win or loss that had ended a visit.
  AND NOT (e.outcome IS NOT NULL AND e.outcome <> 'open'
           AND EXISTS (SELECT FROM oracle.deal_steps r WHERE r.deal_id = s.deal_id AND r.reopens AND r.seq > e.seq));

CREATE VIEW oracle.deal_closings AS
SELECT DISTINCT ON (deal_id) deal_id, updated_at AS closed_at
FROM oracle.deal_steps WHERE closes ORDER BY deal_id, seq DESC;
