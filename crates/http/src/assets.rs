//! The web client, built in with the feature `web`; without it a page that says how to do without.
//!
//! A page is the same whatever stands behind `/d/`: the key is in the fragment, or after a `%23` that some
//! mail scanner made of the `#`, and only the client looks at it. No GET has an effect.

use crate::error::Error;
use axum::response::Response;
use http::{HeaderMap, StatusCode, Uri};

#[cfg(feature = "web")]
use built_in::{file, page};
#[cfg(not(feature = "web"))]
use plain::{file, page};

/// What somebody with a link loads.
const VISITOR: &str = "visit.html";
/// What gives and takes handoffs.
const HANDOFF: &str = "handoff.html";
/// What sets the password of protected mail, and replies to it.
const PROTECTED: &str = "protected.html";
/// What members load.
const MEMBER: &str = "index.html";

/// A page for somebody with a link.
pub(crate) async fn visitor(headers: HeaderMap) -> Result<Response, Error> {
    page(StatusCode::OK, VISITOR, &headers)
}

/// A page that gives or takes a handoff.
pub(crate) async fn handoff(headers: HeaderMap) -> Result<Response, Error> {
    page(StatusCode::OK, HANDOFF, &headers)
}

/// A page of protected mail.
pub(crate) async fn protected(headers: HeaderMap) -> Result<Response, Error> {
    page(StatusCode::OK, PROTECTED, &headers)
}

/// A page for members.
pub(crate) async fn member(headers: HeaderMap) -> Result<Response, Error> {
    page(StatusCode::OK, MEMBER, &headers)
}

/// A file of the client, or a page that says that there is nothing.
pub(crate) async fn other(uri: Uri, headers: HeaderMap) -> Result<Response, Error> {
    let path = uri.path().trim_start_matches('/');
    file(path, &headers)
}

#[cfg(not(feature = "web"))]
mod plain {
    use crate::error::Error;
    use crate::pages;
    use axum::response::Response;
    use http::{HeaderMap, StatusCode};

    const TEXT: &str = "\
<h1>Depesche</h1>
<p>Depesche delivers confidential files. This server was built without its web client; everything can be done
with the command line.</p>
<h2>You got a link?</h2>
<p>Open it with the program <code>depesche</code>. Give it the whole link, in quotes, as it stands in the mail:</p>
<pre>depesche fetch \"LINK\" --out FOLDER</pre>
<p>It downloads the files, checks and decrypts them on your machine. The part of the link after the <code>#</code>
is the key: it is not sent to this server, and nobody should get it from you.</p>
<h2>You want to send?</h2>
<pre>depesche login YOU@EXAMPLE.ORG
depesche send FILE --to THEM@EXAMPLE.ORG --level 1</pre>
";

    #[expect(clippy::unnecessary_wraps, reason = "as with the client built in")]
    pub(crate) fn page(status: StatusCode, _: &str, _: &HeaderMap) -> Result<Response, Error> {
        Ok(pages::page(status, "Depesche", TEXT))
    }

    pub(crate) fn file(path: &str, _: &HeaderMap) -> Result<Response, Error> {
        match path {
            "plain.css" => Ok(pages::style()),
            _ => Err(Error::NoRoute),
        }
    }
}

#[cfg(feature = "web")]
mod built_in {
    use crate::error::Error;
    use axum::response::{IntoResponse, Response};
    use data_encoding::BASE64URL_NOPAD;
    use http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header};
    use rust_embed::{EmbeddedFile, RustEmbed};

    #[derive(RustEmbed)]
    #[folder = "../../web/dist"]
    struct Client;

    /// Scripts and styles from this server alone, no inline ones; DOM sinks take only what the two named
    /// Trusted Types policies made (web/src: Svelte's own, and the one that starts the Worker).
    const PAGE: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' blob: data:; \
        font-src 'self'; connect-src 'self'; worker-src 'self'; manifest-src 'self'; frame-src 'self'; \
        form-action 'self'; base-uri 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'; \
        trusted-types svelte-trusted-html depesche-worker";
    /// A Worker's policy is that of its own response: here alone WebAssembly runs (Argon2id, OPAQUE).
    const WORKER: &str = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval'; connect-src 'self'; \
        worker-src 'self'; base-uri 'none'; frame-ancestors 'none'";

    /// Languages of the pages (web/src/ui/words.svelte.ts). The first is what a page has where nothing is said.
    const LANGUAGES: [&str; 3] = ["en", "de", "cs"];

    /// Encodings in which the build has laid files down, best first.
    const ENCODINGS: [(&str, &str); 2] = [("br", ".br"), ("gzip", ".gz")];

    fn accepts(headers: &HeaderMap, header: HeaderName, wanted: &str) -> bool {
        let lines = headers.get_all(header).iter();
        let offers = lines.filter_map(|line| line.to_str().ok());
        offers.flat_map(|line| line.split(',')).any(|offer| {
            let (name, weight) = offer.split_once(';').unwrap_or((offer, ""));
            let weight = weight.trim().trim_start_matches("q=");
            name.trim().eq_ignore_ascii_case(wanted) && weight.parse() != Ok(0.0_f32)
        })
    }

    /// The language that the reader likes best of ours (RFC 9110, section 12.5.4).
    fn language(headers: &HeaderMap) -> &'static str {
        let lines = headers.get_all(header::ACCEPT_LANGUAGE).iter();
        let wishes = lines.filter_map(|line| line.to_str().ok());
        let mut best = (0.0, LANGUAGES[0]);
        for wish in wishes.flat_map(|line| line.split(',')) {
            let (tag, weight) = wish.split_once(';').unwrap_or((wish, "q=1"));
            let name = tag.trim().split('-').next().unwrap_or_default();
            let ours = LANGUAGES.iter().find(|own| name.eq_ignore_ascii_case(own));
            let weight: f32 = weight
                .trim()
                .trim_start_matches("q=")
                .parse()
                .unwrap_or(0.0);
            if let Some(ours) = ours.filter(|_| weight > best.0) {
                best = (weight, ours);
            }
        }
        best.1
    }

    fn find(path: &str, headers: &HeaderMap) -> Option<(EmbeddedFile, Option<&'static str>)> {
        let packed = ENCODINGS
            .iter()
            .filter(|(name, _)| accepts(headers, header::ACCEPT_ENCODING, name));
        let packed =
            packed.map(|(name, end)| Some((Client::get(&format!("{path}{end}"))?, Some(*name))));
        packed
            .flatten()
            .next()
            .or_else(|| Some((Client::get(path)?, None)))
    }

    fn kind(path: &str) -> &'static str {
        match path.rsplit_once('.').map_or("", |(_, end)| end) {
            "html" => "text/html; charset=utf-8",
            "js" => "text/javascript; charset=utf-8",
            "css" => "text/css; charset=utf-8",
            "json" => "application/json",
            "webmanifest" => "application/manifest+json",
            "wasm" => "application/wasm",
            "svg" => "image/svg+xml",
            "png" => "image/png",
            "ico" => "image/x-icon",
            "woff2" => "font/woff2",
            "txt" => "text/plain; charset=utf-8",
            _ => "application/octet-stream",
        }
    }

    /// Vite writes a hash of the contents into names under `assets/`; other names stay, so they are asked for again.
    fn cached(path: &str) -> &'static str {
        if path.starts_with("assets/") {
            "public, max-age=31536000, immutable"
        } else {
            "no-cache"
        }
    }

    fn varies(path: &str) -> &'static str {
        if path.ends_with(".html") {
            "accept-encoding, accept-language"
        } else {
            "accept-encoding"
        }
    }

    fn policy(path: &str) -> &'static str {
        if path.ends_with(".js") && path.contains("worker") {
            WORKER
        } else {
            PAGE
        }
    }

    /// Strong: each encoding of a file is a file of its own, with its own hash.
    fn etag(file: &EmbeddedFile) -> HeaderValue {
        let hash = file.metadata.sha256_hash();
        let text = format!("\"{}\"", BASE64URL_NOPAD.encode(&hash[..16]));
        HeaderValue::try_from(text).unwrap_or(HeaderValue::from_static("\"\""))
    }

    /// RFC 9110, section 13.1.2.
    fn is_known(headers: &HeaderMap, etag: &HeaderValue) -> bool {
        let lines = headers.get_all(header::IF_NONE_MATCH).iter();
        let known = lines.filter_map(|line| line.to_str().ok());
        known.flat_map(|line| line.split(',')).any(|one| {
            let one = one.trim().trim_start_matches("W/");
            one == "*" || one.as_bytes() == etag.as_bytes()
        })
    }

    fn answer(status: StatusCode, path: &str, headers: &HeaderMap) -> Option<Response> {
        let (file, encoding) = find(path, headers)?;
        let fixed = [
            (header::CONTENT_TYPE, kind(path)),
            (header::CONTENT_SECURITY_POLICY, policy(path)),
            (header::VARY, varies(path)),
            (header::CACHE_CONTROL, cached(path)),
        ];
        let encoding = encoding.map(|name| (header::CONTENT_ENCODING, name));
        let all = fixed.into_iter().chain(encoding);
        let mut answer: HeaderMap = all
            .map(|(name, value)| (name, HeaderValue::from_static(value)))
            .collect();
        let etag = etag(&file);
        let known = status == StatusCode::OK && is_known(headers, &etag);
        answer.insert(header::ETAG, etag);
        if known {
            return Some((StatusCode::NOT_MODIFIED, answer).into_response());
        }
        Some((status, answer, file.data).into_response())
    }

    /// The page as the build made it for the reader's language, whose words it asks for early.
    pub(crate) fn page(
        status: StatusCode,
        name: &str,
        headers: &HeaderMap,
    ) -> Result<Response, Error> {
        let language = language(headers);
        let own = match name.strip_suffix(".html") {
            Some(stem) if language != LANGUAGES[0] => format!("{stem}.{language}.html"),
            _ => name.to_owned(),
        };
        let found = answer(status, &own, headers).or_else(|| answer(status, name, headers));
        found.ok_or(Error::NoRoute)
    }

    pub(crate) fn file(path: &str, headers: &HeaderMap) -> Result<Response, Error> {
        if let Some(found) = answer(StatusCode::OK, path, headers) {
            return Ok(found);
        }
        // A person who mistyped gets the client's page for it; programs get a problem.
        let is_page = !path.contains('.') && !path.starts_with("api");
        if is_page && accepts(headers, header::ACCEPT, "text/html") {
            return page(StatusCode::NOT_FOUND, super::MEMBER, headers);
        }
        Err(Error::NoRoute)
    }
}
