//! The web door from outside: real sockets, real TLS, real clients and broken ones.

mod house;
mod listener;
mod tls;
