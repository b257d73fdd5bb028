//! Extract, call the service, map, answer.

pub(crate) mod first;
pub(crate) mod handoffs;
pub(crate) mod inbox;
pub(crate) mod info;
pub(crate) mod invitations;
pub(crate) mod keyrings;
pub(crate) mod login;
pub(crate) mod page;
pub(crate) mod parcels;
pub(crate) mod pdf_passwords;
pub(crate) mod queue;
pub(crate) mod releases;
pub(crate) mod replies;
pub(crate) mod uploads;
pub(crate) mod visits;
