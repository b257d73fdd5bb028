//! The headers that every answer carries.

use http::header::{self, HeaderName};
use http::{HeaderMap, HeaderValue};

/// What an answer of the API may do in a browser that is made to show it: nothing.
pub(crate) const API_POLICY: &str =
    "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; sandbox";

const FIXED: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, API_POLICY),
    (header::CACHE_CONTROL, "no-store"),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (
        HeaderName::from_static("cross-origin-opener-policy"),
        "same-origin",
    ),
    (
        HeaderName::from_static("cross-origin-resource-policy"),
        "same-origin",
    ),
];

/// Two years: what browsers ask for before they take a host into their own list.
const HSTS: &str = "max-age=63072000";

/// What every answer carries.
pub(crate) struct Dress {
    bare: HeaderMap,
    /// The same, and a place for the type of a body, so that a copy need not grow.
    typed: HeaderMap,
}

impl Dress {
    /// `https` = visitors come over TLS.
    pub(crate) fn new(https: bool) -> Self {
        let fixed = FIXED.map(|(name, value)| (name, HeaderValue::from_static(value)));
        let mut bare = HeaderMap::from_iter(fixed);
        if https {
            let hsts = HeaderValue::from_static(HSTS);
            bare.insert(header::STRICT_TRANSPORT_SECURITY, hsts);
        }
        let mut typed = bare.clone();
        typed.insert(header::CONTENT_TYPE, HeaderValue::from_static(""));
        Self { bare, typed }
    }

    /// Adds what is not there yet: a page brings a policy of its own.
    pub(crate) fn put_on(&self, headers: &mut HeaderMap) {
        let all = if headers.contains_key(header::CONTENT_TYPE) {
            &self.typed
        } else {
            &self.bare
        };
        let own = std::mem::replace(headers, all.clone());
        headers.extend(own);
    }
}
