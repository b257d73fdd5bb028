//! The routes of the API, typed. Paths and shapes are those of `depesche-api`.

mod parcels;
mod people;
