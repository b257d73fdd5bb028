//! What goes wrong at the door, and how everything that goes wrong is told: RFC 9457 problem details.

use axum::Json;
use axum::response::{IntoResponse, Response};
use depesche_api::{Problem, Sender};
use depesche_service::domain::Account;
use depesche_service::domain::parcel::Refusal;
use depesche_service::domain::{keyed, keyring};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// Why a request is not answered with what it asked for.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Error {
    #[error(transparent)]
    Service(#[from] depesche_service::Error),
    #[error("there is nothing here; check the address")]
    NoRoute,
    /// With those that it does take.
    #[error("this address does not take that method")]
    Method(HeaderValue),
    #[error("the request names no host, or several; send one Host header")]
    NoHost,
    #[error("this server does not answer for that host name; use its public address")]
    ForeignHost,
    #[error("this was sent by another site; open the page here and try again")]
    CrossSite,
    #[error("send the length of the body in Content-Length; chunked bodies are not taken")]
    LengthRequired,
    #[error("send the body as it is, without Content-Encoding")]
    Encoded,
    #[error("the body has to be {0}; say so in Content-Type")]
    MediaType(&'static str),
    #[error("the body is larger than {0} bytes, the most that is taken here")]
    BodyTooLarge(u64),
    #[error("the body came too slowly; check the connection and send it again")]
    TooSlow,
    #[error("the body ended too early; send it again")]
    Cut,
    #[error("the body does not fit what is expected here: {0}")]
    Json(String),
    #[error("the query does not fit what is expected here: {0}")]
    Query(String),
    #[error("this range is not in the file, which has {0} bytes; ask for bytes that it has")]
    Range(u64),
    #[error("the metrics are shown to this machine, or with the token of the configuration")]
    MetricsToken,
    #[error("the visit's token is missing; open the delivery from its link")]
    NoClaim,
    #[error("the secret of the handoff is missing; start again from its code")]
    NoHandoff,
    #[error("the proof of the reply link is missing; open it again from the PDF")]
    NoReply,
    #[error("the header {0} is missing, or no base64url of as many bytes as it needs")]
    Header(HeaderName),
    #[error("the server cannot serve now, {0} does not work; try again in a moment")]
    NotReady(&'static str),
}

impl Error {
    const fn code(&self) -> &'static str {
        match self {
            Self::Service(error) => error.code(),
            Self::NoRoute => "not_found",
            Self::Method(_) => "method_not_allowed",
            Self::NoHost => "host_required",
            Self::ForeignHost => "foreign_host",
            Self::CrossSite => "cross_site",
            Self::LengthRequired => "length_required",
            Self::Encoded => "encoded",
            Self::MediaType(_) => "media_type",
            Self::BodyTooLarge(_) => "body_too_large",
            Self::TooSlow => "too_slow",
            Self::Cut => "cut",
            Self::Json(_) => "bad_json",
            Self::Query(_) => "bad_query",
            Self::Range(_) => "bad_range",
            Self::MetricsToken => "token_required",
            Self::NoClaim => "claim_required",
            Self::NoHandoff => "handoff_secret_required",
            Self::NoReply => "reply_proof_required",
            Self::Header(_) => "bad_header",
            Self::NotReady(_) => "not_ready",
        }
    }

    fn status(&self) -> StatusCode {
        match self {
            Self::Service(error) => service_status(error),
            Self::NoRoute => StatusCode::NOT_FOUND,
            Self::Method(_) => StatusCode::METHOD_NOT_ALLOWED,
            Self::ForeignHost => StatusCode::MISDIRECTED_REQUEST,
            Self::CrossSite => StatusCode::FORBIDDEN,
            Self::LengthRequired => StatusCode::LENGTH_REQUIRED,
            Self::Encoded | Self::MediaType(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::BodyTooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow => StatusCode::REQUEST_TIMEOUT,
            Self::NoHost | Self::Header(_) | Self::Cut | Self::Json(_) | Self::Query(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::Range(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::MetricsToken | Self::NoClaim | Self::NoHandoff | Self::NoReply => {
                StatusCode::UNAUTHORIZED
            }
            Self::NotReady(_) => StatusCode::SERVICE_UNAVAILABLE,
        }
    }

    /// A state of the server that its operator sees elsewhere: no fault to be logged.
    const fn is_told(&self) -> bool {
        matches!(
            self,
            Self::NotReady(_) | Self::Service(depesche_service::Error::Handoff(_))
        )
    }

    fn problem(&self) -> Problem {
        use depesche_service::Error as Service;
        let mut problem = Problem {
            code: self.code().to_owned(),
            status: self.status().as_u16(),
            title: title(self.code()),
            detail: self.to_string(),
            retry_after: None,
            tries_left: None,
            pause: None,
            sender: None,
            since: None,
        };
        let Self::Service(error) = self else {
            return problem;
        };
        let who = |sender: &Option<Box<Account>>| {
            sender.as_deref().map(|account| Sender {
                name: account.name.clone(),
                email: account.address.to_string(),
            })
        };
        match error {
            Service::TooManyTries { wait } => problem.retry_after = Some(seconds(wait.ms())),
            Service::Handoff(error) => {
                problem.retry_after = error.wait().map(|wait| seconds(wait.ms()));
            }
            Service::Unavailable(_) => problem.retry_after = Some(2),
            Service::WrongCode { left } => problem.tries_left = Some(*left),
            Service::WrongPassword { left, pause } => {
                problem.tries_left = Some(*left);
                problem.pause = Some(seconds(pause.ms()));
            }
            Service::Closed { at, sender, .. } => {
                problem.since = Some(at.ms());
                problem.sender = who(sender);
            }
            Service::Dropped { sender } => problem.sender = who(sender),
            _ => {}
        }
        problem
    }
}

/// Whole seconds, upwards: never an invitation that comes too early.
fn seconds(ms: i64) -> u64 {
    u64::try_from(ms).unwrap_or_default().div_ceil(1000)
}

/// `link_unknown` -> `Link unknown`.
fn title(code: &str) -> String {
    let mut title = code.replace('_', " ");
    if let Some(first) = title.get_mut(..1) {
        first.make_ascii_uppercase();
    }
    title
}

fn service_status(error: &depesche_service::Error) -> StatusCode {
    use depesche_service::Error as E;
    match error {
        E::NotFound | E::LinkUnknown => StatusCode::NOT_FOUND,
        E::Keyring(refusal) => keyring_status(*refusal),
        E::LinkWrongKey
        | E::WrongPassword { .. }
        | E::PasswordRequired
        | E::CodeRequired
        | E::WrongCode { .. }
        | E::WrongAccount
        | E::NotAllowed => StatusCode::FORBIDDEN,
        E::LoginFailed | E::NotLoggedIn | E::LoginRequired | E::ClaimOver => {
            StatusCode::UNAUTHORIZED
        }
        E::TooManyTries { .. } => StatusCode::TOO_MANY_REQUESTS,
        E::LimitReached | E::Conflict | E::OpenByLink => StatusCode::CONFLICT,
        E::Closed { .. }
        | E::Dropped { .. }
        | E::SetUp
        | E::InvitationOver
        | E::PasswordLinkOver
        | E::PasswordLinkUsed => StatusCode::GONE,
        E::Refused(refusal) => refusal_status(refusal),
        E::Invalid(_) => StatusCode::UNPROCESSABLE_ENTITY,
        E::Full => StatusCode::INSUFFICIENT_STORAGE,
        E::Handoff(error) => handoff_status(error),
        E::Unavailable(_) => StatusCode::SERVICE_UNAVAILABLE,
        // Fatal, and what a later version adds.
        _ => StatusCode::INTERNAL_SERVER_ERROR,
    }
}

const fn handoff_status(error: &depesche_service::handoffs::Error) -> StatusCode {
    use depesche_service::domain::handoff::Refusal as R;
    use depesche_service::handoffs::Error as E;
    match error {
        E::Unknown | E::WordsUnknown => StatusCode::NOT_FOUND,
        E::Size => StatusCode::UNPROCESSABLE_ENTITY,
        E::TooLarge { .. } => StatusCode::PAYLOAD_TOO_LARGE,
        E::Full => StatusCode::SERVICE_UNAVAILABLE,
        E::TooMany => StatusCode::TOO_MANY_REQUESTS,
        E::AccountRequired => StatusCode::UNAUTHORIZED,
        E::Refused(refusal) => match refusal {
            R::WrongKey | R::NotYours => StatusCode::FORBIDDEN,
            R::Busy { .. } | R::Empty | R::Filled => StatusCode::CONFLICT,
            R::Expired | R::Taken | R::Lapsed | R::Cancelled => StatusCode::GONE,
        },
        // Gone, and what a later version adds.
        _ => StatusCode::GONE,
    }
}

const fn refusal_status(refusal: &Refusal) -> StatusCode {
    match refusal {
        Refusal::LevelNotOffered
        | Refusal::GuestsAnswer
        | Refusal::Keyed(keyed::Refusal::NotVerified) => StatusCode::FORBIDDEN,
        Refusal::Keyed(keyed::Refusal::NoCode) => StatusCode::NOT_FOUND,
        Refusal::Keyed(keyed::Refusal::Ended) => StatusCode::GONE,
        Refusal::Keyed(keyed::Refusal::WrongRelease) => StatusCode::UNPROCESSABLE_ENTITY,
        Refusal::Keyed(_) => StatusCode::CONFLICT,
        Refusal::TooLarge { .. } | Refusal::TooManyFiles => StatusCode::PAYLOAD_TOO_LARGE,
        Refusal::Incomplete | Refusal::AlreadyPosted | Refusal::NotPosted => StatusCode::CONFLICT,
        Refusal::NotARecipient => StatusCode::NOT_FOUND,
        Refusal::Closed(_) => StatusCode::GONE,
        _ => StatusCode::UNPROCESSABLE_ENTITY,
    }
}

const fn keyring_status(refusal: keyring::Refusal) -> StatusCode {
    match refusal {
        keyring::Refusal::None => StatusCode::NOT_FOUND,
        keyring::Refusal::Exists | keyring::Refusal::Stale | keyring::Refusal::LastLock => {
            StatusCode::CONFLICT
        }
        keyring::Refusal::NotTheNext | keyring::Refusal::Malformed => {
            StatusCode::UNPROCESSABLE_ENTITY
        }
    }
}

/// The chain of causes, for the log; none of these errors holds a key, a name or an address.
fn causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        next = cause.source();
    }
    text
}

impl IntoResponse for Error {
    fn into_response(self) -> Response {
        let (problem, status) = (self.problem(), self.status());
        if status.is_server_error() && !self.is_told() {
            tracing::error!(
                error.code = problem.code,
                error = causes(&self),
                "request failed"
            );
        }
        if matches!(self, Self::Service(depesche_service::Error::Fatal(_))) {
            // What is on disk is not known any more: no orderly end, a new start reads it anew.
            std::process::abort();
        }
        let retry_after = problem.retry_after;
        let mut response = (status, Json(problem)).into_response();
        let headers = response.headers_mut();
        headers.insert(
            header::CONTENT_TYPE,
            HeaderValue::from_static("application/problem+json"),
        );
        if let Some(seconds) = retry_after {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(seconds));
        }
        if status == StatusCode::UNAUTHORIZED {
            let scheme = match self {
                Self::NoClaim | Self::Service(depesche_service::Error::ClaimOver) => "Claim",
                Self::NoHandoff => "Handoff",
                Self::NoReply => "Reply",
                _ => "Bearer",
            };
            headers.insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
        }
        if let Self::Method(allowed) = &self {
            headers.insert(header::ALLOW, allowed.clone());
        }
        if let Self::Range(size) = self {
            let range = HeaderValue::from_str(&format!("bytes */{size}"));
            headers.extend(range.ok().map(|range| (header::CONTENT_RANGE, range)));
        }
        response
    }
}
