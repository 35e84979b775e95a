//! Sizes in bytes, as the options take them and as errors say them. They are counted in whole numbers: floating point
//! would be a fortieth of the small build.

/// What units begin with, and how many bytes a unit of 1000 and one of 1024 is.
const PREFIXES: [(&str, u64, u64); 4] = [
    ("k", 1000, 1 << 10),
    ("m", 1_000_000, 1 << 20),
    ("g", 1_000_000_000, 1 << 30),
    ("t", 1_000_000_000_000, 1 << 40),
];

/// How many digits after the point count. They are enough for a hundredth of a byte in the largest unit.
const MAX_DIGITS: usize = 14;

/// Reads a size such as `65536`, `64KiB`, `1.5 MiB` or `2kB`, in small or capital letters. One that is too large for a
/// number is read as the largest number.
pub(super) fn parse(text: &str) -> Option<u64> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.');
    let (number, unit) = text.split_at(end.unwrap_or(text.len()));
    let (whole, part) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() || part.contains('.') {
        return None;
    }
    let factor = u128::from(factor(unit.trim_start())?);
    let part = &part[..part.len().min(MAX_DIGITS)];
    // Only digits are left, so a number that cannot be read is too large.
    let whole = whole.parse().unwrap_or(u64::MAX);
    let digits = part.bytes().map(|digit| u128::from(digit - b'0'));
    let (above, below) = digits.fold((0, 1), |(above, below), digit| {
        (10 * above + digit, 10 * below)
    });
    let bytes = u128::from(whole) * factor + above * factor / below;
    Some(u64::try_from(bytes).unwrap_or(u64::MAX))
}

/// How many bytes a unit is.
fn factor(unit: &str) -> Option<u64> {
    let unit = unit.to_ascii_lowercase();
    let unit = unit.strip_suffix('b').unwrap_or(&unit);
    if unit.is_empty() {
        return Some(1);
    }
    let mut prefixes = PREFIXES.iter();
    prefixes.find_map(
        |&(prefix, of_1000, of_1024)| match unit.strip_prefix(prefix)? {
            "" => Some(of_1000),
            "i" => Some(of_1024),
            _ => None,
        },
    )
}

/// Writes a size as the options take it, exact to the byte.
pub(super) fn exact(bytes: usize) -> String {
    const MIB: usize = 1 << 20;
    const KIB: usize = 1 << 10;
    if bytes.is_multiple_of(MIB) {
        format!("{}MiB", bytes / MIB)
    } else if bytes.is_multiple_of(KIB) {
        format!("{}KiB", bytes / KIB)
    } else {
        bytes.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_size_is_a_number_with_or_without_a_unit_of_1000_or_1024() {
        for (text, bytes) in [
            ("0", 0),
            ("65536", 65536),
            ("1b", 1),
            ("2kB", 2000),
            ("2 KIB", 2048),
            ("2k", 2000),
            ("3Ki", 3072),
            ("1.5KiB", 1536),
            ("1.", 1),
            ("0.1MB", 100_000),
            ("4MiB", 4 << 20),
            ("5GB", 5_000_000_000),
            ("6GiB", 6 << 30),
            ("1TiB", 1 << 40),
            ("9007199254740993B", 9_007_199_254_740_993),
            ("1.99999999999999999999999999999999999999999", 1),
            ("18446744073709551615", u64::MAX),
            ("99999999999999999999", u64::MAX),
            ("99999999999999MiB", u64::MAX),
        ] {
            assert_eq!(parse(text), Some(bytes), "{text}");
        }
    }

    #[test]
    fn what_is_no_size_is_none() {
        for text in [
            "",
            " ",
            "much",
            "-5",
            "1.2.3",
            ".",
            "KiB",
            ".5",
            "5 parsecs",
            "5bb",
            "5ib",
            "5KiB ",
            "5\u{df}",
        ] {
            assert_eq!(parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn a_size_is_written_in_the_largest_unit_that_is_exact() {
        for text in [
            "1", "1023", "1KiB", "1025", "1023KiB", "1MiB", "1025KiB", "256MiB",
        ] {
            let bytes = parse(text).unwrap();
            assert_eq!(exact(bytes.try_into().unwrap()), text);
        }
    }
}
