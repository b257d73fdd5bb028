//! The mail door. For now the way out alone: notices and codes in de, en and cs leave by SMTP.

pub mod courier;
mod notice;
mod words;

pub use courier::{Courier, House, OpenError};
