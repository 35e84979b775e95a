//! Stdin: what there is to say. Line ends are LF, and that of the last line is no part of a message.

use std::io::{self, BufRead, Read};
use std::thread;

use flume::{Receiver, Sender};
use hubbub_wire::Limits;

use crate::status::{Failure, Status};

/// How many lines are read ahead. The rest waits in the pipe.
const AHEAD: usize = 64;

/// Why something on stdin is not sent.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unsendable(pub(super) String);

/// All of stdin as one message. Nothing is sent of one that cannot be.
pub(super) fn whole() -> Result<Receiver<Result<String, Unsendable>>, Failure> {
    let most = Limits::DEFAULT.max_payload;
    let mut bytes = Vec::new();
    // Room for a line end that is cut off, and one byte that is too many.
    let read = io::stdin()
        .lock()
        .take(most as u64 + 3)
        .read_to_end(&mut bytes);
    read.map_err(|error| unreadable(&error))?;
    let wrong = |words: String| Failure::new(Status::Usage, words);
    let text = as_text(bytes).map_err(|words| wrong(format!("nothing was sent: stdin {words}")))?;
    if text.is_empty() {
        return Err(wrong("nothing was sent: stdin is empty".to_owned()));
    }
    let (send, texts) = flume::bounded(1);
    let _ = send.send(Ok(text));
    Ok(texts)
}

/// Each line of stdin as a message, as soon as it is there. Empty lines are no messages.
pub(super) fn lines() -> Result<Receiver<Result<String, Unsendable>>, Failure> {
    let (send, texts) = flume::bounded(AHEAD);
    let reader = thread::Builder::new().name("stdin".to_owned());
    let started = reader.spawn(move || {
        if let Err(error) = read_lines(&mut io::stdin().lock(), &send) {
            let words = format!("cannot read stdin: {error}; what follows was not sent");
            let _ = send.send(Err(Unsendable(words)));
        }
    });
    started.map_err(|error| Failure::start(&error))?;
    Ok(texts)
}

/// Ends with stdin, or when nobody wants more lines.
fn read_lines(
    stdin: &mut impl BufRead,
    send: &Sender<Result<String, Unsendable>>,
) -> io::Result<()> {
    for number in 1_u64.. {
        let mut line = Vec::new();
        let most = Limits::DEFAULT.max_payload as u64;
        if stdin.by_ref().take(most + 3).read_until(b'\n', &mut line)? == 0 {
            break;
        }
        let is_whole = line.ends_with(b"\n");
        let text = as_text(line);
        if text.is_err() && !is_whole {
            stdin.skip_until(b'\n')?;
        }
        let text =
            text.map_err(|words| Unsendable(format!("line {number} was not sent: it {words}")));
        if text.as_ref().is_ok_and(String::is_empty) {
            continue;
        }
        if send.send(text).is_err() {
            break;
        }
    }
    Ok(())
}

/// A message without its last line end, or what is wrong with it.
fn as_text(mut bytes: Vec<u8>) -> Result<String, String> {
    let most = Limits::DEFAULT.max_payload;
    if bytes.ends_with(b"\n") {
        bytes.pop();
    }
    if bytes.ends_with(b"\r") {
        bytes.pop();
    }
    if bytes.len() > most {
        return Err(format!("is longer than {most} bytes, which is the most"));
    }
    let text = String::from_utf8(bytes).map_err(|error| {
        let at = error.utf8_error().valid_up_to();
        format!(
            "is not UTF-8 from byte {} on; convert it, for example by iconv",
            at + 1
        )
    })?;
    Ok(text.replace("\r\n", "\n"))
}

fn unreadable(error: &io::Error) -> Failure {
    Failure::new(
        Status::Usage,
        format!("nothing was sent: cannot read stdin: {error}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOST: usize = 1024 * 1024;

    fn lines_of(stdin: &[u8]) -> Vec<Result<String, Unsendable>> {
        let (send, texts) = flume::unbounded();
        read_lines(&mut &*stdin, &send).unwrap();
        drop(send);
        texts.iter().collect()
    }

    #[test]
    fn the_last_line_end_is_no_part_of_a_message_and_the_others_are_lf() {
        for (stdin, text) in [
            ("a\n", "a"),
            ("a", "a"),
            ("a\r\nb\r\n", "a\nb"),
            ("a\n\n", "a\n"),
            ("\n", ""),
        ] {
            assert_eq!(as_text(stdin.into()).unwrap(), text);
        }
    }

    #[test]
    fn one_mebibyte_is_a_message_and_one_byte_more_is_not() {
        let line = |len: usize| [vec![b'a'; len], b"\r\nb".to_vec()].concat();
        assert_eq!(as_text(vec![b'a'; MOST]).unwrap().len(), MOST);
        assert!(
            as_text(vec![b'a'; MOST + 1])
                .unwrap_err()
                .contains("1048576")
        );
        let lines = lines_of(&line(MOST));
        assert_eq!(lines.len(), 2);
        assert_eq!(lines[0].as_ref().unwrap().len(), MOST);
        let lines = lines_of(&line(MOST + 10));
        let words = "line 1 was not sent: it is longer than 1048576 bytes, which is the most";
        assert_eq!(
            lines,
            [Err(Unsendable(words.to_owned())), Ok("b".to_owned())]
        );
    }

    #[test]
    fn a_line_that_is_no_text_is_told_by_its_number_and_the_others_are_messages() {
        let lines = lines_of(b"one\n\nab\xff\nfour");
        assert_eq!(lines.len(), 3, "{lines:?}");
        assert_eq!(lines[0], Ok("one".to_owned()));
        let words = &lines[1].as_ref().unwrap_err().0;
        assert!(
            words.starts_with("line 3 was not sent: it is not UTF-8 from byte 3 on"),
            "{words}"
        );
        assert_eq!(lines[2], Ok("four".to_owned()));
    }
}
