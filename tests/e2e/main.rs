//! The whole house from outside: the real program as server and as client, over real connections.

mod claims;
mod cli;
mod crash;
mod devices;
mod evil;
mod full;
mod gateway;
mod guards;
mod handoff;
mod login_flood;
mod mailed_links;
mod memory;
mod people;
mod postfix;
mod protected;
mod protected_secrets;
mod render;
mod replies;
mod scanners;
mod secrets;
mod sender;
mod serve;
mod slow;
mod story;
mod strangers;
mod tls;
