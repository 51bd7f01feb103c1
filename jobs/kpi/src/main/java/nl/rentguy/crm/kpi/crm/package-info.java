/**
 * The CRM's vocabulary: immutable rows of the tables that feed the KPIs, and what a deal or a pipeline is made of. Plain
 * Java: no Flink, no JSON, no SQL.
 */
@NullMarked
package nl.rentguy.crm.kpi.crm;

import org.jspecify.annotations.NullMarked;
