//! The mail door. For now the way out alone: notices and codes in de, en and cs leave by SMTP.

mod arrival;
pub mod courier;
mod letter;
mod notice;
mod people;
mod words;
pub mod workers;

pub use courier::{Courier, House, OpenError};
