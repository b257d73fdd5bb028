//! An address in an envelope, a rule or a field: `cargo fuzz run mail_address`. The laws are those of
//! `depesche_gateway::fuzzing`, which a plain test runs over the same corpus.
#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| depesche_gateway::fuzzing::mail_address(data));
