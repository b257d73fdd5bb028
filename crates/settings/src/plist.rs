//! Property lists in XML (Apple's `PropertyList-1.0.dtd`), as configuration profiles are.

use data_encoding::BASE64;

use crate::xml::{self, Element, escape};

/// A value of a property list.
#[derive(Clone, PartialEq)]
pub(crate) enum Value {
    Dict(Dict),
    Array(Vec<Value>),
    String(String),
    Integer(i64),
    Boolean(bool),
    Data(Vec<u8>),
    /// Dates and fractions, which no payload read here has a use for.
    Other(String),
}

/// Keys in their order.
#[derive(Clone, Default, PartialEq)]
pub(crate) struct Dict(pub(crate) Vec<(String, Value)>);

impl Dict {
    pub(crate) fn get(&self, key: &str) -> Option<&Value> {
        self.0
            .iter()
            .find(|(name, _)| name == key)
            .map(|(_, value)| value)
    }

    pub(crate) fn string(&self, key: &str) -> Option<&str> {
        match self.get(key)? {
            Value::String(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    pub(crate) fn boolean(&self, key: &str) -> Option<bool> {
        match self.get(key)? {
            Value::Boolean(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn integer(&self, key: &str) -> Option<i64> {
        match self.get(key)? {
            Value::Integer(value) => Some(*value),
            _ => None,
        }
    }

    pub(crate) fn data(&self, key: &str) -> Option<&[u8]> {
        match self.get(key)? {
            Value::Data(bytes) => Some(bytes),
            _ => None,
        }
    }

    pub(crate) fn set(&mut self, key: &str, value: Value) {
        self.0.push((key.to_owned(), value));
    }

    pub(crate) fn set_string(&mut self, key: &str, text: &str) {
        self.set(key, Value::String(text.to_owned()));
    }

    pub(crate) fn set_boolean(&mut self, key: &str, value: bool) {
        self.set(key, Value::Boolean(value));
    }
}

/// Reads a document; its outermost value must be a dictionary.
pub(crate) fn parse(text: &str) -> Result<Option<Dict>, xml::Error> {
    let root = xml::parse(text)?;
    let inside = root.children.first().filter(|_| root.name == "plist");
    Ok(match inside.and_then(value) {
        Some(Value::Dict(dict)) => Some(dict),
        _ => None,
    })
}

/// `None` for what the DTD does not allow.
fn value(element: &Element) -> Option<Value> {
    let text = element.text.trim();
    Some(match element.name.as_str() {
        "dict" => {
            let mut dict = Dict::default();
            for pair in element.children.chunks(2) {
                let [key, found] = pair else {
                    return None;
                };
                if key.name != "key" {
                    return None;
                }
                dict.0.push((key.text.clone(), value(found)?));
            }
            Value::Dict(dict)
        }
        "array" => Value::Array(element.children.iter().map(value).collect::<Option<_>>()?),
        "string" => Value::String(element.text.clone()),
        "integer" => Value::Integer(text.parse().ok()?),
        "true" => Value::Boolean(true),
        "false" => Value::Boolean(false),
        "data" => {
            let digits: Vec<u8> = text.bytes().filter(|c| !c.is_ascii_whitespace()).collect();
            Value::Data(BASE64.decode(&digits).ok()?)
        }
        "date" | "real" => Value::Other(text.to_owned()),
        _ => return None,
    })
}

/// Writes a document as Apple's own tools do: tabs, and data in lines of 76 columns less the tabs, a tab
/// counting as eight.
pub(crate) fn write(dict: &Dict) -> String {
    let mut text = String::from(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" \
         \"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n\
         <plist version=\"1.0\">\n",
    );
    put_dict(&mut text, dict, 0);
    text.push_str("</plist>\n");
    text
}

fn put(text: &mut String, depth: usize, line: &str) {
    text.extend(std::iter::repeat_n('\t', depth));
    text.push_str(line);
    text.push('\n');
}

fn put_dict(text: &mut String, dict: &Dict, depth: usize) {
    put(text, depth, "<dict>");
    for (key, value) in &dict.0 {
        put(text, depth + 1, &format!("<key>{}</key>", escape(key)));
        put_value(text, value, depth + 1);
    }
    put(text, depth, "</dict>");
}

fn put_value(text: &mut String, value: &Value, depth: usize) {
    match value {
        Value::Dict(dict) => put_dict(text, dict, depth),
        Value::Array(values) if values.is_empty() => put(text, depth, "<array/>"),
        Value::Array(values) => {
            put(text, depth, "<array>");
            values
                .iter()
                .for_each(|value| put_value(text, value, depth + 1));
            put(text, depth, "</array>");
        }
        Value::String(string) | Value::Other(string) => {
            put(text, depth, &format!("<string>{}</string>", escape(string)));
        }
        Value::Integer(number) => put(text, depth, &format!("<integer>{number}</integer>")),
        Value::Boolean(true) => put(text, depth, "<true/>"),
        Value::Boolean(false) => put(text, depth, "<false/>"),
        Value::Data(bytes) => {
            put(text, depth, "<data>");
            let columns = 76_usize.saturating_sub(8 * depth).max(16);
            // Whole groups of four columns, three bytes each.
            for line in bytes.chunks(columns / 4 * 3) {
                put(text, depth, &BASE64.encode(line));
            }
            put(text, depth, "</data>");
        }
    }
}
