//! The web door from outside: real sockets, real TLS, real clients and broken ones.

mod delivery;
mod house;
mod http2;
mod listener;
mod log;
mod matrix;
mod operators;
mod portal;
mod refusals;
mod routes;
mod sessions;
mod tls;
