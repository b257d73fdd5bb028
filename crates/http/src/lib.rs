//! The web door: a listener with its limits, the routes of the API, the pages.
//!
//! A request comes in by [`net::server`], passes the [`front`] (host, site, framing; headers and a log line on the way
//! back), is let in by what its route asks for ([`router`]), and reaches a handler of a few lines that calls
//! the service.

pub mod auth;
pub mod front;
pub mod metrics;
pub mod net;
pub mod origin;
pub mod router;
pub mod state;

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
