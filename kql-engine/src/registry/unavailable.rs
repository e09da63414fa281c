//! What Kusto has and this engine cannot give, each with the reason: a query hears it instead of "unknown".

/// Functions, aggregates and plugins by name.
static UNAVAILABLE: &[(&[&str], &str)] = &[
    (
        &[
            "current_principal",
            "current_principal_details",
            "current_principal_is_member_of",
            "current_cluster_endpoint",
            "current_database",
            "current_node_id",
        ],
        "it asks the cluster who runs the query and where, and there is no cluster here.",
    ),
    (
        &["extent_id", "extentid", "extent_tags", "row_id", "rowstore_ordinal_range", "estimate_data_size"],
        "it tells how a cluster stores rows, and rows come from files here.",
    ),
    (
        &["cursor_after", "cursor_before_or_at", "cursor_current", "current_cursor"],
        "it needs the cursors of a database that ingests rows, and rows come from files here.",
    ),
    (
        &["external_table", "materialized_view", "stored_query_result", "entity_group"],
        "it names an object of a cluster, and there is no cluster here. A file is read by its table's name.",
    ),
    (&["hash_combine", "hash_many"], "how Kusto combines hashes is not published."),
    (&["hll_isvalid", "tdigest_isvalid", "passthrough"], "it is not documented, and its answer is not known."),
    (
        &[
            "sql_request",
            "mysql_request",
            "postgresql_request",
            "cosmosdb_sql_request",
            "azure_digital_twins_query_request",
            "http_request",
            "http_request_post",
            "dax_request",
            "external_datatable",
            "ai_embed_text",
            "ai_embeddings",
            "ai_chat_completion",
            "ai_chat_completion_prompt",
        ],
        "it asks another service, and the network is never opened here.",
    ),
    (&["python", "r", "csharp"], "it runs a program of the query's, and none is run here."),
    (&["execute_query", "execute_show_command"], "it runs on a cluster, and there is no cluster here."),
    (
        &["infer_storage_schema", "infer_storage_schema_with_suggestions"],
        "it reads files of a cloud's storage, and the network is never opened here. getschema tells the schema of a file.",
    ),
    (&["preview"], "it gives two tables, which is not supported yet. take and count give one each."),
    (&["diffpatterns_text"], "how it compares texts is not published."),
    (&["activity_engagement"], "no documented example shows which windows it looks at."),
    (
        &["funnel_sequence_completion"],
        "no documented example shows what it gives where steps come at the same time, or nobody takes a step.",
    ),
    (&["funnel_sequence"], "it gives several tables, which is not supported yet."),
    (&["identity_v3"], "it is not documented, and its answer is not known."),
];

/// Why a name of Kusto's has no answer here.
pub fn unavailable(name: &str) -> Option<&'static str> {
    UNAVAILABLE.iter().find(|(names, _)| names.contains(&name)).map(|(_, reason)| *reason)
}

/// Every name that is refused with a reason.
pub fn refused() -> impl Iterator<Item = (&'static str, &'static str)> {
    UNAVAILABLE.iter().flat_map(|(names, reason)| names.iter().map(|name| (*name, *reason)))
}
