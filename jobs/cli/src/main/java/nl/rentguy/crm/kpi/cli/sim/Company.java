package nl.rentguy.crm.kpi.cli.sim;

import java.util.ArrayList;
import java.util.List;

/** What the simulator remembers of one tenant: ids, and enough to make plausible choices. */
final class Company {

    /** A pipeline and its stages in order. */
    record Board(int pipelineId, List<Integer> stageIds) {}

    /** A deal as last written. */
    static final class SimDeal {
        final int id;
        Board board;
        int stage;
        boolean open;

        SimDeal(int id, Board board, int stage, boolean open) {
            this.id = id;
            this.board = board;
            this.stage = stage;
            this.open = open;
        }

        int stageId() {
            return board.stageIds().get(stage);
        }

        boolean inLastStage() {
            return stage == board.stageIds().size() - 1;
        }
    }

    final String tenantId;
    final List<Board> boards = new ArrayList<>();
    final List<Integer> leads = new ArrayList<>();
    final List<SimDeal> deals = new ArrayList<>();
    final List<Integer> openRuns = new ArrayList<>();

    Company(String tenantId) {
        this.tenantId = tenantId;
    }
}
