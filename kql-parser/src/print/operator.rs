//! Tabular operators.

use super::Printer;
use super::layout::Piece;
use crate::ast::{
    Expr, ExprKind, FindColumn, FindColumnKind, FindProject, Join, MvExpandColumn, Name, Operator, OperatorKind,
    OperatorParameters, Parse, ParsePartKind, ReorderOrder, Search, SearchTables, SortKey, Subquery, Summarize,
    TypeName,
};

impl<'a> Printer<'a> {
    /// An operator, without the pipe before it.
    pub(super) fn operator(&mut self, operator: &Operator) {
        match &operator.kind {
            OperatorKind::Where(e) => self.after("where ", e),
            OperatorKind::Extend(items) => self.list("extend", items, |p, e| p.expr(e)),
            OperatorKind::Project(items) => self.list("project", items, |p, e| p.expr(e)),
            OperatorKind::ProjectAway(items) => self.list("project-away", items, |p, e| p.table(e)),
            OperatorKind::ProjectKeep(items) => self.list("project-keep", items, |p, e| p.table(e)),
            OperatorKind::ProjectRename(items) => self.list("project-rename", items, |p, e| p.expr(e)),
            OperatorKind::ProjectReorder(items) => self.list("project-reorder", items, |p, column| {
                p.table(&column.column);
                p.text(match column.order {
                    None => "",
                    Some(ReorderOrder::Asc) => " asc",
                    Some(ReorderOrder::Desc) => " desc",
                    Some(ReorderOrder::GrannyAsc) => " granny-asc",
                    Some(ReorderOrder::GrannyDesc) => " granny-desc",
                });
            }),
            OperatorKind::ProjectByNames(items) => self.list("project-by-names", items, |p, e| p.expr(e)),
            OperatorKind::Union(union) => {
                self.text("union");
                self.parameters(&union.parameters);
                self.list("", &union.tables, |p, e| p.table(e));
            }
            OperatorKind::Sort(sort) => {
                self.text("sort");
                self.parameters(&sort.parameters);
                self.list(" by", &sort.keys, |p, key| p.key(key));
            }
            OperatorKind::Top(top) => {
                self.text("top");
                self.parameters(&top.parameters);
                self.text(" ");
                self.expr(&top.count);
                self.list(" by", &top.keys, |p, key| p.key(key));
            }
            OperatorKind::Take(e) => self.after("take ", e),
            OperatorKind::Count(name) => {
                self.text("count");
                self.opt_as(name.as_ref());
            }
            OperatorKind::Distinct(distinct) => {
                self.text("distinct");
                self.parameters(&distinct.parameters);
                self.list("", &distinct.columns, |p, e| p.expr(e));
            }
            OperatorKind::Summarize(summarize) => self.summarize(summarize),
            OperatorKind::Join(join) => self.join("join", join),
            OperatorKind::Lookup(join) => self.join("lookup", join),
            OperatorKind::MvExpand(expand) => {
                self.text(if expand.legacy { "mvexpand" } else { "mv-expand" });
                self.parameters(&expand.parameters);
                self.list("", &expand.columns, |p, column| p.expanded(column));
                self.opt(" limit ", expand.limit.as_ref());
            }
            OperatorKind::As(as_) => {
                self.text("as");
                self.parameters(&as_.parameters);
                self.text(" ");
                self.name(&as_.name);
            }
            OperatorKind::Render(render) => self.render(render),
            OperatorKind::Print(items) => self.list("print", items, |p, e| p.expr(e)),
            OperatorKind::Range(range) => {
                self.text("range ");
                self.name(&range.name);
                self.after(" from ", &range.from);
                self.after(" to ", &range.to);
                self.after(" step ", &range.step);
            }
            OperatorKind::Parse(parse) => self.parse("parse", parse),
            OperatorKind::ParseWhere(parse) => self.parse("parse-where", parse),
            OperatorKind::ParseKv(parse) => {
                self.after("parse-kv ", &parse.value);
                self.text(" as ");
                self.schema(&parse.columns);
                self.with(&parse.properties);
            }
            OperatorKind::Invoke(e) => self.after("invoke ", e),
            OperatorKind::Search(search) => self.search(search),
            OperatorKind::Find(find) => {
                self.text("find");
                if let Some(scope) = &find.scope {
                    self.text(" ");
                    self.scope(scope);
                }
                self.parameters(&find.parameters);
                self.opt_tables(find.tables.as_ref());
                self.after(" where ", &find.condition);
                match &find.project {
                    None => {}
                    Some(FindProject::Smart) => self.text(" project-smart"),
                    Some(FindProject::Columns(columns)) => self.list(" project", columns, |p, c| p.find_column(c)),
                }
                if !find.project_away.is_empty() {
                    self.list(" __projectAway", &find.project_away, |p, c| p.find_column(c));
                }
            }
            OperatorKind::GetSchema(kind) => {
                self.text("getschema");
                self.parameters(kind.as_slice());
            }
            OperatorKind::Consume(parameters) => {
                self.text("consume");
                self.parameters(parameters);
            }
            OperatorKind::AssertSchema(columns) => {
                self.text("assert-schema ");
                self.schema(columns);
            }
            OperatorKind::ExecuteAndCache => self.text("__executeAndCache"),
            OperatorKind::Error => {}
            other => self.operator_of_rows(other),
        }
    }

    pub(super) fn after(&mut self, text: &'static str, e: &Expr) {
        self.text(text);
        self.expr(e);
    }

    pub(super) fn opt(&mut self, text: &'static str, e: Option<&Expr>) {
        if let Some(e) = e {
            self.after(text, e);
        }
    }

    pub(super) fn opt_as(&mut self, name: Option<&Name>) {
        if let Some(name) = name {
            self.text(" as ");
            self.name(name);
        }
    }

    /// A column or a table; a wildcard has no brackets.
    pub(super) fn table(&mut self, e: &Expr) {
        match &e.kind {
            ExprKind::Wildcard(name) => {
                self.comments_before(e.span.start);
                self.text(name.text.clone());
            }
            ExprKind::Path(base, name) if name.text.contains('*') => {
                self.expr(base);
                self.text(".");
                self.word(name);
            }
            _ => self.expr(e),
        }
    }

    pub(super) fn key(&mut self, key: &SortKey) {
        self.expr(&key.expr);
        match key.ascending {
            Some(true) => self.text(" asc"),
            Some(false) => self.text(" desc"),
            None => {}
        }
        match key.nulls_first {
            Some(true) => self.text(" nulls first"),
            Some(false) => self.text(" nulls last"),
            None => {}
        }
    }

    pub(super) fn summarize(&mut self, summarize: &Summarize) {
        self.text("summarize");
        self.parameters(&summarize.parameters);
        self.group(|p| {
            p.nest(|p| {
                if !summarize.aggregates.is_empty() {
                    p.line();
                    p.group(|p| p.commas(&summarize.aggregates, |p, e| p.expr(e)));
                }
                if summarize.by_span.is_some() || !summarize.by.is_empty() {
                    p.line();
                    p.list("by", &summarize.by, |p, e| p.expr(e));
                }
                if let Some(bin) = &summarize.bin {
                    p.text(" bin=");
                    p.expr(bin);
                }
            });
        });
    }

    fn join(&mut self, name: &'static str, join: &Join) {
        self.text(name);
        self.parameters(&join.parameters);
        self.text(" ");
        self.expr(&join.right);
        if join.on.is_empty() {
            return;
        }
        if let Some(span) = join.on_span {
            self.comments_before(span.start);
        }
        self.list(if join.on_where { " where" } else { " on" }, &join.on, |p, e| p.expr(e));
    }

    pub(super) fn expanded(&mut self, column: &MvExpandColumn) {
        self.expr(&column.expr);
        if let Some(to) = &column.to {
            self.type_after_to(to);
        }
    }

    fn render(&mut self, render: &crate::ast::Render) {
        self.text("render ");
        self.word(&render.kind);
        // in the old syntax, properties have no brackets
        let (old, new): (OperatorParameters, OperatorParameters) =
            render.properties.iter().cloned().partition(|p| matches!(p.name.text.as_str(), "by" | "with"));
        for property in &old {
            self.text(format!(" {} ", property.name.text));
            self.expr(&property.value);
        }
        self.with(&new);
    }

    fn parse(&mut self, name: &'static str, parse: &Parse) {
        self.text(name);
        self.parameters(&parse.parameters);
        self.text(" ");
        self.expr(&parse.value);
        self.text(" with");
        self.group(|p| {
            p.nest(|p| {
                for part in &parse.pattern {
                    p.pieces.push(Piece::Fill);
                    p.comments_before(part.span.start);
                    match &part.kind {
                        ParsePartKind::Star => p.text("*"),
                        ParsePartKind::Text(text) => {
                            p.literal(&crate::ast::Literal::String(text.clone()), part.span);
                        }
                        ParsePartKind::Column(name, ty) => p.typed(name, ty.as_ref()),
                    }
                }
            });
        });
    }

    fn typed(&mut self, name: &Name, ty: Option<&TypeName>) {
        self.declared(name);
        if let Some(ty) = ty {
            self.text(": ");
            self.text(ty.text.clone());
        }
    }

    fn search(&mut self, search: &Search) {
        self.text("search");
        self.parameters(&search.parameters);
        if let Some(scope) = &search.scope {
            self.text(" ");
            self.scope(scope);
        }
        self.opt_tables(search.tables.as_ref());
        self.after(" ", &search.condition);
    }

    fn opt_tables(&mut self, tables: Option<&SearchTables>) {
        let Some(tables) = tables else { return };
        self.text(" in ");
        let end = tables.span.end.saturating_sub(1);
        self.bracketed(["(", ")"], &tables.tables, end, |p, e| p.table(e));
    }

    fn find_column(&mut self, column: &FindColumn) {
        self.comments_before(column.span.start);
        match &column.kind {
            FindColumnKind::Star => self.text("*"),
            FindColumnKind::Pack => self.text("pack(*)"),
            FindColumnKind::PackAll => self.text("pack_all()"),
            FindColumnKind::Column(name, ty) => self.typed(name, ty.as_ref()),
        }
    }

    /// `(where x | take 5)`
    pub(super) fn subquery(&mut self, subquery: &Subquery) {
        self.comments_before(subquery.span.start);
        self.text("(");
        self.group(|p| {
            p.nest(|p| {
                p.pieces.push(Piece::Soft);
                p.pipeline(&subquery.pipeline);
                p.comments_before(subquery.span.end.saturating_sub(1));
            });
            p.pieces.push(Piece::Soft);
        });
        self.text(")");
    }
}
