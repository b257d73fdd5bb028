//! What holds for any text, any attachment, any damage.

use depesche_pdfkey::fuzzing::{self, small};
use depesche_pdfkey::password::Password;
use proptest::prelude::*;

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(300) })]

    #[test]
    fn what_goes_in_comes_out(text in "[A-Za-z0-9]{0,40}", attachment in prop::collection::vec(any::<u8>(), 0..2000)) {
        fuzzing::run(&small(&text, &attachment));
    }

    #[test]
    fn damage_is_refused_or_comes_through(at in 0_usize..1400, with in any::<u8>(), cut in 0_usize..1600) {
        let mut pdf = small("Damage", b"attached");
        if let Some(byte) = pdf.get_mut(at) {
            *byte = with;
        }
        fuzzing::run(&pdf);
        pdf.truncate(cut);
        fuzzing::run(&pdf);
    }

    /// Twice the same way: what is taken stays as it is when it is typed again.
    #[test]
    fn a_password_is_stable(typed in "\\PC{0,20}") {
        use unicode_normalization::UnicodeNormalization;
        let composed: String = typed.nfc().collect();
        prop_assert_eq!(Password::parse(&typed), Password::parse(&composed));
    }
}
