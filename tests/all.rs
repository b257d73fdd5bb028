//! One program for all tests that need more than one crate, and for the rules of the house.

mod house;
