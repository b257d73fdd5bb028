//! CPU time from a mail to its encrypted PDF, on a warm process: what `bench/pages.py` runs.
//! `cargo run --release --example page_cost -- ROUNDS FOLDER MAIL…` writes one line of JSON for each
//! mail, and its PDF before encryption into the folder.

use std::fs;
use std::path::PathBuf;

use depesche_page::frame::Answer;
use depesche_page::letter::Letter;
use depesche_page::limits::Limits;
use depesche_page::read::read;
use depesche_page::sheet::{FileLink, Frame, Sheet};
use depesche_pdfkey::credential::{Credential, Salts};
use depesche_pdfkey::encrypt::encrypt;
use depesche_pdfkey::password::Password;
use depesche_render::fonts::{Collection, Loaded};
use depesche_render::render::render;
use rustix::time::{ClockId, clock_gettime};

/// CPU milliseconds of this process so far.
fn cpu() -> f64 {
    let spent = clock_gettime(ClockId::ProcessCPUTime);
    let seconds = spent.tv_sec as f64 + spent.tv_nsec as f64 / 1e9;
    seconds * 1e3
}

fn frame(letter: &Letter) -> Frame {
    let files = letter.attachments.iter().map(|a| FileLink {
        name: a.name.clone(),
        size: a.content.len() as u64,
        link: "https://portal.example/a/AAAAAAAAAAAAAAAAAAAAAA#1.key".into(),
    });
    Frame {
        house: "Kanzlei Keller & Novák".into(),
        host: "portal.example".into(),
        reply: Some("https://portal.example/r/BBBBBBBBBBBBBBBBBBBBBB#1.key".into()),
        password: "https://portal.example/p".into(),
        files: files.collect(),
        ident: "bench".into(),
        ..Frame::default()
    }
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

/// Ours, and what Debian's packages of Noto bring.
fn fonts() -> Loaded {
    let mut collection = Collection::own();
    for file in [
        "truetype/noto/NotoSansArabic-Regular.ttf",
        "truetype/noto/NotoSansHebrew-Regular.ttf",
        "truetype/noto/NotoSansThai-Regular.ttf",
        "truetype/noto/NotoSansDevanagari-Regular.ttf",
        "truetype/noto/NotoColorEmoji.ttf",
        "opentype/noto/NotoSansCJK-Regular.ttc",
        "opentype/noto/NotoSansCJK-Bold.ttc",
    ] {
        let path = format!("/usr/share/fonts/{file}");
        if let Ok(bytes) = fs::read(&path) {
            collection.add(&bytes, Box::new(move || fs::read(&path).ok()));
        }
    }
    collection.load()
}

fn main() {
    let mut arguments = std::env::args().skip(1);
    let rounds: usize = arguments
        .next()
        .and_then(|n| n.parse().ok())
        .expect("ROUNDS FOLDER MAIL…");
    let folder = PathBuf::from(arguments.next().expect("ROUNDS FOLDER MAIL…"));
    let mails: Vec<String> = arguments.collect();
    let fonts = fonts();
    let password = Password::parse("kiefer tasse mond").expect("a password");
    let salts = Salts {
        validation: [1; 8],
        key: [2; 8],
    };
    let credential = Credential::derive(&password, salts);
    let mut random = |bytes: &mut [u8]| getrandom::fill(bytes).expect("random bytes");
    for path in mails {
        let mail = fs::read(&path).expect("a mail");
        let mut steps: [Vec<f64>; 4] = Default::default();
        let mut size = 0;
        for round in 0..=rounds {
            let start = cpu();
            let letter = read(&mail, &Limits::default()).expect("a letter");
            let sheet = Sheet::of(&letter, frame(&letter));
            let parsed = cpu();
            let Answer::Drawn(_, pdf) = render(&sheet, &fonts) else {
                panic!("no page")
            };
            let drawn = cpu();
            let protected = encrypt(&pdf, &credential, &mut random).expect("encrypted");
            let end = cpu();
            size = protected.len();
            let name = PathBuf::from(&path).with_extension("pdf");
            let out = folder.join(name.file_name().expect("a file's name"));
            fs::write(out, &*pdf).expect("written");
            // The first one loads fonts.
            if round > 0 {
                for (step, cost) in
                    steps
                        .iter_mut()
                        .zip([parsed - start, drawn - parsed, end - drawn, end - start])
                {
                    step.push(cost);
                }
            }
        }
        let [parse, draw, lock, all] = steps.map(median);
        println!(
            "{{\"mail\":{path:?},\"parse\":{parse:.3},\"draw\":{draw:.3},\"encrypt\":{lock:.3},\"all\":{all:.3},\"bytes\":{size}}}"
        );
    }
}
