//! The door: every request passes it, and it leads to the routes.
//!
//! It finds them itself, without a framework's layers, each of which would box the request and both bodies anew
//! (`docs/decisions/0053-one-door.md`).

use crate::asked::{Asked, Found};
use crate::auth;
use crate::body::drain;
use crate::error::Error;
use crate::front::Client;
use crate::headers::Dress;
use crate::log::{Line, Sent};
use crate::metrics::Counts;
use crate::net::peer::Peer;
use crate::net::server::{self, Paced};
use crate::router::{Route, routes};
use crate::state::{Later, Web};
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::request::Parts;
use http::{HeaderValue, Method, Request, header};
use http_body::Body as _;
use std::future::ready;
use std::sync::Arc;

/// The door; cheap to clone.
#[derive(Clone)]
pub struct App(Arc<Inside>);

struct Inside {
    web: Arc<Web>,
    paths: matchit::Router<Here>,
    /// Of requests that lead nowhere.
    nowhere: Arc<Counts>,
    dress: Dress,
}

/// What stands under one path.
struct Here {
    routes: Vec<Route>,
    counts: Arc<Counts>,
    /// The methods, for [`header::ALLOW`].
    allowed: HeaderValue,
}

impl Here {
    fn new(web: &Web, routes: Vec<Route>) -> Self {
        let mut names: Vec<&str> = routes.iter().map(|route| route.method.as_str()).collect();
        if names.contains(&"GET") {
            names.push("HEAD");
        }
        let template = routes.first().map_or("none", |route| route.path);
        Self {
            counts: web.front.metrics.of(template),
            allowed: HeaderValue::try_from(names.join(",")).unwrap_or(HeaderValue::from_static("")),
            routes,
        }
    }

    /// GET answers HEAD as well.
    fn route(&self, method: &Method) -> Option<&Route> {
        let wanted = if *method == Method::HEAD {
            &Method::GET
        } else {
            method
        };
        self.routes.iter().find(|route| route.method == *wanted)
    }
}

impl App {
    /// All routes of the table, with what they need.
    ///
    /// # Panics
    /// If two paths of the table contradict each other.
    pub fn new(web: Web) -> Self {
        let mut paths = matchit::Router::new();
        let mut all = routes();
        while let Some(path) = all.first().map(|route| route.path) {
            let (here, others) = all.into_iter().partition(|route| route.path == path);
            all = others;
            let inserted = paths.insert(path, Here::new(&web, here));
            assert!(inserted.is_ok(), "{path}: {inserted:?}");
        }
        let nowhere = web.front.metrics.of("none");
        Self(Arc::new(Inside {
            dress: Dress::new(web.front.origin.is_https()),
            web: Arc::new(web),
            paths,
            nowhere,
        }))
    }
}

impl server::App for App {
    type Body = Sent<Body>;

    /// All that needs no waiting is done before the future is made, and what it holds on to is little: it is moved
    /// about with every request.
    fn answer(
        &self,
        peer: Peer,
        head: Parts,
        body: Paced,
    ) -> impl Future<Output = Response<Sent<Body>>> + Send + use<> {
        let inside = Arc::clone(&self.0);
        let web = &inside.web;
        let client = web.front.client(peer, &head.headers);
        let (counts, found) = inside.find(&head);
        let mut line = Line::begin(counts, &web.front.salt, &head.method, client.ip);
        let is_head = head.method == Method::HEAD;
        let answer = match web.front.check(&head).and(found) {
            Ok((route, found)) => {
                let body = if body.is_end_stream() {
                    Body::empty()
                } else {
                    Body::new(line.count(body))
                };
                let request = Request::from_parts(head, body);
                serve(web, route, client, found, request)
            }
            Err(error) => Box::pin(ready(error.into_response())),
        };
        async move {
            let mut response = answer.await;
            if is_head {
                leave_out_body(&mut response);
            }
            inside.dress.put_on(response.headers_mut());
            let status = response.status();
            response.map(|body| line.follow(status, body))
        }
    }
}

impl Inside {
    /// Where a request leads, and where it is counted.
    fn find(&self, head: &Parts) -> (Arc<Counts>, Result<(&Route, Found), Error>) {
        let path = head.uri.path();
        let Ok(here) = self.paths.at(path) else {
            return (Arc::clone(&self.nowhere), Err(Error::NoRoute));
        };
        let route = here.value.route(&head.method);
        let found = route.map(|route| (route, Found::new(path, &here.params)));
        let allowed = || Error::Method(here.value.allowed.clone());
        (Arc::clone(&here.value.counts), found.ok_or_else(allowed))
    }
}

/// Lets in who shows what the route asks for.
fn serve(
    web: &Arc<Web>,
    route: &Route,
    client: Client,
    found: Found,
    request: Request<Body>,
) -> Later<Response> {
    let asked = move |web, shown| Asked {
        web,
        client,
        found,
        shown,
    };
    let web = Arc::clone(web);
    match auth::see(route.access, request.headers()) {
        Ok(Some(shown)) => (route.handler)(request, asked(web, shown)),
        Ok(None) => {
            let (access, handler) = (route.access, Arc::clone(&route.handler));
            Box::pin(async move {
                let (head, body) = request.into_parts();
                match auth::session(&web, access, &head.method, &head.headers).await {
                    Ok(shown) => {
                        let request = Request::from_parts(head, body);
                        handler(request, asked(web, shown)).await
                    }
                    Err(error) => refuse(body, error).await,
                }
            })
        }
        Err(error) => Box::pin(refuse(request.into_body(), error)),
    }
}

/// Says no after the body was read, so that a client that is still sending hears it.
async fn refuse(mut body: Body, error: Error) -> Response {
    drain(&mut body).await;
    error.into_response()
}

/// The answer to HEAD says how long that to GET would be (RFC 9110 section 9.3.2).
fn leave_out_body(response: &mut Response) {
    if let Some(length) = response.body().size_hint().exact() {
        let entry = response.headers_mut().entry(header::CONTENT_LENGTH);
        entry.or_insert(HeaderValue::from(length));
    }
    *response.body_mut() = Body::empty();
}
