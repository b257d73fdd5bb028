//! What the tests of the whole house share: the real program as server and as client, a mail server that
//! remembers, a wire that can be cut.
//!
//! | module | has |
//! |-|-|
//! | [`program`] | the program under test, built |
//! | [`server`], [`client`] | `depesche serve`; the command line with a home of its own |
//! | [`mail`], [`smtp`] | a mail server that keeps what it is given; mails handed in |
//! | [`proxy`], [`wire`] | bytes on their way, stopped at will; requests written by hand |
//! | [`evil`] | a server that lies |
//! | [`people`] | people with a SealPass, guests |
//! | [`tree`] | files to send, and whether they came back |
//! | [`wait`], [`random`] | waiting for a condition; randomness that can be had again |

pub mod client;
pub mod evil;
pub mod mail;
pub mod people;
pub mod program;
pub mod proxy;
pub mod random;
pub mod server;
pub mod smtp;
pub mod tree;
pub mod wait;
pub mod wire;
