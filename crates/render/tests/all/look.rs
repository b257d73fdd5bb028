//! The looks: where `DEPESCHE_LOOK` names a folder, each sample's PDF is put there, to be looked at.

use std::fs;
use std::path::PathBuf;

use crate::draw::{draw, mail};

#[test]
fn samples_fit_on_few_pages() {
    for (name, most) in [
        ("01-text-umlaut", 2),
        ("02-newsletter", 2),
        ("03-thread", 4),
        ("04-intl", 2),
        ("05-word", 2),
        ("06-special", 2),
    ] {
        let (_, pdf) = draw(&mail(name));
        if let Some(folder) = std::env::var_os("DEPESCHE_LOOK").map(PathBuf::from) {
            fs::write(folder.join(format!("{name}.pdf")), &pdf).expect("written");
        }
        let pages = crate::draw::inside(&pdf).pages;
        assert!(pages <= most, "{name}: {pages} pages");
    }
}
