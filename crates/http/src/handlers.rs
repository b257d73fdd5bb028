//! Extract, call the service, map, answer.

pub(crate) mod first;
pub(crate) mod handoffs;
pub(crate) mod info;
pub(crate) mod login;
pub(crate) mod parcels;
pub(crate) mod uploads;
pub(crate) mod visits;
