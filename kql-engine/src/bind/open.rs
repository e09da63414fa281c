//! Open relations: tables with undeclared columns, such as a watchlist without data, or the result of `bag_unpack`
//! without rows. Any name can be a column of one. After a query has named a column, it exists wherever the relation is
//! used.
//!
//! No row has a value in such a column, so it is a constant. Its type is [`ScalarType::Unknown`], which is replaced by
//! the type that is expected where the column is used; at the end it is a string.

use super::{Binder, Symbol};
use crate::plan::{Expr, PlanColumn, Relation};
use crate::types::{ScalarType, TIME_COLUMNS};
use crate::value::Value;
use kql_parser::{Span, ast};

/// The columns that the query has named of open relations so far.
#[derive(Default)]
pub(super) struct OpenNames {
    /// For each relation of a `let`, by its number.
    by_origin: Vec<Vec<(String, ScalarType)>>,
    /// For the input of the operator that is being bound.
    found: Vec<(String, ScalarType)>,
}

impl Binder<'_> {
    /// A value of an open relation's column of this name.
    pub(super) fn absent(&mut self, name: &str, span: Span) -> Expr {
        let ty = match self.open.found.iter().find(|(n, _)| n == name) {
            Some((_, ty)) => *ty,
            None => {
                let ty = type_by_name(name);
                self.open.found.push((name.to_owned(), ty));
                ty
            }
        };
        Expr::constant(Value::missing(ty), ty, span)
    }

    /// Marks a relation that a name of the query refers to: the columns named later are recorded for it.
    pub(super) fn with_origin(&mut self, relation: Relation) -> Relation {
        if !relation.open || relation.origin.is_some() {
            return relation;
        }
        self.open.by_origin.push(Vec::new());
        Relation { origin: Some(self.open.by_origin.len() - 1), ..relation }
    }

    /// The columns that were named of an origin.
    pub(super) fn named_of(&self, origin: usize) -> &[(String, ScalarType)] {
        self.open.by_origin.get(origin).map_or(&[], Vec::as_slice)
    }

    /// The relation with all columns that were named elsewhere.
    pub(super) fn with_known_names(&mut self, relation: Relation) -> Relation {
        let known = relation.origin.and_then(|origin| self.open.by_origin.get(origin)).cloned().unwrap_or_default();
        self.with_open_columns(relation, known, None)
    }

    /// Adds the columns with these names to an open relation, if it does not have them.
    pub fn open_names<'n>(&mut self, relation: &mut Relation, names: impl IntoIterator<Item = &'n ast::Name>) {
        if !relation.open {
            return;
        }
        let lacks = |name: &&ast::Name| relation.columns.iter().all(|c| c.name != name.text);
        let names: Vec<(String, ScalarType)> =
            names.into_iter().filter(lacks).map(|n| (n.text.clone(), type_by_name(&n.text))).collect();
        self.remember(relation.origin, &names);
        *relation = self.with_open_columns(std::mem::take(relation), names, None);
    }

    /// [`Binder::open_names`] for names in arguments, which can also be those of tables and variables.
    pub fn open_arguments(&mut self, relation: &mut Relation, arguments: &[ast::Expr]) {
        let names: Vec<&ast::Name> = arguments
            .iter()
            .filter_map(|e| match &e.kind {
                ast::ExprKind::Name(name) if self.scope.find(&name.text).is_none() && !self.is_tabular(e) => Some(name),
                _ => None,
            })
            .collect();
        self.open_names(relation, names);
    }

    /// Binds an operator. Names that its expressions found in an open input become columns of the result too, if that is
    /// still open.
    pub fn with_found_names(
        &mut self,
        input: Relation,
        bind: impl FnOnce(&mut Self, Relation) -> Relation,
    ) -> Relation {
        let outer = std::mem::take(&mut self.open.found);
        let (origin, before): (_, Vec<PlanColumn>) = (input.origin, input.columns.clone());
        let result = bind(self, input);
        let found = std::mem::replace(&mut self.open.found, outer);
        if found.is_empty() {
            return result;
        }
        self.remember(origin, &found);
        if !result.open || !result.tables.is_empty() || result.graph.is_some() {
            return result;
        }
        // they come before the columns that the operator adds
        let place = result.columns.iter().take_while(|c| before.iter().any(|b| b.name == c.name)).count();
        self.with_open_columns(result, found, Some(place))
    }

    fn remember(&mut self, origin: Option<usize>, names: &[(String, ScalarType)]) {
        let Some(known) = origin.and_then(|origin| self.open.by_origin.get_mut(origin)) else { return };
        for name in names {
            if known.iter().all(|(n, _)| *n != name.0) {
                known.push(name.clone());
            }
        }
    }

    fn with_open_columns(
        &mut self,
        relation: Relation,
        names: Vec<(String, ScalarType)>,
        place: Option<usize>,
    ) -> Relation {
        let missing: Vec<PlanColumn> = names
            .into_iter()
            .filter(|(name, _)| relation.columns.iter().all(|c| c.name != *name))
            .map(|(name, ty)| self.new_column(name, ty))
            .collect();
        if missing.is_empty() {
            return relation;
        }
        let mut pairs = crate::plan::identity(&relation.columns);
        pairs.extend(missing.iter().map(|c| (c.id, crate::plan::missing(c.ty))));
        let node = crate::plan::project(&relation, pairs);
        let mut columns = relation.columns.clone();
        let place = place.unwrap_or(columns.len()).min(columns.len());
        columns.splice(place..place, missing);
        Relation { node, columns, ..relation }
    }

    /// The relation with strings instead of columns of unknown type, for operators that depend on types.
    pub fn with_known_types(&mut self, relation: Relation) -> Relation {
        if relation.columns.iter().all(|c| c.ty != ScalarType::Unknown) {
            return relation;
        }
        let columns: Vec<PlanColumn> = relation
            .columns
            .iter()
            .map(|c| match c.ty {
                ScalarType::Unknown => self.new_column(c.name.clone(), ScalarType::String),
                _ => c.clone(),
            })
            .collect();
        let values = relation.columns.iter().map(|c| Expr::column(c, Span::default()).convert(known(c.ty)));
        let pairs = columns.iter().map(|c| c.id).zip(values).collect();
        let node = crate::plan::project(&relation, pairs);
        Relation { node, columns, ..relation }
    }
}

/// The symbol of a relation.
pub(super) fn symbol(binder: &mut Binder, relation: Relation) -> Symbol {
    Symbol::Table(binder.with_origin(relation))
}

/// The type, or string if it is unknown.
pub fn known(ty: ScalarType) -> ScalarType {
    if ty == ScalarType::Unknown { ScalarType::String } else { ty }
}

/// The type that the service gives a column with this name: its custom tables show the type in a suffix.
fn type_by_name(name: &str) -> ScalarType {
    match name {
        _ if TIME_COLUMNS.contains(&name) => ScalarType::Datetime,
        _ if name.ends_with("_t") => ScalarType::Datetime,
        _ if name.ends_with("_d") => ScalarType::Real,
        _ if name.ends_with("_b") => ScalarType::Bool,
        _ => ScalarType::Unknown,
    }
}
