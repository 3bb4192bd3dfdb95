//! Splits what a server sends line by line into events and text outside of events, which is often a
//! whole answer.
//!
//! The events are those of `text/event-stream`, with the deviations of real servers: lines end in
//! any way, a field may be indented, the last event needs no end, and llama.cpp has a field for
//! errors. A byte that is not UTF-8 is read as U+FFFD. Each byte is looked at once. Crates for
//! event streams follow the standard, and drop what servers send beside it.

/// An event.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Event {
    /// Empty where it has none.
    pub(super) name: String,
    pub(super) data: String,
}

/// What has come so far.
#[derive(Debug, Default)]
pub(super) struct EventLines {
    /// The line that has not ended.
    line: Vec<u8>,
    after_return: bool,
    is_begun: bool,
    /// The event that has not ended.
    event: Event,
    has_data: bool,
    bare: String,
    events: Vec<Event>,
}

impl EventLines {
    /// Takes received bytes, and returns the events that are complete.
    pub(super) fn push(&mut self, bytes: &[u8]) -> Vec<Event> {
        let mut rest = bytes;
        while let Some(at) = rest.iter().position(|byte| matches!(byte, b'\n' | b'\r')) {
            let is_second_half = self.after_return && at == 0 && rest[0] == b'\n';
            if !is_second_half {
                self.line.extend_from_slice(&rest[..at]);
                self.end_line();
            }
            self.after_return = rest[at] == b'\r';
            rest = &rest[at + 1..];
        }
        if !rest.is_empty() {
            self.after_return = false;
            self.line.extend_from_slice(rest);
        }
        std::mem::take(&mut self.events)
    }

    /// The last events, which have no end, and all text outside of events.
    pub(super) fn finish(&mut self) -> (Vec<Event>, String) {
        self.end_line();
        self.end_event();
        (std::mem::take(&mut self.events), std::mem::take(&mut self.bare))
    }

    /// How much of it is kept.
    pub(super) fn len(&self) -> usize {
        self.line.len() + self.event.data.len() + self.bare.len()
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let line = String::from_utf8_lossy(&line);
        let is_first = !std::mem::replace(&mut self.is_begun, true);
        let line = if is_first { line.trim_start_matches('\u{feff}') } else { &line };
        let field = line.trim();
        if field.is_empty() {
            self.end_event();
        } else if let Some(data) = field.strip_prefix("data:") {
            self.add(data);
        } else if let Some(name) = field.strip_prefix("event:") {
            self.event.name = name.trim().to_owned();
        } else if let Some(words) = field.strip_prefix("error:") {
            "error".clone_into(&mut self.event.name);
            self.add(words);
        } else if !["id:", "retry:", ":"].iter().any(|name| field.starts_with(name)) {
            self.bare.push_str(line);
            self.bare.push('\n');
        }
    }

    fn add(&mut self, data: &str) {
        if std::mem::replace(&mut self.has_data, true) {
            self.event.data.push('\n');
        }
        self.event.data.push_str(data.trim());
    }

    fn end_event(&mut self) {
        let event = std::mem::take(&mut self.event);
        if std::mem::take(&mut self.has_data) && !event.data.is_empty() {
            self.events.push(event);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The events and the rest, however the text is cut.
    fn check(text: &[u8], expect: &[(&str, &str)], bare: &str) {
        for size in [1, 2, 3, text.len()] {
            let mut lines = EventLines::default();
            let mut events: Vec<Event> =
                text.chunks(size).flat_map(|bytes| lines.push(bytes)).collect();
            let (last, rest) = lines.finish();
            events.extend(last);
            let events: Vec<(&str, &str)> =
                events.iter().map(|event| (event.name.as_str(), event.data.as_str())).collect();
            let place = String::from_utf8_lossy(text);
            assert_eq!((events.as_slice(), rest.trim()), (expect, bare), "{place} by {size}");
        }
    }

    #[test]
    fn lines_may_end_in_any_way() {
        for end in ["\n", "\r\n", "\r"] {
            let text = ["data: a", "", ": ping", "", "event: x", "data:b", "data: c"].join(end);
            check(text.as_bytes(), &[("", "a"), ("x", "b\nc")], "");
        }
    }

    #[test]
    fn what_is_no_field_stands_outside() {
        check(b"{\"a\":1}\n\ndata: [DONE]\n\n", &[("", "[DONE]")], "{\"a\":1}");
        check(b": PROCESSING\n\n{\n \"data\": 2\n}", &[], "{\n \"data\": 2\n}");
        check(b"error: {\"code\":500}\n\n", &[("error", "{\"code\":500}")], "");
        check(b"\xef\xbb\xbfdata: \xff\n", &[("", "\u{fffd}")], "");
        check("é".as_bytes(), &[], "é");
        check(b"event: x\n\ndata:\n\nid: 1\nretry: 2", &[], "");
    }
}
