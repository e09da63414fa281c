//! The parts of a query, and how often the runs of tests reached them.

use super::model::{Coverage, Unit, UnitKind};
use crate::mutants::list_items;
use crate::rule::Rule;
use kql_engine::{CancellationToken, Engine, Error, Leaf, Trace, TraceOptions};
use kql_parser::Span;
use kql_parser::ast::{
    BinaryOp, Expr, ExprKind, LetValue, Operator, OperatorKind, Statement, StatementKind, Visit, visit,
};
use std::collections::{BTreeMap, BTreeSet};
use std::path::PathBuf;

type At = (u32, u32);

impl Coverage {
    /// One for each rule: what several test files of a rule reach is added up.
    pub fn merged(all: Vec<Coverage>) -> Vec<Coverage> {
        let mut rules: Vec<Coverage> = Vec::new();
        for one in all {
            let Some(rule) = rules.iter_mut().find(|rule| rule.file == one.file && rule.query == one.query) else {
                rules.push(one);
                continue;
            };
            rule.tests.0 += one.tests.0;
            rule.tests.1 += one.tests.1;
            for unit in one.units {
                match rule.units.iter_mut().find(|own| own.kind == unit.kind && own.at == unit.at) {
                    Some(own) => {
                        own.yes += unit.yes;
                        own.no += unit.no;
                    }
                    None => rule.units.push(unit),
                }
            }
            rule.units.sort_by_key(|unit| (unit.at.start, unit.at.end, unit.kind));
        }
        rules
    }

    /// What the tests of a rule reach, from the traces of their runs.
    pub fn of(rule: &Rule, traces: &[Trace], tests: (usize, usize)) -> Coverage {
        Coverage {
            file: rule.file.clone(),
            rule: rule.name.clone(),
            techniques: rule.techniques.iter().map(|t| t.value.clone()).collect(),
            query: rule.query.text.clone(),
            first_line: rule.query.first_line,
            tests,
            units: units(&rule.query.text, traces),
        }
    }
}

/// Which parts of a query the data of an engine reaches. `cancel` stops it. Blocks.
///
/// # Errors
/// Those of [`Engine::query`].
pub fn reached(engine: &Engine, query: &str, cancel: &CancellationToken) -> Result<Coverage, Error> {
    let options = TraceOptions { items: true, ..TraceOptions::default() };
    let traced = engine.trace(query, &options, cancel)?;
    Ok(Coverage {
        file: PathBuf::new(),
        rule: String::new(),
        techniques: Vec::new(),
        query: query.to_owned(),
        first_line: 1,
        tests: (0, 0),
        units: units(query, &[traced.trace]),
    })
}

/// The parts of a query in the order of the text.
pub(crate) fn units(query: &str, traces: &[Trace]) -> Vec<Unit> {
    let parse = kql_parser::parse(query);
    let mut finder = Finder::default();
    visit(&mut finder, &parse.query);
    let mut found: BTreeMap<(At, UnitKind), (u64, u64)> = BTreeMap::new();
    let mut add = |at: At, kind: UnitKind, yes: u64, no: u64| {
        let unit = found.entry((at, kind)).or_default();
        unit.0 += yes;
        unit.1 += no;
    };
    let at = |span: Span| (span.start, span.end);
    for trace in traces {
        // the source of a pipeline is a table or the end of another pipeline
        for step in trace.steps.iter().filter(|step| step.place > 0 || step.name != "source") {
            add(at(step.span), UnitKind::Step, step.rows, 0);
        }
        // the plan has conditions of its own, which are not in the text
        let written = trace.leaves.iter().filter(|(place, _)| finder.conditions.contains(place));
        for (place, leaf) in written {
            add(*place, UnitKind::Condition, leaf.is_true, leaf.is_false + leaf.is_null);
            for (item, rows) in finder.items_of(query, *place, leaf) {
                add(at(item), UnitKind::Item, rows, 0);
            }
        }
        for (name, span) in &finder.lets {
            add(at(*name), UnitKind::Let, rows_of(trace, *span), 0);
        }
        for leg in &finder.legs {
            let inside = finder.lets.iter().find(|(name, _)| name.text(query) == leg.text(query));
            match inside {
                Some((_, span)) => add(at(*leg), UnitKind::Leg, rows_of(trace, *span), 0),
                None if trace.steps.iter().any(|step| within(step.span, *leg)) => {
                    add(at(*leg), UnitKind::Leg, rows_of(trace, *leg), 0);
                }
                None => {}
            }
        }
    }
    // conditions that no run has computed
    for leaf in &finder.leaves {
        let computed = traces.iter().any(|trace| trace.leaves.contains_key(&at(*leaf)));
        if !computed {
            add(at(*leaf), UnitKind::Condition, 0, 0);
        }
    }
    let unit =
        |((at, kind), (yes, no)): ((At, UnitKind), (u64, u64))| Unit { kind, at: Span::new(at.0, at.1), yes, no };
    found.into_iter().map(unit).collect()
}

fn within(inner: Span, outer: Span) -> bool {
    outer.start <= inner.start && inner.end <= outer.end
}

/// The rows at the end of the pipeline in a part of the text.
fn rows_of(trace: &Trace, span: Span) -> u64 {
    let inside = trace.steps.iter().filter(|step| within(step.span, span));
    let first = inside.clone().map(|step| step.pipeline).min();
    inside.filter(|step| Some(step.pipeline) == first).max_by_key(|step| step.place).map_or(0, |step| step.rows)
}

#[derive(Default)]
struct Finder {
    /// Conditions of `where`.
    leaves: Vec<Span>,
    /// These, and comparisons elsewhere.
    conditions: BTreeSet<At>,
    /// For each condition with a list, the positions of its items; for a list of a `let`, its name.
    lists: BTreeMap<At, List>,
    /// `let` tables: the name, and the value.
    lets: Vec<(Span, Span)>,
    /// `let` lists: the name, and the value.
    list_lets: BTreeMap<String, Span>,
    /// Legs of unions.
    legs: Vec<Span>,
}

enum List {
    Items(Vec<Span>),
    Named(String),
}

impl Finder {
    /// The positions of the items of a condition's list, and the rows that each finds.
    fn items_of(&self, query: &str, at: At, leaf: &Leaf) -> Vec<(Span, u64)> {
        let spans = match self.lists.get(&at) {
            Some(List::Items(spans)) if spans.len() == leaf.items.len() => spans.clone(),
            Some(List::Items(spans)) => match spans.as_slice() {
                [one] => list_items(query, *one),
                _ => Vec::new(),
            },
            Some(List::Named(name)) => match self.list_lets.get(name) {
                Some(span) => list_items(query, *span),
                None => Vec::new(),
            },
            None => Vec::new(),
        };
        if spans.len() != leaf.items.len() {
            return Vec::new();
        }
        spans.into_iter().zip(leaf.items.iter().copied()).collect()
    }

    fn leaves_of(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Parens(inner) => self.leaves_of(inner),
            ExprKind::Binary(binary) if matches!(binary.op, BinaryOp::And | BinaryOp::Or) => {
                self.leaves_of(&binary.left);
                self.leaves_of(&binary.right);
            }
            ExprKind::Call(call) if call.name.text == "not" => call.args.iter().for_each(|arg| self.leaves_of(arg)),
            _ => {
                self.leaves.push(e.span);
                self.conditions.insert((e.span.start, e.span.end));
            }
        }
    }
}

impl Visit for Finder {
    fn enter_statement(&mut self, statement: &Statement) -> bool {
        if let StatementKind::Let(l) = &statement.kind
            && let LetValue::Expr(e) = &l.value
        {
            match &e.kind {
                ExprKind::Pipeline(_) => self.lets.push((l.name.span, e.span)),
                ExprKind::Literal(_) => _ = self.list_lets.insert(l.name.text.clone(), e.span),
                _ => {}
            }
        }
        true
    }

    fn enter_operator(&mut self, operator: &Operator) -> bool {
        match &operator.kind {
            OperatorKind::Where(predicate) => self.leaves_of(predicate),
            OperatorKind::Union(union) => self.legs.extend(union.tables.iter().map(|leg| leg.span)),
            _ => {}
        }
        true
    }

    fn enter_expr(&mut self, e: &Expr) -> bool {
        if matches!(e.kind, ExprKind::Binary(_) | ExprKind::In(_) | ExprKind::Between(_)) {
            self.conditions.insert((e.span.start, e.span.end));
        }
        if let ExprKind::In(list) = &e.kind {
            let found = match list.items.as_slice() {
                [one] => match &one.kind {
                    ExprKind::Name(name) => List::Named(name.text.clone()),
                    _ => List::Items(vec![one.span]),
                },
                items => List::Items(items.iter().map(|item| item.span).collect()),
            };
            self.lists.insert((e.span.start, e.span.end), found);
        }
        true
    }
}
