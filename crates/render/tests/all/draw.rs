//! From a mail to its PDF, and what is inside of one.

use std::fs;
use std::process::{Command, Output};
use std::sync::LazyLock;

use depesche_page::frame::{Answer, Grade};
use depesche_page::letter::{Day, Letter};
use depesche_page::limits::Limits;
use depesche_page::read::read;
use depesche_page::sheet::{FileLink, Frame, Made, Sheet};
use depesche_page::words::Language;
use depesche_render::fonts::{Collection, Loaded};
use depesche_render::render::{attempt, render};
use lopdf::{Document, Object};

/// The letters that are compiled in, and those that `scripts/install.sh test` brings.
pub(crate) static FONTS: LazyLock<Loaded> = LazyLock::new(|| {
    let mut collection = Collection::own();
    for file in [
        "truetype/noto/NotoSansArabic-Regular.ttf",
        "truetype/noto/NotoSansHebrew-Regular.ttf",
        "truetype/noto/NotoSansThai-Regular.ttf",
        "truetype/noto/NotoSansDevanagari-Regular.ttf",
        "truetype/noto/NotoColorEmoji.ttf",
        "opentype/noto/NotoSansCJK-Regular.ttc",
    ] {
        let path = format!("/usr/share/fonts/{file}");
        let bytes =
            fs::read(&path).unwrap_or_else(|e| panic!("{path}: {e}; run scripts/install.sh test"));
        collection.add(&bytes, Box::new(move || fs::read(&path).ok()));
    }
    collection.load()
});

pub(crate) fn mail(name: &str) -> Vec<u8> {
    let path = format!(
        "{}/../../tests/mails/{name}.eml",
        env!("CARGO_MANIFEST_DIR")
    );
    fs::read(path).expect("a sample mail")
}

pub(crate) fn letter(mail: &[u8]) -> Letter {
    read(mail, &Limits::default()).expect("a letter")
}

pub(crate) fn frame(letter: &Letter) -> Frame {
    let day = Day {
        year: 2026,
        month: 11,
        day: 23,
    };
    let files = letter.attachments.iter().map(|a| FileLink {
        name: a.name.clone(),
        size: a.content.len() as u64,
        link: "https://zustellung.keller-novak.example/a/AAAAAAAAAAAAAAAAAAAAAA#1.key".into(),
    });
    Frame {
        language: Language::De,
        house: "Kanzlei Keller & Novák".into(),
        colour: Some([0x7a, 0x1f, 0x3d]),
        host: "zustellung.keller-novak.example".into(),
        reply: Some(
            "https://zustellung.keller-novak.example/r/BBBBBBBBBBBBBBBBBBBBBB#1.key".into(),
        ),
        password: "https://zustellung.keller-novak.example/p".into(),
        files: files.collect(),
        files_until: Some(Day { month: 12, ..day }),
        made: Made {
            day,
            hour: 8,
            minute: 41,
        },
        ident: "message 1".into(),
    }
}

pub(crate) fn sheet(mail: &[u8]) -> Sheet {
    let letter = letter(mail);
    let frame = frame(&letter);
    Sheet::of(&letter, frame)
}

pub(crate) fn drawn(sheet: &Sheet) -> (Grade, Vec<u8>) {
    match render(sheet, &FONTS) {
        Answer::Drawn(Grade::Plain, pdf) => {
            if !sheet.plain {
                println!("text alone: {:?}", attempt(sheet, &FONTS).err());
            }
            (Grade::Plain, pdf)
        }
        Answer::Drawn(grade, pdf) => (grade, pdf),
        Answer::Failed => panic!("no page"),
    }
}

pub(crate) fn draw(mail: &[u8]) -> (Grade, Vec<u8>) {
    drawn(&sheet(mail))
}

/// A Debian program; `scripts/install.sh test` brings it.
pub(crate) fn run(command: &mut Command) -> Output {
    let output = command.output();
    output.unwrap_or_else(|error| panic!("{command:?}: {error}; run scripts/install.sh test"))
}

/// What poppler reads, with single blanks.
pub(crate) fn text(pdf: &[u8]) -> String {
    let file = tempfile::NamedTempFile::new().expect("a file");
    fs::write(file.path(), pdf).expect("written");
    let output = run(Command::new("pdftotext")
        .args(["-enc", "UTF-8"])
        .arg(file.path())
        .arg("-"));
    let errors = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success() && errors.is_empty(), "{errors}");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// What a PDF has inside.
#[derive(Debug, Default)]
pub(crate) struct Inside {
    pub(crate) uris: Vec<String>,
    pub(crate) actions: Vec<String>,
    pub(crate) keys: Vec<String>,
    pub(crate) tags: Vec<String>,
    pub(crate) pages: usize,
    pub(crate) ua: bool,
}

pub(crate) fn inside(pdf: &[u8]) -> Inside {
    let document = Document::load_mem(pdf).expect("a PDF");
    let mut inside = Inside {
        pages: document.get_pages().len(),
        ..Inside::default()
    };
    for object in document.objects.values() {
        walk(object, &mut inside);
        if let Object::Stream(stream) = object {
            let content = stream
                .decompressed_content()
                .unwrap_or_else(|_| stream.content.clone());
            let content = String::from_utf8_lossy(&content).into_owned();
            inside.ua |= content.contains("pdfuaid:part");
        }
    }
    inside
}

fn walk(object: &Object, inside: &mut Inside) {
    let entries = match object {
        Object::Dictionary(dictionary) => dictionary,
        Object::Stream(stream) => &stream.dict,
        Object::Array(list) => return list.iter().for_each(|item| walk(item, inside)),
        _ => return,
    };
    let name = |key: &[u8]| {
        let name = entries.get(key).and_then(Object::as_name).ok()?;
        Some(String::from_utf8_lossy(name).into_owned())
    };
    if name(b"Type").as_deref() == Some("StructElem") {
        inside.tags.extend(name(b"S"));
    } else if let Some(action) = name(b"S").filter(|_| {
        entries.has(b"URI") || entries.has(b"JS") || name(b"Type").as_deref() == Some("Action")
    }) {
        inside.actions.push(action);
    }
    for (key, value) in entries.iter() {
        inside.keys.push(String::from_utf8_lossy(key).into_owned());
        if key == b"URI"
            && let Ok(uri) = value.as_str()
        {
            inside.uris.push(String::from_utf8_lossy(uri).into_owned());
        }
        walk(value, inside);
    }
}
