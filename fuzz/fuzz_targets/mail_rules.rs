//! The header of a mail, and what goes on of it: `cargo fuzz run mail_rules`. The laws are those of
//! `depesche_gateway::fuzzing`, which a plain test runs over the same corpus.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| depesche_gateway::fuzzing::mail_rules(data));
