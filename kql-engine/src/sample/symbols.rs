//! One row for each table that a result needs: their cells are variables, and what the query asks of them is a list of
//! conditions.

use super::text_of_regex::text_of_regex;
use super::unsupported::Unsupported;
use crate::extract::pattern::{self, Part, PatternKind};
use crate::functions;
use crate::plan::{
    Aggregate, ColumnId, Expr, ExprKind, Extractor, JoinKind, Node, Query, Relation, Stage, StageId, StageKind,
};
use crate::types::ScalarType;
use crate::value::Value;
use arrow::array::RecordBatch;
use datafusion::common::ScalarValue;
use kql_parser::Span;
use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::Arc;

/// The expressions of a node's columns, over variables.
pub(super) type Columns = HashMap<ColumnId, Expr>;

/// Variables have ids far above those of plans.
const FIRST_VARIABLE: u32 = 1 << 30;

/// The most expressions that conditions can have together.
const MOST_EXPRESSIONS: usize = 200_000;

/// The most elements of a list whose names and values become a bag.
const MOST_ELEMENTS: usize = 30;

/// What a variable stands for.
#[derive(Clone, Debug)]
pub(super) enum Variable {
    /// A cell: its row, its column, its type.
    Cell { row: usize, column: String, ty: ScalarType },
    /// What a pattern reads from a text.
    Part { ty: ScalarType },
    /// How many rows, or how many different values, a group has.
    Count { group: usize, distinct: Option<Expr> },
}

/// A row of a table.
#[derive(Clone, Debug)]
pub(super) struct Row {
    /// Its table.
    pub table: String,
}

/// A group of `summarize`.
#[derive(Clone, Debug)]
pub(super) struct Group {
    /// The rows that it is made from.
    pub rows: Range<usize>,
    /// Its keys.
    pub keys: Vec<Expr>,
}

/// What was found in a plan.
pub(super) struct Symbols<'q> {
    query: &'q Query,
    /// Which of several ways is taken, where there is a choice.
    attempt: usize,
    choices: usize,
    next: u32,
    expressions: usize,
    /// The leg of the outermost union that is taken, and how many it has.
    pub leg: Option<(usize, usize)>,
    pub variables: BTreeMap<ColumnId, Variable>,
    pub rows: Vec<Row>,
    pub groups: Vec<Group>,
    /// Lists of a group's values, and the variables of their lengths.
    pub lengths: Vec<(Expr, ColumnId)>,
    /// What must be true.
    pub conditions: Vec<Expr>,
}

impl<'q> Symbols<'q> {
    /// The variables and conditions of a row of a result.
    pub fn of(query: &'q Query, result: &Relation, attempt: usize) -> Result<Symbols<'q>, Unsupported> {
        let mut symbols = Symbols {
            query,
            attempt,
            choices: 0,
            next: FIRST_VARIABLE,
            expressions: 0,
            leg: None,
            variables: BTreeMap::new(),
            rows: Vec::new(),
            groups: Vec::new(),
            lengths: Vec::new(),
            conditions: Vec::new(),
        };
        symbols.row(&result.node)?;
        Ok(symbols)
    }

    /// Takes one of several ways: the first one at the first attempt, later others.
    pub fn choose(&mut self, ways: usize) -> usize {
        self.choices += 1;
        choice(self.attempt, self.choices, ways)
    }

    /// The leg of a union. Attempts take those of the outermost one in turn, so that rows are made for each.
    fn leg_of(&mut self, legs: usize) -> usize {
        let chosen = self.choose(legs);
        if self.leg.is_some() {
            return chosen;
        }
        let own = self.attempt % legs.max(1);
        self.leg = Some((own, legs));
        own
    }

    fn fresh(&mut self, variable: Variable) -> ColumnId {
        self.next += 1;
        let id = ColumnId(self.next);
        self.variables.insert(id, variable);
        id
    }

    /// A row of a node.
    pub fn row(&mut self, node: &Arc<Node>) -> Result<Columns, Unsupported> {
        match &**node {
            Node::Nothing => Err(Unsupported::Empty),
            Node::Scan { table, columns } => {
                let row = self.rows.len();
                self.rows.push(Row { table: table.clone() });
                let cells = columns.iter().map(|column| {
                    let variable = Variable::Cell { row, column: column.name.clone(), ty: column.ty };
                    (column.id, variable_expr(self.fresh(variable), column.ty))
                });
                Ok(cells.collect())
            }
            Node::Memory { columns, batches } => {
                let row = self.constants(batches, columns.len())?;
                Ok(columns.iter().zip(row).map(|(c, value)| (c.id, constant(value, c.ty))).collect())
            }
            Node::Values { columns, rows } => {
                if rows.is_empty() {
                    return Err(Unsupported::Empty);
                }
                let chosen = self.choose(rows.len());
                let none = constant(Value::Long(0), ScalarType::Long);
                let cells = rows.get(chosen).into_iter().flatten().cloned().chain(std::iter::repeat(none));
                Ok(columns.iter().map(|c| c.id).zip(cells).collect())
            }
            Node::Range { column, row, bounds } => {
                let first = self.bound(&bounds[0], &Columns::new())?;
                Ok([(column.id, first), (*row, constant(Value::Long(0), ScalarType::Long))].into())
            }
            Node::Stage { stage, columns } => self.stage_row(*stage, columns.len()).map(|cells| {
                let none = constant(Value::Long(0), ScalarType::Long);
                columns.iter().map(|c| c.id).zip(cells.into_iter().chain(std::iter::repeat(none))).collect()
            }),
            Node::Probe { input, .. } | Node::Limit { input, .. } | Node::FirstOf { input, .. } => self.row(input),
            Node::Filter { input, predicate } => {
                let columns = self.row(input)?;
                let condition = self.bound(predicate, &columns)?;
                self.conditions.push(condition);
                Ok(columns)
            }
            Node::Project { input, columns } => {
                let inner = self.row(input)?;
                columns.iter().map(|(id, e)| Ok((*id, self.bound(e, &inner)?))).collect()
            }
            Node::Union { inputs, columns } => {
                if inputs.is_empty() {
                    return Err(Unsupported::Empty);
                }
                let chosen = self.leg_of(inputs.len());
                let mut found = match inputs.get(chosen) {
                    Some(input) => self.row(input)?,
                    None => return Err(Unsupported::Empty),
                };
                for (id, ty) in columns {
                    found.entry(*id).or_insert_with(|| constant(Value::missing(*ty), *ty));
                }
                Ok(found)
            }
            Node::Join { kind, left, right, on } => self.join(*kind, left, right, on),
            Node::Aggregate { input, groups, aggregates, .. } => self.aggregate(input, groups, aggregates),
            Node::MvExpand { input, columns, index, .. } => {
                let mut found = self.row(input)?;
                for expanded in columns {
                    let value = self.bound(&expanded.value, &found)?;
                    let element =
                        call("[]", vec![value, constant(Value::Long(0), ScalarType::Long)], ScalarType::Dynamic);
                    found.insert(expanded.id, element.convert(expanded.ty));
                }
                found.insert(*index, constant(Value::Long(0), ScalarType::Long));
                Ok(found)
            }
            Node::Window { input, row, calls, .. } => {
                let mut found = self.row(input)?;
                found.insert(*row, constant(Value::Long(1), ScalarType::Long));
                // other rows are not there: what a function says of them is what it says of a row alone
                for window in calls {
                    let alone = match window.function.name {
                        "row_number" | "row_rank_dense" | "row_rank_min" => constant(Value::Long(1), window.ty),
                        "row_cumsum" => match window.args.first() {
                            Some(value) => self.bound(value, &found)?,
                            None => constant(Value::Null, window.ty),
                        },
                        _ => constant(Value::missing(window.ty), window.ty),
                    };
                    found.insert(window.id, alone);
                }
                Ok(found)
            }
            Node::Extract { input, value, extractor, columns, matched } => {
                let mut found = self.row(input)?;
                let span = value.span;
                let value = self.bound(value, &found)?;
                let text =
                    if self.choose(2) == 0 { self.pattern_text(extractor.as_ref(), columns, &mut found) } else { None };
                let is_matched = text.is_some();
                if let Some(text) = text {
                    self.conditions.push(Expr { span, ..call("==", vec![value, text], ScalarType::Bool) });
                }
                for (id, ty) in columns {
                    found.entry(*id).or_insert_with(|| constant(Value::missing(*ty), *ty));
                }
                found.insert(*matched, constant(Value::Bool(is_matched), ScalarType::Bool));
                Ok(found)
            }
        }
    }

    /// The text from which a pattern reads columns, which are variables.
    fn pattern_text(
        &mut self,
        extractor: &dyn Extractor,
        columns: &[(ColumnId, ScalarType)],
        found: &mut Columns,
    ) -> Option<Expr> {
        let (pattern::KIND, encoded) = extractor.encode().ok()? else { return None };
        let (parts, kind): (Vec<Part>, PatternKind) = encoded.data().ok()?;
        let mut columns = columns.iter();
        let mut texts = Vec::new();
        for part in parts {
            texts.push(match part {
                Part::Any => continue,
                Part::Text(text) => {
                    let text = match kind {
                        PatternKind::Regex(_) => text_of_regex(&text, None)?,
                        _ => text,
                    };
                    constant(Value::Text(text), ScalarType::String)
                }
                Part::Column(_) => {
                    let (id, ty) = columns.next()?;
                    let value = variable_expr(self.fresh(Variable::Part { ty: *ty }), *ty);
                    found.insert(*id, value.clone());
                    value.convert(ScalarType::String)
                }
            });
        }
        Some(call("strcat", texts, ScalarType::String))
    }

    fn join(
        &mut self,
        kind: JoinKind,
        left: &Arc<Node>,
        right: &Arc<Node>,
        on: &[(Expr, Expr)],
    ) -> Result<Columns, Unsupported> {
        use JoinKind as J;
        let outer = match kind {
            J::LeftAnti => return self.row(left),
            J::RightAnti => return self.row(right),
            J::LeftOuter => Some((left, right)),
            J::RightOuter => Some((right, left)),
            J::FullOuter if self.choose(2) == 0 => Some((left, right)),
            J::FullOuter => Some((right, left)),
            J::Inner | J::LeftSemi | J::RightSemi => None,
        };
        // a row without a partner is the other way through an outer join
        if let Some((kept, other)) = outer
            && self.choose(2) == 1
        {
            let mut found = self.row(kept)?;
            found.extend(other.columns().into_iter().map(|(id, ty)| (id, constant(Value::missing(ty), ty))));
            return Ok(found);
        }
        let first = self.row(left)?;
        let second = self.row(right)?;
        for (a, b) in on {
            let span = a.span;
            let (a, b) = (self.bound(a, &first)?, self.bound(b, &second)?);
            self.conditions.push(Expr { span, ..call("==", vec![a, b], ScalarType::Bool) });
        }
        Ok(match kind {
            J::LeftSemi => first,
            J::RightSemi => second,
            _ => first.into_iter().chain(second).collect(),
        })
    }

    fn aggregate(
        &mut self,
        input: &Arc<Node>,
        groups: &[(ColumnId, Expr)],
        aggregates: &[Aggregate],
    ) -> Result<Columns, Unsupported> {
        let start = self.rows.len();
        let inner = self.row(input)?;
        let (mut found, mut keys) = (Columns::new(), Vec::new());
        for (id, e) in groups {
            let key = self.bound(e, &inner)?;
            keys.push(key.clone());
            found.insert(*id, key);
        }
        let group = self.groups.len();
        self.groups.push(Group { rows: start..self.rows.len(), keys });
        for aggregate in aggregates {
            let mut own = (group, None);
            let (name, is_conditional) = match aggregate.function.name.strip_suffix("if") {
                Some(name) => (name, true),
                None => (aggregate.function.name, false),
            };
            if let (true, Some(condition)) = (is_conditional, aggregate.args.last()) {
                // few aggregates need a row for which their condition holds
                if self.choose(2) == 0 {
                    let none = |ty| if ty == ScalarType::Long { Value::Long(0) } else { Value::missing(ty) };
                    found.extend(aggregate.outputs.iter().map(|(id, ty)| (*id, constant(none(*ty), *ty))));
                    continue;
                }
                // a row of its own: the conditions of two aggregates can exclude each other
                own = self.row_of_group(input, groups, &found, condition)?;
            }
            let (group, other) = own;
            let columns = other.as_ref().unwrap_or(&inner);
            self.outputs(aggregate, name, group, columns, &mut found)?;
        }
        Ok(found)
    }

    /// Another row of a group, for which a condition holds.
    fn row_of_group(
        &mut self,
        input: &Arc<Node>,
        groups: &[(ColumnId, Expr)],
        keys: &Columns,
        condition: &Expr,
    ) -> Result<(usize, Option<Columns>), Unsupported> {
        let start = self.rows.len();
        let columns = self.row(input)?;
        let mut own = Vec::new();
        for (id, e) in groups {
            let key = self.bound(e, &columns)?;
            own.push(key.clone());
            if let Some(other) = keys.get(id) {
                self.conditions.push(call("==", vec![other.clone(), key], ScalarType::Bool));
            }
        }
        let condition = self.bound(condition, &columns)?;
        self.conditions.push(condition);
        self.groups.push(Group { rows: start..self.rows.len(), keys: own });
        Ok((self.groups.len() - 1, Some(columns)))
    }

    /// The columns of an aggregate over a group that is one row, or copies of it.
    fn outputs(
        &mut self,
        aggregate: &Aggregate,
        name: &str,
        group: usize,
        columns: &Columns,
        found: &mut Columns,
    ) -> Result<(), Unsupported> {
        let mut args = Vec::new();
        for arg in &aggregate.args {
            args.push(self.bound(arg, columns)?);
        }
        let first = args.first().cloned();
        match name {
            "count" | "cnt" => {
                let count = self.fresh(Variable::Count { group, distinct: None });
                self.output(aggregate, 0, variable_expr(count, ScalarType::Long), found);
            }
            "dcount" | "count_distinct" => {
                let count = self.fresh(Variable::Count { group, distinct: first });
                self.output(aggregate, 0, variable_expr(count, ScalarType::Long), found);
            }
            "make_set" | "make_list" | "make_list_with_nulls" => {
                if let Some(element) = first {
                    let list = call("pack_array", vec![element.clone()], ScalarType::Dynamic);
                    let distinct = (name == "make_set").then_some(element);
                    let length = self.fresh(Variable::Count { group, distinct });
                    self.lengths.push((list.clone(), length));
                    self.output(aggregate, 0, list, found);
                }
            }
            "make_bag" => {
                if let Some(packed) = first {
                    let bag = self.bag_of_elements(&packed).unwrap_or(packed);
                    self.output(aggregate, 0, bag, found);
                }
            }
            // the row with the largest value is the only one
            "arg_max" | "arg_min" => {
                for (place, arg) in args.into_iter().enumerate() {
                    self.output(aggregate, place, arg, found);
                }
            }
            _ => {
                for place in 0..aggregate.outputs.len() {
                    if let Some(arg) = args.get(place).cloned() {
                        self.output(aggregate, place, arg, found);
                    }
                }
            }
        }
        for (id, ty) in &aggregate.outputs {
            found.entry(*id).or_insert_with(|| constant(Value::missing(*ty), *ty));
        }
        Ok(())
    }

    /// The bag of the names and values of a list's elements, with an element for each property that the query names.
    fn bag_of_elements(&mut self, packed: &Expr) -> Option<Expr> {
        let ExprKind::Call(function, args) = &packed.kind else { return None };
        let ("bag_pack", [key, value]) = (function.name, args.as_slice()) else { return None };
        let mut element = None;
        key.walk(&mut |e| {
            let is_first = |at: &Expr| matches!(at.as_constant(), Some(Value::Long(0)));
            if let ExprKind::Call(function, args) = &e.kind
                && let ("[]", [_, at]) = (function.name, args.as_slice())
                && is_first(at)
            {
                element.get_or_insert_with(|| e.clone());
            }
        });
        let element = element?;
        let ExprKind::Call(_, of_list) = &element.kind else { return None };
        let list = of_list.first()?;
        let mut pairs = Vec::new();
        for (place, name) in property_names(self.query, packed).into_iter().take(MOST_ELEMENTS).enumerate() {
            let place = constant(Value::Long(i64::try_from(place).ok()?), ScalarType::Long);
            let own = call("[]", vec![list.clone(), place], element.ty);
            let name = constant(Value::Text(name), ScalarType::String);
            let has_name =
                call("==", vec![with(key, &element, &own).convert(ScalarType::String), name.clone()], ScalarType::Bool);
            self.conditions.push(has_name);
            pairs.extend([name, with(value, &element, &own)]);
        }
        (!pairs.is_empty()).then(|| call("bag_pack", pairs, ScalarType::Dynamic))
    }

    fn output(&self, aggregate: &Aggregate, place: usize, value: Expr, found: &mut Columns) {
        if let Some((id, ty)) = aggregate.outputs.get(place) {
            found.insert(*id, value.convert(*ty));
        }
    }

    fn constants(&mut self, batches: &[RecordBatch], columns: usize) -> Result<Vec<Value>, Unsupported> {
        let rows: usize = batches.iter().map(RecordBatch::num_rows).sum();
        if rows == 0 {
            return Err(Unsupported::Empty);
        }
        let mut place = self.choose(rows);
        for batch in batches {
            if place < batch.num_rows() {
                let cell = |column: usize| {
                    let scalar = ScalarValue::try_from_array(batch.columns().get(column)?, place).ok()?;
                    Value::from_scalar(&scalar)
                };
                return Ok((0..columns).map(|column| cell(column).unwrap_or(Value::Null)).collect());
            }
            place -= batch.num_rows();
        }
        Err(Unsupported::Empty)
    }

    fn stage(&self, id: StageId) -> Option<&'q Stage> {
        self.query.stages.iter().find(|stage| stage.id == id)
    }

    /// The cells of a row of a subquery.
    pub fn stage_row(&mut self, id: StageId, most: usize) -> Result<Vec<Expr>, Unsupported> {
        let stage = self.stage(id).ok_or(Unsupported::Empty)?;
        if let StageKind::Table(Some(function)) = &stage.kind {
            return Err(Unsupported::Function(function.name().to_owned()));
        }
        let mut columns = self.row(&stage.relation.node)?;
        let cells = stage.relation.columns.iter().take(most);
        Ok(cells.filter_map(|column| columns.remove(&column.id)).collect())
    }

    /// An expression of a node over variables.
    pub fn bound(&mut self, e: &Expr, columns: &Columns) -> Result<Expr, Unsupported> {
        self.expressions += 1;
        if self.expressions > MOST_EXPRESSIONS {
            return Err(Unsupported::TooLarge);
        }
        Ok(match &e.kind {
            ExprKind::Column(id) => match columns.get(id) {
                Some(value) => {
                    value.walk(&mut |_| self.expressions += 1);
                    value.clone()
                }
                None => constant(Value::missing(e.ty), e.ty),
            },
            ExprKind::Call(function, args) => {
                let args = args.iter().map(|arg| self.bound(arg, columns)).collect::<Result<_, _>>()?;
                Expr { kind: ExprKind::Call(function, args), ..e.clone() }
            }
            ExprKind::Convert(inner) => self.bound(inner, columns)?.convert(e.ty),
            ExprKind::Stage(id) if self.stage(*id).is_some_and(|s| matches!(s.kind, StageKind::Scalar)) => {
                let value = self.stage_row(*id, 1)?.pop().unwrap_or_else(|| constant(Value::missing(e.ty), e.ty));
                value.convert(e.ty)
            }
            ExprKind::Stage(_) | ExprKind::Constant(_) | ExprKind::Error => e.clone(),
        })
    }
}

/// The names of properties that a query reads, but for those inside an expression.
fn property_names(query: &Query, except: &Expr) -> Vec<String> {
    let mut names: Vec<String> = Vec::new();
    let name = |e: &Expr| match &e.kind {
        ExprKind::Call(function, args) if function.name == "[]" => {
            args.get(1)?.as_constant()?.as_text().map(str::to_owned)
        }
        _ => None,
    };
    let mut own = Vec::new();
    except.walk(&mut |e| own.extend(name(e)));
    crate::plan::each_node(query, &mut |node| {
        node.expressions(&mut |e| {
            e.walk(&mut |e| {
                let new = name(e).filter(|name| !own.contains(name) && !names.contains(name));
                names.extend(new);
            });
        });
    });
    names
}

/// An expression with a part replaced wherever it stands.
fn with(e: &Expr, part: &Expr, other: &Expr) -> Expr {
    if e == part {
        return other.clone();
    }
    match &e.kind {
        ExprKind::Call(function, args) => {
            let args = args.iter().map(|arg| with(arg, part, other)).collect();
            Expr { kind: ExprKind::Call(function, args), ..e.clone() }
        }
        ExprKind::Convert(inner) => with(inner, part, other).convert(e.ty),
        _ => e.clone(),
    }
}

/// A way among several, from the number of an attempt and that of a choice.
pub(super) fn choice(attempt: usize, number: usize, ways: usize) -> usize {
    if ways < 2 || attempt == 0 {
        return 0;
    }
    // the second attempt takes the second way everywhere, and so on; later ones mix
    if attempt < 4 {
        return attempt % ways;
    }
    let mixed =
        (attempt as u64).wrapping_mul(0x9E37_79B9_7F4A_7C15) ^ (number as u64).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    usize::try_from((mixed ^ (mixed >> 29)).wrapping_mul(0x94D0_49BB_1331_11EB) >> 33).unwrap_or(0) % ways
}

/// A constant that stands nowhere in the text.
pub(super) fn constant(value: Value, ty: ScalarType) -> Expr {
    Expr::constant(value, ty, Span::default())
}

pub(super) fn variable_expr(id: ColumnId, ty: ScalarType) -> Expr {
    Expr { kind: ExprKind::Column(id), ty, span: Span::default() }
}

/// A call of a function by its name.
pub(super) fn call(name: &str, args: Vec<Expr>, ty: ScalarType) -> Expr {
    match functions::scalar_operator(name).or_else(|| functions::scalar(name)) {
        Some(function) => Expr::call(function, args, ty, Span::default()),
        None => Expr::error(Span::default()),
    }
}
