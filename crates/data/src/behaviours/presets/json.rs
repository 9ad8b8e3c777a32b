//! Objects as JSON has them, or as Python prints them: `{'asin': u'1', 'also': None, 'x': (1, 2)}`.

use serde_json::{Map, Number, Value};

/// Reads one value; none if it is neither.
pub(super) fn parse(text: &str) -> Option<Value> {
    serde_json::from_str(text).ok().or_else(|| {
        let mut literal = Literal { rest: text };
        let value = literal.value(0)?;
        literal.space();
        literal.rest.is_empty().then_some(value)
    })
}

/// Values within values, at most: no log has more, and a stack has an end.
const DEPTH: usize = 64;

struct Literal<'a> {
    rest: &'a str,
}

impl Literal<'_> {
    fn space(&mut self) {
        self.rest = self.rest.trim_start();
    }

    fn eat(&mut self, token: &str) -> bool {
        self.space();
        match self.rest.strip_prefix(token) {
            Some(rest) => {
                self.rest = rest;
                true
            }
            None => false,
        }
    }

    fn value(&mut self, depth: usize) -> Option<Value> {
        if depth > DEPTH {
            return None;
        }
        self.space();
        for (word, value) in [
            ("None", Value::Null),
            ("True", Value::Bool(true)),
            ("False", Value::Bool(false)),
            ("null", Value::Null),
            ("true", Value::Bool(true)),
            ("false", Value::Bool(false)),
        ] {
            if self.eat(word) {
                return Some(value);
            }
        }
        match self.rest.chars().next()? {
            '{' => self.object(depth),
            '[' => self.list("[", "]", depth),
            '(' => self.list("(", ")", depth),
            '\'' | '"' => self.text().map(Value::String),
            'u' | 'b' if self.rest[1..].starts_with(['\'', '"']) => {
                self.rest = &self.rest[1..];
                self.text().map(Value::String)
            }
            _ => self.number(),
        }
    }

    fn object(&mut self, depth: usize) -> Option<Value> {
        self.eat("{");
        let mut object = Map::new();
        while !self.eat("}") {
            let Value::String(name) = self.value(depth + 1)? else { return None };
            if !self.eat(":") {
                return None;
            }
            object.insert(name, self.value(depth + 1)?);
            if !self.eat(",") {
                return self.eat("}").then_some(Value::Object(object));
            }
        }
        Some(Value::Object(object))
    }

    fn list(&mut self, open: &str, close: &str, depth: usize) -> Option<Value> {
        self.eat(open);
        let mut list = vec![];
        while !self.eat(close) {
            list.push(self.value(depth + 1)?);
            if !self.eat(",") {
                return self.eat(close).then_some(Value::Array(list));
            }
        }
        Some(Value::Array(list))
    }

    fn text(&mut self) -> Option<String> {
        let mut chars = self.rest.chars();
        let quote = chars.next()?;
        let mut text = String::new();
        loop {
            match chars.next()? {
                c if c == quote => break,
                '\\' => match chars.next()? {
                    'n' => text.push('\n'),
                    't' => text.push('\t'),
                    'r' => text.push('\r'),
                    'x' => text.push(code(&mut chars, 2)?),
                    'u' => text.push(code(&mut chars, 4)?),
                    'U' => text.push(code(&mut chars, 8)?),
                    c => text.push(c),
                },
                c => text.push(c),
            }
        }
        self.rest = chars.as_str();
        Some(text)
    }

    fn number(&mut self) -> Option<Value> {
        let end = self
            .rest
            .find(|c: char| !matches!(c, '0'..='9' | '+' | '-' | '.' | 'e' | 'E'))
            .unwrap_or(self.rest.len());
        let (digits, rest) = self.rest.split_at(end);
        self.rest = rest;
        let whole = digits.parse::<i64>().ok().map(Number::from);
        whole.or_else(|| Number::from_f64(digits.parse().ok()?)).map(Value::Number)
    }
}

/// A character by its number; what is none, such as half of a pair, is the sign for that.
fn code(chars: &mut std::str::Chars<'_>, digits: usize) -> Option<char> {
    let hex: String = chars.by_ref().take(digits).collect();
    let number = u32::from_str_radix(&hex, 16).ok()?;
    Some(char::from_u32(number).unwrap_or(char::REPLACEMENT_CHARACTER))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::parse;

    #[test]
    fn both_forms_are_read() {
        let python = concat!(
            r#"{'asin': u'00', "title": 'It\'s "A"\n\u00e9', 'related': None, "#,
            r#"'ok': True, 'xs': (1, -2.5, [],), 'o': {},}"#
        );
        let expected = json!({
            "asin": "00", "title": "It's \"A\"\né", "related": null, "ok": true, "xs": [1, -2.5, []], "o": {}
        });
        assert_eq!(parse(python), Some(expected.clone()));
        assert_eq!(parse(&expected.to_string()), Some(expected));
        let nested = "[".repeat(100_000);
        for bad in
            ["", "{", "{'a'}", "{'a': }", "{'a': 1} x", "'", "{1: 2}", "{'a' 1}", "[1 2]", "'\\x4", &nested]
        {
            assert_eq!(parse(bad), None, "{bad:.20}");
        }
    }
}
