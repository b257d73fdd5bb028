//! The caught mail of a demo server: a page to read it, and the same as JSON for scripts.

use crate::asked::Path;
use crate::error::Error;
use crate::state::Web;
use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use depesche_service::demo::CaughtMail;
use http::{HeaderMap, HeaderValue, StatusCode, header};
use serde::Serialize;
use std::sync::Arc;

#[derive(Serialize)]
pub(crate) struct Mail {
    id: String,
    from: String,
    to: String,
    subject: String,
    text: String,
    html: String,
    raw: String,
}

fn caught(web: &Web) -> Result<&CaughtMail, Error> {
    web.mail.as_ref().ok_or(Error::NoRoute)
}

/// All caught mails, oldest first.
pub(crate) async fn list(State(web): State<Arc<Web>>) -> Result<Json<Vec<Mail>>, Error> {
    let mails = caught(&web)?.list().into_iter().map(|mail| Mail {
        id: mail.id,
        from: mail.from,
        to: mail.to,
        subject: mail.subject,
        text: mail.text,
        html: mail.html,
        raw: mail.raw,
    });
    Ok(Json(mails.collect()))
}

/// In a mail's HTML styles stand in the tags; it runs nothing, and what it links to opens beside it.
const MAIL_POLICY: &str = "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; \
    form-action 'none'; frame-ancestors 'self'; \
    sandbox allow-popups allow-popups-to-escape-sandbox allow-top-navigation-by-user-activation";

/// One mail's HTML, to be framed by the page: `<id>.html`.
pub(crate) async fn html(
    State(web): State<Arc<Web>>,
    Path(name): Path<String>,
) -> Result<Response, Error> {
    let id = name.strip_suffix(".html").ok_or(Error::NoRoute)?;
    let mails = caught(&web)?.list();
    let mail = mails.into_iter().find(|mail| mail.id == id);
    let mail = mail.ok_or(Error::NoRoute)?;
    let headers = [
        (header::CONTENT_TYPE, "text/html; charset=utf-8"),
        (header::CONTENT_SECURITY_POLICY, MAIL_POLICY),
        (header::X_FRAME_OPTIONS, "SAMEORIGIN"),
    ];
    let headers = headers.map(|(name, value)| (name, HeaderValue::from_static(value)));
    Ok((headers, mail.html).into_response())
}

/// Forgets all.
pub(crate) async fn clear(State(web): State<Arc<Web>>) -> Result<StatusCode, Error> {
    caught(&web)?.clear();
    Ok(StatusCode::NO_CONTENT)
}

/// The mails to read.
pub(crate) async fn show(
    State(web): State<Arc<Web>>,
    headers: HeaderMap,
) -> Result<Response, Error> {
    reading::show(caught(&web)?, headers).await
}

/// The client's page, which reads the list.
#[cfg(feature = "web")]
mod reading {
    use crate::assets;
    use crate::error::Error;
    use axum::response::Response;
    use depesche_service::demo::CaughtMail;
    use http::HeaderMap;

    pub(crate) async fn show(_: &CaughtMail, headers: HeaderMap) -> Result<Response, Error> {
        assets::member(headers).await
    }
}

/// A plain list.
#[cfg(not(feature = "web"))]
mod reading {
    use crate::error::Error;
    use crate::pages::{escape, page};
    use axum::response::Response;
    use depesche_service::demo::CaughtMail;
    use http::{HeaderMap, StatusCode};
    use std::fmt::Write;

    /// Newest first.
    pub(crate) async fn show(caught: &CaughtMail, _: HeaderMap) -> Result<Response, Error> {
        let mails = caught.list();
        let mut body = String::from("<h1>Caught mail</h1>\n");
        if mails.is_empty() {
            body.push_str("<p>No mail yet. This server catches its mail and shows it here.</p>\n");
        }
        for mail in mails.iter().rev() {
            // Writing into a String cannot fail.
            let _ = writeln!(
                body,
                "<article><h2>{}</h2><p>From {} to {}</p><pre>{}</pre></article>",
                escape(&mail.subject),
                escape(&mail.from),
                escape(&mail.to),
                with_links(&mail.text),
            );
        }
        Ok(page(StatusCode::OK, "Caught mail", &body))
    }

    /// Escaped text in which the lines that are an address can be clicked: in our mails they stand alone.
    fn with_links(text: &str) -> String {
        let lines = text.lines().map(|line| {
            let escaped = escape(line);
            let address = line.trim();
            let is_address = ["http://", "https://"]
                .iter()
                .any(|s| address.starts_with(s));
            if is_address && !address.contains(char::is_whitespace) {
                format!("<a href=\"{}\">{escaped}</a>", escape(address))
            } else {
                escaped
            }
        });
        lines.collect::<Vec<_>>().join("\n")
    }

    #[cfg(test)]
    mod tests {
        use super::*;

        #[test]
        fn a_mail_is_text_and_nothing_else() {
            let text =
                "Hello <b>\nhttps://a.example/d/x#1.\"><script>\n  http://a.example/y\nhttp://a b";
            assert_eq!(
                with_links(text),
                "Hello &lt;b&gt;\n\
                 <a href=\"https://a.example/d/x#1.&quot;&gt;&lt;script&gt;\">https://a.example/d/x#1.&quot;&gt;&lt;script&gt;</a>\n\
                 <a href=\"http://a.example/y\">  http://a.example/y</a>\n\
                 http://a b"
            );
        }
    }
}
