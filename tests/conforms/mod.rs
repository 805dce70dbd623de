//! Holds documents to the JSON Schemas that describe them.

use serde_json::Value;

/// The few words of JSON Schema that the schemas use, with every field of the document described.
pub fn conforms(root: &Value, schema: &Value, value: &Value, at: &str) {
    if let Some(name) = schema["$ref"].as_str() {
        return conforms(root, root.pointer(name.trim_start_matches('#')).unwrap(), value, at);
    }
    if let Some(choices) = schema["oneOf"].as_array() {
        let choice = choices.iter().find(|choice| (choice["type"] == "null") == value.is_null()).unwrap();
        return conforms(root, choice, value, at);
    }
    if let Some(values) = schema["enum"].as_array() {
        assert!(values.contains(value), "{at}: {value}");
    }
    if !schema["const"].is_null() {
        assert_eq!(&schema["const"], value, "{at}");
    }
    let kind = match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(number) if number.is_f64() => "number",
        Value::Number(_) => "integer",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    };
    match &schema["type"] {
        Value::String(wanted) if wanted == "number" && kind == "integer" => {}
        Value::String(wanted) => assert_eq!(wanted, kind, "{at}"),
        Value::Array(kinds) => assert!(kinds.contains(&Value::from(kind)), "{at}: {kind}"),
        _ => {}
    }
    for required in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(required.as_str().unwrap()).is_some(), "{at}: lacks {required}");
    }
    if let (Some(fields), Some(known)) = (value.as_object(), schema["properties"].as_object()) {
        for (name, field) in fields {
            let schema = known.get(name).unwrap_or_else(|| panic!("{at}: `{name}` is not in the schema"));
            conforms(root, schema, field, &format!("{at}.{name}"));
        }
    }
    for (index, item) in value.as_array().into_iter().flatten().enumerate() {
        conforms(root, &schema["items"], item, &format!("{at}[{index}]"));
    }
}
