//! A mail server's side of a connection: `cargo fuzz run smtp_session`. The laws are those of
//! `depesche_smtp::fuzzing`, which a plain test runs over the same corpus.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| depesche_smtp::fuzzing::session(data));
