//! What is found in folders, what is left out, what is refused.

use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use depesche_client::walk::{Kind, LeftOut, Tree, walk};

fn names(tree: &Tree) -> Vec<&str> {
    tree.entries
        .iter()
        .map(|entry| entry.name.as_str())
        .collect()
}

fn put(path: PathBuf, content: &str) -> PathBuf {
    fs::create_dir_all(path.parent().expect("a folder")).expect("folder");
    fs::write(&path, content).expect("file");
    path
}

fn code(named: &[PathBuf]) -> &'static str {
    walk(named).expect_err("refused").code()
}

#[test]
fn folders_keep_their_paths_and_everything_is_sorted() {
    let dir = tempfile::tempdir().expect("folder");
    let at = |name: &str| dir.path().join(name);
    put(at("in/z.txt"), "z");
    put(at("in/a/b/c.txt"), "cc");
    put(at("in/A.txt"), "");
    fs::create_dir_all(at("in/empty/inner")).expect("folder");
    let single = put(at("elsewhere/single.bin"), "123");
    let tree = walk(&[single, at("in")]).expect("tree");
    assert_eq!(
        names(&tree),
        [
            "in/A.txt",
            "in/a/b/c.txt",
            "in/empty/inner",
            "in/z.txt",
            "single.bin"
        ]
    );
    assert_eq!(tree.size(), 6);
    assert_eq!(tree.entries[2].kind, Kind::EmptyFolder);
    assert_eq!(tree.left_out, []);
}

#[test]
fn a_folder_named_by_dots_has_its_own_name() {
    let dir = tempfile::tempdir().expect("folder");
    put(dir.path().join("photos/1.jpg"), "x");
    fs::create_dir(dir.path().join("photos/sub")).expect("folder");
    for named in ["photos/.", "photos/sub/..", "photos/"] {
        let tree = walk(&[dir.path().join(named)]).expect("tree");
        assert_eq!(names(&tree), ["photos/1.jpg", "photos/sub"], "{named}");
    }
}

#[test]
fn links_are_followed_to_files_of_the_same_folder_only() {
    let dir = tempfile::tempdir().expect("folder");
    let at = |name: &str| dir.path().join(name);
    let secret = put(at("outside/secret"), "s");
    put(at("in/real.txt"), "real");
    for (link, target) in [
        ("inside", "real.txt"),
        ("outside", "../outside/secret"),
        ("absolute", secret.to_str().expect("text")),
        ("folder", "."),
        ("dangling", "nothing"),
        ("circle", "circle"),
    ] {
        symlink(target, at("in").join(link)).expect("link");
    }
    let tree = walk(&[at("in")]).expect("tree");
    assert_eq!(names(&tree), ["in/inside", "in/real.txt"]);
    let mut left: Vec<&Path> = tree
        .left_out
        .iter()
        .map(|(path, _)| path.as_path())
        .collect();
    left.sort();
    let root = fs::canonicalize(at("in")).expect("root");
    let expected = ["absolute", "circle", "dangling", "folder", "outside"];
    assert_eq!(left, expected.map(|name| root.join(name)));
    assert!(tree.left_out.iter().all(|(_, why)| *why == LeftOut::Link));
    // Named itself, a link is followed: the person asked for it.
    symlink(&secret, at("named")).expect("link");
    assert_eq!(names(&walk(&[at("named")]).expect("tree")), ["named"]);
}

#[test]
fn pipes_and_sockets_are_left_out_or_refused() {
    let dir = tempfile::tempdir().expect("folder");
    let pipe = dir.path().join("in/socket");
    fs::create_dir(dir.path().join("in")).expect("folder");
    let _socket = std::os::unix::net::UnixListener::bind(&pipe).expect("socket");
    let tree = walk(&[dir.path().join("in")]).expect("tree");
    assert_eq!(tree.entries, []);
    assert_eq!(tree.left_out[0].1, LeftOut::Special);
    assert_eq!(code(&[pipe]), "file_special");
}

#[test]
fn what_cannot_be_sent_is_named() {
    use std::os::unix::ffi::OsStringExt as _;
    let dir = tempfile::tempdir().expect("folder");
    let at = |name: &str| dir.path().join(name);
    assert_eq!(code(&[at("missing")]), "file_not_found");
    for (name, expected) in [
        ("line\nbreak", "name_control"),
        ("escape\u{1b}[2J", "name_control"),
        ("gpj.\u{202e}exe", "name_bidi"),
        ("back\\slash", "name_separator"),
    ] {
        let path = put(at("bad").join(name), "x");
        assert_eq!(code(std::slice::from_ref(&path)), expected);
        // One bad name in a folder stops the folder: nobody shall believe it was sent.
        assert_eq!(code(&[at("bad")]), expected);
        fs::remove_file(path).expect("removed");
    }
    let odd = at("odd").join(std::ffi::OsString::from_vec(b"not-\xff-text".to_vec()));
    put(odd, "x");
    assert_eq!(code(&[at("odd")]), "name_not_text");
}

#[test]
fn long_and_foreign_names_pass() {
    let dir = tempfile::tempdir().expect("folder");
    let long = "ä".repeat(127) + "x";
    for name in [
        long.as_str(),
        "CON",
        "a:b?.txt",
        "-rf",
        "日本語",
        " leading",
        "trailing ",
    ] {
        let path = put(dir.path().join(name), "x");
        let tree = walk(&[path]).expect("tree");
        assert_eq!(names(&tree), [name]);
    }
}

#[test]
fn one_name_twice_is_refused() {
    let dir = tempfile::tempdir().expect("folder");
    let one = put(dir.path().join("1/same.txt"), "1");
    let two = put(dir.path().join("2/same.txt"), "2");
    assert_eq!(code(&[one.clone(), two]), "name_twice");
    assert_eq!(code(&[one.clone(), one]), "name_twice");
    // A file and a folder of one name cannot stand beside each other either.
    let file = put(dir.path().join("3/both"), "3");
    put(dir.path().join("4/both/inner"), "4");
    assert_eq!(code(&[file, dir.path().join("4/both")]), "name_twice");
}
