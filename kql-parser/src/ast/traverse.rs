//! A visitor and a fold: tools that read or change a tree need not match every node.
//!
//! Nodes are visited in the order of the text. The walk does not recurse along a chain of operators, however long it is;
//! only brackets recurse, and their depth is limited.
//!
//! ```
//! use kql_parser::ast::{Expr, ExprKind, Visit, visit};
//!
//! struct Functions(Vec<String>);
//! impl Visit for Functions {
//!     fn enter_expr(&mut self, e: &Expr) -> bool {
//!         if let ExprKind::Call(call) = &e.kind {
//!             self.0.push(call.name.text.clone());
//!         }
//!         true
//!     }
//! }
//! let parse = kql_parser::parse("T | where f(g(x)) | summarize count()");
//! let mut functions = Functions(Vec::new());
//! visit(&mut functions, &parse.query);
//! assert_eq!(functions.0, ["f", "g", "count"]);
//! ```

use super::*;

/// Reads a tree. Each method has a default that does nothing.
pub trait Visit {
    /// Called before the parts of an expression; returns whether to visit these.
    fn enter_expr(&mut self, _: &Expr) -> bool {
        true
    }
    /// Called after the parts of an expression.
    fn leave_expr(&mut self, _: &Expr) {}
    /// Called before the parts of an operator; returns whether to visit these.
    fn enter_operator(&mut self, _: &Operator) -> bool {
        true
    }
    /// Called after the parts of an operator.
    fn leave_operator(&mut self, _: &Operator) {}
    /// Called before the parts of a statement; returns whether to visit these.
    fn enter_statement(&mut self, _: &Statement) -> bool {
        true
    }
    /// Called after the parts of a statement.
    fn leave_statement(&mut self, _: &Statement) {}
    /// A name.
    fn name(&mut self, _: &Name) {}
    /// The name of a type.
    fn type_name(&mut self, _: &TypeName) {}
    /// A position.
    fn span(&mut self, _: &Span) {}
}

/// Changes a tree in place. Each method has a default that does nothing.
pub trait Fold {
    /// Called before the parts of an expression; returns whether to visit these.
    fn enter_expr(&mut self, _: &mut Expr) -> bool {
        true
    }
    /// Called after the parts of an expression.
    fn leave_expr(&mut self, _: &mut Expr) {}
    /// Called before the parts of an operator; returns whether to visit these.
    fn enter_operator(&mut self, _: &mut Operator) -> bool {
        true
    }
    /// Called after the parts of an operator.
    fn leave_operator(&mut self, _: &mut Operator) {}
    /// Called before the parts of a statement; returns whether to visit these.
    fn enter_statement(&mut self, _: &mut Statement) -> bool {
        true
    }
    /// Called after the parts of a statement.
    fn leave_statement(&mut self, _: &mut Statement) {}
    /// A name.
    fn name(&mut self, _: &mut Name) {}
    /// The name of a type.
    fn type_name(&mut self, _: &mut TypeName) {}
    /// A position.
    fn span(&mut self, _: &mut Span) {}
}

/// Visits a query.
pub fn visit(visitor: &mut impl Visit, query: &Query) {
    for statement in &query.statements {
        visiting::statement(visitor, statement);
    }
}

/// Visits an expression.
pub fn visit_expr(visitor: &mut impl Visit, e: &Expr) {
    visiting::expr(visitor, e);
}

/// Changes a query with a fold.
pub fn fold(folder: &mut impl Fold, query: &mut Query) {
    for statement in &mut query.statements {
        folding::statement(folder, statement);
    }
}

/// Changes an expression with a fold.
pub fn fold_expr(folder: &mut impl Fold, e: &mut Expr) {
    folding::expr(folder, e);
}

/// A left-deep chain of operators, without recursion.
fn visit_chain<V: Visit>(v: &mut V, top: &Binary) {
    let mut links = vec![(None, top)];
    let mut first = &top.left;
    while let ExprKind::Binary(binary) = &first.kind {
        if !v.enter_expr(first) {
            break;
        }
        v.span(&first.span);
        links.push((Some(first), binary));
        first = &binary.left;
    }
    if !matches!(first.kind, ExprKind::Binary(_)) {
        visiting::expr(v, first);
    }
    for (e, binary) in links.into_iter().rev() {
        v.span(&binary.op_span);
        visiting::expr(v, &binary.right);
        if let Some(e) = e {
            v.leave_expr(e);
        }
    }
}

/// A left-deep chain, changed in place: it is taken apart on the way down and put together on the way up.
fn fold_chain<F: Fold>(f: &mut F, top: &mut Binary) {
    let mut first = std::mem::replace(&mut top.left, Expr { kind: ExprKind::Error, span: Span::default() });
    let mut links = Vec::new();
    let mut entered = true;
    while let ExprKind::Binary(_) = &first.kind {
        entered = f.enter_expr(&mut first);
        if !entered {
            break;
        }
        f.span(&mut first.span);
        match std::mem::replace(&mut first.kind, ExprKind::Error) {
            ExprKind::Binary(mut binary) => {
                let next = std::mem::replace(&mut binary.left, Expr { kind: ExprKind::Error, span: Span::default() });
                links.push((first.span, binary));
                first = next;
            }
            // `enter_expr` has replaced it
            other => {
                first.kind = other;
                folding::inner(f, &mut first.kind);
                f.leave_expr(&mut first);
                entered = false;
                break;
            }
        }
    }
    if entered {
        folding::expr(f, &mut first);
    }
    for (span, mut binary) in links.into_iter().rev() {
        binary.left = first;
        f.span(&mut binary.op_span);
        folding::expr(f, &mut binary.right);
        first = Expr { kind: ExprKind::Binary(binary), span };
        f.leave_expr(&mut first);
    }
    top.left = first;
    f.span(&mut top.op_span);
    folding::expr(f, &mut top.right);
}

/// One walk for both traits; `$m` is `mut` or empty.
macro_rules! walk {
    ($module:ident, $trait:ident, $chain:ident, [$($m:tt)?]) => {
        mod $module {
            use super::super::*;
            use super::{$chain, $trait};

            pub fn statement<V: $trait>(v: &mut V, s: &$($m)? Statement) {
                if !v.enter_statement(s) {
                    return;
                }
                v.span(&$($m)? s.span);
                match &$($m)? s.kind {
                    StatementKind::Let(l) => {
                        name(v, &$($m)? l.name);
                        match &$($m)? l.value {
                            LetValue::Expr(e) => expr(v, e),
                            LetValue::Function(f) => {
                                v.span(&$($m)? f.span);
                                parameters(v, &$($m)? f.parameters);
                                body(v, &$($m)? f.body);
                            }
                        }
                    }
                    StatementKind::Set(name, value) => {
                        self::name(v, name);
                        if let Some(value) = value {
                            expr(v, value);
                        }
                    }
                    StatementKind::DeclareQueryParameters(p) => parameters(v, p),
                    StatementKind::DeclarePattern(p) => {
                        name(v, &$($m)? p.name);
                        if let Some(d) = &$($m)? p.declaration {
                            columns(v, &$($m)? d.parameters);
                            if let Some(path) = &$($m)? d.path {
                                column(v, path);
                            }
                            for m in &$($m)? d.matches {
                                v.span(&$($m)? m.span);
                                exprs(v, &$($m)? m.arguments);
                                opt(v, &$($m)? m.path);
                                body(v, &$($m)? m.body);
                            }
                        }
                    }
                    StatementKind::Alias(name, e) => {
                        self::name(v, name);
                        expr(v, e);
                    }
                    StatementKind::Restrict(r) => {
                        exprs(v, &$($m)? r.entities);
                        properties(v, &$($m)? r.properties);
                    }
                    StatementKind::Expr(e) => expr(v, e),
                    StatementKind::Error => {}
                }
                v.leave_statement(s);
            }

            fn body<V: $trait>(v: &mut V, statements: &$($m)? Vec<Statement>) {
                for s in statements {
                    statement(v, s);
                }
            }

            fn parameters<V: $trait>(v: &mut V, all: &$($m)? Vec<Parameter>) {
                for p in all {
                    name(v, &$($m)? p.name);
                    match &$($m)? p.ty {
                        ParameterType::Scalar(ty) => type_name(v, ty),
                        ParameterType::Tabular(c, _) => columns(v, c),
                    }
                    opt(v, &$($m)? p.default);
                }
            }

            fn type_name<V: $trait>(v: &mut V, ty: &$($m)? TypeName) {
                v.type_name(ty);
                v.span(&$($m)? ty.span);
            }

            fn column<V: $trait>(v: &mut V, c: &$($m)? ColumnDeclaration) {
                name(v, &$($m)? c.name);
                type_name(v, &$($m)? c.ty);
            }

            fn columns<V: $trait>(v: &mut V, all: &$($m)? Vec<ColumnDeclaration>) {
                for c in all {
                    column(v, c);
                }
            }

            fn name<V: $trait>(v: &mut V, n: &$($m)? Name) {
                v.name(n);
                v.span(&$($m)? n.span);
            }

            fn opt_name<V: $trait>(v: &mut V, n: &$($m)? Option<Name>) {
                if let Some(n) = n {
                    name(v, n);
                }
            }

            fn exprs<V: $trait>(v: &mut V, all: &$($m)? Vec<Expr>) {
                for e in all {
                    expr(v, e);
                }
            }

            fn opt<V: $trait>(v: &mut V, e: &$($m)? Option<Expr>) {
                if let Some(e) = e {
                    expr(v, e);
                }
            }

            fn properties<V: $trait>(v: &mut V, all: &$($m)? Vec<Property>) {
                for p in all {
                    name(v, &$($m)? p.name);
                    expr(v, &$($m)? p.value);
                }
            }

            fn call<V: $trait>(v: &mut V, c: &$($m)? Call) {
                name(v, &$($m)? c.name);
                exprs(v, &$($m)? c.args);
            }

            fn type_of<V: $trait>(v: &mut V, ty: &$($m)? TypeOf) {
                match ty {
                    TypeOf::Scalar(ty) => type_name(v, ty),
                    TypeOf::Tabular(c, _) => columns(v, c),
                }
            }

            fn scope<V: $trait>(v: &mut V, s: &$($m)? DataScope) {
                name(v, &$($m)? s.value);
                v.span(&$($m)? s.span);
            }

            pub fn expr<V: $trait>(v: &mut V, e: &$($m)? Expr) {
                if !v.enter_expr(e) {
                    return;
                }
                v.span(&$($m)? e.span);
                inner(v, &$($m)? e.kind);
                v.leave_expr(e);
            }

            pub fn inner<V: $trait>(v: &mut V, kind: &$($m)? ExprKind) {
                match kind {
                    ExprKind::Literal(_) | ExprKind::Star | ExprKind::Error => {}
                    ExprKind::Name(n) | ExprKind::Wildcard(n) | ExprKind::Placeholder(n) => name(v, n),
                    ExprKind::Path(base, n) => {
                        expr(v, base);
                        name(v, n);
                    }
                    ExprKind::Method(base, c) => {
                        expr(v, base);
                        call(v, c);
                    }
                    ExprKind::Element(a, b) | ExprKind::Match(a, b) => {
                        expr(v, a);
                        expr(v, b);
                    }
                    ExprKind::Call(c) => call(v, c),
                    ExprKind::CallOfKind(parts) => {
                        let (c, kind) = &$($m)? **parts;
                        name(v, &$($m)? kind.name);
                        expr(v, &$($m)? kind.value);
                        call(v, c);
                    }
                    ExprKind::Unary(_, e) | ExprKind::Parens(e) => expr(v, e),
                    ExprKind::Binary(b) => $chain(v, b),
                    ExprKind::In(i) => {
                        expr(v, &$($m)? i.left);
                        v.span(&$($m)? i.op_span);
                        exprs(v, &$($m)? i.items);
                        v.span(&$($m)? i.items_span);
                    }
                    ExprKind::Between(b) => {
                        expr(v, &$($m)? b.value);
                        v.span(&$($m)? b.op_span);
                        expr(v, &$($m)? b.low);
                        expr(v, &$($m)? b.high);
                    }
                    ExprKind::Named(n) => {
                        for one in &$($m)? n.names {
                            name(v, one);
                        }
                        expr(v, &$($m)? n.value);
                    }
                    ExprKind::Pipeline(p) => pipeline(v, p),
                    ExprKind::Datatable(t) => {
                        properties(v, &$($m)? t.parameters);
                        columns(v, &$($m)? t.columns);
                        exprs(v, &$($m)? t.values);
                        v.span(&$($m)? t.values_span);
                    }
                    ExprKind::Externaldata(t) => {
                        properties(v, &$($m)? t.parameters);
                        columns(v, &$($m)? t.columns);
                        exprs(v, &$($m)? t.uris);
                        properties(v, &$($m)? t.properties);
                    }
                    ExprKind::TypeOf(ty) => type_of(v, ty),
                    ExprKind::Names(names) => {
                        for n in names {
                            name(v, n);
                        }
                    }
                    ExprKind::DataScope(parts) => {
                        let (e, s) = &$($m)? **parts;
                        expr(v, e);
                        scope(v, s);
                    }
                    ExprKind::EntityGroup(e) => exprs(v, e),
                    ExprKind::InlineExternalTable(t) => {
                        columns(v, &$($m)? t.columns);
                        name(v, &$($m)? t.kind);
                        for p in &$($m)? t.partitions {
                            column(v, &$($m)? p.column);
                            opt(v, &$($m)? p.value);
                        }
                        for p in &$($m)? t.path {
                            match p {
                                PathPart::Text(_) => {}
                                PathPart::Column(n) | PathPart::Datetime(_, n) => name(v, n),
                            }
                        }
                        opt_name(v, &$($m)? t.format);
                        exprs(v, &$($m)? t.uris);
                        properties(v, &$($m)? t.properties);
                    }
                    ExprKind::ContextualDatatable(t) => {
                        expr(v, &$($m)? t.id);
                        columns(v, &$($m)? t.columns);
                    }
                    ExprKind::MaterializedViewCombine(m) => {
                        expr(v, &$($m)? m.name);
                        expr(v, &$($m)? m.base);
                        expr(v, &$($m)? m.delta);
                        summarize(v, &$($m)? m.aggregations);
                    }
                }
            }

            fn pipeline<V: $trait>(v: &mut V, p: &$($m)? Pipeline) {
                opt(v, &$($m)? p.source);
                for o in &$($m)? p.operators {
                    operator(v, o);
                }
            }

            fn subquery<V: $trait>(v: &mut V, s: &$($m)? Subquery) {
                v.span(&$($m)? s.span);
                pipeline(v, &$($m)? s.pipeline);
            }

            fn summarize<V: $trait>(v: &mut V, s: &$($m)? Summarize) {
                properties(v, &$($m)? s.parameters);
                exprs(v, &$($m)? s.aggregates);
                if let Some(span) = &$($m)? s.by_span {
                    v.span(span);
                }
                exprs(v, &$($m)? s.by);
                opt(v, &$($m)? s.bin);
            }

            fn keys<V: $trait>(v: &mut V, all: &$($m)? Vec<SortKey>) {
                for key in all {
                    expr(v, &$($m)? key.expr);
                }
            }

            fn join<V: $trait>(v: &mut V, j: &$($m)? Join) {
                properties(v, &$($m)? j.parameters);
                expr(v, &$($m)? j.right);
                if let Some(span) = &$($m)? j.on_span {
                    v.span(span);
                }
                exprs(v, &$($m)? j.on);
            }

            fn expanded<V: $trait>(v: &mut V, all: &$($m)? Vec<MvExpandColumn>) {
                for c in all {
                    expr(v, &$($m)? c.expr);
                    if let Some(to) = &$($m)? c.to {
                        type_of(v, to);
                    }
                }
            }

            fn parse<V: $trait>(v: &mut V, p: &$($m)? Parse) {
                properties(v, &$($m)? p.parameters);
                expr(v, &$($m)? p.value);
                for part in &$($m)? p.pattern {
                    v.span(&$($m)? part.span);
                    if let ParsePartKind::Column(n, ty) = &$($m)? part.kind {
                        typed(v, n, ty);
                    }
                }
            }

            fn typed<V: $trait>(v: &mut V, n: &$($m)? Name, ty: &$($m)? Option<TypeName>) {
                name(v, n);
                if let Some(ty) = ty {
                    type_name(v, ty);
                }
            }

            fn tables<V: $trait>(v: &mut V, t: &$($m)? Option<SearchTables>) {
                if let Some(t) = t {
                    exprs(v, &$($m)? t.tables);
                    v.span(&$($m)? t.span);
                }
            }

            fn found<V: $trait>(v: &mut V, all: &$($m)? Vec<FindColumn>) {
                for c in all {
                    v.span(&$($m)? c.span);
                    if let FindColumnKind::Column(n, ty) = &$($m)? c.kind {
                        typed(v, n, ty);
                    }
                }
            }

            fn graph<V: $trait>(v: &mut V, g: &$($m)? GraphMatch) {
                properties(v, &$($m)? g.parameters);
                for p in &$($m)? g.patterns {
                    v.span(&$($m)? p.span);
                    for part in &$($m)? p.parts {
                        match part {
                            GraphPart::Node(n, span) => {
                                opt_name(v, n);
                                v.span(span);
                            }
                            GraphPart::Edge(edge) => {
                                v.span(&$($m)? edge.span);
                                opt_name(v, &$($m)? edge.name);
                                if let Some((low, high)) = &$($m)? edge.range {
                                    expr(v, low);
                                    expr(v, high);
                                }
                            }
                        }
                    }
                }
                opt(v, &$($m)? g.condition);
                exprs(v, &$($m)? g.project);
            }

            fn operator<V: $trait>(v: &mut V, o: &$($m)? Operator) {
                if !v.enter_operator(o) {
                    return;
                }
                v.span(&$($m)? o.span);
                v.span(&$($m)? o.name_span);
                match &$($m)? o.kind {
                    OperatorKind::Where(e)
                    | OperatorKind::Take(e)
                    | OperatorKind::Invoke(e)
                    | OperatorKind::GraphWhereNodes(e)
                    | OperatorKind::GraphWhereEdges(e) => expr(v, e),
                    OperatorKind::Extend(e)
                    | OperatorKind::Project(e)
                    | OperatorKind::ProjectAway(e)
                    | OperatorKind::ProjectKeep(e)
                    | OperatorKind::ProjectRename(e)
                    | OperatorKind::ProjectByNames(e)
                    | OperatorKind::Print(e) => exprs(v, e),
                    OperatorKind::ProjectReorder(all) => {
                        for c in all {
                            expr(v, &$($m)? c.column);
                        }
                    }
                    OperatorKind::Union(u) => {
                        properties(v, &$($m)? u.parameters);
                        exprs(v, &$($m)? u.tables);
                    }
                    OperatorKind::Sort(s) => {
                        properties(v, &$($m)? s.parameters);
                        keys(v, &$($m)? s.keys);
                    }
                    OperatorKind::Top(t) => {
                        properties(v, &$($m)? t.parameters);
                        expr(v, &$($m)? t.count);
                        keys(v, &$($m)? t.keys);
                    }
                    OperatorKind::Count(n) => opt_name(v, n),
                    OperatorKind::Distinct(d) => {
                        properties(v, &$($m)? d.parameters);
                        exprs(v, &$($m)? d.columns);
                    }
                    OperatorKind::Summarize(s) => summarize(v, s),
                    OperatorKind::Join(j) | OperatorKind::Lookup(j) => join(v, j),
                    OperatorKind::MvExpand(m) => {
                        properties(v, &$($m)? m.parameters);
                        expanded(v, &$($m)? m.columns);
                        opt(v, &$($m)? m.limit);
                    }
                    OperatorKind::As(a) => {
                        properties(v, &$($m)? a.parameters);
                        name(v, &$($m)? a.name);
                    }
                    OperatorKind::Render(r) => {
                        name(v, &$($m)? r.kind);
                        properties(v, &$($m)? r.properties);
                    }
                    OperatorKind::Range(r) => {
                        name(v, &$($m)? r.name);
                        expr(v, &$($m)? r.from);
                        expr(v, &$($m)? r.to);
                        expr(v, &$($m)? r.step);
                    }
                    OperatorKind::Evaluate(e) => {
                        properties(v, &$($m)? e.parameters);
                        call(v, &$($m)? e.call);
                        v.span(&$($m)? e.call_span);
                        if let Some(s) = &$($m)? e.schema {
                            columns(v, &$($m)? s.columns);
                            v.span(&$($m)? s.span);
                        }
                    }
                    OperatorKind::Parse(p) | OperatorKind::ParseWhere(p) => parse(v, p),
                    OperatorKind::ParseKv(p) => {
                        expr(v, &$($m)? p.value);
                        columns(v, &$($m)? p.columns);
                        properties(v, &$($m)? p.properties);
                    }
                    OperatorKind::MvApply(m) => {
                        properties(v, &$($m)? m.parameters);
                        expanded(v, &$($m)? m.columns);
                        opt(v, &$($m)? m.limit);
                        opt(v, &$($m)? m.id);
                        subquery(v, &$($m)? m.subquery);
                    }
                    OperatorKind::MakeSeries(m) => {
                        properties(v, &$($m)? m.parameters);
                        for a in &$($m)? m.aggregates {
                            expr(v, &$($m)? a.expr);
                            opt(v, &$($m)? a.default);
                        }
                        expr(v, &$($m)? m.on);
                        match &$($m)? m.range {
                            MakeSeriesRange::Steps { from, to, step } => {
                                opt(v, from);
                                opt(v, to);
                                expr(v, step);
                            }
                            MakeSeriesRange::InRange(e, span) => {
                                exprs(v, e);
                                v.span(span);
                            }
                        }
                        exprs(v, &$($m)? m.by);
                    }
                    OperatorKind::Search(s) => {
                        properties(v, &$($m)? s.parameters);
                        if let Some(s) = &$($m)? s.scope {
                            scope(v, s);
                        }
                        tables(v, &$($m)? s.tables);
                        expr(v, &$($m)? s.condition);
                    }
                    OperatorKind::Find(f) => {
                        if let Some(s) = &$($m)? f.scope {
                            scope(v, s);
                        }
                        properties(v, &$($m)? f.parameters);
                        tables(v, &$($m)? f.tables);
                        expr(v, &$($m)? f.condition);
                        if let Some(FindProject::Columns(c)) = &$($m)? f.project {
                            found(v, c);
                        }
                        found(v, &$($m)? f.project_away);
                    }
                    OperatorKind::Serialize(s) => {
                        properties(v, &$($m)? s.parameters);
                        exprs(v, &$($m)? s.columns);
                    }
                    OperatorKind::GetSchema(kind) => {
                        if let Some(p) = kind {
                            name(v, &$($m)? p.name);
                            expr(v, &$($m)? p.value);
                        }
                    }
                    OperatorKind::Scan(s) => {
                        properties(v, &$($m)? s.parameters);
                        keys(v, &$($m)? s.order);
                        exprs(v, &$($m)? s.partition);
                        parameters(v, &$($m)? s.declare);
                        for step in &$($m)? s.steps {
                            v.span(&$($m)? step.span);
                            name(v, &$($m)? step.name);
                            expr(v, &$($m)? step.condition);
                            for a in &$($m)? step.assignments {
                                name(v, &$($m)? a.name);
                                expr(v, &$($m)? a.value);
                            }
                        }
                    }
                    OperatorKind::Partition(p) => {
                        properties(v, &$($m)? p.parameters);
                        expr(v, &$($m)? p.by);
                        opt(v, &$($m)? p.scope);
                        match &$($m)? p.query {
                            PartitionQuery::Subquery(s) => subquery(v, s),
                            PartitionQuery::Query(e, span) => {
                                expr(v, e);
                                v.span(span);
                            }
                        }
                    }
                    OperatorKind::PartitionBy(p) => {
                        properties(v, &$($m)? p.parameters);
                        expr(v, &$($m)? p.by);
                        opt(v, &$($m)? p.id);
                        subquery(v, &$($m)? p.subquery);
                    }
                    OperatorKind::TopNested(levels) => {
                        for l in levels {
                            v.span(&$($m)? l.span);
                            opt(v, &$($m)? l.count);
                            expr(v, &$($m)? l.of);
                            opt(v, &$($m)? l.others);
                            expr(v, &$($m)? l.by.expr);
                        }
                    }
                    OperatorKind::TopHitters(t) => {
                        expr(v, &$($m)? t.count);
                        expr(v, &$($m)? t.of);
                        opt(v, &$($m)? t.by);
                    }
                    OperatorKind::Reduce(r) => {
                        properties(v, &$($m)? r.parameters);
                        expr(v, &$($m)? r.by);
                        properties(v, &$($m)? r.properties);
                    }
                    OperatorKind::Sample(s) => {
                        properties(v, &$($m)? s.parameters);
                        expr(v, &$($m)? s.count);
                    }
                    OperatorKind::SampleDistinct(s) => {
                        properties(v, &$($m)? s.parameters);
                        expr(v, &$($m)? s.count);
                        expr(v, &$($m)? s.of);
                    }
                    OperatorKind::Fork(branches) => {
                        for b in branches {
                            opt_name(v, &$($m)? b.name);
                            subquery(v, &$($m)? b.subquery);
                        }
                    }
                    OperatorKind::Facet(f) => {
                        exprs(v, &$($m)? f.by);
                        if let Some(s) = &$($m)? f.with {
                            subquery(v, s);
                        }
                    }
                    OperatorKind::Consume(p) | OperatorKind::GraphMarkComponents(p) => properties(v, p),
                    OperatorKind::AssertSchema(c) => columns(v, c),
                    OperatorKind::MacroExpand(m) => {
                        properties(v, &$($m)? m.parameters);
                        expr(v, &$($m)? m.group);
                        opt_name(v, &$($m)? m.name);
                        body(v, &$($m)? m.body);
                        v.span(&$($m)? m.body_span);
                    }
                    OperatorKind::MakeGraph(g) => {
                        properties(v, &$($m)? g.parameters);
                        name(v, &$($m)? g.source);
                        v.span(&$($m)? g.arrow_span);
                        name(v, &$($m)? g.target);
                        match &$($m)? g.nodes {
                            None => {}
                            Some(MakeGraphNodes::Id(n)) => name(v, n),
                            Some(MakeGraphNodes::Tables(all)) => {
                                for t in all {
                                    expr(v, &$($m)? t.table);
                                    name(v, &$($m)? t.on);
                                }
                            }
                        }
                        if let Some(p) = &$($m)? g.partitioned_by {
                            expr(v, &$($m)? p.by);
                            subquery(v, &$($m)? p.subquery);
                        }
                    }
                    OperatorKind::GraphMatch(g) | OperatorKind::GraphShortestPaths(g) => graph(v, g),
                    OperatorKind::GraphToTable(outputs) => {
                        for o in outputs {
                            v.span(&$($m)? o.span);
                            opt_name(v, &$($m)? o.name);
                            properties(v, &$($m)? o.parameters);
                        }
                    }
                    OperatorKind::ExecuteAndCache | OperatorKind::Error => {}
                }
                v.leave_operator(o);
            }
        }
    };
}

walk!(visiting, Visit, visit_chain, []);
walk!(folding, Fold, fold_chain, [mut]);
