//! Laws that hold for any input.

use depesche_settings::bundle::content::{Action, Condition, Rule};
use depesche_settings::bundle::whole::Bundle;
use depesche_settings::extra::Extra;
use depesche_settings::fuzzing;
use depesche_settings::thunderbird::filters;
use depesche_settings::thunderbird::prefs::{Prefs, Value};
use depesche_settings::uuid;
use depesche_settings::vcard::card::{self, Card, Line};
use proptest::prelude::*;

fn value() -> impl Strategy<Value = Value> {
    prop_oneof![
        "[^\0]{0,40}".prop_map(Value::Text),
        any::<i64>().prop_map(Value::Number),
        any::<bool>().prop_map(Value::Flag),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn preferences_come_back(pairs in prop::collection::btree_map("[^\0]{1,30}", value(), 0..12)) {
        let mut prefs = Prefs::default();
        pairs.into_iter().for_each(|(name, value)| prefs.set(name, value));
        prop_assert_eq!(Prefs::parse(&prefs.write()), (prefs, 0));
    }

    #[test]
    fn cards_come_back_and_their_lines_are_short(
        value in "[^\r\n]{0,300}",
        shown in "[^\r\n]{0,80}",
        kind in "[^\r\n\"]{0,20}",
    ) {
        let mut line = Line::plain("NOTE", &card::escape(&value));
        line.parameters.push(("X-KIND".to_owned(), kind));
        let lines = vec![Line::plain("VERSION", "4.0"), Line::plain("FN", &shown), line];
        let card = Card { lines };
        let text = card.write();
        prop_assert!(text.split("\r\n").all(|line| line.len() <= 75));
        let (cards, odd) = card::split(&text);
        prop_assert_eq!((cards.as_slice(), odd), (&[card][..], 0));
        prop_assert_eq!(card::unescape(&card::escape(&value)), value);
    }

    #[test]
    fn rules_do_what_they_did(
        name in "[^\\p{Cc}]{0,30}",
        field in "(subject|from|size|list-id|x-[a-z]{1,8})",
        value in "[^\\p{Cc}]{0,30}",
        any in any::<bool>(),
    ) {
        let rule = Rule {
            id: "rule-1".to_owned(),
            name: name.clone(),
            account: Some("account1".to_owned()),
            enabled: Some(true),
            when: vec!["incoming".to_owned()],
            matching: Some(if any { "any" } else { "all" }.to_owned()),
            conditions: [Condition {
                field,
                op: "contains".to_owned(),
                value: Some(value),
                extra: Extra::default(),
            }].into_iter().collect(),
            actions: [Action {
                kind: "add-tag".to_owned(),
                value: Some("x".to_owned()),
                extra: Extra::default(),
            }].into_iter().collect(),
            ..Rule::default()
        };
        let (text, left_out) = filters::write([&rule]);
        let (mut again, odd) = filters::parse(&text, "account1", 0);
        prop_assert_eq!(odd, 0);
        if left_out.is_empty() {
            let mut again = again.swap_remove(0);
            again.native = None;
            prop_assert_eq!(again, rule);
        } else {
            prop_assert!(again.is_empty());
        }
    }

    #[test]
    fn ids_repeat_and_differ(bundle in ".{0,40}", one in ".{0,20}", two in ".{0,20}") {
        let id = uuid::derive_uuid(&bundle, &one);
        prop_assert!(uuid::is_uuid(&id));
        prop_assert_eq!(&uuid::derive_uuid(&bundle, &one), &id);
        prop_assert_eq!(uuid::derive_uuid(&bundle, &two) == id, one == two);
    }

    #[test]
    fn no_reader_panics(data in prop::collection::vec(any::<u8>(), 0..300)) {
        for (_, reader) in fuzzing::READERS {
            reader(&data);
        }
    }

    #[test]
    fn no_reader_panics_on_words(text in "(BEGIN:VCARD\r\n|END:VCARD\r\n|user_pref\\(\"|name=\"|\"\n|From |[\\[\\]{}<>:,;=\"&\\\\ \n]|[a-zü]){0,60}") {
        for (_, reader) in fuzzing::READERS {
            reader(text.as_bytes());
        }
    }

    #[test]
    fn unknown_members_come_back(name in "x-[a-z]{1,8}", text in ".{0,30}") {
        let mut bundle = Bundle::new("b0f5c1de-0000-4000-8000-000000000001", "2026-03-02T09:00:00Z", "x");
        bundle.extra.0.insert(name, text.into());
        let again = Bundle::parse(&bundle.to_json()).expect("a bundle").bundle;
        prop_assert_eq!(again, bundle);
    }
}
