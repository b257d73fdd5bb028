//! Handoffs: sealed bytes, what is in them, the URL, the typed words.

use depesche_seal::handoff::{HandoffError, HandoffSecret, Typed};
use depesche_seal::handoff_content::Content;
use depesche_seal::handoff_text::{Direction, HandoffTextError, HandoffUrl};
use depesche_seal::key::{HandoffId, Hash};
use depesche_seal::primitives::sha256;
use depesche_seal::stream::{HEADER, StreamHeader};

use super::{Input, Outcome};

fn code(error: HandoffError) -> String {
    error.code().into()
}

pub(super) fn run(vector: &Input) -> Outcome {
    let secret = HandoffSecret::from_bytes(&vector.array("secret"));
    let text = vector.plaintext();
    let mut sealed = match &text {
        Some(text) if vector.get("header").is_some() => {
            let header = StreamHeader::parse(&vector.array::<HEADER>("header")).expect("a header");
            secret.seal(header, text).expect("not too large")
        }
        _ => vector.bytes("sealed/hex"),
    };
    assert_eq!(sealed.len() as u64, vector.number("sealed/size"));
    assert_eq!(sha256(&sealed), vector.array("sealed/sha256"));
    if vector.get("sealed/hex").is_some() {
        assert_eq!(sealed, vector.bytes("sealed/hex"));
    }
    vector.edit(&mut sealed);
    let opener = HandoffSecret::from_bytes(&vector.opened("secret"));
    let opened = opener.open(&sealed).map_err(code)?;
    assert_eq!(Some(opened.as_slice()), text.as_deref());
    let (auth, fill) = (secret.auth(), secret.fill());
    assert_eq!(auth.expose(), &vector.array("auth"));
    assert_eq!(auth.hash().as_bytes(), &vector.array("auth_sha256"));
    assert_eq!(fill.expose(), &vector.array("fill"));
    assert_eq!(fill.hash().as_bytes(), &vector.array("fill_sha256"));
    let id = HandoffId::from_bytes(vector.array("id"));
    let words = secret.check_words(&id, &Hash::of(&vector.bytes("token")));
    assert_eq!(serde_json::json!(words), vector.0["check_words"]);
    Ok(())
}

pub(super) fn run_content(vector: &Input) -> Outcome {
    let content =
        Content::parse(&vector.bytes("bytes")).map_err(|error| error.code().to_owned())?;
    assert_eq!(content.name.as_str(), vector.text("name"));
    assert_eq!(content.media_type, vector.text("type"));
    assert_eq!(*content.bytes, vector.bytes("content"));
    let again = content
        .to_bytes()
        .map_err(|error| error.code().to_owned())?;
    assert_eq!(Content::parse(&again), Ok(content));
    Ok(())
}

pub(super) fn run_url(vector: &Input) -> Outcome {
    let code = |error: HandoffTextError| error.code().to_owned();
    let url = HandoffUrl::parse(vector.text("text")).map_err(code)?;
    let direction = match url.direction {
        Direction::Take => "take",
        Direction::Fill => "fill",
    };
    assert_eq!(url.base, vector.text("base"));
    assert_eq!(direction, vector.text("direction"));
    assert_eq!(url.id.as_bytes(), &vector.array("id"));
    assert_eq!(url.secret.expose(), &vector.array("secret"));
    assert_eq!(HandoffUrl::parse(&url.to_text()).map_err(code)?, url);
    Ok(())
}

pub(super) fn run_typed(vector: &Input) -> Outcome {
    let typed = Typed::parse(vector.text("text")).map_err(code)?;
    let key = typed.stretch().map_err(code)?;
    let secret = key.unwrap(&vector.bytes("wrap")).map_err(code)?;
    assert_eq!(secret.expose(), &vector.array("secret"));
    assert_eq!(typed.as_str(), vector.text("words"));
    assert_eq!(key.find().as_bytes(), &vector.array("find"));
    let wrap = key.wrap(vector.array("nonce"), &secret);
    assert_eq!(wrap.as_slice(), vector.bytes("wrap"));
    if vector.get("random").is_some() {
        let made = Typed::from_random(&vector.array("random")).map_err(code)?;
        assert_eq!(made.as_str(), typed.as_str());
    }
    Ok(())
}
