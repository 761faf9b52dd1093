//! TTML (W3C Timed Text): paragraphs `<p begin end>` within divisions, with spans that have times of their own (words).
//!
//! Times are relative to the element around (TTML 2, section 12.2), unless a child ends after its parent would: some music services write absolute
//! ones.

use super::{Given, LATEST_SECS, Word, Wrong, excerpt, tidy};
use roxmltree::{Document, Node, ParsingOptions};

/// Most elements and texts that are read.
const MOST_NODES: u32 = 500_000;
/// Deepest nesting that is read: real files have some six levels.
const DEEPEST: usize = 64;

/// Rates that times may be counted in.
#[derive(Debug, Clone, Copy)]
struct Rates {
    frames_hz: f64,
    ticks_hz: f64,
}

/// When an element begins and ends, in seconds of the song.
#[derive(Debug, Clone, Copy, Default)]
struct Span {
    begin_secs: Option<f64>,
    end_secs: Option<f64>,
}

/// Parses TTML text.
///
/// # Errors
/// The line and what would be right.
pub(super) fn parse(text: &str) -> Result<Vec<Given>, Wrong> {
    deepest(text)?;
    let options = ParsingOptions { allow_dtd: false, nodes_limit: MOST_NODES, ..ParsingOptions::default() };
    let document = Document::parse_with_options(text, options).map_err(|error| {
        // The parser ends its message with the place, which ours begins with.
        let said = error.to_string();
        let reason = said.split(" at ").next().unwrap_or(&said);
        // It may quote a line break, which would break the message.
        let reason: String = reason.chars().map(|c| if c.is_control() { c.escape_default().to_string() } else { c.to_string() }).collect();
        (error.pos().row as usize, format!("it is no well-formed XML ({reason}): mend the markup there"))
    })?;
    let root = document.root_element();
    if root.tag_name().name() != "tt" {
        return Err((1, format!("its root is `{}`, not `tt`: give TTML, or another format", excerpt(root.tag_name().name()))));
    }
    let rates = rates(root);
    let paragraphs = root.descendants().filter(|node| node.tag_name().name() == "p");
    let mut given = Vec::new();
    for paragraph in paragraphs {
        given.extend(line(paragraph, rates)?);
    }
    Ok(given)
}

/// Refuses nesting that could exhaust a parser's stack, by counting tags roughly.
fn deepest(text: &str) -> Result<(), Wrong> {
    let mut depth = 0_usize;
    for (index, line) in text.lines().enumerate() {
        for piece in line.split('<').skip(1) {
            if piece.starts_with('/') {
                depth = depth.saturating_sub(1);
            } else if !piece.starts_with(['!', '?']) && !piece.split('>').next().unwrap_or("").ends_with('/') {
                depth += 1;
            }
            if depth > DEEPEST {
                return Err((index + 1, format!("elements lie more than {DEEPEST} deep in each other: close them")));
            }
        }
    }
    Ok(())
}

fn rates(root: Node) -> Rates {
    let number = |name: &str| root.attributes().find(|a| a.name() == name).and_then(|a| a.value().trim().parse::<f64>().ok());
    let multiplier = root.attributes().find(|a| a.name() == "frameRateMultiplier").and_then(|a| {
        let mut parts = a.value().split_whitespace().filter_map(|part| part.parse::<f64>().ok());
        Some(parts.next()? / parts.next()?)
    });
    let frames_hz = number("frameRate").unwrap_or(30.0) * multiplier.unwrap_or(1.0);
    let sane = |hz: f64, otherwise: f64| if hz.is_finite() && hz > 0.0 { hz } else { otherwise };
    let frames_hz = sane(frames_hz, 30.0);
    Rates { frames_hz, ticks_hz: sane(number("tickRate").unwrap_or(frames_hz), 1.0) }
}

/// A paragraph as a line; none where it has no time or no words.
fn line(paragraph: Node, rates: Rates) -> Result<Option<Given>, Wrong> {
    let at_line = row(paragraph);
    let span = span(paragraph, rates)?;
    let mut words = Vec::new();
    let mut text = String::new();
    for node in paragraph.descendants() {
        if node.tag_name().name() == "br" {
            text.push(' ');
        }
        // Markup between elements is indented; text within one line isn't.
        if let Some(piece) = node.text().filter(|_| node.is_text()) {
            let indent = piece.trim().is_empty() && piece.contains('\n');
            text.push_str(if indent { " " } else { piece });
        }
        let timed = node.tag_name().name() == "span" && node.children().all(|child| !child.has_children());
        if timed && node.attributes().any(|a| a.name() == "begin") {
            let own = self::span(node, rates)?;
            let sung = node.children().filter_map(|child| child.text()).collect::<String>();
            if let Some(start_secs) = own.begin_secs {
                words.push(Word { start_secs, end_secs: own.end_secs, text: tidy(&sung) });
            }
        }
    }
    let text = tidy(&text);
    let first = words.iter().map(|word| word.start_secs).min_by(f64::total_cmp);
    let own = paragraph.attributes().any(|a| a.name() == "begin");
    match if own { span.begin_secs } else { first.or(span.begin_secs) } {
        _ if text.is_empty() => Ok(None),
        None => Err((at_line, format!("`{}` has no time: give its `p` a `begin`", excerpt(&text)))),
        Some(start_secs) => Ok(Some(Given { start_secs, end_secs: span.end_secs, text, words, at_line })),
    }
}

fn row(node: Node) -> usize {
    node.document().text_pos_at(node.range().start).row as usize
}

/// When an element begins and ends in the song, with what the elements around it add.
fn span(node: Node, rates: Rates) -> Result<Span, Wrong> {
    let mut around: Vec<Node> = node.ancestors().filter(|ancestor| ancestor.is_element()).collect();
    around.reverse();
    let mut outer = Span::default();
    for element in around {
        let time = |name: &str| -> Result<Option<f64>, Wrong> {
            let value = element.attributes().find(|a| a.name() == name).map(|a| a.value());
            value.map(|value| time_secs(value, rates).map_err(|reason| (row(element), reason))).transpose()
        };
        let (begin, end, dur) = (time("begin")?, time("end")?, time("dur")?);
        if begin.is_none() && end.is_none() && dur.is_none() {
            continue;
        }
        let from = outer.begin_secs.unwrap_or(0.0);
        let stated_end = end.or_else(|| Some(begin.unwrap_or(0.0) + dur?));
        let last = stated_end.or(begin).unwrap_or(0.0);
        // Absolute, where it would end after the element around it.
        let absolute = outer.end_secs.is_some_and(|outer_end| from + last > outer_end + 0.05);
        let shift = if absolute { 0.0 } else { from };
        outer = Span {
            begin_secs: begin.map(|begin| begin + shift).or(outer.begin_secs),
            end_secs: stated_end.map(|end| end + shift).or(outer.end_secs),
        };
    }
    Ok(outer)
}

/// Seconds of a time expression (TTML 2, section 12.3.1): `hh:mm:ss.fff`, `hh:mm:ss:ff`, `12.5s`, `500ms`, `1.5m`, `1h`, `30f`, `1000t`, and the plain
/// `12.5` and `mm:ss.fff` that music services write.
fn time_secs(text: &str, rates: Rates) -> Result<f64, String> {
    let wrong = || format!("`{}` is no time: write `00:01:02.500` or `62.5s`", excerpt(text));
    let text = text.trim();
    let number = |text: &str| {
        let plain = !text.is_empty() && text.len() <= 18 && text.chars().all(|c| c.is_ascii_digit() || c == '.');
        plain.then(|| text.parse::<f64>().ok()).flatten().ok_or_else(wrong)
    };
    let fields: Vec<&str> = text.split(':').collect();
    let secs = match fields.as_slice() {
        [one] => {
            let digits = one.trim_end_matches(|c: char| c.is_ascii_alphabetic());
            let unit = match &one[digits.len()..] {
                "" | "s" => 1.0,
                "ms" => 0.001,
                "m" => 60.0,
                "h" => 3600.0,
                "f" => 1.0 / rates.frames_hz,
                "t" => 1.0 / rates.ticks_hz,
                _ => return Err(wrong()),
            };
            number(digits)? * unit
        }
        [minutes, seconds] => number(minutes)? * 60.0 + number(seconds)?,
        [hours, minutes, seconds] => number(hours)? * 3600.0 + number(minutes)? * 60.0 + number(seconds)?,
        [hours, minutes, seconds, frames] => {
            number(hours)? * 3600.0 + number(minutes)? * 60.0 + number(seconds)? + number(frames)? / rates.frames_hz
        }
        _ => return Err(wrong()),
    };
    if secs <= LATEST_SECS { Ok(secs) } else { Err(wrong()) }
}
