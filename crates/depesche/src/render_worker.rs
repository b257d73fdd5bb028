//! `depesche render-worker`: draws pages for the gateway, one after the other, and knows nothing else.
//!
//! A process of its own, since what it eats was written by strangers. It has no environment, may write no
//! file, and has only so much memory and CPU; whoever started it watches the clock.

use std::fs;
use std::io::{self, Read, Write};
use std::os::fd::AsFd as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use depesche_render::fonts::{Collection, Loaded};
use depesche_render::render::{MOST, answer};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use rustix::time::{ClockId, clock_gettime};

/// Bytes of memory.
const MEMORY: u64 = 1 << 30;
/// Seconds of CPU for one mail.
const SECONDS: u64 = 15;
/// Bytes of stack: trees are deep, and a stranger drew them.
const STACK: usize = 64 << 20;
/// Where a system keeps its fonts.
const FOLDERS: [&str; 2] = ["/usr/share/fonts", "/usr/local/share/fonts"];
/// Bytes of one font file, and of all of them.
const LARGEST: u64 = 40 << 20;
const ALL: u64 = 400 << 20;

/// Serves until stdin ends.
pub(crate) fn run() -> ExitCode {
    let limited = limit(Resource::Core, 0)
        .and_then(|()| limit(Resource::Fsize, 0))
        .and_then(|()| limit(Resource::As, MEMORY));
    if limited.is_err() {
        return ExitCode::FAILURE;
    }
    let serving = std::thread::Builder::new().stack_size(STACK).spawn(|| {
        let fonts = fonts();
        // Not by std's buffers: they live as long as the process does, and the last mail with them.
        let mut from = fs::File::from(io::stdin().as_fd().try_clone_to_owned()?);
        let mut to = fs::File::from(io::stdout().as_fd().try_clone_to_owned()?);
        serve(&mut from, &mut to, &fonts)
    });
    match serving.map(std::thread::JoinHandle::join) {
        Ok(Ok(Ok(()))) => ExitCode::SUCCESS,
        _ => ExitCode::FAILURE,
    }
}

fn serve(from: &mut impl Read, to: &mut impl Write, fonts: &Loaded) -> io::Result<()> {
    loop {
        let mut length = [0; 4];
        match from.read_exact(&mut length) {
            Ok(()) => {}
            Err(end) if end.kind() == io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(other) => return Err(other),
        }
        let length = u32::from_le_bytes(length) as usize;
        if length > MOST {
            return Err(io::ErrorKind::InvalidData.into());
        }
        let mut message = vec![0; length];
        from.read_exact(&mut message)?;
        allow_seconds()?;
        let answer = answer(&message, fonts);
        drop(message);
        let length = u32::try_from(answer.len()).map_err(io::Error::other)?;
        to.write_all(&length.to_le_bytes())?;
        to.write_all(&answer)?;
        to.flush()?;
    }
}

fn limit(resource: Resource, most: u64) -> io::Result<()> {
    let limit = Rlimit {
        current: Some(most),
        maximum: Some(most),
    };
    Ok(setrlimit(resource, limit)?)
}

/// CPU for one more mail, counted from what has been used up.
fn allow_seconds() -> io::Result<()> {
    let used = clock_gettime(ClockId::ProcessCPUTime).tv_sec;
    let limit = Rlimit {
        current: Some(u64::try_from(used).unwrap_or(0) + SECONDS),
        maximum: getrlimit(Resource::Cpu).maximum,
    };
    Ok(setrlimit(Resource::Cpu, limit)?)
}

/// The letters that are compiled in, and those of the system for all other scripts.
fn fonts() -> Loaded {
    let mut collection = Collection::own();
    let mut files = Vec::new();
    for folder in FOLDERS {
        find(Path::new(folder), 4, &mut files);
    }
    files.sort();
    let noto = files.iter().any(|file| stem(file).starts_with("NotoSans"));
    let mut left = ALL;
    for file in files {
        let size = fs::metadata(&file).map_or(u64::MAX, |m| m.len());
        if wanted(&stem(&file), noto) && size <= LARGEST && size <= left {
            left -= size;
            if let Ok(bytes) = fs::read(&file) {
                collection.add(&bytes, Box::new(move || fs::read(&file).ok()));
            }
        }
    }
    collection.load()
}

fn find(folder: &Path, depth: usize, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else {
        return;
    };
    for entry in entries.flatten() {
        let path = entry.path();
        let kind = entry.file_type();
        if kind.as_ref().is_ok_and(fs::FileType::is_dir) && depth > 0 {
            find(&path, depth - 1, files);
        } else if kind.is_ok_and(|kind| kind.is_file())
            && path
                .extension()
                .is_some_and(|e| e == "ttf" || e == "otf" || e == "ttc")
        {
            files.push(path);
        }
    }
}

fn stem(path: &Path) -> String {
    path.file_stem()
        .unwrap_or_default()
        .to_string_lossy()
        .into_owned()
}

/// Noto's faces without serifs, in two weights, and its emoji; where there is no Noto, `DejaVu`'s.
fn wanted(name: &str, noto: bool) -> bool {
    let upright = name.ends_with("-Regular") || name.ends_with("-Bold");
    if !noto {
        return matches!(name, "DejaVuSans" | "DejaVuSans-Bold" | "NotoColorEmoji");
    }
    let own = matches!(
        name,
        "NotoSans-Regular" | "NotoSans-Bold" | "NotoSansMono-Regular" | "NotoSansMono-Bold"
    );
    name == "NotoColorEmoji"
        || upright
            && !own
            && (name.starts_with("NotoSans") || name.starts_with("NotoSansCJK"))
            && !name.contains("UI-")
            && !name.contains("Display-")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fonts_that_are_wanted() {
        for name in [
            "NotoSansArabic-Regular",
            "NotoSansCJK-Bold",
            "NotoColorEmoji",
        ] {
            assert!(wanted(name, true), "{name}");
        }
        for name in [
            "NotoSans-Regular",
            "NotoSansArabicUI-Regular",
            "NotoSerif-Bold",
            "NotoSansThai-Black",
            "DejaVuSans",
        ] {
            assert!(!wanted(name, true), "{name}");
        }
        assert!(wanted("DejaVuSans", false));
    }

    #[test]
    fn a_damaged_message_is_answered_and_the_next_one_read() {
        let fonts = Collection::own().load();
        let message = |bytes: &[u8]| {
            [
                &u32::try_from(bytes.len()).expect("short").to_le_bytes(),
                bytes,
            ]
            .concat()
        };
        let input = [message(b"odd"), message(b"odder")].concat();
        let mut output = Vec::new();
        serve(&mut input.as_slice(), &mut output, &fonts).expect("served");
        assert_eq!(output, *b"\x01\0\0\0F\x01\0\0\0F");
        let cut = serve(&mut &input[..6], &mut output, &fonts);
        assert!(cut.is_err(), "half a message ends the process");
    }
}
