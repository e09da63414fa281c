//! The walk through a query that finds the places of faults.

use super::edit::{Fingerprints, cut, snippet};
use super::{Mutant, MutantKind, list, operators, time};
use kql_parser::ast::*;
use kql_parser::{Kind, Span, Token, lex};
use std::collections::{HashMap, HashSet};
use std::rc::Rc;

/// A mutant that is still to be looked at.
pub(super) struct Candidate {
    pub(super) mutant: Mutant,
    /// The top-level statement that it changes.
    pub(super) statement: Span,
    /// Whether it may not parse.
    pub(super) unsure: bool,
    /// The length and the hash of its text.
    pub(super) fingerprint: (usize, u64),
}

/// What a name stands for, or an operand is.
#[derive(Clone)]
pub(super) enum Constant {
    Text(String),
    Number(i64, Span),
    Time(i64, Span),
    List(Rc<ListItems>),
    Other,
}

/// The places of the items of a list, and those that are texts.
pub(super) struct ListItems {
    pub(super) places: Vec<Span>,
    pub(super) texts: Vec<String>,
}

pub(super) struct Collector<'t> {
    pub(super) text: &'t str,
    pub(super) tokens: Vec<Token>,
    found: Vec<Candidate>,
    fingerprints: Fingerprints,
    /// The top-level statement, and how deep the walk is in statements.
    statement: Span,
    depth: usize,
    /// The names that `let` and parameters define, innermost scope last.
    scopes: Vec<HashMap<String, Constant>>,
    /// The `let` statements, operators and predicates that the walk is in, innermost last.
    lets: Vec<String>,
    steps: Vec<Span>,
    pub(super) leaves: Vec<Span>,
    /// The conditions of joins, which allow only `==`.
    skipped: HashSet<Span>,
    /// Chains of `and` and `or` whose arms are known, and predicates that get no negation.
    pub(super) chained: HashSet<Span>,
    pub(super) settled: HashSet<Span>,
    /// The first items of lists whose items have been dropped.
    dropped: HashSet<Span>,
}

/// The candidates, in the order of the walk.
pub(super) fn collect(text: &str, query: &Query) -> (Vec<Candidate>, (usize, u64)) {
    let fingerprints = Fingerprints::new(text);
    let unchanged = fingerprints.of(&[]);
    let mut collector = Collector {
        text,
        tokens: lex(text).tokens,
        found: Vec::new(),
        fingerprints,
        statement: Span::default(),
        depth: 0,
        scopes: vec![HashMap::new()],
        lets: Vec::new(),
        steps: Vec::new(),
        leaves: Vec::new(),
        skipped: HashSet::new(),
        chained: HashSet::new(),
        settled: HashSet::new(),
        dropped: HashSet::new(),
    };
    visit(&mut collector, query);
    (collector.found, unchanged)
}

impl Collector<'_> {
    pub(super) fn add(
        &mut self,
        kind: MutantKind,
        at: Span,
        describes: String,
        edits: Vec<(Span, String)>,
        unsure: bool,
    ) {
        let fingerprint = self.fingerprints.of(&edits);
        let mutant = Mutant { kind, edits, at, describes };
        self.found.push(Candidate { mutant, statement: self.statement, unsure, fingerprint });
    }

    /// One replacement that always parses.
    pub(super) fn replace(&mut self, kind: MutantKind, at: Span, place: Span, new: &str, describes: String) {
        self.add(kind, at, describes, vec![(place, new.to_string())], false);
    }

    /// Another operator, with blanks around it where it would run into its operands.
    pub(super) fn replace_operator(&mut self, kind: MutantKind, at: Span, op: Span, new: &str, describes: String) {
        let before = self.text.get(..op.start as usize).and_then(|t| t.chars().next_back());
        let after = self.text.get(op.end as usize..).and_then(|t| t.chars().next());
        let wordy = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '_');
        let left = if wordy(before) && wordy(new.chars().next()) { " " } else { "" };
        let right = if wordy(after) && wordy(new.chars().next_back()) { " " } else { "" };
        self.replace(kind, at, op, &format!("{left}{new}{right}"), describes);
    }

    /// A place in the text, for descriptions.
    pub(super) fn quote(&self, span: Span) -> String {
        format!("'{}'", snippet(self.text, span))
    }

    /// The innermost predicate, or else operator or `let`, around the walk.
    fn around(&self) -> Span {
        self.leaves.last().or(self.steps.last()).copied().unwrap_or(self.statement)
    }

    fn define(&mut self, name: &Name, constant: Constant) {
        if let Some(scope) = self.scopes.last_mut() {
            scope.insert(name.text.clone(), constant);
        }
    }

    fn define_parameters(&mut self, parameters: &[Parameter]) {
        for parameter in parameters {
            let constant = parameter.default.as_ref().map_or(Constant::Other, |e| self.constant(e));
            self.define(&parameter.name, constant);
        }
    }

    /// What an operand is, as far as the text shows it.
    pub(super) fn constant(&self, e: &Expr) -> Constant {
        match &e.kind {
            ExprKind::Parens(inner) => self.constant(inner),
            ExprKind::Name(name) => {
                let known = self.scopes.iter().rev().find_map(|scope| scope.get(&name.text));
                known.cloned().unwrap_or(Constant::Other)
            }
            ExprKind::Unary(UnaryOp::Minus, inner) => match self.constant(inner) {
                Constant::Number(n, _) => n.checked_neg().map_or(Constant::Other, |n| Constant::Number(n, e.span)),
                _ => Constant::Other,
            },
            ExprKind::Literal(literal) => match literal {
                Literal::String(text) => Constant::Text(text.clone()),
                Literal::Long(Some(n)) => Constant::Number(*n, e.span),
                Literal::Int(Some(n)) => Constant::Number(i64::from(*n), e.span),
                Literal::Timespan(Some(ticks)) => Constant::Time(*ticks, e.span),
                Literal::Dynamic(Dynamic::Array(values)) => {
                    let texts = values.iter().filter_map(|value| match value {
                        Dynamic::Scalar(scalar) => match &**scalar {
                            Literal::String(text) => Some(text.clone()),
                            _ => None,
                        },
                        _ => None,
                    });
                    let places = list::items(&self.tokens, e.span);
                    Constant::List(Rc::new(ListItems { places, texts: texts.collect() }))
                }
                _ => Constant::Other,
            },
            _ => Constant::Other,
        }
    }

    /// Removes a step of a pipeline with its pipe.
    fn drop_step(&mut self, o: &Operator, describes: String) {
        let at = self.tokens.partition_point(|t| t.span.start < o.span.start);
        let after = self.tokens.partition_point(|t| t.span.start < o.span.end);
        let before = at.checked_sub(1).and_then(|i| self.tokens.get(i)).filter(|t| t.kind == Kind::Pipe);
        let after = self.tokens.get(after).filter(|t| t.kind == Kind::Pipe);
        let edit = match (before, after) {
            (Some(pipe), _) => cut(self.text, Span::new(pipe.span.start, o.span.end)),
            (None, Some(pipe)) => cut(self.text, Span::new(o.span.start, pipe.span.end)),
            // the only operator in brackets
            (None, None) => (o.span, "where true".to_string()),
        };
        self.add(MutantKind::DropFilter, o.span, describes, vec![edit], true);
    }

    fn without(&self, what: &str, span: Span) -> String {
        let place = self.lets.last().map_or(String::new(), |name| format!(" of '{name}'"));
        format!("without the {what} {}{place}", self.quote(span))
    }

    /// A condition that is not a step of its own: it becomes `true`.
    fn open_condition(&mut self, at: Span, condition: &Expr) {
        let describes = self.without("condition", condition.span);
        self.replace(MutantKind::DropFilter, at, condition.span, "true", describes);
        self.condition(condition);
    }

    fn join(&mut self, o: &Operator, j: &Join, lookup: bool) {
        self.skipped.extend(j.on.iter().map(|e| e.span));
        let written = j.parameters.iter().find(|p| p.name.text == "kind");
        let name = written.map(|p| match &p.value.kind {
            ExprKind::Name(name) => name.text.as_str(),
            _ => "",
        });
        let kind = name.unwrap_or(if lookup { "leftouter" } else { "innerunique" });
        let others = if lookup { operators::lookup_kinds(kind) } else { operators::join_kinds(kind) };
        for other in others {
            let (place, new) = match written {
                Some(property) => (property.value.span, (*other).to_string()),
                None => (Span::empty(o.name_span.end), format!(" kind={other}")),
            };
            self.replace(MutantKind::JoinKind, o.span, place, &new, format!("'{other}' for '{kind}'"));
        }
        if !lookup && operators::filters_left(kind) {
            let describes = self.without("filter", o.span);
            self.drop_step(o, describes);
        }
    }

    pub(super) fn drop_items(&mut self, items: &[Span]) {
        // a list has a name to be used more than once
        if !items.first().is_some_and(|first| self.dropped.insert(*first)) {
            return;
        }
        for (item, place) in list::removals(items) {
            let describes = format!("without the item {}", snippet(self.text, item));
            self.replace(MutantKind::DropItem, item, place, "", describes);
        }
    }

    fn rows(&mut self, table: &Datatable) {
        let rows: Vec<Span> = table
            .values
            .chunks(table.columns.len().max(1))
            .filter_map(|row| Some(row.first()?.span.to(row.last()?.span)))
            .collect();
        self.drop_items(&rows);
    }

    fn widen(&mut self, ticks: i64, place: Span) {
        if let Some(new) = time::doubled(place.text(self.text), ticks) {
            let describes = format!("'{new}' for {}", self.quote(place));
            let at = self.around();
            self.replace(MutantKind::Widen, at, place, &new, describes);
        }
    }
}

impl Visit for Collector<'_> {
    fn enter_statement(&mut self, s: &Statement) -> bool {
        if self.depth == 0 {
            self.statement = s.span;
        }
        self.depth += 1;
        let mut step = s.span;
        match &s.kind {
            StatementKind::Let(l) => {
                self.lets.push(l.name.text.clone());
                match &l.value {
                    LetValue::Expr(e) => step = e.span,
                    LetValue::Function(f) => {
                        step = f.span;
                        self.scopes.push(HashMap::new());
                        self.define_parameters(&f.parameters);
                    }
                }
            }
            StatementKind::DeclareQueryParameters(parameters) => self.define_parameters(parameters),
            _ => {}
        }
        self.steps.push(step);
        // a constant is changed where it is used: the predicate there says whether a test reaches it
        !matches!(&s.kind, StatementKind::Let(Let { value: LetValue::Expr(e), .. })
            if !matches!(self.constant(e), Constant::Other))
            || {
                self.leave_statement(s);
                false
            }
    }

    fn leave_statement(&mut self, s: &Statement) {
        self.depth -= 1;
        self.steps.pop();
        if let StatementKind::Let(l) = &s.kind {
            self.lets.pop();
            let constant = match &l.value {
                LetValue::Expr(e) => self.constant(e),
                LetValue::Function(_) => {
                    self.scopes.pop();
                    Constant::Other
                }
            };
            self.define(&l.name, constant);
        }
    }

    fn enter_operator(&mut self, o: &Operator) -> bool {
        self.steps.push(o.span);
        match &o.kind {
            OperatorKind::Where(e) | OperatorKind::GraphWhereNodes(e) | OperatorKind::GraphWhereEdges(e) => {
                let describes = self.without("filter", e.span);
                self.drop_step(o, describes);
                self.condition(e);
            }
            OperatorKind::ParseWhere(_) => {
                let describes = "rows that do not fit the pattern stay".to_string();
                self.replace(MutantKind::DropFilter, o.span, o.name_span, "parse", describes);
            }
            OperatorKind::Join(j) => self.join(o, j, false),
            OperatorKind::Lookup(j) => self.join(o, j, true),
            OperatorKind::Scan(scan) => {
                for step in &scan.steps {
                    self.open_condition(step.span, &step.condition);
                }
            }
            OperatorKind::GraphMatch(g) | OperatorKind::GraphShortestPaths(g) => {
                if let Some(condition) = &g.condition {
                    self.open_condition(o.span, condition);
                }
            }
            OperatorKind::Find(find) => self.condition(&find.condition),
            OperatorKind::Search(search) => self.condition(&search.condition),
            _ => {}
        }
        true
    }

    fn leave_operator(&mut self, _: &Operator) {
        self.steps.pop();
    }

    fn enter_expr(&mut self, e: &Expr) -> bool {
        if self.skipped.contains(&e.span) {
            return false;
        }
        match &e.kind {
            ExprKind::Binary(b) if matches!(b.op, BinaryOp::And | BinaryOp::Or) => self.condition(e),
            ExprKind::Binary(b) => self.comparison(e, b),
            ExprKind::In(i) => {
                self.leaves.push(e.span);
                self.membership(e, i);
            }
            ExprKind::Between(b) => {
                self.leaves.push(e.span);
                self.range(e, b);
            }
            ExprKind::Call(call) => self.conditions_of(call),
            ExprKind::Name(_) | ExprKind::Literal(_) => match self.constant(e) {
                Constant::Time(ticks, place) => self.widen(ticks, place),
                Constant::List(list) => self.drop_items(&list.places),
                _ => {}
            },
            ExprKind::Datatable(table) => {
                self.rows(table);
                return false;
            }
            _ => {}
        }
        true
    }

    fn leave_expr(&mut self, e: &Expr) {
        // a predicate and its first operand can only be the same place if they are the same expression
        if self.leaves.last() == Some(&e.span)
            && matches!(e.kind, ExprKind::Binary(_) | ExprKind::In(_) | ExprKind::Between(_))
        {
            self.leaves.pop();
        }
    }
}
