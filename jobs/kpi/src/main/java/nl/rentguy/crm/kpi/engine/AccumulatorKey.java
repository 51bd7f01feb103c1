package nl.rentguy.crm.kpi.engine;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Where measures add up: one bucket of one key of one KPI table. They are compared far more often than made, so each knows its
 * hash.
 */
public final class AccumulatorKey {

    private static final int PRIME = 31;

    private final AggregateKey aggregate;
    private final List<String> bucket;
    private final int hash;

    /**
     * @param aggregate the key; all its buckets are together in one place, so rows can be derived from several of them
     * @param bucket what is told apart within the key, such as a currency; a fact with a name, such as a stage's name, is a
     *     bucket too
     */
    public AccumulatorKey(AggregateKey aggregate, List<String> bucket) {
        this.aggregate = aggregate;
        this.bucket = bucket;
        this.hash = PRIME * aggregate.hashCode() + bucket.hashCode();
    }

    public AggregateKey aggregate() {
        return aggregate;
    }

    public List<String> bucket() {
        return bucket;
    }

    @Override
    public boolean equals(@Nullable Object other) {
        return this == other
                || (other instanceof AccumulatorKey that
                        && hash == that.hash
                        && bucket.equals(that.bucket)
                        && aggregate.equals(that.aggregate));
    }

    @Override
    public int hashCode() {
        return hash;
    }

    @Override
    public String toString() {
        return aggregate + " " + bucket;
    }
}
