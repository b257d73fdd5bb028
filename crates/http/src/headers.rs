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

/// Adds what is not there yet: a page brings a policy of its own.
pub(crate) fn dress(headers: &mut HeaderMap, https: bool) {
    // Room for all at once: the map would grow in steps.
    headers.reserve(FIXED.len() + 1);
    for (name, value) in FIXED {
        headers
            .entry(name)
            .or_insert(HeaderValue::from_static(value));
    }
    if https {
        headers
            .entry(header::STRICT_TRANSPORT_SECURITY)
            .or_insert(HeaderValue::from_static(HSTS));
    }
}
