//! Which words are names: almost every keyword of KQL can name a column somewhere; some cannot anywhere.

/// Where a word can be a name without brackets.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Word {
    /// Everywhere: `DeviceName`, and keywords such as `count`.
    Name,
    /// Where no expression is allowed, as before the `=` of an assignment: `by`, `has`.
    Declared,
    /// Nowhere: `and`, `project`, `long`.
    Reserved,
}

/// Keywords that are names only where no expression is allowed, in order.
const DECLARED: [&str; 27] = [
    "accumulate",
    "as",
    "by",
    "contains",
    "datatable",
    "earliest",
    "externaldata",
    "find",
    "has",
    "in",
    "invoke",
    "latest",
    "materialize",
    "mdm",
    "of",
    "print",
    "sample",
    "search",
    "set",
    "sql",
    "title",
    "to",
    "toscalar",
    "totable",
    "verbose",
    "viewers",
    "where",
];

/// Keywords that are never names, in order.
const RESERVED: [&str; 132] = [
    "3Dchart",
    "__contextual_datatable",
    "__crossCluster",
    "__crossDB",
    "__executeAndCache",
    "__id",
    "__isFuzzy",
    "__noWithSource",
    "__packedColumn",
    "__projectAway",
    "__sourceColumnIndex",
    "and",
    "anomalychart",
    "areachart",
    "asc",
    "bagexpansion",
    "barchart",
    "between",
    "bin_legacy",
    "boolean",
    "byte",
    "cachingpolicy",
    "callout",
    "cancel",
    "card",
    "char",
    "columnchart",
    "contains_cs",
    "containscs",
    "cycles",
    "dataexport",
    "datascope",
    "date",
    "datetime",
    "decimal",
    "decodeblocks",
    "desc",
    "double",
    "dynamic",
    "encodingpolicy",
    "endswith",
    "endswith_cs",
    "expandoutput",
    "extent_tags_retention",
    "external_data",
    "first",
    "flags",
    "float",
    "force_remote",
    "harddelete",
    "hardretention",
    "has_all",
    "has_any",
    "has_cs",
    "hasprefix",
    "hasprefix_cs",
    "hassuffix",
    "hassuffix_cs",
    "hotcache",
    "int",
    "int16",
    "int32",
    "int64",
    "int8",
    "isfuzzy",
    "journal",
    "kind",
    "ladderchart",
    "last",
    "like",
    "likecs",
    "linechart",
    "long",
    "missing",
    "nooptimization",
    "notcontains",
    "notcontainscs",
    "notlike",
    "notlikecs",
    "or",
    "others",
    "pathformat",
    "piechart",
    "pivotchart",
    "project",
    "queries",
    "query_results",
    "real",
    "relaxed",
    "restricted_view_access",
    "row_level_security",
    "rowstore",
    "rowstore_references",
    "rowstore_sealinfo",
    "rowstorepolicy",
    "rowstores",
    "scatterchart",
    "seal",
    "seals",
    "shards",
    "simple",
    "softdelete",
    "softretention",
    "stackedareachart",
    "startswith",
    "startswith_cs",
    "statistics",
    "storedqueryresultcontainers",
    "string",
    "tablepurge",
    "time",
    "timechart",
    "timeline",
    "timepivot",
    "timespan",
    "treemap",
    "uint",
    "uint16",
    "uint32",
    "uint64",
    "uint8",
    "ulong",
    "union",
    "uniqueid",
    "unrestrictedviewers",
    "views",
    "with_itemindex",
    "with_match_id",
    "with_source",
    "with_step_name",
    "withsource",
    "writeaheadlog",
];

/// For each first byte, the lengths of the keywords that begin with it.
const LENGTHS: [u32; 128] = {
    let mut lengths = [0u32; 128];
    let mut i = 0;
    while i < DECLARED.len() {
        let word = DECLARED[i].as_bytes();
        lengths[word[0] as usize] |= 1 << word.len();
        i += 1;
    }
    i = 0;
    while i < RESERVED.len() {
        let word = RESERVED[i].as_bytes();
        lengths[word[0] as usize] |= 1 << word.len();
        i += 1;
    }
    lengths
};

/// Where a word can be a name.
pub fn word(text: &str) -> Word {
    let Some(first) = text.bytes().next() else { return Word::Name };
    let lengths = LENGTHS.get(usize::from(first)).copied().unwrap_or(0);
    if matches!(text, "true" | "false" | "True" | "False" | "TRUE" | "FALSE") {
        return Word::Reserved;
    }
    if text.len() > 31 || lengths & (1 << text.len()) == 0 {
        return Word::Name;
    }
    if RESERVED.binary_search(&text).is_ok() {
        return Word::Reserved;
    }
    if DECLARED.binary_search(&text).is_ok() { Word::Declared } else { Word::Name }
}

/// Whether a column can be declared with this type.
pub fn is_column_type(text: &str) -> bool {
    matches!(
        text,
        "bool"
            | "boolean"
            | "date"
            | "datetime"
            | "decimal"
            | "double"
            | "dynamic"
            | "guid"
            | "int"
            | "int64"
            | "int8"
            | "long"
            | "real"
            | "string"
            | "time"
            | "timespan"
            | "uniqueid"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keywords_are_in_order() {
        assert!(DECLARED.is_sorted() && RESERVED.is_sorted());
        assert_eq!((word("has"), word("long"), word("count")), (Word::Declared, Word::Reserved, Word::Name));
    }
}
