//! The web door: a listener with its limits, the routes of the API, the pages.
//!
//! A request comes in by [`net::server`] and reaches the door, [`app`]: it finds the route ([`router`]), checks what holds
//! for all ([`front`]: host, site, framing), lets in who shows what the route asks for ([`auth`]), and calls a handler of a few
//! lines that calls the service. Headers and a log line go with the answer.

pub mod app;
pub mod auth;
pub mod front;
pub mod metrics;
pub mod net;
pub mod origin;
pub mod router;
pub mod state;

mod asked;
mod assets;
mod body;
mod dev;
mod error;
mod handlers;
mod headers;
mod health;
mod log;
mod map;
mod map_handoffs;
mod map_protected;
mod openapi;
#[cfg(not(feature = "web"))]
mod pages;
mod plain;
mod shapes;
mod transfer;
