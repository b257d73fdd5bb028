//! All routes, each with what it asks for. What is not in this table is not there.

use crate::asked::Asked;
use crate::auth::Access;
use crate::handlers::{
    first, handoffs, inbox, info, invitations, keyrings, login, parcels, pdf_passwords, queue,
    releases, replies, uploads, visits,
};
use crate::state::Later;
use crate::{assets, dev, health, map, openapi};
use axum::extract::Request;
use axum::handler::Handler;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, Method, header};
use std::sync::{Arc, LazyLock};

/// Answers a request that was let in.
pub(crate) type Handle = Arc<dyn Fn(Request, Asked) -> Later<Response> + Send + Sync>;

/// A route: one method on one path.
pub struct Route {
    /// The method; GET answers HEAD as well.
    pub method: Method,
    /// The path, with `{names}` for what varies.
    pub path: &'static str,
    /// What it asks for.
    pub access: Access,
    pub(crate) handler: Handle,
}

fn route<H, T>(method: Method, path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, Asked, Future = Later<Response>>,
    T: 'static,
{
    Route {
        method,
        path,
        access,
        handler: Arc::new(move |request, asked| handler.clone().call(request, asked)),
    }
}

fn get<H, T>(path: &'static str, access: Access, h: H) -> Route
where
    H: Handler<T, Asked, Future = Later<Response>>,
    T: 'static,
{
    route(Method::GET, path, access, h)
}

fn put<H, T>(path: &'static str, access: Access, h: H) -> Route
where
    H: Handler<T, Asked, Future = Later<Response>>,
    T: 'static,
{
    route(Method::PUT, path, access, h)
}

fn post<H, T>(path: &'static str, access: Access, h: H) -> Route
where
    H: Handler<T, Asked, Future = Later<Response>>,
    T: 'static,
{
    route(Method::POST, path, access, h)
}

fn delete<H, T>(path: &'static str, access: Access, h: H) -> Route
where
    H: Handler<T, Asked, Future = Later<Response>>,
    T: 'static,
{
    route(Method::DELETE, path, access, h)
}

/// The table.
pub fn routes() -> Vec<Route> {
    let mut all = for_machines();
    all.extend(for_members());
    all.extend(with_a_key());
    all.extend(for_visitors());
    all.extend(for_devices());
    all.extend(of_protected_mail());
    all.extend(for_people());
    all
}

fn for_machines() -> Vec<Route> {
    use Access::{FirstCode, Operator, Public};
    vec![
        get("/healthz", Public, health::healthz),
        get("/readyz", Public, health::readyz),
        get("/metrics", Operator, health::metrics),
        get("/api/openapi.json", Public, show_description),
        get("/api/v1/info", Public, info::info),
        post("/api/v1/first/start", FirstCode, first::start),
        post("/api/v1/first/finish", FirstCode, first::finish),
    ]
}

fn for_members() -> Vec<Route> {
    use Access::{Member, Person, Public};
    const PARCEL: &str = "/api/v1/parcels/{id}";
    const DRAFT: &str = "/api/v1/parcels/{id}/draft";
    const FILE: &str = "/api/v1/parcels/{id}/files/{file}";
    const PART: &str = "/api/v1/parcels/{id}/files/{file}/parts/{index}";
    const MANIFEST: &str = "/api/v1/parcels/{id}/manifest";
    vec![
        post("/api/v1/login/start", Public, login::start),
        post("/api/v1/login/finish", Public, login::finish),
        post("/api/v1/logout", Person, login::logout),
        post(
            "/api/v1/logout/everywhere",
            Person,
            login::logout_everywhere,
        ),
        get("/api/v1/me", Person, login::me),
        get("/api/v1/sessions", Person, login::sessions),
        delete("/api/v1/sessions/{id}", Person, login::end),
        put(PARCEL, Person, uploads::begin),
        get(DRAFT, Person, uploads::draft),
        delete(DRAFT, Person, uploads::abandon),
        put(PART, Person, uploads::part),
        delete(FILE, Person, uploads::remove_file),
        put(MANIFEST, Person, uploads::manifest),
        post("/api/v1/parcels/{id}/post", Person, parcels::post),
        get("/api/v1/parcels", Person, parcels::list),
        get(PARCEL, Person, parcels::details),
        get(MANIFEST, Person, parcels::manifest),
        post("/api/v1/parcels/{id}/withdraw", Person, parcels::withdraw),
        post("/api/v1/parcels/{id}/extend", Person, parcels::extend),
        post(
            "/api/v1/parcels/{id}/recipients",
            Member,
            parcels::add_recipients,
        ),
        post(
            "/api/v1/parcels/{id}/recipients/drop",
            Person,
            parcels::drop_recipient,
        ),
        post("/api/v1/parcels/{id}/resend", Person, parcels::resend),
    ]
}

fn with_a_key() -> Vec<Route> {
    use Access::{Admin, Person};
    const KEYRING: &str = "/api/v1/keyring";
    const QUEUE: &str = "/api/v1/admin/queue";
    const GOING_ON: &str = "/api/v1/parcels/{id}/going-on";
    vec![
        get(KEYRING, Person, keyrings::show),
        put(KEYRING, Person, keyrings::create),
        post("/api/v1/keyring/locks", Person, keyrings::add_lock),
        delete("/api/v1/keyring/locks/{id}", Person, keyrings::delete_lock),
        post("/api/v1/keyring/bodies", Person, keyrings::add_body),
        post("/api/v1/keyring/records", Person, keyrings::add_record),
        delete("/api/v1/keyring/reset", Person, keyrings::stop_reset),
        post("/api/v1/keys", Person, keyrings::keys),
        get("/api/v1/contacts", Person, keyrings::contacts),
        get("/api/v1/people", Admin, keyrings::all),
        get(QUEUE, Admin, queue::list),
        post("/api/v1/admin/queue/retry", Admin, queue::retry_all),
        post(
            "/api/v1/admin/queue/{mail}/{position}/retry",
            Admin,
            queue::retry,
        ),
        post(
            "/api/v1/admin/queue/{mail}/{position}/drop",
            Admin,
            queue::drop,
        ),
        get("/api/v1/drafts", Person, uploads::list),
        put(GOING_ON, Person, uploads::put_going_on),
        get(GOING_ON, Person, uploads::going_on),
        get("/api/v1/parcels/{id}/stanza", Person, releases::stanza),
        post(
            "/api/v1/parcels/{id}/claim-code",
            Person,
            releases::set_code,
        ),
        post(
            "/api/v1/parcels/{id}/claim-code/wrong",
            Person,
            releases::wrong_tag,
        ),
        get("/api/v1/waiting", Person, releases::waiting),
        post("/api/v1/releases", Person, releases::release),
        get("/api/v1/counts", Person, inbox::counts),
        get("/api/v1/inbox", Person, inbox::list),
        get("/api/v1/inbox/{id}", Person, inbox::show),
        post("/api/v1/inbox/{id}/read", Person, inbox::mark_read),
        post("/api/v1/inbox/{id}/open", Person, inbox::open),
        post("/api/v1/inbox/{id}/register", Person, inbox::register),
        post("/api/v1/inbox/{id}/instant", Person, inbox::instant),
        post("/api/v1/inbox/{id}/stanza", Person, inbox::own_stanza),
    ]
}

fn for_visitors() -> Vec<Route> {
    use Access::{Claim, Link, Public};
    vec![
        post("/api/v1/links/{id}/invite", Link, invitations::ask),
        post("/api/v1/invitations/look", Public, invitations::look),
        post("/api/v1/invitations/start", Public, invitations::start),
        post("/api/v1/invitations/finish", Public, invitations::finish),
        post("/api/v1/links/{id}/look", Link, visits::look),
        post("/api/v1/links/{id}/code", Link, visits::code),
        post("/api/v1/links/{id}/open", Link, visits::open),
        post("/api/v1/claims/lease", Claim, visits::lease),
        post("/api/v1/claims/ping", Claim, visits::ping),
        post("/api/v1/claims/receipts", Claim, visits::receipts),
        get("/api/v1/claims/manifest", Claim, visits::manifest),
        get("/api/v1/claims/files/{file}", Claim, visits::file),
    ]
}

fn for_devices() -> Vec<Route> {
    use Access::{Handoff, Operator, Public};
    vec![
        post("/api/v1/handoffs", Public, handoffs::offer),
        post("/api/v1/handoffs/ask", Public, handoffs::ask),
        post("/api/v1/handoffs/find", Public, handoffs::find),
        post("/api/v1/handoffs/{id}/fill", Public, handoffs::fill),
        post("/api/v1/handoffs/{id}/look", Public, handoffs::look),
        post("/api/v1/handoffs/{id}/take", Public, handoffs::take),
        get("/api/v1/handoffs/{id}/sealed", Handoff, handoffs::sealed),
        post("/api/v1/handoffs/{id}/commit", Handoff, handoffs::commit),
        get("/api/v1/handoffs/{id}/state", Handoff, handoffs::state),
        delete("/api/v1/handoffs/{id}", Handoff, handoffs::cancel),
        get("/api/v1/operator/handoffs", Operator, handoffs::memory),
    ]
}

fn of_protected_mail() -> Vec<Route> {
    use Access::{Admin, Link, Public, Reply};
    const DRAFT: &str = "/api/v1/replies/{token}/parcels/{id}/draft";
    const PARCEL: &str = "/api/v1/replies/{token}/parcels/{id}";
    const FILE: &str = "/api/v1/replies/{token}/parcels/{id}/files/{file}";
    const PART: &str = "/api/v1/replies/{token}/parcels/{id}/files/{file}/parts/{index}";
    const MANIFEST: &str = "/api/v1/replies/{token}/parcels/{id}/manifest";
    vec![
        post("/api/v1/pdf-passwords/look", Public, pdf_passwords::look),
        post("/api/v1/pdf-passwords/set", Public, pdf_passwords::set),
        post("/api/v1/pdf-passwords/ask", Public, pdf_passwords::ask),
        post("/api/v1/pdf-passwords/reset", Admin, pdf_passwords::reset),
        post("/api/v1/replies/{token}/look", Link, replies::look),
        put(PARCEL, Reply, replies::begin),
        get(DRAFT, Reply, replies::draft),
        delete(DRAFT, Reply, replies::abandon),
        put(PART, Reply, replies::part),
        delete(FILE, Reply, replies::remove_file),
        put(MANIFEST, Reply, replies::manifest),
        post(
            "/api/v1/replies/{token}/parcels/{id}/post",
            Reply,
            replies::post,
        ),
    ]
}

/// Pages of the client, which finds its own way; what it is served depends on nothing but the first word.
const FOR_VISITORS: [&str; 3] = ["/d/{*link}", "/a/{*link}", "/help"];
/// Passwords of protected mail, and replies to it.
const FOR_PROTECTED: [&str; 3] = ["/p", "/p/{*token}", "/r/{*link}"];
const FOR_MEMBERS: [&str; 14] = [
    "/",
    "/new",
    "/sent",
    "/sent/{id}",
    "/received",
    "/received/{id}",
    "/contacts",
    "/sealpass",
    "/sealpass/recover",
    "/logins",
    "/queue",
    "/register/{*token}",
    "/login",
    "/first",
];
/// With `/h` for typed words.
const FOR_HANDOFF: [&str; 4] = ["/handoff", "/handoff/how", "/h", "/h/{*link}"];

fn for_people() -> Vec<Route> {
    use Access::{Demo, Public};
    let page = |path| get(path, Public, assets::member);
    let visit = |path| get(path, Public, assets::visitor);
    let mut all: Vec<_> = FOR_MEMBERS.into_iter().map(page).collect();
    all.extend(FOR_VISITORS.into_iter().map(visit));
    let hand = |path| get(path, Public, assets::handoff);
    all.extend(FOR_HANDOFF.into_iter().map(hand));
    let mail = |path| get(path, Public, assets::protected);
    all.extend(FOR_PROTECTED.into_iter().map(mail));
    all.extend([
        get(map::LOGO, Public, info::logo),
        get("/dev/mail", Demo, dev::show),
        get("/dev/mail/{name}", Demo, dev::html),
        get("/dev/mail.json", Demo, dev::list),
        delete("/dev/mail.json", Demo, dev::clear),
        get("/{*file}", Public, assets::other),
    ]);
    all
}

/// The description of the API: OpenAPI 3.1, as JSON text.
pub fn description() -> String {
    let table = routes();
    openapi::document(|method, path| {
        let found = table.iter().find(|r| r.method == *method && r.path == path);
        found.map_or(Access::Public, |route| route.access)
    })
}

async fn show_description() -> Response {
    static TEXT: LazyLock<String> = LazyLock::new(description);
    let json = HeaderValue::from_static("application/json");
    ([(header::CONTENT_TYPE, json)], TEXT.as_str()).into_response()
}
