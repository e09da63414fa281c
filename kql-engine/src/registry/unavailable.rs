//! Functions of Kusto that are not available in this engine, with the reasons, which are reported instead of "unknown".

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
        "it describes the cluster connection; this engine runs without a cluster.",
    ),
    (
        &["extent_id", "extentid", "extent_tags", "row_id", "rowstore_ordinal_range", "estimate_data_size"],
        "it reports how a cluster stores rows; this engine reads local files.",
    ),
    (
        &["cursor_after", "cursor_before_or_at", "cursor_current", "current_cursor"],
        "it needs the ingestion cursors of a database; this engine reads local files.",
    ),
    (
        &["external_table", "materialized_view", "stored_query_result", "entity_group"],
        "it refers to an object of a cluster; this engine reads local files by the name of their table.",
    ),
    (&["hash_combine", "hash_many"], "how Kusto combines hashes is not published."),
    (&["hll_isvalid", "tdigest_isvalid", "passthrough"], "it is not documented."),
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
        "it calls another service; this engine never uses the network.",
    ),
    (&["python", "r", "csharp"], "it runs a program embedded in the query; this engine never does."),
    (&["execute_query", "execute_show_command"], "it needs a cluster."),
    (
        &["infer_storage_schema", "infer_storage_schema_with_suggestions"],
        "it reads files of cloud storage; this engine never uses the network. Use getschema for the schema of a \
         local file.",
    ),
    (&["preview"], "it returns two tables, which is not supported yet. Use take and count."),
    (&["diffpatterns_text"], "its text comparison is not published."),
    (&["activity_engagement"], "its choice of windows is not documented."),
    (&["funnel_sequence_completion"], "its result for simultaneous steps is not documented."),
    (&["funnel_sequence"], "it returns several tables, which is not supported yet."),
    (&["identity_v3"], "it is not documented."),
];

/// Why a function of Kusto is not available.
pub fn unavailable(name: &str) -> Option<&'static str> {
    UNAVAILABLE.iter().find(|(names, _)| names.contains(&name)).map(|(_, reason)| *reason)
}

/// Every name that is refused with a reason.
pub fn refused() -> impl Iterator<Item = (&'static str, &'static str)> {
    UNAVAILABLE.iter().flat_map(|(names, reason)| names.iter().map(|name| (*name, *reason)))
}
