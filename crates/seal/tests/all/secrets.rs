//! Secrets do not show, and labels do not run into one another.

use depesche_seal::key::{Key, ParcelKey, ServerItemKey, ServerKek};
use depesche_seal::kit::KitSecret;
use depesche_seal::link::{Auth, LinkSecret};
use depesche_seal::namespace::Namespace;
use depesche_seal::signature::SigningKey;
use depesche_seal::wrap::{self, WrapError};

#[test]
fn secrets_are_not_printed() {
    let shown = [
        format!("{:?}", ParcelKey::from_bytes(&[0x41; 32])),
        format!("{:?}", LinkSecret::from_bytes(&[0x41; 20])),
        format!("{:?}", Auth::from_bytes(&[0x41; 32])),
        format!("{:?}", KitSecret::from_bytes(&[0x41; 20])),
        format!("{:?}", SigningKey::new(&Key::from_bytes(&[0x41; 32]))),
    ];
    let wanted = [
        "Key(..)",
        "LinkSecret(..)",
        "Auth(..)",
        "KitSecret(..)",
        "SigningKey(..)",
    ];
    assert_eq!(shown, wanted);
}

#[test]
fn taking_wipes_the_source() {
    let mut bytes = [7; 32];
    let key = ParcelKey::take(&mut bytes);
    assert_eq!((bytes, *key.expose()), ([0; 32], [7; 32]));
    let mut bytes = [7; 20];
    let secret = LinkSecret::take(&mut bytes);
    assert_eq!((bytes, *secret.expose()), ([0; 20], [7; 20]));
}

#[test]
fn labels_are_apart() {
    for a in Namespace::ALL {
        assert!(a.label().starts_with(b"depesche/v1/") && a.label().ends_with(&[0]));
        let others = Namespace::ALL.into_iter().filter(|b| *b != a);
        assert!(
            others
                .into_iter()
                .all(|b| !a.label().starts_with(b.label())),
            "{a:?}"
        );
    }
}

#[test]
fn a_wrap_opens_under_its_key_and_context_only() {
    let key: ServerKek = Key::from_bytes(&[1; 32]);
    let sealed = wrap::seal(&key, [2; 12], b"item 7", b"the key of item 7");
    assert_eq!(sealed.len(), 17 + wrap::OVERHEAD);
    let opened = wrap::open(&key, b"item 7", &sealed).expect("the same key and context");
    assert_eq!(opened.as_slice(), b"the key of item 7");

    let refused = |result: Result<_, _>| {
        result
            .map(|_: zeroize::Zeroizing<Vec<u8>>| ())
            .expect_err("a wrong input")
    };
    assert_eq!(
        refused(wrap::open(&key, b"item 8", &sealed)),
        WrapError::Authentication
    );
    let other: ServerKek = Key::from_bytes(&[3; 32]);
    assert_eq!(
        refused(wrap::open(&other, b"item 7", &sealed)),
        WrapError::Authentication
    );
    let other_purpose: ServerItemKey = Key::from_bytes(&[1; 32]);
    assert_eq!(
        refused(wrap::open(&other_purpose, b"item 7", &sealed)),
        WrapError::Authentication
    );
    for at in 0..sealed.len() {
        let mut changed = sealed.clone();
        changed[at] ^= 1;
        assert_eq!(
            refused(wrap::open(&key, b"item 7", &changed)),
            WrapError::Authentication
        );
        let expected = if at < wrap::OVERHEAD {
            WrapError::Truncated
        } else {
            WrapError::Authentication
        };
        assert_eq!(
            refused(wrap::open(&key, b"item 7", &sealed[..at])),
            expected
        );
    }
}
