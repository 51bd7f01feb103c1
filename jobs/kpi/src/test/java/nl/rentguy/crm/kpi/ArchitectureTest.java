package nl.rentguy.crm.kpi;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;

import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;

/** The arrows between the packages, see docs/architecture.md. */
@AnalyzeClasses(packages = "nl.rentguy.crm.kpi", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    @ArchTest
    static final ArchRule DEPENDENCIES_POINT_ONE_WAY = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .layer("crm")
            .definedBy("..kpi.crm..")
            .layer("engine")
            .definedBy("..kpi.engine..")
            .layer("definition")
            .definedBy("..kpi.definition..")
            .layer("config")
            .definedBy("..kpi.config..")
            .layer("cdc")
            .definedBy("..kpi.cdc..")
            .layer("store")
            .definedBy("..kpi.store..")
            .layer("doctor")
            .definedBy("..kpi.doctor..")
            .layer("operators")
            .definedBy("..kpi.operators..")
            .layer("audit")
            .definedBy("..kpi.audit..")
            .layer("job")
            .definedBy("..kpi.job..")
            .whereLayer("crm")
            .mayNotAccessAnyLayer()
            .whereLayer("engine")
            .mayOnlyAccessLayers("crm")
            .whereLayer("definition")
            .mayOnlyAccessLayers("engine", "crm")
            .whereLayer("config")
            .mayOnlyAccessLayers("definition", "crm")
            .whereLayer("cdc")
            .mayOnlyAccessLayers("crm", "config")
            .whereLayer("store")
            .mayOnlyAccessLayers("definition", "crm", "config", "cdc")
            .whereLayer("audit")
            .mayOnlyAccessLayers("definition")
            .whereLayer("doctor")
            .mayOnlyAccessLayers("definition", "crm", "config", "cdc")
            .whereLayer("operators")
            .mayOnlyAccessLayers("definition", "engine", "crm", "cdc", "store")
            .whereLayer("job")
            .mayNotBeAccessedByAnyLayer();

    @ArchTest
    static final ArchRule THE_CORE_IS_PLAIN_JAVA = classes()
            .that()
            .resideInAnyPackage("..kpi.crm..", "..kpi.engine..", "..kpi.definition..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "org.jspecify..", "..kpi.crm..", "..kpi.engine..", "..kpi.definition..");

    @ArchTest
    static final ArchRule NO_RETIRED_FLINK_INTERFACES = noClasses()
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage(
                    "org.apache.flink.streaming.api.functions.source..", "org.apache.flink.api.java.utils..");
}
