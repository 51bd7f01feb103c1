-- Question: what do the values mean that the CRM writes, by the settings?
-- Grain:    functions of one value. Writer: none. Readers: the oracle queries in this folder.
-- For test and demo databases only: the job needs none of it. Run it first of the files that define the oracle.

CREATE SCHEMA oracle;

-- Letters.fold in Java is the same, and a test compares the two letter by letter.
CREATE FUNCTION oracle.fold(text text) RETURNS text LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
  SELECT translate(text,
    'ABCDEFGHIJKLMNOPQRSTUVWXYZÀÁÂÃÄÅÆÇÈÉÊËÌÍÎÏÐÑÒÓÔÕÖØÙÚÛÜÝÞĀĂĄĆĈĊČĎĐĒĔĖĘĚĜĞĠĢĤĦĨĪĬĮİĲĴĶĹĻĽĿŁŃŅŇŊŌŎŐŒŔŖŘŚŜŞŠŢŤŦŨ'
    || 'ŪŬŮŰŲŴŶŸŹŻŽƁƂƄƆƇƉƊƋƎƏƐƑƓƔƖƗƘƜƝƟƠƢƤƦƧƩƬƮƯƱƲƳƵƷƸƼǄǅǇǈǊǋǍǏǑǓǕǗǙǛǞǠǢǤǦǨǪǬǮǱǲǴǶǷǸǺǼǾȀȂȄȆȈȊȌȎȐȒȔȖȘȚȜȞȠȢȤȦȨȪȬȮȰȲȺȻȽ'
    || 'ȾɁɃɄɅɆɈɊɌɎͰͲͶͿΆΈΉΊΌΎΏΑΒΓΔΕΖΗΘΙΚΛΜΝΞΟΠΡΣΤΥΦΧΨΩΪΫςϏϘϚϜϞϠϢϤϦϨϪϬϮϴϷϹϺϽϾϿЀЁЂЃЄЅІЇЈЉЊЋЌЍЎЏАБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧ'
    || 'ШЩЪЫЬЭЮЯѠѢѤѦѨѪѬѮѰѲѴѶѸѺѼѾҀҊҌҎҐҒҔҖҘҚҜҞҠҢҤҦҨҪҬҮҰҲҴҶҸҺҼҾӀӁӃӅӇӉӋӍӐӒӔӖӘӚӜӞӠӢӤӦӨӪӬӮӰӲӴӶӸӺӼӾԀԂԄԆԈԊԌԎԐԒԔԖԘԚԜԞԠԢԤԦԨԪԬԮ',
    'abcdefghijklmnopqrstuvwxyzàáâãäåæçèéêëìíîïðñòóôõöøùúûüýþāăąćĉċčďđēĕėęěĝğġģĥħĩīĭįiĳĵķĺļľŀłńņňŋōŏőœŕŗřśŝşšţťŧũ'
    || 'ūŭůűųŵŷÿźżžɓƃƅɔƈɖɗƌǝəɛƒɠɣɩɨƙɯɲɵơƣƥʀƨʃƭʈưʊʋƴƶʒƹƽǆǆǉǉǌǌǎǐǒǔǖǘǚǜǟǡǣǥǧǩǫǭǯǳǳǵƕƿǹǻǽǿȁȃȅȇȉȋȍȏȑȓȕȗșțȝȟƞȣȥȧȩȫȭȯȱȳⱥȼƚ'
    || 'ⱦɂƀʉʌɇɉɋɍɏͱͳͷϳάέήίόύώαβγδεζηθικλμνξοπρστυφχψωϊϋσϗϙϛϝϟϡϣϥϧϩϫϭϯθϸϲϻͻͼͽѐёђѓєѕіїјљњћќѝўџабвгдежзийклмнопрстуфхцч'
    || 'шщъыьэюяѡѣѥѧѩѫѭѯѱѳѵѷѹѻѽѿҁҋҍҏґғҕҗҙқҝҟҡңҥҧҩҫҭүұҳҵҷҹһҽҿӏӂӄӆӈӊӌӎӑӓӕӗәӛӝӟӡӣӥӧөӫӭӯӱӳӵӷӹӻӽӿԁԃԅԇԉԋԍԏԑԓԕԗԙԛԝԟԡԣԥԧԩԫԭԯ')
$$;

CREATE FUNCTION oracle.outcome(status text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN oracle.fold(status) = 'won' THEN 'won' WHEN oracle.fold(status) IN ('lost', 'closed_lost') THEN 'lost' ELSE 'open' END
$$;

CREATE FUNCTION oracle.run_status(status text) RETURNS text LANGUAGE sql IMMUTABLE AS $$
  SELECT CASE WHEN oracle.fold(status) IN ('completed', 'succeeded', 'success', 'done') THEN 'completed'
              WHEN oracle.fold(status) IN ('failed', 'error') THEN 'failed'
              WHEN oracle.fold(status) IN ('cancelled', 'canceled') THEN 'cancelled' ELSE 'open' END
$$;

-- Texts that tell KPI rows apart count up to 200 characters.
CREATE FUNCTION oracle.of_key(text text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT left(text, 200) $$;

CREATE FUNCTION oracle.currency(text text) RETURNS text LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN text ~ '^[A-Za-z]{3}$' THEN upper(text COLLATE "C") ELSE oracle.of_key(text) END $$;

-- Instants beyond 1900 to 2200 are how CRMs write that there is none.
CREATE FUNCTION oracle.near(instant timestamptz) RETURNS timestamptz LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN instant >= '1900-01-01 00:00Z' AND instant < '2200-01-01 00:00Z' THEN instant END $$;

-- Never below 0: the CRM writes the end of a run shortly before the row begins.
CREATE FUNCTION oracle.duration(since timestamptz, until timestamptz) RETURNS interval LANGUAGE sql IMMUTABLE AS
$$ SELECT CASE WHEN until < since THEN interval '0' ELSE until - since END $$;

CREATE FUNCTION oracle.source(text text) RETURNS text LANGUAGE sql IMMUTABLE AS $$ SELECT nullif(oracle.of_key(trim(text)), '') $$;

-- The kpi.* settings by which the job derives its tables, one row.
CREATE TABLE oracle.setting (
  window_days        integer NOT NULL DEFAULT 30,
  stale_days         integer NOT NULL DEFAULT 14,
  idle_days          integer NOT NULL DEFAULT 7,
  sla_minutes        integer NOT NULL DEFAULT 10,
  overdue_watch_days integer NOT NULL DEFAULT 30,
  freeze_days        integer NOT NULL DEFAULT 400,
  time_zone          text    NOT NULL DEFAULT 'Europe/Amsterdam',
  default_currency   text    NOT NULL DEFAULT 'EUR'
);
INSERT INTO oracle.setting DEFAULT VALUES;
CREATE VIEW oracle.settings AS
SELECT make_interval(hours => 24 * window_days) AS kpi_window, window_days, greatest(window_days, 365) AS lookback_days,
       make_interval(hours => 24 * stale_days) AS stale, make_interval(hours => 24 * idle_days) AS idle,
       make_interval(mins => sla_minutes) AS sla, make_interval(hours => 24 * overdue_watch_days) AS overdue_watch,
       freeze_days, time_zone, default_currency
FROM oracle.setting LIMIT 1;

-- SLAs of workflows that have one of their own, as kpi.sla-minutes.<workflow> sets them.
CREATE TABLE oracle.slas (workflow_id text PRIMARY KEY, sla interval NOT NULL);
CREATE FUNCTION oracle.sla(workflow text) RETURNS interval LANGUAGE sql STABLE AS
$$ SELECT coalesce((SELECT sla FROM oracle.slas WHERE workflow_id = workflow), (SELECT s.sla FROM oracle.settings s)) $$;
