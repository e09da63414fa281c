//! Operators over ordered rows, groups and graphs, and those that contain a query.

use super::Printer;
use super::layout::Piece;
use crate::ast::{
    GraphDirection, GraphEdge, GraphMatch, GraphOutputKind, GraphPart, GraphPattern, MakeGraph, MakeGraphNodes,
    MakeSeries, MakeSeriesRange, OperatorKind, PartitionQuery, Scan, ScanOutput, ScanStep, TopNestedLevel,
};

impl<'a> Printer<'a> {
    pub(super) fn operator_of_rows(&mut self, kind: &OperatorKind) {
        match kind {
            OperatorKind::Evaluate(evaluate) => {
                self.text("evaluate");
                self.parameters(&evaluate.parameters);
                self.text(" ");
                self.call(&evaluate.call, evaluate.call_span.end.saturating_sub(1));
                if let Some(schema) = &evaluate.schema {
                    self.text(" : (");
                    if schema.star {
                        self.text(if schema.columns.is_empty() { "*" } else { "*, " });
                    }
                    self.commas(&schema.columns, |p, column| p.column(column));
                    self.text(")");
                }
            }
            OperatorKind::Serialize(serialize) => {
                self.text("serialize");
                self.parameters(&serialize.parameters);
                self.list("", &serialize.columns, |p, e| p.expr(e));
            }
            OperatorKind::MakeSeries(series) => self.make_series(series),
            OperatorKind::MvApply(apply) => {
                self.text("mv-apply");
                self.parameters(&apply.parameters);
                self.list("", &apply.columns, |p, column| p.expanded(column));
                self.opt(" limit ", apply.limit.as_ref());
                self.opt(" id ", apply.id.as_ref());
                self.text(" on ");
                self.subquery(&apply.subquery);
            }
            OperatorKind::Scan(scan) => self.scan(scan),
            OperatorKind::Partition(partition) => {
                self.text("partition");
                self.parameters(&partition.parameters);
                self.after(" by ", &partition.by);
                self.opt(" in ", partition.scope.as_ref());
                match &partition.query {
                    PartitionQuery::Subquery(subquery) => {
                        self.text(" ");
                        self.subquery(subquery);
                    }
                    PartitionQuery::Query(e, span) => {
                        self.text(" {");
                        self.group(|p| {
                            p.nest(|p| {
                                p.line();
                                p.expr(e);
                                p.comments_before(span.end.saturating_sub(1));
                            });
                            p.line();
                        });
                        self.text("}");
                    }
                }
            }
            OperatorKind::PartitionBy(partition) => {
                self.text("__partitionby");
                self.parameters(&partition.parameters);
                self.after(" ", &partition.by);
                self.opt(" id ", partition.id.as_ref());
                self.text(" ");
                self.subquery(&partition.subquery);
            }
            OperatorKind::TopNested(levels) => {
                self.group(|p| p.nest(|p| p.commas(levels, |p, level| p.level(level))));
            }
            OperatorKind::TopHitters(top) => {
                self.after("top-hitters ", &top.count);
                self.after(" of ", &top.of);
                self.opt(" by ", top.by.as_ref());
            }
            OperatorKind::Reduce(reduce) => {
                self.text("reduce");
                self.parameters(&reduce.parameters);
                self.after(" by ", &reduce.by);
                if !reduce.properties.is_empty() {
                    self.list(" with", &reduce.properties, |p, property| p.spaced_property(property));
                }
            }
            OperatorKind::Sample(sample) => {
                self.text("sample");
                self.parameters(&sample.parameters);
                self.after(" ", &sample.count);
            }
            OperatorKind::SampleDistinct(sample) => {
                self.text("sample-distinct");
                self.parameters(&sample.parameters);
                self.after(" ", &sample.count);
                self.after(" of ", &sample.of);
            }
            OperatorKind::Fork(branches) => {
                self.text("fork");
                self.group(|p| {
                    p.nest(|p| {
                        for branch in branches {
                            p.line();
                            if let Some(name) = &branch.name {
                                p.name(name);
                                p.text(" = ");
                            }
                            p.subquery(&branch.subquery);
                        }
                    });
                });
            }
            OperatorKind::Facet(facet) => {
                self.list("facet by", &facet.by, |p, e| p.expr(e));
                if let Some(with) = &facet.with {
                    self.text(" with ");
                    self.subquery(with);
                }
            }
            OperatorKind::MacroExpand(expand) => {
                self.text("macro-expand");
                self.parameters(&expand.parameters);
                self.after(" ", &expand.group);
                self.opt_as(expand.name.as_ref());
                self.text(" (");
                self.body(&expand.body, expand.body_span.end.saturating_sub(1));
                self.text(")");
            }
            OperatorKind::MakeGraph(graph) => self.make_graph(graph),
            OperatorKind::GraphMatch(graph) => self.graph_match("graph-match", graph),
            OperatorKind::GraphShortestPaths(graph) => self.graph_match("graph-shortest-paths", graph),
            OperatorKind::GraphToTable(outputs) => self.list("graph-to-table", outputs, |p, output| {
                p.text(match output.kind {
                    GraphOutputKind::Nodes => "nodes",
                    GraphOutputKind::Edges => "edges",
                });
                p.opt_as(output.name.as_ref());
                p.parameters(&output.parameters);
            }),
            OperatorKind::GraphMarkComponents(parameters) => {
                self.text("graph-mark-components");
                self.parameters(parameters);
            }
            OperatorKind::GraphWhereNodes(e) => self.after("graph-where-nodes ", e),
            OperatorKind::GraphWhereEdges(e) => self.after("graph-where-edges ", e),
            _ => {}
        }
    }

    fn make_series(&mut self, series: &MakeSeries) {
        self.text("make-series");
        self.parameters(&series.parameters);
        self.group(|p| {
            p.nest(|p| {
                p.line();
                p.group(|p| {
                    p.commas(&series.aggregates, |p, aggregate| {
                        p.expr(&aggregate.expr);
                        p.opt(" default=", aggregate.default.as_ref());
                    });
                });
                p.line();
                p.after("on ", &series.on);
                match &series.range {
                    MakeSeriesRange::Steps { from, to, step } => {
                        p.opt(" from ", from.as_ref());
                        p.opt(" to ", to.as_ref());
                        p.after(" step ", step);
                    }
                    MakeSeriesRange::InRange(points, span) => {
                        p.text(" in range");
                        p.bracketed(["(", ")"], points, span.end.saturating_sub(1), |p, e| p.expr(e));
                    }
                }
                if !series.by.is_empty() {
                    p.line();
                    p.list("by", &series.by, |p, e| p.expr(e));
                }
            });
        });
    }

    fn scan(&mut self, scan: &Scan) {
        self.text("scan");
        self.parameters(&scan.parameters);
        if !scan.order.is_empty() {
            self.list(" order by", &scan.order, |p, key| p.key(key));
        }
        if !scan.partition.is_empty() {
            self.list(" partition by", &scan.partition, |p, e| p.expr(e));
        }
        if !scan.declare.is_empty() {
            self.text(" declare ");
            self.bracketed(["(", ")"], &scan.declare, 0, |p, parameter| p.parameter(parameter));
        }
        self.text(" with (");
        self.nest(|p| {
            for step in &scan.steps {
                p.pieces.push(Piece::Hard);
                p.comments_before(step.span.start);
                p.step(step);
            }
        });
        self.pieces.push(Piece::Hard);
        self.text(")");
    }

    fn step(&mut self, step: &ScanStep) {
        self.text("step ");
        self.declared(&step.name);
        if step.optional {
            self.text(" optional");
        }
        match step.output {
            None => {}
            Some(ScanOutput::All) => self.text(" output=all"),
            Some(ScanOutput::Last) => self.text(" output=last"),
            Some(ScanOutput::None) => self.text(" output=none"),
        }
        self.after(": ", &step.condition);
        if !step.assignments.is_empty() {
            self.list(" =>", &step.assignments, |p, assignment| {
                p.declared(&assignment.name);
                p.after(" = ", &assignment.value);
            });
        }
        self.text(";");
    }

    fn level(&mut self, level: &TopNestedLevel) {
        self.comments_before(level.span.start);
        self.text("top-nested");
        self.opt(" ", level.count.as_ref());
        self.after(" of ", &level.of);
        self.opt(" with others = ", level.others.as_ref());
        self.text(" by ");
        self.key(&level.by);
    }

    fn make_graph(&mut self, graph: &MakeGraph) {
        self.text("make-graph");
        self.parameters(&graph.parameters);
        self.text(" ");
        self.name(&graph.source);
        self.text(if graph.directed { " --> " } else { " -- " });
        self.name(&graph.target);
        match &graph.nodes {
            None => {}
            Some(MakeGraphNodes::Id(name)) => {
                self.text(" with_node_id=");
                self.name(name);
            }
            Some(MakeGraphNodes::Tables(tables)) => self.list(" with", tables, |p, table| {
                p.expr(&table.table);
                p.text(" on ");
                p.name(&table.on);
            }),
        }
        if let Some(partition) = &graph.partitioned_by {
            self.after(" partitioned-by ", &partition.by);
            self.text(" ");
            self.subquery(&partition.subquery);
        }
    }

    fn graph_match(&mut self, name: &'static str, graph: &GraphMatch) {
        self.text(name);
        self.parameters(&graph.parameters);
        self.group(|p| {
            p.nest(|p| {
                p.line();
                p.commas(&graph.patterns, |p, pattern| p.graph_pattern(pattern));
                if let Some(condition) = &graph.condition {
                    p.line();
                    p.after("where ", condition);
                }
                if !graph.project.is_empty() {
                    p.line();
                    p.list("project", &graph.project, |p, e| p.expr(e));
                }
            });
        });
    }

    fn graph_pattern(&mut self, pattern: &GraphPattern) {
        for part in &pattern.parts {
            match part {
                GraphPart::Node(name, span) => {
                    self.comments_before(span.start);
                    self.text("(");
                    name.iter().for_each(|name| self.name(name));
                    self.text(")");
                }
                GraphPart::Edge(edge) => self.graph_edge(edge),
            }
        }
    }

    fn graph_edge(&mut self, edge: &GraphEdge) {
        let bare = edge.name.is_none() && edge.range.is_none();
        if bare {
            return self.text(match edge.direction {
                GraphDirection::Right => "-->",
                GraphDirection::Left => "<--",
                GraphDirection::Any => "--",
            });
        }
        self.text(if edge.direction == GraphDirection::Left { "<-[" } else { "-[" });
        edge.name.iter().for_each(|name| self.name(name));
        if let Some((low, high)) = &edge.range {
            self.after("*", low);
            self.after("..", high);
        }
        self.text(if edge.direction == GraphDirection::Right { "]->" } else { "]-" });
    }
}
