//! Holds a value against the part of JSON Schema that `openapi.json` uses; anything else in a schema is a fault of the description.

use serde_json::{Map, Value};

/// Panics with the place where the value differs.
pub(super) fn check(description: &Value, schema: &Value, value: &Value, place: &str) {
    let schema = schema.as_object().unwrap_or_else(|| panic!("{place}: the schema is no object"));
    if let Some(reference) = schema.get("$ref") {
        let path = reference.as_str().unwrap().trim_start_matches('#');
        let target = description.pointer(path).unwrap_or_else(|| panic!("{place}: nothing at {path}"));
        return check(description, target, value, place);
    }
    for keyword in schema.keys() {
        let known = [
            "type",
            "description",
            "properties",
            "required",
            "additionalProperties",
            "items",
            "enum",
            "minItems",
            "maxItems",
        ];
        assert!(known.contains(&keyword.as_str()), "{place}: {keyword} is not checked");
    }
    let kinds: Vec<&str> = match &schema["type"] {
        Value::String(one) => vec![one],
        Value::Array(several) => several.iter().map(|kind| kind.as_str().unwrap()).collect(),
        other => panic!("{place}: no type but {other}"),
    };
    assert!(kinds.iter().any(|kind| is(value, kind)), "{place}: {value} is no {kinds:?}");
    if let Some(choices) = schema.get("enum") {
        assert!(choices.as_array().unwrap().contains(value), "{place}: {value} is none of {choices}");
    }
    match value {
        Value::Object(members) => check_members(description, schema, members, place),
        Value::Array(items) => {
            let count = items.len() as u64;
            assert!(schema.get("minItems").is_none_or(|least| count >= least.as_u64().unwrap()), "{place}");
            assert!(schema.get("maxItems").is_none_or(|most| count <= most.as_u64().unwrap()), "{place}");
            for (at, item) in items.iter().enumerate() {
                check(description, &schema["items"], item, &format!("{place}[{at}]"));
            }
        }
        _ => {}
    }
}

fn check_members(
    description: &Value,
    schema: &Map<String, Value>,
    members: &Map<String, Value>,
    place: &str,
) {
    let Some(properties) = schema.get("properties").and_then(Value::as_object) else { return };
    for name in schema["required"].as_array().unwrap() {
        let name = name.as_str().unwrap();
        assert!(members.contains_key(name), "{place}: no {name}");
    }
    assert_eq!(schema["additionalProperties"], Value::Bool(false), "{place}");
    for (name, member) in members {
        let property = properties.get(name).unwrap_or_else(|| panic!("{place}: {name} is not described"));
        check(description, property, member, &format!("{place}.{name}"));
    }
}

fn is(value: &Value, kind: &str) -> bool {
    match kind {
        "object" => value.is_object(),
        "array" => value.is_array(),
        "string" => value.is_string(),
        "number" => value.is_number(),
        "integer" => value.is_i64() || value.is_u64(),
        "boolean" => value.is_boolean(),
        "null" => value.is_null(),
        other => panic!("unknown type {other}"),
    }
}
