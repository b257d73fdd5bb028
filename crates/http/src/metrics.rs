//! What is counted, and how it is told to Prometheus.

use depesche_service::spool::Standing;
use http::{Method, StatusCode};
use prometheus_client::encoding::{EncodeLabelSet, text};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Registry, Unit};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

/// Everything the web door counts. Cheap to clone: all clones count into one.
#[derive(Debug, Clone)]
pub struct Metrics {
    registry: Arc<Registry>,
    /// Connections open now.
    pub(crate) connections: Gauge,
    /// Connections closed at once, because their client had all its places.
    pub(crate) connections_refused: Counter,
    /// Connections closed because the client was too slow or silent.
    pub(crate) connections_too_slow: Counter,
    requests: Family<Served, Counter>,
    durations: Family<Routed, Histogram, fn() -> Histogram>,
    received: Counter,
    sent: Counter,
    waiting: Gauge,
    queue: Queue,
    handoffs: Handoffs,
}

/// What the gateway's queue holds.
#[derive(Debug, Clone, Default)]
struct Queue {
    waiting: Gauge,
    held: Gauge,
    oldest: Gauge,
}

/// What handoffs hold in memory.
#[derive(Debug, Clone, Default)]
struct Handoffs {
    slots: Gauge,
    bytes: Gauge,
    budget: Gauge,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Served {
    method: &'static str,
    route: &'static str,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Routed {
    route: &'static str,
}

/// Where the requests of one route are counted.
pub(crate) struct Counts {
    /// The template, such as `/api/v1/parcels/{id}`: never the path itself.
    pub(crate) route: &'static str,
    metrics: Metrics,
    /// From the first request.
    duration: OnceLock<Histogram>,
    /// By method and status, as far as there were some.
    served: Mutex<Vec<(Served, Counter)>>,
}

/// One finished request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Finished {
    pub(crate) method: &'static str,
    pub(crate) status: StatusCode,
    pub(crate) took: Duration,
    pub(crate) received: u64,
    pub(crate) sent: u64,
}

impl Counts {
    pub(crate) fn finished(&self, one: Finished) {
        let served = Served {
            method: one.method,
            route: self.route,
            status: one.status.as_u16(),
        };
        self.count(served);
        let duration = self.duration.get_or_init(|| {
            let routed = Routed { route: self.route };
            self.metrics.durations.get_or_create_owned(&routed)
        });
        duration.observe(one.took.as_secs_f64());
        self.metrics.received.inc_by(one.received);
        self.metrics.sent.inc_by(one.sent);
    }

    fn count(&self, served: Served) {
        let mut known = self.served.lock().unwrap_or_else(PoisonError::into_inner);
        let same = |(one, _): &&(Served, Counter)| {
            one.status == served.status && one.method == served.method
        };
        if let Some((_, counter)) = known.iter().find(same) {
            counter.inc();
        } else {
            let counter = self.metrics.requests.get_or_create_owned(&served);
            counter.inc();
            known.push((served, counter));
        }
    }
}

/// A method's name, or `other`: what a client invents makes no new series and no log text.
pub(crate) fn method_name(method: &Method) -> &'static str {
    match *method {
        Method::GET => "GET",
        Method::HEAD => "HEAD",
        Method::POST => "POST",
        Method::PUT => "PUT",
        Method::DELETE => "DELETE",
        Method::OPTIONS => "OPTIONS",
        _ => "other",
    }
}

fn durations() -> Histogram {
    Histogram::new([0.001, 0.005, 0.02, 0.1, 0.5, 2.0, 10.0, 60.0])
}

fn set(gauge: &Gauge, value: u64) {
    gauge.set(i64::try_from(value).unwrap_or(i64::MAX));
}

impl Default for Metrics {
    fn default() -> Self {
        let mut metrics = Self {
            registry: Arc::default(),
            connections: Gauge::default(),
            connections_refused: Counter::default(),
            connections_too_slow: Counter::default(),
            requests: Family::default(),
            durations: Family::new_with_constructor(durations),
            received: Counter::default(),
            sent: Counter::default(),
            waiting: Gauge::default(),
            queue: Queue::default(),
            handoffs: Handoffs::default(),
        };
        metrics.registry = Arc::new(metrics.register());
        metrics
    }
}

impl Metrics {
    fn register(&self) -> Registry {
        let mut all = Registry::with_prefix("depesche");
        all.register(
            "connections",
            "Connections open now",
            self.connections.clone(),
        );
        all.register(
            "connections_refused",
            "Connections closed at once: the client had too many",
            self.connections_refused.clone(),
        );
        all.register(
            "connections_too_slow",
            "Connections closed: the client was silent or too slow",
            self.connections_too_slow.clone(),
        );
        all.register("requests", "Requests answered", self.requests.clone());
        all.register_with_unit(
            "request_duration",
            "From the head of a request to the last byte of its answer",
            Unit::Seconds,
            self.durations.clone(),
        );
        all.register_with_unit(
            "received",
            "Bodies of requests",
            Unit::Bytes,
            self.received.clone(),
        );
        all.register_with_unit("sent", "Bodies of answers", Unit::Bytes, self.sent.clone());
        all.register(
            "outbox_waiting",
            "Mails that wait to leave",
            self.waiting.clone(),
        );
        self.queue.register(&mut all);
        self.handoffs.register(&mut all);
        all
    }

    /// Where the requests of `route`, a template, are counted.
    pub(crate) fn of(&self, route: &'static str) -> Arc<Counts> {
        Arc::new(Counts {
            route,
            duration: OnceLock::new(),
            served: Mutex::default(),
            metrics: self.clone(),
        })
    }

    /// How many mails wait now.
    pub(crate) fn set_waiting(&self, mails: u64) {
        set(&self.waiting, mails);
    }

    /// What the gateway's queue holds now.
    pub(crate) fn set_queue(&self, now: &Standing) {
        set(&self.queue.waiting, now.waiting);
        set(&self.queue.held, now.held);
        set(&self.queue.oldest, now.oldest);
    }

    /// What handoffs hold now: slots with bytes in them, their bytes, and all they may take.
    pub(crate) fn set_handoffs(&self, (slots, bytes, budget): (u64, u64, u64)) {
        set(&self.handoffs.slots, slots);
        set(&self.handoffs.bytes, bytes);
        set(&self.handoffs.budget, budget);
    }

    /// In the text format of OpenMetrics 1.0.
    pub fn text(&self) -> String {
        let mut out = String::new();
        // Writing into a String cannot fail.
        let _ = text::encode(&mut out, &self.registry);
        out
    }
}

impl Queue {
    fn register(&self, all: &mut Registry) {
        all.register(
            "mail_queue_waiting",
            "Recipients to whom a mail of the gateway is on its way",
            self.waiting.clone(),
        );
        all.register(
            "mail_queue_held",
            "Recipients whose password a mail of the gateway waits for",
            self.held.clone(),
        );
        all.register_with_unit(
            "mail_queue_oldest",
            "How long the oldest mail on its way has been so",
            Unit::Seconds,
            self.oldest.clone(),
        );
    }
}

impl Handoffs {
    fn register(&self, all: &mut Registry) {
        all.register(
            "handoff_slots",
            "Handoffs that hold bytes",
            self.slots.clone(),
        );
        let bytes = [
            ("handoff_held", "Memory that handoffs take", &self.bytes),
            (
                "handoff_budget",
                "Memory that handoffs may take",
                &self.budget,
            ),
        ];
        for (name, help, gauge) in bytes {
            all.register_with_unit(name, help, Unit::Bytes, gauge.clone());
        }
    }
}
