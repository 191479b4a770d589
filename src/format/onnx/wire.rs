//! A look at a file's bytes before they are decoded: what they would cost in memory.
//!
//! The decoder makes a structure of up to 208 bytes of a message that takes two, and a 64-bit
//! integer of one byte. Everything of that kind is counted here first, and nothing is reserved.

use crate::net::Shape;

/// Nodes, tensors, attributes and names that a file may hold: a network needs a few for each layer.
const MOST_MESSAGES: usize = 1 << 16;
/// Integers that a file may hold: weights of 16 bits may be stored as such.
const MOST_INTEGERS: usize = Shape::MOST_PARAMETERS as usize + MOST_MESSAGES;

/// Messages that others are looked for in.
#[derive(Clone, Copy)]
enum Message {
    Model,
    Graph,
    Node,
    Attribute,
    Tensor,
    Sparse,
    Value,
    Type,
    TensorType,
    Shape,
    /// Costs memory, and holds nothing that does.
    Leaf,
}

/// What a field holds.
enum Field {
    Message(Message),
    /// Integers, packed into one field or one by one.
    Integers,
    Other,
}

impl Message {
    fn field(self, number: u64) -> Field {
        match (self, number) {
            (Self::Model, 7) => Field::Message(Self::Graph),
            (Self::Graph, 1) => Field::Message(Self::Node),
            (Self::Graph | Self::Attribute, 5) | (Self::Sparse, 1 | 2) => Field::Message(Self::Tensor),
            (Self::Graph, 15) | (Self::Attribute, 22) => Field::Message(Self::Sparse),
            (Self::Graph, 11 | 12) => Field::Message(Self::Value),
            (Self::Node, 5) => Field::Message(Self::Attribute),
            (Self::Value, 2) => Field::Message(Self::Type),
            (Self::Type, 1) => Field::Message(Self::TensorType),
            (Self::TensorType, 2) => Field::Message(Self::Shape),
            (Self::Model, 8) | (Self::Node, 1 | 2) | (Self::Tensor, 13) | (Self::Shape, 1) => {
                Field::Message(Self::Leaf)
            }
            (Self::Attribute, 8) | (Self::Sparse, 3) | (Self::Tensor, 1 | 5 | 7 | 11) => Field::Integers,
            _ => Field::Other,
        }
    }

    /// Bytes of the shortest one that means anything: a name, a type.
    fn fewest(self) -> usize {
        match self {
            Self::Node => 6,
            Self::Tensor | Self::Sparse => 5,
            Self::Attribute | Self::Value => 3,
            _ => 0,
        }
    }
}

/// Counts over a whole file.
#[derive(Default)]
struct Counts {
    messages: usize,
    integers: usize,
}

/// Errors, in words, where the bytes are no messages, or would need memory out of proportion.
pub(super) fn check(bytes: &[u8]) -> Result<(), String> {
    scan(bytes, Message::Model, &mut Counts::default())
}

fn scan(mut rest: &[u8], message: Message, counts: &mut Counts) -> Result<(), String> {
    let cut = || "it ends within a field".to_owned();
    while !rest.is_empty() {
        let key = varint(&mut rest).ok_or_else(cut)?;
        let field = message.field(key >> 3);
        // Length of the field, by its wire type.
        let length = match key & 7 {
            0 => {
                varint(&mut rest).ok_or_else(cut)?;
                counts.integers += usize::from(matches!(field, Field::Integers));
                0
            }
            1 => 8,
            2 => varint(&mut rest).ok_or_else(cut)?,
            5 => 4,
            other => return Err(format!("it has a field of wire type {other}")),
        };
        let (content, after) = rest.split_at_checked(usize::try_from(length).map_err(|_| cut())?).ok_or_else(cut)?;
        rest = after;
        match field {
            Field::Message(inner) if key & 7 == 2 => {
                if content.len() < inner.fewest() {
                    return Err("it has an empty node, tensor, attribute or value".to_owned());
                }
                counts.messages += 1;
                if !matches!(inner, Message::Leaf) {
                    scan(content, inner, counts)?;
                }
            }
            // A byte without its highest bit ends an integer.
            Field::Integers => counts.integers += content.iter().filter(|&&byte| byte < 0x80).count(),
            _ => {}
        }
        if counts.messages > MOST_MESSAGES {
            return Err(format!("it holds more than {MOST_MESSAGES} nodes, tensors and names"));
        }
        if counts.integers > MOST_INTEGERS {
            return Err(format!("it holds more than {MOST_INTEGERS} integers"));
        }
    }
    Ok(())
}

/// The next integer; `None` where the bytes end, or it has more than ten.
fn varint(rest: &mut &[u8]) -> Option<u64> {
    let mut value = 0;
    for place in 0..10 {
        let (byte, after) = rest.split_first()?;
        *rest = after;
        value |= u64::from(byte & 0x7f) << (7 * place);
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
    None
}
