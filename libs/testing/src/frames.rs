//! The bytes of frames in their exact form, written by hand and not by the wire library: a mistake that the library
//! makes in both directions would otherwise be invisible.

/// 1 MiB in bytes.
pub const MIB: usize = 1024 * 1024;

/// The bytes of a JOIN.
pub fn join(name: &str) -> Vec<u8> {
    format!("CHAT/1.0 JOIN\r\nUsername: {name}\r\n\r\n").into_bytes()
}

/// The bytes of a LEAVE.
pub fn leave(name: &str) -> Vec<u8> {
    format!("CHAT/1.0 LEAVE\r\nUsername: {name}\r\n\r\n").into_bytes()
}

/// The bytes of a TEXT.
pub fn text(name: &str, payload: impl AsRef<[u8]>) -> Vec<u8> {
    let payload = payload.as_ref();
    let len = payload.len();
    let mut frame =
        format!("CHAT/1.0 TEXT\r\nUsername: {name}\r\nMsg-len: {len}\r\n\r\n").into_bytes();
    frame.extend_from_slice(payload);
    frame
}

/// Whether a frame in the exact form is from `name`.
pub fn is_from(frame: &[u8], name: &str) -> bool {
    let line = format!("Username: {name}");
    frame.split(|&byte| byte == b'\n').nth(1) == Some(format!("{line}\r").as_bytes())
}

/// Bytes for people: control characters escaped, the middle of long ones left out.
pub fn shown(bytes: &[u8]) -> String {
    const END: usize = 300;
    if bytes.len() <= 2 * END {
        return format!("{} bytes: {}", bytes.len(), bytes.escape_ascii());
    }
    let (front, back) = (&bytes[..END], &bytes[bytes.len() - END..]);
    format!(
        "{} bytes: {} [...] {}",
        bytes.len(),
        front.escape_ascii(),
        back.escape_ascii()
    )
}

/// How many bytes at the front are the same.
pub(crate) fn same_bytes(one: &[u8], other: &[u8]) -> usize {
    one.iter().zip(other).take_while(|(a, b)| a == b).count()
}

/// The length of the frame at the front, if all of it is there. Panics at any byte that is not in the exact form.
#[track_caller]
pub(crate) fn frame_len(bytes: &[u8]) -> Option<usize> {
    let head = head_len(bytes)?;
    let lines = std::str::from_utf8(&bytes[..head])
        .unwrap_or_else(|_| panic!("a head that is not UTF-8: {}", shown(bytes)));
    let lines: Vec<&str> = lines.split("\r\n").collect();
    let payload = match lines[..] {
        ["CHAT/1.0 JOIN" | "CHAT/1.0 LEAVE", name, "", ""] if is_name(name) => Some(0),
        ["CHAT/1.0 TEXT", name, len, "", ""] if is_name(name) => {
            len.strip_prefix("Msg-len: ").and_then(decimal)
        }
        _ => None,
    };
    let len = head + payload.unwrap_or_else(|| panic!("not in the exact form: {}", shown(bytes)));
    (bytes.len() >= len).then_some(len)
}

/// The length of the head at the front, with the empty line at its end.
pub(crate) fn head_len(bytes: &[u8]) -> Option<usize> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    Some(end + 4)
}

fn is_name(line: &str) -> bool {
    line.strip_prefix("Username: ")
        .is_some_and(|name| !name.is_empty() && name == name.trim())
}

/// A positive number without a sign or a leading zero.
fn decimal(digits: &str) -> Option<usize> {
    let number: usize = digits.parse().ok()?;
    (number > 0 && number.to_string() == digits).then_some(number)
}
