//! Whether a SealPass can be guessed. The same bounds as in the portal: 12 characters, 10^12 guesses.

use std::collections::HashSet;

use unicode_normalization::UnicodeNormalization as _;

const LEAST: usize = 12;
const GUESSES: f64 = 12.0;
/// Longer ones are strong by their length; judging them takes too long.
const MOST: usize = 80;

/// `known`: what an attacker tries first, such as name and address.
pub(super) fn is_strong(sealpass: &str, known: &[&str]) -> bool {
    let text: String = sealpass.nfkc().collect();
    let characters: HashSet<char> = text.chars().collect();
    if text.chars().count() < LEAST || characters.len() < 6 {
        return false;
    }
    let inputs: Vec<&str> = known
        .iter()
        .flat_map(|text| text.split(|c: char| !c.is_alphanumeric()))
        .filter(|word| word.chars().count() > 2)
        .collect();
    let head: String = text.chars().take(MOST).collect();
    zxcvbn::zxcvbn(&head, &inputs).guesses_log10() >= GUESSES
}

#[cfg(test)]
mod tests {
    use super::is_strong;

    #[test]
    fn short_plain_and_known_ones_are_weak() {
        let known = ["anna.keller@example.test", "Dr. Anna Keller"];
        for weak in [
            "",
            "correct hors",
            "aaaaaaaaaaaaaaaaaaaaaaaa",
            "password1234",
            "annakeller2026",
            "qwertzuiop123",
        ] {
            assert!(!is_strong(weak, &known), "{weak}");
        }
        for strong in [
            "kiefer tasse mond regal",
            "Die Forelle raucht um elf",
            "xK4-pvQ9z!mTe",
        ] {
            assert!(is_strong(strong, &known), "{strong}");
        }
    }
}
