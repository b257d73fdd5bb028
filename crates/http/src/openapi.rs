//! The description of the API, from the handlers and the shapes themselves.

use crate::auth::Access;
use crate::handlers::{
    first, handoffs, inbox, info, invitations, keyrings, login, parcels, pdf_passwords, queue,
    releases, replies, uploads, visits,
};
use http::{Method, StatusCode};
use utoipa::openapi::path::Operation;
use utoipa::openapi::security::{
    ApiKey, ApiKeyValue, HttpAuthScheme, HttpBuilder, SecurityRequirement, SecurityScheme,
};
use utoipa::openapi::{self, Content, Ref, RefOr, ResponseBuilder};
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
        info::info, first::start, first::finish,
        login::start, login::finish, login::logout, login::logout_everywhere, login::me, login::sessions, login::end,
        invitations::ask, invitations::look, invitations::start, invitations::finish,
        keyrings::show, keyrings::create, keyrings::add_lock, keyrings::delete_lock, keyrings::add_body,
        keyrings::add_record, keyrings::stop_reset, keyrings::keys, keyrings::contacts, keyrings::all,
        releases::waiting, releases::release, releases::stanza, releases::set_code, releases::wrong_tag,
        inbox::list, inbox::counts, inbox::show, inbox::mark_read, inbox::open, inbox::register, inbox::instant,
        inbox::own_stanza, uploads::list, uploads::put_going_on, uploads::going_on,
        uploads::begin, uploads::draft, uploads::abandon, uploads::part, uploads::remove_file, uploads::manifest,
        parcels::post, parcels::list, parcels::details, parcels::manifest, parcels::withdraw, parcels::extend,
        parcels::add_recipients, parcels::drop_recipient, parcels::resend,
        visits::look, visits::code, visits::open, visits::lease, visits::ping, visits::receipts, visits::manifest,
        visits::file,
        handoffs::offer, handoffs::ask, handoffs::fill, handoffs::find, handoffs::look, handoffs::take,
        handoffs::sealed, handoffs::commit, handoffs::state, handoffs::cancel, handoffs::memory,
        pdf_passwords::look, pdf_passwords::set, pdf_passwords::ask, pdf_passwords::reset,
        replies::look, replies::begin, replies::draft, replies::abandon, replies::part, replies::remove_file,
        replies::manifest, replies::post,
        queue::list, queue::retry, queue::retry_all, queue::drop,
    ),
    components(schemas(depesche_api::Problem)),
    modifiers(&Schemes),
)]
struct Document;

/// How one authorises.
struct Schemes;

impl Modify for Schemes {
    fn modify(&self, document: &mut openapi::OpenApi) {
        let components = document.components.get_or_insert_default();
        let bearer = HttpBuilder::new().scheme(HttpAuthScheme::Bearer);
        let bearer = bearer.description(Some("A session, from `login/finish`"));
        components.add_security_scheme(SESSION, SecurityScheme::Http(bearer.build()));
        let cookie = "A session in a browser, with `Origin` or `Sec-Fetch-Site` on what changes something; \
            on plain http the cookie is called `depesche`";
        let cookie = ApiKeyValue::with_description("__Host-depesche", cookie);
        components.add_security_scheme(COOKIE, SecurityScheme::ApiKey(ApiKey::Cookie(cookie)));
        let claim = "`Claim TOKEN`: the token that the visitor's client drew and gave to `open`";
        let claim = ApiKeyValue::with_description("Authorization", claim);
        components.add_security_scheme(CLAIM, SecurityScheme::ApiKey(ApiKey::Header(claim)));
        let handoff = "`Handoff SECRET`: of its source, to watch and take back; of the device that took, to go on and commit";
        let handoff = ApiKeyValue::with_description("Authorization", handoff);
        components.add_security_scheme(HANDOFF, SecurityScheme::ApiKey(ApiKey::Header(handoff)));
        let reply = "`Reply AUTH`: auth of a reply link, derived from what stands behind its `#`";
        let reply = ApiKeyValue::with_description("Authorization", reply);
        components.add_security_scheme(REPLY, SecurityScheme::ApiKey(ApiKey::Header(reply)));
    }
}

const HANDOFF: &str = "handoff";
const REPLY: &str = "reply";
const SESSION: &str = "session";
const COOKIE: &str = "cookie";
const CLAIM: &str = "claim";

fn security(access: Access) -> Option<Vec<SecurityRequirement>> {
    let schemes: &[&str] = match access {
        Access::Person | Access::Member | Access::Admin => &[SESSION, COOKIE],
        Access::Claim => &[CLAIM],
        Access::Handoff => &[HANDOFF],
        Access::Reply => &[REPLY],
        Access::Public | Access::FirstCode | Access::Link | Access::Operator | Access::Demo => {
            return None;
        }
    };
    let none: [&str; 0] = [];
    let requirements = schemes
        .iter()
        .map(|name| SecurityRequirement::new(*name, none));
    Some(requirements.collect())
}

/// What every operation has, and its handler does not have to say.
fn complete(operation: &mut Operation, access: Access) {
    operation.security = security(access);
    let tag = operation.tags.iter().flatten().next().cloned();
    let name = operation.operation_id.take().unwrap_or_default();
    operation.operation_id = Some(format!("{}_{name}", tag.unwrap_or_default()));
    let responses = &mut operation.responses.responses;
    for (status, response) in &mut *responses {
        if let RefOr::T(response) = response {
            let status = status
                .parse()
                .ok()
                .and_then(|n| StatusCode::from_u16(n).ok());
            let reason = status.and_then(|status| status.canonical_reason());
            response.description = reason.unwrap_or_default().to_owned();
        }
    }
    let problem = ResponseBuilder::new()
        .description("What went wrong, and the way on")
        .content(
            "application/problem+json",
            Content::new(Some(Ref::from_schema_name("Problem"))),
        );
    responses.insert("default".into(), problem.build().into());
}

/// The document as JSON text, ending in a line break; the same for the same program. `access` = what the
/// route of this method and path asks for.
pub(crate) fn document(access: impl Fn(&Method, &str) -> Access) -> String {
    let mut document = Document::openapi();
    for (path, item) in &mut document.paths.paths {
        let operations = [
            (Method::GET, &mut item.get),
            (Method::PUT, &mut item.put),
            (Method::POST, &mut item.post),
            (Method::DELETE, &mut item.delete),
        ];
        for (method, operation) in operations {
            if let Some(operation) = operation {
                complete(operation, access(&method, path));
            }
        }
    }
    // What a derive that is checked at compile time makes is JSON.
    let mut text = document.to_pretty_json().unwrap_or_default();
    text.push('\n');
    text
}
