//! The description of the API, from the handlers and the shapes themselves.

use crate::handlers::{info, login, parcels, uploads, visits};
use utoipa::openapi::security::{ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityScheme};
use utoipa::{Modify, OpenApi};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Depesche",
        description = "Delivers confidential files. Times are milliseconds since 1970-01-01 UTC, sizes are bytes, \
            ids are 22 characters of base64url, other bytes are base64url without padding. Errors are problem details \
            (RFC 9457) with a stable `code`. No GET changes anything but the clock of a lease.",
        license(name = "Apache-2.0", identifier = "Apache-2.0"),
    ),
    paths(
        info::info,
        login::start, login::finish, login::logout, login::logout_everywhere, login::me, login::sessions, login::end,
        uploads::begin, uploads::draft, uploads::abandon, uploads::part, uploads::remove_file, uploads::manifest,
        parcels::post, parcels::list, parcels::details, parcels::manifest, parcels::withdraw, parcels::extend,
        parcels::add_recipients, parcels::drop_recipient, parcels::resend,
        visits::look, visits::code, visits::open, visits::lease, visits::ping, visits::receipts, visits::manifest,
        visits::file,
    ),
    components(schemas(depesche_api::Problem)),
    modifiers(&Schemes),
)]
struct Document;

/// How one authorises.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut utoipa::openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let bearer = bearer.description(Some("A session, from `login/finish`"));
        components.add_security_scheme("session", SecurityScheme::Http(bearer.build()));
        let cookie = "A session in a browser, with `Origin` or `Sec-Fetch-Site` on what changes something; \
            on plain http the cookie is called `depesche`";
        let cookie = ApiKeyValue::with_description("__Host-depesche", cookie);
        components.add_security_scheme("cookie", SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let claim = "`Claim TOKEN`: the token that the visitor's client drew and gave to `open`";
        let claim = ApiKeyValue::with_description("Authorization", claim);
        components.add_security_scheme("claim", SecurityScheme::ApiKey(ApiKey::Header(claim)));
    }
}

/// The document as JSON text, ending in a line break; the same for the same program.
pub fn document() -> String {
    let text = Document::openapi().to_pretty_json();
    // Values of a derive that is checked at compile time are JSON.
    let mut text = text.unwrap_or_default();
    text.push('\n');
    text
}
