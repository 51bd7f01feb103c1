package nl.rentguy.crm.kpi.cli.sim;

import java.sql.Connection;
import java.sql.SQLException;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import nl.rentguy.crm.kpi.cli.sim.Company.Board;
import nl.rentguy.crm.kpi.cli.sim.Company.SimDeal;

/**
 * Several companies in one CRM. {@link #seed} writes their past, each {@link #step} does one thing that somebody there
 * would do. The choices follow from the random seed alone.
 */
public final class LivingCrm {

    private static final int HISTORY_DAYS = 120;
    private static final List<String> EVENT_STAGES =
            List.of("Intake", "Qualified", "Proposal", "Negotiation", "Contract");
    private static final List<String> RENTAL_STAGES = List.of("Request", "Quote", "Booked");

    private final Random random;
    private final Connection connection;
    private final Crm crm;
    private final List<Company> companies = new ArrayList<>();

    /** @param connection to the CRM database, used by this object alone */
    public LivingCrm(Connection connection, long seed, int tenants) {
        this.connection = connection;
        this.crm = new Crm(connection);
        this.random = new Random(seed);
        for (int i = 0; i < tenants; i++) {
            String name = Words.TENANTS.get(i % Words.TENANTS.size());
            companies.add(new Company(i < Words.TENANTS.size() ? name : name + "-" + (i / Words.TENANTS.size() + 1)));
        }
    }

    /** Writes 120 days of the past, so that every window is full, as one transaction. */
    public void seed() throws SQLException {
        Instant now = Instant.now();
        connection.setAutoCommit(false);
        for (Company company : companies) {
            company.boards.add(board(company, "Events", EVENT_STAGES, true));
            company.boards.add(board(company, "Rentals", RENTAL_STAGES, false));
            seedDeal(
                    company,
                    newLead(company, now.minus(Duration.ofDays(HISTORY_DAYS))),
                    now.minus(Duration.ofDays(HISTORY_DAYS)),
                    now);
            for (int day = HISTORY_DAYS; day > 0; day--) {
                seedDay(company, now, day);
            }
            for (int i = 0; i < 6; i++) {
                // Still running: their deadlines pass within the first minutes.
                Instant created = now.minusSeconds(560 - 20L * i);
                company.openRuns.add(crm.run(
                        company.tenantId,
                        anyDeal(company),
                        Words.any(random, Words.WORKFLOWS),
                        "running",
                        created,
                        null));
            }
        }
        connection.commit();
        connection.setAutoCommit(true);
    }

    private Board board(Company company, String name, List<String> stages, boolean isDefault) throws SQLException {
        int pipeline = crm.insert(
                "INSERT INTO crm_pipelines (tenant_id, name, is_default) VALUES (?, ?, ?)",
                company.tenantId,
                name,
                isDefault);
        List<Integer> ids = new ArrayList<>();
        for (String stage : stages) {
            ids.add(crm.insert(
                    "INSERT INTO crm_pipeline_stages (pipeline_id, name, \"order\") VALUES (?, ?, ?)",
                    pipeline,
                    stage,
                    ids.size() + 1));
        }
        return new Board(pipeline, ids);
    }

    private void seedDay(Company company, Instant now, int day) throws SQLException {
        Instant morning = now.minus(Duration.ofDays(day));
        for (int i = random.nextInt(4); i > 0; i--) {
            Instant at = morning.plusSeconds(random.nextInt(80_000));
            int lead = newLead(company, at);
            if (random.nextInt(3) < 2) {
                seedDeal(company, lead, at, now);
            }
        }
        for (int i = random.nextInt(12); i > 0; i--) {
            Instant at = morning.plusSeconds(random.nextInt(80_000));
            String workflow = Words.any(random, Words.WORKFLOWS);
            boolean failed = random.nextInt(12) == 0;
            boolean ends = !neverEnds(company, workflow);
            crm.run(
                    company.tenantId,
                    anyDeal(company),
                    workflow,
                    ends ? failed ? "failed" : "completed" : "queued",
                    at,
                    !ends || (failed && random.nextBoolean()) ? null : at.plusMillis(runMillis()));
        }
        for (String channel : Words.CHANNELS) {
            boolean nameless = channel.equals("Direct");
            crm.figures(
                    company.tenantId,
                    nameless && random.nextBoolean() ? null : channel,
                    nameless ? null : Words.any(random, Words.SOURCES),
                    morning.atOffset(ZoneOffset.UTC).toLocalDate(),
                    20 + random.nextInt(120),
                    60 + random.nextInt(80),
                    channel.equals("Paid Search"));
        }
    }

    private void seedDeal(Company company, int lead, Instant created, Instant now) throws SQLException {
        long age = Duration.between(created, now).toSeconds();
        Instant updated = created.plusSeconds((long) (age * random.nextDouble()));
        Board board = Words.any(random, company.boards);
        boolean old = age > Duration.ofDays(20).toSeconds();
        String status = old && random.nextInt(10) < 7 ? (random.nextInt(10) < 6 ? "won" : "lost") : "open";
        int stage = status.equals("won")
                ? board.stageIds().size() - 1
                : random.nextInt(board.stageIds().size());
        SimDeal deal = newDeal(company, lead, board, stage, status, created, updated);
        for (int i = random.nextInt(5); i > 0; i--) {
            crm.activity(company.tenantId, deal.id, Words.any(random, Words.ACTIVITIES), created.plusSeconds((long)
                    (age * random.nextDouble())));
        }
        if (deal.open && random.nextInt(4) > 0) {
            // Most customers were spoken to this week.
            long ago = Math.min(age, random.nextInt(8 * 86_400));
            crm.activity(company.tenantId, deal.id, Words.any(random, Words.ACTIVITIES), now.minusSeconds(ago));
        }
    }

    /** Does one thing, committed when it returns. */
    public void step() throws SQLException {
        Company company = Words.any(random, companies);
        Instant now = Instant.now();
        int draw = random.nextInt(100);
        if (draw < 12 || company.deals.isEmpty()) {
            newLeadAndMaybeDeal(company, now);
        } else if (draw < 34) {
            SimDeal deal = Words.any(random, company.deals);
            crm.activity(company.tenantId, deal.id, Words.any(random, Words.ACTIVITIES), now);
        } else if (draw < 54) {
            startRun(company, now);
        } else if (draw < 72) {
            endRun(company, now);
        } else {
            changeDeal(company, Words.any(random, company.deals), now);
        }
    }

    private void newLeadAndMaybeDeal(Company company, Instant now) throws SQLException {
        int lead = newLead(company, now);
        if (random.nextInt(3) < 2) {
            newDeal(company, lead, Words.any(random, company.boards), 0, "open", now, now);
        }
        if (company.leads.size() > 20 && random.nextInt(20) == 0) {
            crm.update(
                    "DELETE FROM crm_leads WHERE id = ?", company.leads.remove(random.nextInt(company.leads.size())));
        }
    }

    private int newLead(Company company, Instant at) throws SQLException {
        String source = random.nextInt(8) == 0 ? null : Words.any(random, Words.SOURCES);
        int lead = crm.lead(company.tenantId, source, "Customer " + random.nextInt(100_000), at);
        company.leads.add(lead);
        return lead;
    }

    private SimDeal newDeal(
            Company company, int lead, Board board, int stage, String status, Instant created, Instant updated)
            throws SQLException {
        int id = crm.deal(
                company.tenantId,
                lead,
                board.pipelineId(),
                board.stageIds().get(stage),
                Words.any(random, Words.OCCASIONS),
                Words.valueCents(random),
                Words.currency(random),
                status.equals("won") ? 100 : 10 + 15 * stage,
                status,
                created,
                updated);
        SimDeal deal = new SimDeal(id, board, stage, status.equals("open"));
        company.deals.add(deal);
        return deal;
    }

    private void startRun(Company company, Instant now) throws SQLException {
        int deal = anyDeal(company);
        String workflow = Words.any(random, Words.WORKFLOWS);
        int run = crm.run(company.tenantId, deal, workflow, random.nextBoolean() ? "queued" : "running", now, null);
        if (!neverEnds(company, workflow)) {
            company.openRuns.add(run);
        }
        if (random.nextInt(4) == 0) {
            // The CRM's own engine ends a run at once, by a clock reading that it took before the row's.
            crm.run(
                    company.tenantId,
                    deal,
                    Words.any(random, Words.WORKFLOWS),
                    "completed",
                    now,
                    now.minusMillis(1 + random.nextInt(9)));
        }
    }

    private int anyDeal(Company company) {
        return Words.any(random, company.deals).id;
    }

    /** In one company one workflow's engine never reports an end. */
    private boolean neverEnds(Company company, String workflow) {
        return company == companies.get(companies.size() - 1) && workflow.equals("post_event_care");
    }

    private void endRun(Company company, Instant now) throws SQLException {
        if (company.openRuns.isEmpty()) {
            return;
        }
        int run = Words.any(random, company.openRuns);
        int draw = random.nextInt(20);
        if (draw == 0) {
            // It hangs: nobody will ever end it.
            company.openRuns.remove((Integer) run);
        } else if (draw < 4) {
            crm.update("UPDATE crm_automation_runs SET status = ? WHERE id = ?", Words.status(random, "failed"), run);
            company.openRuns.remove((Integer) run);
        } else if (draw == 4) {
            // The end is written first and corrected later.
            crm.update("UPDATE crm_automation_runs SET completed_at = ? WHERE id = ?", now, run);
        } else {
            crm.update("UPDATE crm_automation_runs SET status = 'completed', completed_at = ? WHERE id = ?", now, run);
            company.openRuns.remove((Integer) run);
        }
    }

    private void changeDeal(Company company, SimDeal deal, Instant now) throws SQLException {
        int draw = random.nextInt(100);
        if (draw < 2) {
            crm.update("DELETE FROM crm_deals WHERE id = ?", deal.id);
            company.deals.remove(deal);
        } else if (draw < 4) {
            renameAStageOrMoveAcross(company, now);
        } else if (!deal.open && draw < 12) {
            deal.open = true;
            crm.update("UPDATE crm_deals SET status = 'open', updated_at = ? WHERE id = ?", now, deal.id);
        } else if (deal.open && draw < 45) {
            moveOn(deal, now);
        } else if (deal.open && draw < 60) {
            boolean won = random.nextInt(10) < 6;
            deal.open = false;
            // Deals are won and lost by other programs than the CRM, some of which leave updated_at as it is.
            crm.update(
                    "UPDATE crm_deals SET status = ?, probability = ?, updated_at = CASE WHEN ? THEN ? ELSE updated_at END WHERE id = ?",
                    Words.status(random, won ? "won" : "closed_lost"),
                    won ? 100 : 0,
                    random.nextInt(3) > 0,
                    now,
                    deal.id);
        } else {
            crm.update(
                    "UPDATE crm_deals SET value = greatest(150, value + ?), probability = ?, updated_at = ? WHERE id = ?",
                    50 * (random.nextInt(11) - 5),
                    deal.open ? Math.min(95, 10 + 15 * deal.stage + random.nextInt(11)) : random.nextInt(101),
                    now,
                    deal.id);
        }
    }

    private void moveOn(SimDeal deal, Instant now) throws SQLException {
        deal.stage = deal.inLastStage() ? 0 : deal.stage + 1;
        crm.update("UPDATE crm_deals SET stage_id = ?, updated_at = ? WHERE id = ?", deal.stageId(), now, deal.id);
    }

    private void renameAStageOrMoveAcross(Company company, Instant now) throws SQLException {
        Board board = Words.any(random, company.boards);
        if (random.nextBoolean()) {
            crm.update(
                    "UPDATE crm_pipeline_stages SET name = CASE WHEN name LIKE '% (NL)' THEN left(name, -5) ELSE name || ' (NL)' END WHERE id = ?",
                    Words.any(random, board.stageIds()));
        } else {
            SimDeal deal = Words.any(random, company.deals);
            deal.board = board;
            deal.stage = 0;
            crm.update(
                    "UPDATE crm_deals SET pipeline_id = ?, stage_id = ?, updated_at = ? WHERE id = ?",
                    board.pipelineId(),
                    deal.stageId(),
                    now,
                    deal.id);
        }
    }

    /** Mostly a few minutes, now and then past the SLA of ten. */
    private long runMillis() {
        return (long) (60_000 * Math.exp(random.nextGaussian() * 0.8 + 0.9));
    }
}
