//! Reports of tasks to the client: as names of metrics, which Ballista collects from the attempt of each task that counts.

use ballista_core::serde::protobuf::GetJobMetricsResult;
use ballista_core::serde::protobuf::operator_metric::Metric;

/// What the name of a report begins with.
const PREFIX: &str = "kql-report:";

/// What the name of the metric begins with that tells where tasks ran.
const PLACE: &str = "kql-place:";

/// The name of a report; that of another task differs, so that metrics are not added up.
pub(crate) fn name((stage, task): (usize, usize), report: &[u8]) -> String {
    format!("{PREFIX}{stage}.{task}:{}", String::from_utf8_lossy(report))
}

/// The name under which the tasks of a stage are counted that ran at one place.
pub(crate) fn name_of_place(place: &str) -> String {
    format!("{PLACE}{place}")
}

/// The place that a metric counts tasks of, and their number.
pub(crate) fn place(metric: &Metric) -> Option<(&str, u64)> {
    match metric {
        Metric::Count(count) => Some((count.name.strip_prefix(PLACE)?, count.value)),
        _ => None,
    }
}

/// The reports of all tasks.
pub(crate) fn reports(metrics: &GetJobMetricsResult) -> impl Iterator<Item = &str> {
    let operators = metrics.stages.iter().flat_map(|stage| &stage.operators);
    operators.flat_map(|operator| &operator.metrics).filter_map(|metric| match &metric.metric {
        Some(Metric::Count(count)) => count.name.strip_prefix(PREFIX)?.split_once(':').map(|(_, report)| report),
        _ => None,
    })
}
