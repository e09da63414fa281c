//! A chart as a Vega-Lite specification with its data, for use in other tools.

use super::{Chart, Drawing, Kind, Plot, Positions, Stacking, Unit, scale};
use serde_json::{Map, Value, json};

/// The version of the grammar. The URL is only a name; nothing is fetched from it.
const SCHEMA: &str = "https://vega.github.io/schema/vega-lite/v5.json";

/// The specification; `None` for a card, which Vega-Lite does not have.
pub fn specification(chart: &Chart) -> Option<Value> {
    let mut spec = match &chart.drawing {
        Drawing::Plot(plot) => of_plot(plot),
        Drawing::Pie { slices, .. } => {
            let values: Vec<Value> = slices.iter().map(|(name, value)| json!({"name": name, "value": value})).collect();
            json!({
                "data": {"values": values},
                "mark": "arc",
                "encoding": {
                    "theta": {"field": "value", "type": "quantitative"},
                    "color": {"field": "name", "type": "nominal", "sort": null},
                },
            })
        }
        Drawing::Card(_) => return None,
    };
    if let Some(object) = spec.as_object_mut() {
        object.insert("$schema".to_owned(), json!(SCHEMA));
        if !chart.title.is_empty() {
            object.insert("title".to_owned(), json!(chart.title));
        }
    }
    Some(spec)
}

fn of_plot(plot: &Plot) -> Value {
    let mark = match plot.kind {
        Kind::Line => json!({"type": "line", "point": true}),
        Kind::Area => json!("area"),
        Kind::Column | Kind::Bar => json!("bar"),
        Kind::Scatter => json!("point"),
    };
    let mut rows = Vec::new();
    for series in &plot.series {
        for point in &series.points {
            let x = match &plot.x {
                Positions::Continuous(unit @ Unit::Time(_)) => json!(scale::shown(point.x, *unit)),
                Positions::Continuous(_) => json!(point.x),
                Positions::Categories(names, _) => json!(names.get(point.x as usize)),
            };
            // Vega-Lite does the stacking
            rows.push(json!({"x": x, "y": point.y.map(|y| y - point.base), "series": series.name}));
        }
    }
    let x_type = match &plot.x {
        Positions::Continuous(Unit::Time(_)) => "temporal",
        Positions::Continuous(_) => "quantitative",
        Positions::Categories(..) => "ordinal",
    };
    let mut x = json!({"field": "x", "type": x_type, "title": plot.x_title});
    let mut y = json!({"field": "y", "type": "quantitative", "title": plot.y.title});
    let stacked = matches!(plot.kind, Kind::Area | Kind::Column | Kind::Bar);
    let put = |object: &mut Value, key: &str, value: Value| {
        if let Some(object) = object.as_object_mut() {
            object.insert(key.to_owned(), value);
        }
    };
    if x_type == "ordinal" {
        put(&mut x, "sort", Value::Null);
    }
    if plot.x_spacing.is_log() {
        put(&mut x, "scale", json!({"type": "log"}));
    }
    if stacked {
        let stack = match plot.stacking {
            Stacking::Unstacked => Value::Null,
            Stacking::Stacked => json!("zero"),
            Stacking::Stacked100 => json!("normalize"),
        };
        put(&mut y, "stack", stack);
    }
    let mut bounds = Map::new();
    for (name, value) in [("domainMin", plot.y.min), ("domainMax", plot.y.max)] {
        if let Some(value) = value {
            bounds.insert(name.to_owned(), json!(value));
        }
    }
    if plot.y.spacing.is_log() {
        bounds.insert("type".to_owned(), json!("log"));
    }
    if !bounds.is_empty() {
        put(&mut y, "scale", Value::Object(bounds));
    }
    let legend = if plot.legend { json!({"title": null}) } else { Value::Null };
    let colour = json!({"field": "series", "type": "nominal", "sort": null, "legend": legend});
    let mut encoding = Map::new();
    let lying = plot.kind == Kind::Bar;
    encoding.insert("x".to_owned(), if lying { y.clone() } else { x.clone() });
    encoding.insert("y".to_owned(), if lying { x } else { y });
    encoding.insert("color".to_owned(), colour);
    if plot.stacking == Stacking::Unstacked && matches!(plot.kind, Kind::Column | Kind::Bar) {
        let beside = if lying { "yOffset" } else { "xOffset" };
        encoding.insert(beside.to_owned(), json!({"field": "series", "sort": null}));
    }
    json!({"data": {"values": rows}, "mark": mark, "width": 720, "height": 360, "encoding": encoding})
}
