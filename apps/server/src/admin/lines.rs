//! Lines: how requests and answers are written, and how much of a request is read. See the head of `admin` for the
//! form.

use std::io;

use futures::io::{AsyncRead, AsyncReadExt};

/// The longest request, in bytes without its line end: the longest text, each byte of it escaped, and what belongs to
/// it.
pub(super) const MAX_LINE: usize = 16 * 1024;

/// The size of one read, in bytes.
const CHUNK: usize = 4096;

/// What was read.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// A whole line, without its end.
    Whole(Vec<u8>),
    /// A line beyond [`MAX_LINE`], which was read to its end and thrown away.
    TooLong,
    /// Nothing more comes.
    End,
}

/// Cuts what is read into lines.
#[derive(Debug)]
pub(super) struct Lines<R> {
    from: R,
    read: Vec<u8>,
    is_too_long: bool,
}

impl<R: AsyncRead + Unpin> Lines<R> {
    pub(super) const fn new(from: R) -> Self {
        Self {
            from,
            read: Vec::new(),
            is_too_long: false,
        }
    }

    /// The next line. What is not a whole line at the end is thrown away.
    ///
    /// # Errors
    ///
    /// The connection has failed.
    pub(super) async fn next(&mut self) -> io::Result<Line> {
        let mut chunk = [0; CHUNK];
        let mut seen = 0;
        loop {
            if let Some(end) = self.read[seen..].iter().position(|&byte| byte == b'\n') {
                let end = seen + end;
                let is_too_long = std::mem::take(&mut self.is_too_long) || end > MAX_LINE;
                let line = self.read.drain(..=end).take(end).collect();
                return Ok(if is_too_long {
                    Line::TooLong
                } else {
                    Line::Whole(line)
                });
            }
            if self.read.len() > MAX_LINE {
                self.is_too_long = true;
                self.read.clear();
            }
            seen = self.read.len();
            match self.from.read(&mut chunk).await? {
                0 => return Ok(Line::End),
                bytes => self.read.extend_from_slice(&chunk[..bytes]),
            }
        }
    }
}

/// The fields of a request. `None` if it is not UTF-8, or a backslash stands for nothing.
pub(super) fn fields(line: &[u8]) -> Option<Vec<String>> {
    let line = str::from_utf8(line).ok()?;
    line.split('\t').map(unescaped).collect()
}

fn unescaped(field: &str) -> Option<String> {
    let mut text = String::with_capacity(field.len());
    let mut letters = field.chars();
    while let Some(letter) = letters.next() {
        text.push(match letter {
            '\\' => match letters.next()? {
                '\\' => '\\',
                't' => '\t',
                'n' => '\n',
                'r' => '\r',
                _ => return None,
            },
            other => other,
        });
    }
    Some(text)
}

/// Adds a line of an answer: a mark, and fields with tabs between them.
pub(super) fn put<'a>(answer: &mut String, mark: &str, fields: impl IntoIterator<Item = &'a str>) {
    answer.push_str(mark);
    for (number, field) in fields.into_iter().enumerate() {
        answer.push(if number == 0 { ' ' } else { '\t' });
        for letter in field.chars() {
            match letter {
                '\\' => answer.push_str("\\\\"),
                '\t' => answer.push_str("\\t"),
                '\n' => answer.push_str("\\n"),
                '\r' => answer.push_str("\\r"),
                other => answer.push(other),
            }
        }
    }
    answer.push('\n');
}

#[cfg(test)]
mod tests {
    use futures::executor::block_on;

    use super::*;

    /// Gives some bytes at a time.
    struct Pieces<'a>(&'a [u8], usize);

    impl AsyncRead for Pieces<'_> {
        fn poll_read(
            mut self: std::pin::Pin<&mut Self>,
            _: &mut std::task::Context<'_>,
            into: &mut [u8],
        ) -> std::task::Poll<io::Result<usize>> {
            let len = self.1.min(self.0.len()).min(into.len());
            into[..len].copy_from_slice(&self.0[..len]);
            self.0 = &self.0[len..];
            std::task::Poll::Ready(Ok(len))
        }
    }

    fn lines(bytes: &[u8], piece: usize) -> Vec<Line> {
        let mut lines = Lines::new(Pieces(bytes, piece));
        let mut all = Vec::new();
        loop {
            match block_on(lines.next()).unwrap() {
                Line::End => return all,
                line => all.push(line),
            }
        }
    }

    #[test]
    fn lines_are_the_same_however_they_are_cut() {
        let whole = |text: &str| Line::Whole(text.as_bytes().to_vec());
        for piece in [1, 2, 7, 9999] {
            let got = lines(b"who\n\nkick\tbob\nunfinished", piece);
            assert_eq!(got, [whole("who"), whole(""), whole("kick\tbob")]);
        }
    }

    #[test]
    fn the_longest_line_is_read_and_one_that_is_a_byte_longer_is_skipped() {
        for piece in [1000, 4096, MAX_LINE + 1] {
            for more in [0, 1, 100_000] {
                let long = vec![b'x'; MAX_LINE + more];
                let got = lines(&[&long, &b"\nwho\n"[..]].concat(), piece);
                let first = if more == 0 {
                    Line::Whole(long)
                } else {
                    Line::TooLong
                };
                assert_eq!(got, [first, Line::Whole(b"who".to_vec())], "{more}");
            }
        }
    }

    #[test]
    fn fields_are_read_as_they_are_written() {
        let all = ["say", "a\tb\nc\rd\\e", "\\n", "ü \"'"];
        let mut line = String::new();
        put(&mut line, "-", all);
        let line = line.strip_prefix("- ").unwrap().strip_suffix('\n').unwrap();
        assert!(!line.contains(['\n', '\r']), "{line:?}");
        assert_eq!(fields(line.as_bytes()).unwrap(), all);
        for bad in [&b"a\\"[..], b"a\\x", b"\xff"] {
            assert_eq!(fields(bad), None);
        }
    }
}
