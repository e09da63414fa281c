//! The codes of all diagnostics, each with one sentence and an example that triggers it.
//!
//! A condition that Microsoft's parser or binder reports too has Microsoft's `KS` number, so that a search for it helps.
//! Our own conditions have `KQ` numbers: 0 the text, 1 names and values, 2 what is not supported, 3 data and arguments,
//! 4 graphs. `docs/reference/errors.md` is generated from [`ALL`].

use std::fmt;

/// A stable identifier of a condition, such as `KS142`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Code(&'static str);

impl Code {
    /// Its text.
    pub const fn as_str(self) -> &'static str {
        self.0
    }

    /// Whether Microsoft defines it.
    pub fn is_microsoft(self) -> bool {
        self.0.starts_with("KS")
    }
}

impl fmt::Display for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.0)
    }
}

impl fmt::Debug for Code {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.0, f)
    }
}

/// A code and its description.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// The code.
    pub code: Code,
    /// The name of its constant.
    pub name: &'static str,
    /// One sentence: what is wrong.
    pub meaning: &'static str,
    /// What triggers it.
    pub example: Example,
}

/// What triggers a code, and no other one.
#[derive(Clone, Copy, Debug)]
pub enum Example {
    /// A query, when it is checked.
    Check(&'static str),
    /// A query, only when it runs: the condition depends on rows or on settings of the engine.
    Run(&'static str),
    /// A text with a part that is repeated.
    Repeated {
        /// The text before the part.
        before: &'static str,
        /// The part.
        part: &'static str,
        /// How often it is repeated.
        times: usize,
    },
    /// A query that reads a file.
    File {
        /// The file's name.
        name: &'static str,
        /// Its content.
        text: &'static str,
        /// The query.
        query: &'static str,
    },
    /// A query that calls a saved function without parameters.
    Function {
        /// The function's name.
        name: &'static str,
        /// Its body.
        body: &'static str,
        /// The query.
        query: &'static str,
    },
    /// No example, and why there is none.
    Without(&'static str),
}

/// Declares the constants and the list of them.
macro_rules! codes {
    ($($(#[doc = $meaning:literal])+ $name:ident = $code:literal, $example:expr;)+) => {
        $($(#[doc = $meaning])+ pub const $name: Code = Code($code);)+

        /// All codes, in the order of their text.
        pub const ALL: &[Entry] = &[
            $(Entry { code: $name, name: stringify!($name), meaning: concat!($($meaning),+), example: $example },)+
        ];
    };
}

use Example::{Check, File, Function, Repeated, Run, Without};

codes! {
    /// The query is longer than 4 GB.
    QUERY_TOO_LONG = "KQ001", Without("it would have 4 GB");
    /// A literal does not have a valid value of its type.
    INVALID_LITERAL = "KQ002", Check("print datetime(2020-13-45)");
    /// Brackets, paths or expressions are nested too deep.
    NESTED_TOO_DEEP = "KQ003", Repeated { before: "print ", part: "(", times: 600 };

    /// The names that a query uses stand for too many expressions.
    QUERY_TOO_LARGE = "KQ004", Check("let f = (x: long) { x + x + x + x + x + x + x + x + x + x };\nprint f(f(f(f(f(f(1))))))");

    /// A name cannot be assigned at this place.
    NAME_NOT_ALLOWED = "KQ101", Check("print b = toscalar(a = 1)");
    /// A type is used as a value.
    TYPE_NOT_A_VALUE = "KQ102", Check("print a = typeof(long)");
    /// A function returns several columns where a single value is expected.
    SEVERAL_COLUMNS = "KQ103", Check("print a = 1, b = 2 | summarize 1 + arg_max(a, b)");
    /// Calls of functions are nested too deep.
    CALLS_TOO_DEEP = "KQ104", Function { name: "f", body: "1 + f()", query: "print f()" };
    /// Several names are assigned to an expression that returns one column.
    SEVERAL_NAMES = "KQ105", Check("print a = 1 | extend (b, c) = a + 1");
    /// A function or operator needs sorted or serialized input.
    ORDER_NEEDED = "KQ106", Check("datatable(x: long) [1] | extend p = prev(x)");
    /// No match of the pattern has the arguments of the call.
    NO_PATTERN_MATCH = "KQ107", Check("declare pattern app = (name: string) { ('a') = { print 1 }; };\napp('b')");
    /// An option of the query is missing or has a value that cannot be used.
    INVALID_OPTION = "KQ108", Check("print t = datetime(2024-01-01) | project bin_auto(t)");
    /// A subquery, which runs once, refers to a value that each row has its own of.
    ROW_VALUE_IN_SUBQUERY = "KQ109",
        Check("let U = datatable(a: long) [1, 2];\nlet f = (x: long) { toscalar(U | where a > x | count) };\nprint b = 2 | extend q = f(b)");
    /// A column has different types in the tables that are searched.
    SEVERAL_COLUMN_TYPES = "KQ110", Check("let A = view () { print id = 1 };\nlet B = view () { print id = 'x' };\nfind in (A, B) where id == 1 project id");
    /// A graph is given where a table is expected.
    TABLE_NOT_GRAPH = "KQ111", Check("print f = 1, t = 2 | make-graph f --> t");
    /// Several tables are given where a single one is expected.
    SEVERAL_TABLES = "KQ112", Check("print a = 1 | facet by a | count");
    /// The value of `with others` of top-nested has another type than the column.
    OTHERS_TYPE = "KQ113", Check("print k = 1, v = 2 | top-nested 2 of k with others = 'x' by sum(v)");

    /// The operator is not supported yet.
    UNSUPPORTED_OPERATOR = "KQ201", Check("evaluate sql_request('server', 'select 1')");
    /// The operator is not supported inside mv-apply or partition.
    UNSUPPORTED_INSIDE = "KQ202", Check("print k = 'a' | partition hint.strategy=native by k (as Part | count)");
    /// A function or plugin needs a cluster, another service or something that is not published.
    UNAVAILABLE_OFFLINE = "KQ203", Check("print current_principal()");
    /// The statement is not supported yet.
    UNSUPPORTED_STATEMENT = "KQ204", Check("restrict access to (T);\nprint 1");
    /// The function is not supported yet.
    UNSUPPORTED_FUNCTION = "KQ205",
        Check("print f = 1, t = 2 | make-graph f --> t with_node_id = id | graph-match (a)-[e]->(b) project x = labels(a)");
    /// An argument of a plugin is not supported yet.
    UNSUPPORTED_ARGUMENT = "KQ206",
        Check("datatable(who: string, at: long) [] | evaluate new_activity_metrics(who, at, 0, 19, 10, 5)");
    /// A form of an operator is not supported yet.
    UNSUPPORTED_SYNTAX = "KQ207",
        Check("print a = 1, k = 2 | sort by a asc | scan partition by k with (step s: true;)");
    /// A graph search has a form that is not supported yet.
    UNSUPPORTED_GRAPH_SEARCH = "KQ208",
        Check("print f = 1, t = 2 | make-graph f --> t with_node_id = id | graph-match (a)-[e]->(b) where a.id == 1");
    /// An entity group has several databases, and only one is available.
    SEVERAL_DATABASES = "KQ209",
        Run("macro-expand entity_group [cluster('c').database('a'), cluster('c').database('b')] as X (print 1)");
    /// The column to partition by has too many values for this form of partition.
    TOO_MANY_PARTITIONS = "KQ210", Run("range x from 1 to 65 step 1 | partition by x { print y = x }");
    /// The option of the query is not supported.
    UNSUPPORTED_OPTION = "KQ211", Check("set query_datetimescope_column = 'Timestamp';\nprint 1");

    /// A file that the query reads cannot be read.
    UNREADABLE_DATA = "KQ301",
        File { name: "T.parquet", text: "this is not Parquet", query: "T" };
    /// A function, operator or plugin cannot use the value that it is given.
    INVALID_ARGUMENT = "KQ302", Run("print a = 'x' | where a matches regex '('");
    /// The columns are not those that assert-schema expects.
    SCHEMA_ASSERTION_FAILED = "KQ303", Check("print a = 1 | assert-schema (a: string)");
    /// There is no local copy of external data.
    NO_LOCAL_COPY = "KQ304", Run("externaldata(a: long) ['https://example.com/a.csv']");
    /// Rows of a local copy of external data were not read.
    EXTERNAL_DATA_NOTICE = "KQ305", File {
        name: "a.json",
        text: "{\"a\": 1}\n{damaged",
        query: "externaldata(a: long) ['https://example.com/a.json']",
    };
    /// The service that would know the answer is not available, so the result is empty.
    NO_SERVICE_DATA = "KQ306", Check("_GetWatchlist('names')");
    /// How Kusto computes the result is published in part only, so the result may differ.
    UNPUBLISHED_ALGORITHM = "KQ307", Check("datatable(s: string) [] | reduce by s");
    /// A part of the query that has to run before the rest failed.
    EVALUATION_FAILED = "KQ308", Run("print line = dynamic({'type': 'LineString', 'coordinates': [[0, 0], [1, 1]]}) \
         | project at = tostring(geo_line_locate_point(line, 0, 0, true)) | evaluate pivot(at)");
    /// A plugin makes a column whose name the input has already.
    COLUMN_CONFLICT = "KQ309", Run("print a = 1, d = dynamic({'a': 2}) | evaluate bag_unpack(d)");
    /// The kind or the flags of parse are not valid together.
    INVALID_PARSE_KIND = "KQ310", Check("print s = 'a' | parse-where kind = relaxed s with 'a' x: long");
    /// The pattern of parse is not valid.
    INVALID_PARSE_PATTERN = "KQ311", Check("print s = 'a' | parse s with '' x: long");
    /// A plugin's input does not have the columns that the plugin reads.
    INPUT_COLUMNS = "KQ312", Check("print a = 1 | evaluate schema_merge()");
    /// The query names a local file that it is not allowed to read.
    FILE_NOT_ALLOWED = "KQ313", Run("externaldata(line: string) ['/etc/hosts'] with (format = 'txt')");

    /// The nodes have a column of this name already.
    NODE_COLUMN_EXISTS = "KQ401",
        Check("print f = 1, t = 2 | make-graph f --> t with_node_id = id | graph-mark-components with_component_id = id | graph-to-table nodes");
    /// The pattern of graph-shortest-paths is not a single one with an edge of variable length.
    SHORTEST_PATH_PATTERN = "KQ402",
        Check("print f = 1, t = 2 | make-graph f --> t with_node_id = id | graph-shortest-paths (a)-[e]->(b) project a.id");
    /// The patterns of a graph search share no nodes.
    DISCONNECTED_PATTERNS = "KQ403",
        Check("print f = 1, t = 2 | make-graph f --> t with_node_id = id | graph-match (a)-->(b), (c)-->(d) project a.id");
    /// The length of an edge of variable length is not valid.
    INVALID_PATH_LENGTH = "KQ404",
        Check("print f = 1, t = 2 | make-graph f --> t with_node_id = id | graph-match (a)-[e*3..2]->(b) project a.id");
    /// A pattern of a graph search gives a name to two different elements.
    PATTERN_NAME_REUSED = "KQ405",
        Check("print f = 1, t = 2 | make-graph f --> t with_node_id = id | graph-match (a)-[e]->(b)-[e]->(c) project a.id");
    /// The ids of the nodes have different types.
    NODE_ID_TYPES = "KQ406", Check("print f = 1, t = '2' | make-graph f --> t | graph-to-table edges");
    /// A column of the nodes has different types in the tables of nodes.
    NODE_COLUMN_TYPES = "KQ407",
        Check("let A = print a = 1, v = 1;\nlet B = print b = 2, v = 'x';\nprint f = 1, t = 2 | make-graph f --> t with A on a, B on b | graph-to-table nodes");
    /// A table of nodes lacks the column to partition the graph by.
    PARTITIONED_BY_COLUMN = "KQ408",
        Check("let A = print a = 1;\nprint f = 1, t = 2, k = 3 | make-graph f --> t with A on a partitioned-by k (graph-match (a)-->(b) project a.a)");
    /// An operator cannot be used inside partitioned-by.
    PARTITIONED_BY_OPERATOR = "KQ409",
        Check("let A = print a = 1, k = 3;\nprint f = 1, t = 2, k = 3 | make-graph f --> t with A on a partitioned-by k (graph-to-table nodes)");
    /// A function of graphs is used at a place or with an argument that it does not support.
    GRAPH_FUNCTION_ARGUMENT = "KQ410",
        Check("print f = 1, t = 2 | make-graph f --> t with_node_id = id | graph-match (a)-[e]->(b) where all(e, true) project a.id");

    /// A string has an escape sequence that is not valid.
    INVALID_ESCAPE = "KS001", Check("print 'a\\q'");
    /// A character cannot be used at this place.
    UNEXPECTED_CHARACTER = "KS002", Check("print 1 # 2");
    /// A string is not closed on its line.
    UNCLOSED_STRING = "KS003", Check("print 'a");
    /// Something else is expected at this place, which the message lists.
    TERM_EXPECTED = "KS005", Check("print a = 1 | join (print a = 1)");
    /// An expression is missing.
    MISSING_EXPRESSION = "KS006", Check("print a = 1 | where");
    /// In the pattern of parse, a column follows another one without text in between.
    PARSE_COLUMN_AFTER_COLUMN = "KS101", Check("print s = 'a' | parse s with x: long y: long");
    /// In the pattern of parse, `*` follows a column of strings.
    AMBIGUOUS_PARSE_STAR = "KS103", Check("print s = 'a' | parse s with 'a' x *");
    /// A table is expected.
    TABLE_EXPECTED = "KS104", Check("let x = 1;\nx | count");
    /// The operator is not defined for values of these types.
    OPERATOR_NOT_DEFINED = "KS106", Check("print a = dynamic([1]) + datetime(2024-01-01)");
    /// A value of another type is expected.
    TYPE_EXPECTED = "KS107", Check("print substring('a', 'b')");
    /// A scalar is expected.
    SCALAR_EXPECTED = "KS108", Check("let T = print a = 1;\nprint b = T");
    /// The name of a column is expected.
    COLUMN_EXPECTED = "KS109", Check("print a = 1 | evaluate pivot(1)");
    /// project-rename expects `new = old`.
    RENAME_EXPECTED = "KS110", Check("print a = 1 | project-rename a");
    /// A literal is expected.
    LITERAL_EXPECTED = "KS112", Check("let x = print a = 1;\ndatatable(a: long) [strlen('a')]");
    /// A value of this type is not allowed at this place.
    TYPE_NOT_ALLOWED = "KS116", Check("print d = dynamic(1) | sort by d");
    /// The call has a wrong number of arguments.
    ARGUMENT_COUNT = "KS119", Check("print strlen()");
    /// The call has fewer or more arguments than the function accepts.
    ARGUMENT_RANGE = "KS120", Check("print substring('a')");
    /// The call has fewer arguments than the function needs.
    TOO_FEW_ARGUMENTS = "KS121", Check("print a = 1 | evaluate pivot()");
    /// No plugin has this name.
    UNKNOWN_PLUGIN = "KS124", Check("print 1 | evaluate bag_unpak()");
    /// The function does not accept arguments of these types.
    INCOMPATIBLE_ARGUMENTS = "KS127", Check("print s = 'a' | summarize avg(s)");
    /// A constant is expected.
    CONSTANT_EXPECTED = "KS129", Check("print b = 1 | where assert(b == 2, 'no')");
    /// A literal is expected as argument.
    LITERAL_ARGUMENT_EXPECTED = "KS131", Check("print s = 'year' | project datetime_part(s, now())");
    /// The default of a parameter must be a literal.
    LITERAL_DEFAULT_EXPECTED = "KS132", Check("let x = 1;\nlet f = (a: long = x) { a };\nprint f()");
    /// An integer is expected.
    INTEGER_EXPECTED = "KS134", Check("datatable(x: long) [] | summarize tdigest(x, 1.5)");
    /// A number is expected.
    NUMBER_EXPECTED = "KS137", Check("print sin('a')");
    /// A number, timespan or datetime is expected.
    SUMMABLE_EXPECTED = "KS138", Check("print b = true | summarize sum(b)");
    /// The value is not one of those that the function accepts.
    INVALID_VALUE = "KS140", Check("print countof('a', 'a', 'glob')");
    /// The expression must have another type.
    EXPRESSION_TYPE = "KS141", Check("print a = 1 | where a");
    /// A name does not refer to anything that is known.
    UNKNOWN_NAME = "KS142", Check("print a = 1 | where b == 1");
    /// An aggregate function cannot be used at this place.
    AGGREGATE_NOT_ALLOWED = "KS144", Check("print a = 1 | where count() > 1");
    /// The element access operator `[]` cannot be used on this value.
    ELEMENT_ACCESS_NOT_ALLOWED = "KS147", Check("print a = 1 | project a[0]");
    /// A list of names has more names than the expression has columns.
    NAME_WITHOUT_VALUE = "KS150", Check("print (a, b, c) = array_sort_asc(dynamic([2, 1]), dynamic(['x', 'y']))");
    /// The name is not the name of a type.
    INVALID_TYPE_NAME = "KS160", Check("datatable(a: log) [1]");
    /// A column of this name is declared already.
    DUPLICATE_COLUMN = "KS171", Check("print a = 1 | project b = a, b = 2");
    /// A type literal such as `typeof(long)` is expected.
    TYPE_LITERAL_EXPECTED = "KS172", Check("print extract('a', 0, 'a', 'long')");
    /// The number of values is not a multiple of the number of columns.
    VALUE_COUNT = "KS173", Check("datatable(a: long, b: long) [1, 2, 3]");
    /// A query operator is expected.
    OPERATOR_EXPECTED = "KS176", Check("print a = 1 | WHERE a == 1");
    /// The operator cannot be used at this place.
    OPERATOR_NOT_ALLOWED = "KS177", Check("print a = 1 | fork (join (print a = 1) on a)");
    /// The join has no condition.
    MISSING_JOIN_CONDITION = "KS181", Without("the parser reports KS005 where `on` is missing");
    /// The join condition is neither a common column nor an equality of two columns.
    INVALID_JOIN_CONDITION = "KS182", Check("print k = 1 | join (print k = 1) on $left.k > $right.k");
    /// An operand of the join condition is not a column of its side.
    JOIN_OPERAND = "KS183", Check("print k = 1 | join (print k = 1) on $right.k == $left.k");
    /// The pack(*) expression must be the last item in the list.
    PACK_NOT_LAST = "KS185", Check("let A = view () { print id = 1 };\nfind in (A) where id == 1 project pack(*), id");
    /// The `*` syntax cannot be used at this place.
    STAR_NOT_ALLOWED = "KS191", Check("print strlen(*)");
    /// The query is empty or has no tabular expression.
    EMPTY_QUERY = "KS193", Check("let x = 1;");
    /// A statement in the body of a function is not where it may be.
    INVALID_FUNCTION_BODY = "KS195", Check("let f = () { let x = 1; };\nf()");
    /// The function has no parameter of this name.
    UNKNOWN_PARAMETER = "KS196", Check("let f = (a: long = 1) { a };\nprint f(b = 1)");
    /// A parameter has no value.
    MISSING_ARGUMENT = "KS197", Check("declare query_parameters(x: long);\nprint x");
    /// A semicolon has no statement before it.
    EMPTY_STATEMENT = "KS198", Check("let x = 5;; print x");
    /// A variable or parameter of this name is declared already.
    DUPLICATE_VARIABLE = "KS201", Check("let x = 1;\nlet x = 2;\nprint x");
    /// The name does not refer to a table.
    UNKNOWN_TABLE = "KS204", Check("NoSuchTable | count");
    /// A table of `union isfuzzy=true` is not known.
    UNKNOWN_FUZZY_TABLE = "KS205", Check("union isfuzzy=true (print a = 1), NoSuchTable");
    /// A number, timespan, datetime, string or bool is expected.
    ORDERABLE_EXPECTED = "KS206", Check("print d = dynamic(1) | summarize min(d)");
    /// No function has this name.
    UNKNOWN_FUNCTION = "KS211", Check("print strlenn('a')");
    /// A guid is written without `guid(…)`.
    RAW_GUID = "KS214", Check("print a = 74be27de-1e4e-49d9-b579-fe0b331d3642");
    /// The operator needs a graph as its input.
    GRAPH_EXPECTED = "KS219", Check("print a = 1 | graph-to-table nodes");
    /// A common column of a join has different types on the two sides.
    JOIN_COLUMN_TYPES = "KS227", Check("print a = 1 | join (print a = 'x') on a");
    /// A name must be written in brackets at this place.
    NAME_NEEDS_BRACKETS = "KS228", Check("print a-b = 1");
    /// graph-to-table returns the same kind of table twice.
    GRAPH_OUTPUT_KIND = "KS229", Check("print f = 1, t = 2 | make-graph f --> t | graph-to-table nodes as a, nodes as b");
    /// graph-to-table returns neither one nor two tables.
    GRAPH_OUTPUT_COUNT = "KS230", Check("print f = 1, t = 2 | make-graph f --> t | graph-to-table nodes as a, edges as b, nodes as c");
    /// The arguments have no common type.
    NO_COMMON_TYPE = "KS232", Check("print max_of(1, 'a')");
    /// A dynamic array is expected.
    DYNAMIC_ARRAY_EXPECTED = "KS234", Check("print array_length('a')");
    /// A dynamic property bag is expected.
    DYNAMIC_BAG_EXPECTED = "KS235", Check("print a = 1 | summarize make_bag(a)");
    /// A name of summarize is neither an aggregate function nor a group.
    NOT_AN_AGGREGATE = "KS236", Check("print a = 1 | summarize a");
    /// The ids of nodes cannot be dynamic.
    DYNAMIC_NODE_ID = "KS240", Check("print f = dynamic(1), t = 2 | make-graph f --> t | graph-to-table edges");
    /// A key of a join cannot be dynamic.
    DYNAMIC_JOIN_KEY = "KS241", Check("print y = dynamic(1) | join (print y = 1) on $left.y == $right.y");
    /// The keys of a join have different types.
    JOIN_KEY_TYPES = "KS242", Check("print a = 1 | join (print a = 'x') on $left.a == $right.a");
    /// The name does not refer to an entity group.
    UNKNOWN_ENTITY_GROUP = "KS247", Check("macro-expand Nowhere as X (X.Logs)");
    /// A table lacks columns that a parameter requires.
    MISSING_REQUIRED_COLUMNS = "KS249", Check("let f = (T: (x: long)) { T | count };\nprint y = 1 | invoke f()");
    /// The two outputs of graph-to-table need names.
    GRAPH_OUTPUT_NAMES = "KS273", Check("print f = 1, t = 2 | make-graph f --> t | graph-to-table nodes as a, edges");
}
