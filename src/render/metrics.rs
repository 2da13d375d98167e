//! Metrics as text, in the words of OpenMetrics 1.0 (<https://prometheus.io/docs/specs/om/open_metrics_spec/>). Names follow
//! kube-state-metrics, so that its series can be joined by `namespace` and the owner's labels.

use crate::kubernetes::text::one_line;
use crate::report::{Cost, ENDED, Metrics, Series, Stuck};
use anyhow::Context;
use prometheus_client::collector::Collector;
use prometheus_client::encoding::text::encode;
use prometheus_client::encoding::{DescriptorEncoder, EncodeMetric};
use prometheus_client::metrics::counter::ConstCounter;
use prometheus_client::metrics::gauge::ConstGauge;
use prometheus_client::registry::{Registry, Unit};
use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// How the answer is to be read.
pub const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

type Label<'a> = (&'static str, Cow<'a, str>);

/// Lays the metrics out.
///
/// # Errors
/// When a value has no form as text; none of these lacks one.
pub fn metrics(metrics: Arc<Metrics>) -> anyhow::Result<String> {
    let mut registry = Registry::default();
    registry.register_collector(Box::new(Families(metrics)));
    let mut text = String::new();
    encode(&mut text, &registry).context("the metrics cannot be written")?;
    Ok(text)
}

#[derive(Debug)]
struct Families(Arc<Metrics>);

impl Collector for Families {
    fn encode(&self, encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let mut families = Encoder(encoder);
        self.of_cluster(&mut families)?;
        self.of_itself(&mut families)
    }
}

/// Which objects, how the family is called, and what its help says.
type OfKind = (
    fn(&Series) -> bool,
    &'static str,
    &'static str,
    &'static str,
);

const STUCK: [OfKind; 5] = [
    (
        |series| series.kind == "Pod" && series.role != ENDED,
        "kube_diagnose_stuck_pods",
        "kube_diagnose_pod_stuck_since_timestamp",
        "Pods that are stuck, each by the first of its causes",
    ),
    (
        |series| series.kind == "Pod" && series.role == ENDED,
        "kube_diagnose_ended_pods",
        "kube_diagnose_pod_ended_timestamp",
        "Pods that have failed for good and are kept, each by the first of its causes",
    ),
    (
        |series| !matches!(series.kind.as_str(), "Pod" | "Service" | "Node"),
        "kube_diagnose_workloads_short_of_pods",
        "kube_diagnose_workload_short_of_pods_since_timestamp",
        "Workloads that cannot get the pods that they want",
    ),
    (
        |series| series.kind == "Service",
        "kube_diagnose_stuck_services",
        "kube_diagnose_service_stuck_since_timestamp",
        "Services that reach no pod",
    ),
    (
        |series| series.kind == "Node",
        "kube_diagnose_stuck_nodes",
        "kube_diagnose_node_stuck_since_timestamp",
        "Nodes that keep their pods from running",
    ),
];

impl Families {
    fn of_cluster(&self, families: &mut Encoder<'_>) -> fmt::Result {
        let Families(metrics) = self;
        for (is_meant, name, since, help) in STUCK {
            let all: Vec<(&Series, &Stuck)> = metrics
                .stuck
                .iter()
                .filter(|(series, _)| is_meant(series))
                .collect();
            let counted = all
                .iter()
                .map(|(series, stuck)| (labels(series), stuck.objects as f64));
            families.gauges(name, help, None, counted)?;
            let times = all
                .iter()
                .filter_map(|(series, stuck)| Some((labels(series), stuck.since? as f64)));
            let help = format!("{help}: when the trouble of the first of them began");
            families.gauges(since, &help, Some(Unit::Seconds), times)?;
        }
        let objects = metrics.objects.iter().map(|((kind, state), many)| {
            (
                vec![label("kind", kind), label("state", state)],
                *many as f64,
            )
        });
        families.gauges(
            "kube_diagnose_objects",
            "Objects that were looked at",
            None,
            objects,
        )?;
        let root_causes = metrics.root_causes.iter().map(|(labels, many)| {
            let keys = ["cause", "layer", "role"];
            let labels = keys.into_iter().zip(labels);
            let labels = labels.map(|(key, value)| label(key, value)).collect();
            (labels, *many as f64)
        });
        families.gauges(
            "kube_diagnose_root_causes",
            "Things to put right, each with all that it keeps stuck",
            None,
            root_causes,
        )?;
        let unreadable = metrics.unreadable.iter().map(|(kind, namespace, why)| {
            let labels = vec![
                label("kind", kind),
                label("namespace", namespace),
                label("reason", why),
            ];
            (labels, 1.0)
        });
        families.gauges(
            "kube_diagnose_unreadable",
            "Kinds that cannot be read, so that less can be told",
            None,
            unreadable,
        )?;
        let one = |value: f64| [(Vec::new(), value)];
        families.gauges(
            "kube_diagnose_silenced_diagnoses",
            "Diagnoses that are known and silenced",
            None,
            one(metrics.silenced as f64),
        )?;
        families.gauges(
            "kube_diagnose_defects",
            "Rules that failed: a defect of this tool",
            None,
            one(metrics.defects as f64),
        )
    }

    fn of_itself(&self, families: &mut Encoder<'_>) -> fmt::Result {
        let Families(metrics) = self;
        let cost = &metrics.cost;
        let version = vec![label("version", env!("CARGO_PKG_VERSION"))];
        let version = [(version, 1.0)];
        let help = "The version that runs";
        families.gauges("kube_diagnose_build_info", help, None, version)?;
        let one = |value: f64| [(Vec::new(), value)];
        families.gauges(
            "kube_diagnose_report_timestamp",
            "When the report was made that these numbers of the cluster are of: during an outage the last one before it",
            Some(Unit::Seconds),
            one(metrics.at.as_second() as f64),
        )?;
        let resyncs = cost.resyncs.iter();
        let resyncs = resyncs.map(|(kind, many)| (vec![label("kind", kind)], *many as f64));
        families.counters(
            "kube_diagnose_resyncs",
            "Lists that were read again since changes may have been missed",
            None,
            resyncs,
        )?;
        for (name, help, unit, value) in counters(cost) {
            families.counters(name, help, unit, one(value))?;
        }
        // the names that every exporter has for these
        if let Some(memory) = cost.memory {
            let (name, help) = ("process_resident_memory", "Resident memory size");
            families.gauges(name, help, Some(Unit::Bytes), one(memory as f64))?;
        }
        if let Some(seconds) = cost.processor {
            let (name, help) = ("process_cpu", "Total user and system CPU time");
            families.counters(name, help, Some(Unit::Seconds), one(seconds))?;
        }
        Ok(())
    }
}

type OneCounter = (&'static str, &'static str, Option<Unit>, f64);

fn counters(cost: &Cost) -> [OneCounter; 6] {
    [
        (
            "kube_diagnose_requests",
            "Requests to the API server",
            None,
            cost.requests as f64,
        ),
        (
            "kube_diagnose_received",
            "What it answered, after decompression",
            Some(Unit::Bytes),
            cost.bytes as f64,
        ),
        (
            "kube_diagnose_watch_events",
            "Changes that watches have told",
            None,
            cost.events as f64,
        ),
        (
            "kube_diagnose_reports",
            "Reports that were made",
            None,
            cost.reports as f64,
        ),
        (
            "kube_diagnose_report_duration",
            "What they took",
            Some(Unit::Seconds),
            cost.seconds,
        ),
        (
            "kube_diagnose_rule_looks",
            "Objects that the rules looked at",
            None,
            cost.looks as f64,
        ),
    ]
}

fn label<'a>(key: &'static str, value: &'a str) -> Label<'a> {
    (key, one_line(value))
}

/// As kube-state-metrics has them.
fn labels(series: &Series) -> Vec<Label<'_>> {
    let of_cause = [
        label("cause", &series.cause),
        label("layer", series.layer),
        label("certainty", series.certainty),
        label("role", series.role),
    ];
    let mut labels = match series.kind.as_str() {
        "Node" => vec![label("node", &series.owner_name)],
        "Service" => vec![
            label("namespace", &series.namespace),
            label("service", &series.owner_name),
        ],
        _ => vec![
            label("namespace", &series.namespace),
            label("owner_kind", &series.owner_kind),
            label("owner_name", &series.owner_name),
        ],
    };
    labels.extend(of_cause);
    labels
}

struct Encoder<'a>(DescriptorEncoder<'a>);

impl Encoder<'_> {
    fn gauges<'l>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        values: impl IntoIterator<Item = (Vec<Label<'l>>, f64)>,
    ) -> fmt::Result {
        self.family(name, help, unit, values, ConstGauge::new)
    }

    fn counters<'l>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        values: impl IntoIterator<Item = (Vec<Label<'l>>, f64)>,
    ) -> fmt::Result {
        self.family(name, help, unit, values, ConstCounter::new)
    }

    fn family<'l, M: EncodeMetric>(
        &mut self,
        name: &str,
        help: &str,
        unit: Option<Unit>,
        values: impl IntoIterator<Item = (Vec<Label<'l>>, f64)>,
        metric: fn(f64) -> M,
    ) -> fmt::Result {
        let help = format!("{help}.");
        let of = metric(0.0).metric_type();
        let mut family = self.0.encode_descriptor(name, &help, unit.as_ref(), of)?;
        for (labels, value) in values {
            let value = metric(value);
            if labels.is_empty() {
                return value.encode(family);
            }
            value.encode(family.encode_family(&labels)?)?;
        }
        Ok(())
    }
}
