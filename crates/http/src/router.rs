//! All routes, each with what it asks for. What is not in this table is not there.

use crate::auth::{Access, members, visitors};
use crate::error::Error;
use crate::front;
use crate::handlers::{first, info, login, parcels, uploads, visits};
use crate::state::Web;
use crate::{assets, dev, health, map, openapi};
use axum::Router;
use axum::handler::Handler;
use axum::middleware::{from_fn, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{MethodFilter, MethodRouter, on};
use http::{HeaderValue, Method, header};
use std::sync::{Arc, LazyLock};

/// A route: one method on one path.
pub struct Route {
    /// The method; GET answers HEAD as well.
    pub method: Method,
    /// The path, with `{names}` for what varies.
    pub path: &'static str,
    /// What it asks for.
    pub access: Access,
    handler: MethodRouter<Arc<Web>>,
}

fn route<H, T>(method: Method, path: &'static str, access: Access, handler: H) -> Route
where
    H: Handler<T, Arc<Web>>,
    T: 'static,
{
    let filter = MethodFilter::try_from(method.clone()).unwrap_or(MethodFilter::GET);
    Route {
        method,
        path,
        access,
        handler: on(filter, handler),
    }
}

/// The table.
pub fn routes() -> Vec<Route> {
    let mut all = for_machines();
    all.extend(for_members());
    all.extend(for_visitors());
    all.extend(for_people());
    all
}

fn for_machines() -> Vec<Route> {
    use Access::{FirstCode, Operator, Public};
    vec![
        route(Method::GET, "/healthz", Public, health::healthz),
        route(Method::GET, "/readyz", Public, health::readyz),
        route(Method::GET, "/metrics", Operator, health::metrics),
        route(Method::GET, "/api/openapi.json", Public, show_description),
        route(Method::GET, "/api/v1/info", Public, info::info),
        route(Method::POST, "/api/v1/first/start", FirstCode, first::start),
        route(
            Method::POST,
            "/api/v1/first/finish",
            FirstCode,
            first::finish,
        ),
    ]
}

fn for_members() -> Vec<Route> {
    use Access::{Member, Public};
    const PARCEL: &str = "/api/v1/parcels/{id}";
    const DRAFT: &str = "/api/v1/parcels/{id}/draft";
    const FILE: &str = "/api/v1/parcels/{id}/files/{file}";
    const PART: &str = "/api/v1/parcels/{id}/files/{file}/parts/{index}";
    const MANIFEST: &str = "/api/v1/parcels/{id}/manifest";
    vec![
        route(Method::POST, "/api/v1/login/start", Public, login::start),
        route(Method::POST, "/api/v1/login/finish", Public, login::finish),
        route(Method::POST, "/api/v1/logout", Member, login::logout),
        route(
            Method::POST,
            "/api/v1/logout/everywhere",
            Member,
            login::logout_everywhere,
        ),
        route(Method::GET, "/api/v1/me", Member, login::me),
        route(Method::GET, "/api/v1/sessions", Member, login::sessions),
        route(Method::DELETE, "/api/v1/sessions/{id}", Member, login::end),
        route(Method::PUT, PARCEL, Member, uploads::begin),
        route(Method::GET, DRAFT, Member, uploads::draft),
        route(Method::DELETE, DRAFT, Member, uploads::abandon),
        route(Method::PUT, PART, Member, uploads::part),
        route(Method::DELETE, FILE, Member, uploads::remove_file),
        route(Method::PUT, MANIFEST, Member, uploads::manifest),
        route(
            Method::POST,
            "/api/v1/parcels/{id}/post",
            Member,
            parcels::post,
        ),
        route(Method::GET, "/api/v1/parcels", Member, parcels::list),
        route(Method::GET, PARCEL, Member, parcels::details),
        route(Method::GET, MANIFEST, Member, parcels::manifest),
        route(
            Method::POST,
            "/api/v1/parcels/{id}/withdraw",
            Member,
            parcels::withdraw,
        ),
        route(
            Method::POST,
            "/api/v1/parcels/{id}/extend",
            Member,
            parcels::extend,
        ),
        route(
            Method::POST,
            "/api/v1/parcels/{id}/recipients",
            Member,
            parcels::add_recipients,
        ),
        route(
            Method::POST,
            "/api/v1/parcels/{id}/recipients/drop",
            Member,
            parcels::drop_recipient,
        ),
        route(
            Method::POST,
            "/api/v1/parcels/{id}/resend",
            Member,
            parcels::resend,
        ),
    ]
}

fn for_visitors() -> Vec<Route> {
    use Access::{Claim, Link};
    vec![
        route(Method::POST, "/api/v1/links/{id}/look", Link, visits::look),
        route(Method::POST, "/api/v1/links/{id}/code", Link, visits::code),
        route(Method::POST, "/api/v1/links/{id}/open", Link, visits::open),
        route(Method::POST, "/api/v1/claims/lease", Claim, visits::lease),
        route(Method::POST, "/api/v1/claims/ping", Claim, visits::ping),
        route(
            Method::POST,
            "/api/v1/claims/receipts",
            Claim,
            visits::receipts,
        ),
        route(
            Method::GET,
            "/api/v1/claims/manifest",
            Claim,
            visits::manifest,
        ),
        route(
            Method::GET,
            "/api/v1/claims/files/{file}",
            Claim,
            visits::file,
        ),
    ]
}

/// Pages of the client, which finds its own way; what it is served depends on nothing but the first word.
const FOR_VISITORS: [&str; 3] = ["/d/{*link}", "/a/{*link}", "/help"];
const FOR_MEMBERS: [&str; 6] = ["/", "/new", "/sent", "/sent/{id}", "/login", "/first"];

fn for_people() -> Vec<Route> {
    use Access::{Demo, Public};
    let page = |path| route(Method::GET, path, Public, assets::member);
    let visit = |path| route(Method::GET, path, Public, assets::visitor);
    let mut all: Vec<_> = FOR_MEMBERS.into_iter().map(page).collect();
    all.extend(FOR_VISITORS.into_iter().map(visit));
    all.extend([
        route(Method::GET, map::LOGO, Public, info::logo),
        route(Method::GET, "/dev/mail", Demo, dev::show),
        route(Method::GET, "/dev/mail/{name}", Demo, dev::html),
        route(Method::GET, "/dev/mail.json", Demo, dev::list),
        route(Method::DELETE, "/dev/mail.json", Demo, dev::clear),
        route(Method::GET, "/{*file}", Public, assets::other),
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

/// The whole door: routes behind their access, and around them what holds for all.
pub fn app(web: Web) -> Router {
    let web = Arc::new(web);
    let mut router = Router::new();
    for one in routes() {
        // Layers of a route do not reach the answer to a wrong method, so they are laid here, one by one.
        let handler = match one.access {
            Access::Member => {
                let gate = from_fn_with_state(Arc::clone(&web), members);
                one.handler.route_layer(gate)
            }
            Access::Claim => one.handler.route_layer(from_fn(visitors)),
            Access::Public | Access::FirstCode | Access::Link | Access::Operator | Access::Demo => {
                one.handler
            }
        };
        router = router.route(one.path, handler);
    }
    let pass = from_fn_with_state(Arc::clone(&web.front), front::pass);
    router
        .fallback(|| async { Error::NoRoute })
        .method_not_allowed_fallback(|| async { Error::Method })
        .layer(pass)
        .with_state(web)
}
