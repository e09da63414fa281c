//! `autocluster`: a few patterns that describe many rows well.
//!
//! Starting with the most frequent rows, the column whose removal makes most rows match is dropped again and again; the best
//! pattern on the way is kept. Its score is the weighted geometric mean of its shares of the rows and of the columns.
//! <https://learn.microsoft.com/kusto/query/autocluster-plugin>

use super::attributes::{self, Options, Rows};
use super::frequent::{Pattern, WeightedRow, apart, closure};
use super::{Plugin, basket, timeline};
use crate::bind::Binder;
use crate::plan::{Compiler, Relation, StageKind, TableFunction, TableFunctionError};
use crate::stored_rows::{RowsWriter, StoredRows};
use crate::types::ScalarType;
use crate::value::Value;
use kql_parser::codes;
use kql_parser::{Diagnostic, ast};
use std::sync::Arc;

pub static AUTOCLUSTER: Plugin = Plugin {
    name: "autocluster",
    signature: "([size_weight: real], [weight], [seeds: long], [wildcard], ...)",
    summary: "Finds a few common patterns of values that describe many rows.",
    page: "autocluster-plugin",
    bind: |binder, evaluate, input| bound(binder, evaluate, &input).unwrap_or_else(|| binder.empty_relation()),
};

fn bound(binder: &mut Binder, evaluate: &ast::Evaluate, input: &Relation) -> Option<Relation> {
    let mut options = Options::new(&evaluate.call.args);
    let size_weight = options.share(binder, "SizeWeight", 0.5)?;
    let weight = options.weight(binder, input).ok()?;
    let seeds = options.count(binder, "NumSeeds", 25)?;
    let wildcards = options.wildcards(binder)?;
    own_choice(binder, evaluate);
    let read = attributes::read(input, weight.as_ref(), evaluate.call_span);
    let columns = attributes::columns(binder, &basket::MEASURES, &input.columns);
    let weight = weight.and_then(|w| input.columns.iter().position(|c| c.id == w.id));
    let types = input.columns.iter().map(|c| c.ty).collect();
    let clusters = Clusters { types, weight, size_weight, seeds, wildcards };
    let rows = timeline::rows(binder, input, read);
    Some(binder.staged(rows, StageKind::Table(Some(Arc::new(clusters))), Some(columns)))
}

/// Notes that Kusto may choose other patterns.
pub fn own_choice(binder: &mut Binder, evaluate: &ast::Evaluate) {
    let name = &evaluate.call.name;
    let message = format!("The algorithm of {}() is not published; Kusto may choose different patterns.", name.text);
    binder.report(Diagnostic::warning(codes::UNPUBLISHED_ALGORITHM, name.span, message));
}

#[derive(Debug)]
struct Clusters {
    types: Vec<ScalarType>,
    weight: Option<usize>,
    size_weight: f64,
    seeds: usize,
    wildcards: Vec<(ScalarType, Value)>,
}

impl TableFunction for Clusters {
    fn name(&self) -> &str {
        "autocluster"
    }

    fn expressions(&self, _: &mut dyn FnMut(&crate::plan::Expr)) {}

    fn run(&self, input: &StoredRows, _: &dyn Compiler, out: &mut RowsWriter) -> Result<(), TableFunctionError> {
        let rows = basket::rows(input, self.weight)?;
        let ranks = rows.ranks();
        let rank = |(value, ranks): (&u32, &Vec<u32>)| ranks.get(*value as usize).copied();
        let by_weight_and_values = |(a, x): &&WeightedRow, (b, y): &&WeightedRow| {
            let values = || a.iter().zip(&ranks).map(rank).cmp(b.iter().zip(&ranks).map(rank));
            y[0].total_cmp(&x[0]).then_with(values)
        };
        let mut heaviest: Vec<&WeightedRow> = rows.rows.iter().collect();
        if heaviest.len() > self.seeds {
            heaviest.select_nth_unstable_by(self.seeds, by_weight_and_values);
            heaviest.truncate(self.seeds);
        }
        heaviest.sort_unstable_by(by_weight_and_values);
        let as_pattern = |(values, weight): &WeightedRow| Pattern {
            values: values.iter().map(|v| Some(*v)).collect(),
            weight: *weight,
        };
        let seeds: Vec<Pattern> = heaviest.into_iter().map(as_pattern).collect();
        let [total, _] = rows.total();
        let scores = Scores { total, columns: self.types.len(), size_weight: self.size_weight };
        let mut found: Vec<(f64, Pattern)> = seeds.iter().map(|seed| scores.best(&rows, seed)).collect();
        found.sort_by(|(x, a), (y, b)| y.total_cmp(x).then_with(|| a.key(&ranks).cmp(&b.key(&ranks))));
        let patterns = found.into_iter().map(|(_, p)| p).filter(|p| p.values.iter().any(Option::is_some)).collect();
        Ok(out.extend(basket::segments(&rows, apart(patterns), self.weight, &self.types, &self.wildcards)?)?)
    }
}

/// How patterns are scored.
struct Scores {
    total: f64,
    columns: usize,
    size_weight: f64,
}

impl Scores {
    fn score(&self, weight: f64, values: usize) -> f64 {
        let share = values as f64 / self.columns as f64;
        (weight / self.total).powf(self.size_weight) * share.powf(1.0 - self.size_weight)
    }

    /// The best pattern on the way from a row to the empty pattern.
    fn best(&self, rows: &Rows, seed: &Pattern) -> (f64, Pattern) {
        // for each row the remaining columns in which it differs: their number, and the sum of their indices
        let mut differs: Vec<(usize, usize)> = rows
            .rows
            .iter()
            .map(|(row, _)| {
                let places = row.iter().zip(&seed.values).enumerate().filter(|(_, (a, b))| Some(**a) != **b);
                places.fold((0, 0), |(count, sum), (place, _)| (count + 1, sum + place))
            })
            .collect();
        let mut kept: Vec<bool> = vec![true; self.columns];
        let mut weight = seed.weight[0];
        let mut best = (self.score(weight, self.columns), kept.clone());
        for values in (1..self.columns).rev() {
            let mut gains = vec![0.0; self.columns];
            for ((count, place), (_, [own, _])) in differs.iter().zip(&rows.rows) {
                if let (1, Some(gain)) = (count, gains.get_mut(*place)) {
                    *gain += own;
                }
            }
            let next = kept.iter().zip(&gains).enumerate().filter(|(_, (kept, _))| **kept);
            let next =
                next.map(|(place, (_, gain))| (*gain, place)).max_by(|a, b| a.0.total_cmp(&b.0).then(b.1.cmp(&a.1)));
            let Some((gain, place)) = next else { break };
            weight += gain;
            let score = self.score(weight, values);
            if let Some(slot) = kept.get_mut(place) {
                *slot = false;
            }
            for ((count, places), (row, _)) in differs.iter_mut().zip(&rows.rows) {
                if row.get(place).copied() != seed.values.get(place).copied().flatten() {
                    *count -= 1;
                    *places -= place;
                }
            }
            if score > best.0 {
                best = (score, kept.clone());
            }
        }
        let fits = |row: &[u32]| {
            row.iter().zip(&seed.values).zip(&best.1).all(|((own, value), kept)| !kept || Some(*own) == *value)
        };
        let covered: Vec<u32> =
            (0u32..).zip(&rows.rows).filter(|(_, (row, _))| fits(row)).map(|(place, _)| place).collect();
        (best.0, closure(&rows.rows, &covered, self.columns))
    }
}
