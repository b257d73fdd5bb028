//! A new migration is a reason to build anew: the macro that takes them in does not say so itself.

fn main() {
    println!("cargo:rerun-if-changed=migrations");
}
