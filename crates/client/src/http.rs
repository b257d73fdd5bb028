//! Requests and answers: one server, no redirects, bounded waiting, and patience while it restarts.
//!
//! What may be said twice is said again after a lost connection or a passing failure of the server,
//! for up to a minute once the server has answered at all. [`Again`] tells what may be said twice.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use depesche_api::Problem;
use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue, LOCATION, RANGE};
use reqwest::{Method, Response, StatusCode};
use serde::Serialize;
use serde::de::DeserializeOwned;
use tokio::time::Instant;

use crate::fault::Fault;
use crate::meter::Meter;

const CONNECT: Duration = Duration::from_secs(10);
/// How long nothing may move.
pub(crate) const IDLE: Duration = Duration::from_secs(60);
/// How long posting may take: the server syncs all bytes to its disk first.
pub(crate) const POSTING: Duration = Duration::from_secs(900);
const PATIENCE: Duration = Duration::from_secs(60);
/// How long to try a server that has never answered.
const FIRST_PATIENCE: Duration = Duration::from_secs(2);
const LONGEST_PAUSE: Duration = Duration::from_secs(5);
const PIECE: usize = 1 << 20;
/// Most bytes of a JSON answer.
const JSON_MOST: usize = 64 << 20;
const PROBLEM_MOST: usize = 64 << 10;

/// A request was not answered as hoped.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum CallError {
    /// The server says no, and why.
    #[error("{}", .0.detail)]
    Refused(Box<Problem>),
    /// No answer.
    #[error("the server at {base} cannot be reached ({why}); check the connection and try again")]
    Unreachable {
        /// Where.
        base: String,
        /// What the network said.
        why: String,
    },
    /// The server's certificate is not valid now, or now is not what this machine takes it for.
    #[error(
        "the certificate of {base} is not valid at this machine's time ({why}); set the clock right, or tell whoever runs the server"
    )]
    Clock {
        /// Where.
        base: String,
        /// What TLS said.
        why: String,
    },
    /// The server sends us elsewhere. Nothing is followed: a token must not go to strangers.
    #[error("the server at {base} redirects to {to}; name that one if you trust it")]
    Redirect {
        /// Where we asked.
        base: String,
        /// Where it points.
        to: String,
    },
    /// Somebody else answers there.
    #[error("what answers at {base} is not a Depesche server, or a newer one than this program")]
    Foreign {
        /// Where.
        base: String,
    },
    /// Not an address of a server.
    #[error("`{0}` is not the address of a server, such as https://depesche.example.org")]
    Address(String),
    /// The machine's TLS set-up is broken.
    #[error("secure connections are not possible on this machine: {0}")]
    Tls(String),
}

impl CallError {
    /// A stable word for programs.
    #[must_use]
    pub fn code(&self) -> &str {
        match self {
            Self::Refused(problem) => &problem.code,
            Self::Unreachable { .. } => "unreachable",
            Self::Clock { .. } => "clock",
            Self::Redirect { .. } => "redirected",
            Self::Foreign { .. } => "not_depesche",
            Self::Address(_) => "server_address",
            Self::Tls(_) => "tls",
        }
    }

    /// What kind of failure it is.
    #[must_use]
    pub fn fault(&self) -> Fault {
        match self {
            Self::Refused(problem) => Fault::of_answer(&problem.code, problem.status),
            Self::Unreachable { .. }
            | Self::Clock { .. }
            | Self::Foreign { .. }
            | Self::Redirect { .. } => Fault::Unavailable,
            Self::Address(_) => Fault::Usage,
            Self::Tls(_) => Fault::Other,
        }
    }
}

/// Whether a request may be said twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Again {
    /// Twice is as good as once.
    Harmless,
    /// Only if it certainly never arrived.
    OnlyUnsent,
}

/// What a request carries.
pub(crate) enum Payload {
    Nothing,
    Json(Bytes),
    /// Bytes that count on a meter as they leave.
    Bytes(Bytes, Option<Arc<Meter>>),
}

impl Payload {
    pub(crate) fn json<T: Serialize>(value: &T) -> Self {
        let bytes = serde_json::to_vec(value).expect("the shapes of the API are JSON");
        Self::Json(bytes.into())
    }
}

/// One request.
pub(crate) struct Call {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) payload: Payload,
    pub(crate) again: Again,
    /// How long nothing may move.
    pub(crate) idle: Duration,
}

impl Call {
    pub(crate) fn new(method: Method, path: impl Into<String>) -> Self {
        Self {
            method,
            path: path.into(),
            payload: Payload::Nothing,
            again: Again::Harmless,
            idle: IDLE,
        }
    }

    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path)
    }

    pub(crate) fn post<T: Serialize>(path: impl Into<String>, value: &T) -> Self {
        Self {
            payload: Payload::json(value),
            ..Self::new(Method::POST, path)
        }
    }

    pub(crate) fn once(mut self) -> Self {
        self.again = Again::OnlyUnsent;
        self
    }
}

/// The connection or the server failed in passing.
#[derive(Debug)]
pub(crate) struct Lost {
    pub(crate) why: String,
    /// It certainly never arrived.
    unsent: bool,
    /// What the server said, if it said something.
    problem: Option<Box<Problem>>,
}

impl Lost {
    fn new(error: reqwest::Error) -> Self {
        let unsent = error.is_connect();
        let error = error.without_url();
        let mut why = error.to_string();
        let mut cause = std::error::Error::source(&error);
        while let Some(inner) = cause {
            why = inner.to_string();
            cause = inner.source();
        }
        Self {
            why,
            unsent,
            problem: None,
        }
    }

    fn stalled() -> Self {
        Self {
            why: "nothing moved for too long".into(),
            unsent: false,
            problem: None,
        }
    }
}

/// How one attempt failed.
pub(crate) enum Failure {
    /// In passing.
    Lost(Lost),
    /// For good.
    Final(CallError),
}

impl Failure {
    /// The answer ended before its announced end.
    pub(crate) fn cut() -> Self {
        Self::Lost(Lost {
            why: "the answer was cut short".into(),
            unsent: false,
            problem: None,
        })
    }
}

/// When to try again, and when to give up.
pub(crate) struct Patience {
    until: Option<Instant>,
    pause: Duration,
}

impl Patience {
    pub(crate) const fn new() -> Self {
        Self {
            until: None,
            pause: Duration::from_millis(100),
        }
    }

    /// Waits before the next try; false when patience has ended.
    pub(crate) async fn wait(&mut self, server: &Server) -> bool {
        let now = Instant::now();
        let span = if server.answered.load(Ordering::Relaxed) {
            PATIENCE
        } else {
            FIRST_PATIENCE
        };
        let until = *self.until.get_or_insert(now + span);
        if now >= until {
            return false;
        }
        tokio::time::sleep_until((now + self.pause).min(until)).await;
        self.pause = (self.pause * 2).min(LONGEST_PAUSE);
        true
    }
}

/// A server, and as whom we speak to it.
#[derive(Clone)]
pub struct Server {
    http: reqwest::Client,
    base: Arc<str>,
    credential: Option<HeaderValue>,
    answered: Arc<AtomicBool>,
}

impl std::fmt::Debug for Server {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Server({})", self.base)
    }
}

/// The address of a server in its one spelling: scheme and host, no slash at the end.
///
/// # Errors
/// [`CallError::Address`].
pub fn parse_base(text: &str) -> Result<String, CallError> {
    let wrong = || CallError::Address(text.to_owned());
    let text = text.trim();
    let full = if text.contains("://") {
        text.to_owned()
    } else {
        format!("https://{text}")
    };
    let url = reqwest::Url::parse(&full).map_err(|_| wrong())?;
    let plain = matches!(url.scheme(), "http" | "https")
        && url.has_host()
        && url.username().is_empty()
        && url.password().is_none()
        && url.query().is_none()
        && url.fragment().is_none();
    if !plain {
        return Err(wrong());
    }
    Ok(url.as_str().trim_end_matches('/').to_owned())
}

fn is_loopback(base: &str) -> bool {
    let url = reqwest::Url::parse(base).ok();
    let host = url
        .as_ref()
        .and_then(reqwest::Url::host_str)
        .unwrap_or_default();
    let address = host.trim_matches(['[', ']']).parse::<std::net::IpAddr>();
    host == "localhost" || address.is_ok_and(|address| address.is_loopback())
}

/// Whether a certificate was refused for its dates (texts of rustls' `CertificateError`).
fn is_about_time(why: &str) -> bool {
    ["certificate not valid yet", "certificate expired"]
        .iter()
        .any(|text| why.contains(text))
}

impl Server {
    /// Speaks to the server at `base` as nobody. Connects to nothing yet.
    ///
    /// # Errors
    /// [`CallError::Address`], [`CallError::Tls`].
    pub fn new(base: &str) -> Result<Self, CallError> {
        let base = parse_base(base)?;
        let mut builder = reqwest::Client::builder();
        if is_loopback(&base) {
            // No proxy can reach what listens on this machine alone.
            builder = builder.no_proxy();
            if base.starts_with("http:") {
                // Nor is TLS spoken: reading all of the system's certificates would cost 10 ms.
                builder = builder.tls_certs_only([]);
            }
        }
        let http = builder
            .user_agent(concat!("depesche/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(CONNECT)
            .redirect(reqwest::redirect::Policy::none())
            .retry(reqwest::retry::never())
            // Several connections move parts better than one that all share.
            .http1_only()
            .build()
            .map_err(|error| CallError::Tls(Lost::new(error).why))?;
        Ok(Self {
            http,
            base: base.into(),
            credential: None,
            answered: Arc::default(),
        })
    }

    /// The same server, spoken to as the owner of a session.
    #[must_use]
    pub fn with_session(&self, token: &str) -> Self {
        self.with_credential("Bearer", token)
    }

    /// The same server, spoken to as the visitor who drew this claim token.
    #[must_use]
    pub fn with_claim(&self, token: &str) -> Self {
        self.with_credential("Claim", token)
    }

    fn with_credential(&self, scheme: &str, token: &str) -> Self {
        let mut value = HeaderValue::from_str(&format!("{scheme} {token}")).ok();
        if let Some(value) = &mut value {
            value.set_sensitive(true);
        }
        Self {
            credential: value,
            ..self.clone()
        }
    }

    /// Scheme and host, no slash at the end.
    #[must_use]
    pub fn base(&self) -> &str {
        &self.base
    }

    pub(crate) fn unreachable(&self, lost: Lost) -> CallError {
        match lost.problem {
            Some(problem) => CallError::Refused(problem),
            None if is_about_time(&lost.why) => CallError::Clock {
                base: self.base.to_string(),
                why: lost.why,
            },
            None => CallError::Unreachable {
                base: self.base.to_string(),
                why: lost.why,
            },
        }
    }

    fn foreign(&self) -> CallError {
        CallError::Foreign {
            base: self.base.to_string(),
        }
    }

    /// Says it, again where that is right, and reads a JSON answer.
    pub(crate) async fn ask<T: DeserializeOwned>(&self, call: &Call) -> Result<T, CallError> {
        let bytes = self.bytes(call, JSON_MOST).await?;
        serde_json::from_slice(&bytes).map_err(|_| self.foreign())
    }

    /// Says it and expects no content in the answer.
    pub(crate) async fn tell(&self, call: &Call) -> Result<(), CallError> {
        self.bytes(call, PROBLEM_MOST).await.map(drop)
    }

    /// Says it and reads at most `most` bytes of answer.
    pub(crate) async fn bytes(&self, call: &Call, most: usize) -> Result<Vec<u8>, CallError> {
        let mut patience = Patience::new();
        loop {
            let lost = match self.attempt(call, None).await {
                Ok(response) => match self.read(response, most).await {
                    Ok(bytes) => return Ok(bytes),
                    Err(Failure::Lost(lost)) => lost,
                    Err(Failure::Final(error)) => return Err(error),
                },
                Err(Failure::Lost(lost)) => lost,
                Err(Failure::Final(error)) => return Err(error),
            };
            let again = lost.unsent || call.again == Again::Harmless;
            if !again || !patience.wait(self).await {
                return Err(self.unreachable(lost));
            }
        }
    }

    /// Asks once for the bytes `[from, to)` of what lies at `path`; the body is read with [`next`].
    pub(crate) async fn range(&self, path: &str, from: u64, to: u64) -> Result<Response, Failure> {
        let response = self.attempt(&Call::get(path), Some((from, to))).await?;
        if response.status() == StatusCode::PARTIAL_CONTENT {
            Ok(response)
        } else {
            Err(Failure::Final(self.foreign()))
        }
    }

    async fn attempt(&self, call: &Call, range: Option<(u64, u64)>) -> Result<Response, Failure> {
        let url = format!("{}/api/v1{}", self.base, call.path);
        let mut request = self.http.request(call.method.clone(), url);
        if let Some(credential) = &self.credential {
            request = request.header(AUTHORIZATION, credential.clone());
        }
        if let Some((from, to)) = range {
            request = request.header(RANGE, format!("bytes={from}-{}", to.saturating_sub(1)));
        }
        let moved = Arc::new(AtomicU64::new(0));
        let mut meter = None;
        request = match &call.payload {
            Payload::Nothing => request,
            Payload::Json(bytes) => request
                .header(CONTENT_TYPE, "application/json")
                .body(bytes.clone()),
            Payload::Bytes(bytes, counted) => {
                meter = counted.clone();
                let body = Pieces {
                    rest: bytes.clone(),
                    moved: Arc::clone(&moved),
                    meter: counted.clone(),
                };
                request
                    .header(CONTENT_TYPE, "application/octet-stream")
                    .body(reqwest::Body::wrap(body))
            }
        };
        let result = self.answer(request, &moved, call.idle).await;
        if let (Err(_), Some(meter)) = (&result, meter) {
            meter.take_back(moved.load(Ordering::Relaxed));
        }
        result
    }

    async fn answer(
        &self,
        request: reqwest::RequestBuilder,
        moved: &AtomicU64,
        idle: Duration,
    ) -> Result<Response, Failure> {
        let response = tokio::select! {
            response = request.send() => response.map_err(|e| Failure::Lost(Lost::new(e)))?,
            () = stalled(moved, idle) => return Err(Failure::Lost(Lost::stalled())),
        };
        self.answered.store(true, Ordering::Relaxed);
        let status = response.status();
        if status.is_success() {
            return Ok(response);
        }
        if status.is_redirection() {
            let to = response.headers().get(LOCATION);
            return Err(Failure::Final(CallError::Redirect {
                base: self.base.to_string(),
                to: to.and_then(|to| to.to_str().ok()).unwrap_or("?").to_owned(),
            }));
        }
        Err(self.failure(response).await)
    }

    async fn failure(&self, response: Response) -> Failure {
        let status = response.status();
        let bytes = match self.read(response, PROBLEM_MOST).await {
            Ok(bytes) => bytes,
            Err(failure) => return failure,
        };
        let problem: Option<Box<Problem>> = serde_json::from_slice(&bytes).ok();
        let passing = status.is_server_error()
            && !matches!(
                status,
                StatusCode::INSUFFICIENT_STORAGE | StatusCode::NOT_IMPLEMENTED
            );
        match problem {
            problem if passing => Failure::Lost(Lost {
                why: status.to_string(),
                unsent: false,
                problem,
            }),
            Some(problem) => Failure::Final(CallError::Refused(problem)),
            None => Failure::Final(self.foreign()),
        }
    }

    async fn read(&self, mut response: Response, most: usize) -> Result<Vec<u8>, Failure> {
        let announced = response.content_length().unwrap_or(0);
        let mut bytes = Vec::with_capacity(announced.min(most as u64) as usize);
        while let Some(piece) = next(&mut response).await.map_err(Failure::Lost)? {
            if bytes.len() + piece.len() > most {
                return Err(Failure::Final(self.foreign()));
            }
            bytes.extend_from_slice(&piece);
        }
        Ok(bytes)
    }
}

/// The next piece of a body.
pub(crate) async fn next(response: &mut Response) -> Result<Option<Bytes>, Lost> {
    match tokio::time::timeout(IDLE, response.chunk()).await {
        Ok(piece) => piece.map_err(Lost::new),
        Err(_) => Err(Lost::stalled()),
    }
}

/// Ends when nothing has moved for `idle`.
async fn stalled(moved: &AtomicU64, idle: Duration) {
    let mut before = moved.load(Ordering::Relaxed);
    loop {
        tokio::time::sleep(idle).await;
        let now = moved.load(Ordering::Relaxed);
        if now == before {
            return;
        }
        before = now;
    }
}

/// A body of known length that is handed on in pieces without a copy, and counts them.
struct Pieces {
    rest: Bytes,
    moved: Arc<AtomicU64>,
    meter: Option<Arc<Meter>>,
}

impl http_body::Body for Pieces {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<http_body::Frame<Bytes>, Self::Error>>> {
        if self.rest.is_empty() {
            return Poll::Ready(None);
        }
        let len = self.rest.len().min(PIECE);
        let piece = self.rest.split_to(len);
        self.moved.fetch_add(len as u64, Ordering::Relaxed);
        if let Some(meter) = &self.meter {
            meter.add(len as u64);
        }
        Poll::Ready(Some(Ok(http_body::Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.rest.is_empty()
    }

    fn size_hint(&self) -> http_body::SizeHint {
        http_body::SizeHint::with_exact(self.rest.len() as u64)
    }
}
