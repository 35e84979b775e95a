//! Tables: what Unicode says of letters, and the standard form of addresses. They are large, so the page for browsers
//! has none: there `tables_of_browser` stands in the place of this file and asks the browser, which knows the same.

use std::borrow::Cow;

use icu_normalizer::ComposingNormalizerBorrowed;
use icu_properties::props::{DefaultIgnorableCodePoint, GeneralCategory as Is};
use icu_properties::{CodePointMapData, CodePointSetData};
use url::{Host, Url};

/// Whether nothing is seen of this character where it stands alone, blanks apart.
pub(crate) fn is_unseen(c: char) -> bool {
    CodePointSetData::new::<DefaultIgnorableCodePoint>().contains(c)
        || matches!(category(c), Is::Control | Is::Format)
}

/// Whether this is invisible, or punctuation that stands around words: brackets, quotes, full stops.
pub(crate) fn ends_words(c: char) -> bool {
    matches!(
        category(c),
        Is::Control
            | Is::Format
            | Is::OpenPunctuation
            | Is::ClosePunctuation
            | Is::InitialPunctuation
            | Is::FinalPunctuation
            | Is::OtherPunctuation
    )
}

/// Whether this is punctuation that can stand between the last word of a sentence and its end.
pub(crate) fn ends_sentence(c: char) -> bool {
    matches!(
        category(c),
        Is::DashPunctuation | Is::OtherPunctuation | Is::Format
    )
}

/// The text with each letter and the accents after it as one character, where Unicode has that.
pub(crate) fn composed(text: String) -> String {
    match ComposingNormalizerBorrowed::new_nfc().normalize(&text) {
        Cow::Owned(composed) => composed,
        // Nothing had to be composed.
        Cow::Borrowed(_) => text,
    }
}

/// The address in standard form, its host in ASCII. `None`: it is none.
pub(crate) fn standard_url(address: &str) -> Option<String> {
    Url::parse(address).ok().map(Into::into)
}

/// The name or the number of a host in standard form, in ASCII. `None`: it is none.
pub(crate) fn standard_host(host: &str) -> Option<String> {
    Host::parse(host).ok().map(|host| host.to_string())
}

fn category(c: char) -> Is {
    CodePointMapData::<Is>::new().get(c)
}
