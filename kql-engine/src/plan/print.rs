//! Plans as indented text, for `explain` and the snapshots. Unused columns are omitted, as they are when the
//! plan runs.

use super::*;
use crate::render;
use std::collections::HashSet;
use std::fmt::Write;

/// The text of a bound query.
pub fn print(query: &Query) -> String {
    let mut out = String::new();
    for stage in &query.stages {
        let _ = writeln!(out, "stage {} {}", stage.id.0, kind(&stage.kind));
        Printer::of(&stage.relation).node(&mut out, &stage.relation.node, 1);
    }
    for relation in &query.results {
        let columns: Vec<String> =
            relation.columns.iter().map(|c| format!("{} = #{}: {}", c.name, c.id.0, c.ty)).collect();
        let _ = writeln!(out, "result {}{}", columns.join(", "), order(&relation.order));
        Printer::of(relation).node(&mut out, &relation.node, 1);
    }
    out
}

fn kind(kind: &StageKind) -> String {
    match kind {
        StageKind::Scalar => "a value".to_owned(),
        StageKind::List => "a list of values".to_owned(),
        StageKind::Table(None) => "a table".to_owned(),
        StageKind::Table(Some(function)) => {
            let mut expressions = Vec::new();
            function.expressions(&mut |e| expressions.push(expr(e)));
            format!("a table by {}({})", function.name(), expressions.join(", "))
        }
    }
}

fn order(keys: &Order) -> String {
    if keys.is_empty() {
        return String::new();
    }
    let keys: Vec<String> = keys
        .iter()
        .map(|k| {
            let direction = if k.ascending { "asc" } else { "desc" };
            let nulls = if k.nulls_first { "first" } else { "last" };
            format!("#{} {direction} nulls {nulls}", k.column.0)
        })
        .collect();
    format!(" ordered by {}", keys.join(", "))
}

fn expr(e: &Expr) -> String {
    match &e.kind {
        ExprKind::Column(id) => format!("#{}", id.0),
        ExprKind::Constant(value) => literal(value, e.ty),
        ExprKind::Call(f, args) => {
            format!("{}({})", f.name, args.iter().map(expr).collect::<Vec<_>>().join(", "))
        }
        ExprKind::Convert(inner) => format!("{}({})", e.ty, expr(inner)),
        ExprKind::Stage(id) => format!("stage {}", id.0),
        ExprKind::Error => "error".to_owned(),
    }
}

struct Printer {
    used: HashSet<ColumnId>,
}

impl Printer {
    fn of(relation: &Relation) -> Printer {
        let mut used: HashSet<ColumnId> = relation.columns.iter().map(|c| c.id).collect();
        used.extend(relation.order.iter().map(|k| k.column));
        collect(&relation.node, &mut used);
        Printer { used }
    }

    fn assign(&self, columns: &[(ColumnId, Expr)]) -> String {
        columns
            .iter()
            .filter(|c| !is_handed_on(c) || self.used.contains(&c.0))
            .map(|c| if is_handed_on(c) { format!("#{}", c.0.0) } else { format!("#{} = {}", c.0.0, expr(&c.1)) })
            .collect::<Vec<_>>()
            .join(", ")
    }

    fn node(&self, out: &mut String, n: &Node, depth: usize) {
        let ids = |columns: &[(ColumnId, ScalarType)]| {
            columns
                .iter()
                .filter(|(id, _)| self.used.contains(id))
                .map(|(id, ty)| format!("#{}: {ty}", id.0))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let plan_columns = |columns: &[PlanColumn]| {
            columns
                .iter()
                .filter(|c| self.used.contains(&c.id))
                .map(|c| format!("#{} {}", c.id.0, if c.name == super::ROW { "(place)" } else { &c.name }))
                .collect::<Vec<_>>()
                .join(", ")
        };
        let (line, inputs): (String, Vec<&Node>) = match n {
            Node::Scan { table, columns } => (format!("scan {table}: {}", plan_columns(columns)), vec![]),
            Node::Values { columns, rows } => {
                (format!("values {}: {} rows", plan_columns(columns), rows.len()), vec![])
            }
            Node::Range { column, bounds, .. } => {
                let [a, b, c] = &**bounds;
                (format!("range #{} from {} to {} step {}", column.id.0, expr(a), expr(b), expr(c)), vec![])
            }
            Node::Nothing => ("nothing".to_owned(), vec![]),
            Node::Memory { columns, .. } => (format!("rows in memory: {}", plan_columns(columns)), vec![]),
            Node::Stage { stage, columns } => (format!("rows of stage {}: {}", stage.0, plan_columns(columns)), vec![]),
            Node::Window { input, order: keys, partition, row, calls } => {
                let calls: Vec<String> = calls
                    .iter()
                    .map(|c| {
                        let args: Vec<String> = c.args.iter().map(expr).collect();
                        format!("#{} = {}({})", c.id.0, c.function.name, args.join(", "))
                    })
                    .collect();
                let parts: Vec<String> = partition.iter().map(|id| format!("#{}", id.0)).collect();
                let parts = if parts.is_empty() { String::new() } else { format!(" of each {}", parts.join(", ")) };
                (format!("window #{} {}{}{parts}", row.0, calls.join("; "), order(keys)), vec![input])
            }
            Node::Extract { input, value, extractor, columns, matched } => {
                let extracted = format!("{} from {} by {extractor:?}", ids(columns), expr(value));
                (format!("extract #{} {extracted}", matched.0), vec![input])
            }
            Node::Probe { input, step } => (format!("step {step}"), vec![input]),
            Node::Filter { input, predicate } => (format!("filter {}", expr(predicate)), vec![input]),
            Node::Project { input, columns } => (format!("project {}", self.assign(columns)), vec![input]),
            Node::Limit { input, count, order: keys, partition } => {
                let parts: Vec<String> = partition.iter().map(|id| format!("#{}", id.0)).collect();
                let parts = if parts.is_empty() { String::new() } else { format!(" of each {}", parts.join(", ")) };
                (format!("limit {}{}{parts}", expr(count), order(keys)), vec![input])
            }
            Node::Aggregate { input, groups, aggregates, order: keys } => {
                let calls: Vec<String> = aggregates
                    .iter()
                    .map(|a| {
                        let args: Vec<String> = a.args.iter().map(expr).collect();
                        format!("{} = {}({})", ids(&a.outputs), a.function.name, args.join(", "))
                    })
                    .collect();
                (format!("aggregate by [{}] {}{}", self.assign(groups), calls.join("; "), order(keys)), vec![input])
            }
            Node::Join { kind, left, right, on } => {
                let on: Vec<String> = on.iter().map(|(l, r)| format!("{} == {}", expr(l), expr(r))).collect();
                (format!("join {kind:?} on {}", on.join(" and ")), vec![left, right])
            }
            Node::FirstOf { input, keys, columns, order: by } => {
                let keys: Vec<String> = keys.iter().map(expr).collect();
                (format!("first row by [{}] of {}{}", keys.join(", "), ids(columns), order(by)), vec![input])
            }
            Node::Union { inputs, columns } => {
                (format!("union {}", ids(columns)), inputs.iter().map(|i| &**i).collect())
            }
            Node::MvExpand { input, columns, index, limit } => {
                let columns: Vec<String> =
                    columns.iter().map(|c| format!("#{}: {} = {}", c.id.0, c.ty, expr(&c.value))).collect();
                let limit = limit.as_ref().map(|l| format!(" limit {}", expr(l))).unwrap_or_default();
                (format!("mv-expand {} index #{}{limit}", columns.join(", "), index.0), vec![input])
            }
        };
        let _ = writeln!(out, "{}{line}", "  ".repeat(depth));
        for input in inputs {
            self.node(out, input, depth + 1);
        }
    }
}

/// The columns that a node and all nodes below it read.
fn collect(node: &Node, used: &mut HashSet<ColumnId>) {
    node.expressions(&mut |e| {
        e.walk(&mut |e| {
            if let ExprKind::Column(id) = e.kind {
                used.insert(id);
            }
        });
    });
    used.extend(node.observed_order().iter().map(|k| k.column));
    if let Node::Union { columns, .. } = node {
        used.extend(columns.iter().map(|(id, _)| *id));
    }
    node.inputs().into_iter().for_each(|input| collect(input, used));
}

/// A value as a literal of KQL, for plans and messages.
fn literal(value: &Value, ty: ScalarType) -> String {
    let mut out = String::new();
    match (value, ty) {
        (Value::Null, _) => {
            let _ = write!(out, "{ty}(null)");
        }
        (Value::Long(ticks), ScalarType::Datetime) => {
            out.push_str("datetime(");
            crate::time::datetime_short(*ticks, &mut out);
            out.push(')');
        }
        (Value::Long(ticks), ScalarType::Timespan) => {
            out.push_str("timespan(");
            crate::time::timespan(*ticks, &mut out);
            out.push(')');
        }
        (Value::Bool(b), _) => {
            let _ = write!(out, "{b}");
        }
        (Value::Int(i), _) => {
            let _ = write!(out, "int({i})");
        }
        (Value::Long(i), _) => {
            let _ = write!(out, "{i}");
        }
        (Value::Real(r), _) => render::real(*r, &mut out),
        (Value::Decimal(d), _) => {
            out.push_str("decimal(");
            crate::decimal::text(*d, &mut out);
            out.push(')');
        }
        (Value::Text(text), ScalarType::Dynamic) => {
            let _ = write!(out, "dynamic({text})");
        }
        (Value::Text(text), ScalarType::Guid) => {
            let _ = write!(out, "guid({text})");
        }
        (Value::Text(text), _) => crate::dynamic::write::string(text, &mut out),
    }
    out
}
