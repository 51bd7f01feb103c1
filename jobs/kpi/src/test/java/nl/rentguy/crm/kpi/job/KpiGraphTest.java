package nl.rentguy.crm.kpi.job;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import nl.rentguy.crm.kpi.config.JobConfig;
import org.apache.flink.configuration.Configuration;
import org.apache.flink.runtime.jobgraph.JobVertex;
import org.apache.flink.streaming.api.environment.StreamExecutionEnvironment;
import org.apache.flink.streaming.api.graph.StreamGraph;
import org.apache.flink.streaming.api.graph.StreamNode;
import org.apache.flink.util.InstantiationUtil;
import org.junit.jupiter.api.Test;

/** Ids and state belong to the savepoint format: who changes one here loses state, and is to know it. */
class KpiGraphTest {

    private static StreamGraph graph() {
        Configuration config = JobConfig.load(
                null,
                Map.of("CRM_PASSWORD", "crm-geheim", "KPI_PASSWORD", "kpi-geheim"),
                List.of(
                        "crm.jdbc-url=jdbc:postgresql://127.0.0.1:5432/crm",
                        "kpi.jdbc-url=jdbc:postgresql://127.0.0.1:5432/kpi"));
        StreamExecutionEnvironment env = StreamExecutionEnvironment.getExecutionEnvironment(KpiJob.runtime());
        env.setParallelism(2);
        KpiGraph.build(env, config);
        return env.getStreamGraph();
    }

    @Test
    void idsArePinned() {
        assertThat(graph().getStreamNodes())
                .extracting(StreamNode::getTransformationUID)
                .filteredOn(uid -> uid != null && !uid.startsWith("Sink Committer: "))
                .containsExactlyInAnyOrder(
                        "aggregate",
                        "commit-clock",
                        "crm-source",
                        "dead-letter-sink",
                        "decode",
                        "entities-0",
                        "entities-0-pre-aggregate",
                        "entities-1",
                        "entities-1-pre-aggregate",
                        "entities-2",
                        "entities-2-pre-aggregate",
                        "heartbeat-sink",
                        "heartbeat-source",
                        "own-rows-0",
                        "own-rows-1",
                        "own-rows-2",
                        "stage-history",
                        "status",
                        "status-sink",
                        "write");
    }

    @Test
    void everyOperatorHasAnId() {
        assertThat(graph().getStreamNodes()).allSatisfy(node -> assertThat(
                        node.getTransformationUID() == null ? node.getUserHash() : node.getTransformationUID())
                .as(node.getOperatorName())
                .isNotNull());
    }

    @Test
    void passwordsAreNotInIt() throws Exception {
        byte[] sent = InstantiationUtil.serializeObject(graph().getJobGraph());
        String text = new String(sent, StandardCharsets.ISO_8859_1);
        assertThat(text).contains("jdbc:postgresql://127.0.0.1:5432/crm").doesNotContain("geheim");
    }

    @Test
    void theHeartbeatIsARegionOfItsOwn() {
        Map<Boolean, List<JobVertex>> byHeartbeat =
                graph().getJobGraph().getVerticesSortedTopologicallyFromSources().stream()
                        .collect(java.util.stream.Collectors.partitioningBy(
                                vertex -> vertex.getName().contains("heartbeat")));
        assertThat(byHeartbeat.get(true)).singleElement().satisfies(vertex -> assertThat(vertex.getInputs())
                .isEmpty());
    }
}
