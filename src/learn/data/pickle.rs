//! The part of Python's pickles that data sets use, read without running anything.
//!
//! A pickle is a program for a stack machine. Here its values are plain data, and calls are kept
//! as what they are: a name and arguments. Only NumPy's way of writing an array is understood.
//! Source: CPython's `Lib/pickletools.py`, which documents every opcode.

/// A value.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Value {
    None,
    Bool(bool),
    Integer(i64),
    Bytes(Vec<u8>),
    List(Vec<Value>),
    Dict(Vec<(Value, Value)>),
    /// A name that Python would import.
    Global(String),
    /// A call, its arguments, and the state set after it.
    Call {
        of: Box<Value>,
        arguments: Vec<Value>,
        state: Option<Box<Value>>,
    },
    Mark,
}

impl Value {
    /// The entry of a dictionary, by a name of bytes or text.
    pub(super) fn get(&self, name: &str) -> Option<&Value> {
        let Self::Dict(entries) = self else { return None };
        entries.iter().find(|(key, _)| *key == Self::Bytes(name.as_bytes().to_vec())).map(|(_, value)| value)
    }

    /// A list of integers.
    pub(super) fn integers(&self) -> Option<Vec<i64>> {
        let Self::List(list) = self else { return None };
        list.iter().map(|x| if let Self::Integer(i) = x { Some(*i) } else { None }).collect()
    }

    /// An array of unsigned bytes: its shape, and its entries row by row.
    pub(super) fn bytes_array(&self) -> Option<(Vec<usize>, &[u8])> {
        let Self::Call { of, state: Some(state), .. } = self else { return None };
        let Self::List(state) = &**state else { return None };
        let [_, shape, kind, Self::Bool(false), data] = &state[..] else { return None };
        let Self::Call { arguments: kind, .. } = kind else { return None };
        let is_bytes = matches!(kind.first(), Some(Self::Bytes(name)) if name == b"u1" || name == b"|u1");
        let named = matches!(&**of, Self::Global(name) if name.ends_with("multiarray _reconstruct"));
        let shape: Vec<usize> = shape.integers()?.into_iter().map(usize::try_from).collect::<Result<_, _>>().ok()?;
        let size = shape.iter().try_fold(1usize, |size, &axis| size.checked_mul(axis))?;
        let Self::Bytes(data) = data else { return None };
        (is_bytes && named && data.len() == size).then_some((shape, data))
    }
}

/// The value that a pickle leaves, or why there is none.
pub(super) fn read(bytes: &[u8]) -> Result<Value, String> {
    let mut machine = Machine { bytes, at: 0, stack: Vec::new(), memo: Vec::new(), counted: 0, built: 0 };
    loop {
        let at = machine.at;
        match machine.step() {
            Some(true) => {}
            Some(false) => return machine.stack.pop().ok_or_else(|| "the pickle is empty".to_owned()),
            None => return Err(format!("its pickle is damaged, or uses what arrays do not need, at byte {at}")),
        }
    }
}

struct Machine<'b> {
    bytes: &'b [u8],
    at: usize,
    stack: Vec<Value>,
    memo: Vec<(u32, Value)>,
    /// Values remembered without a number of their own.
    counted: u32,
    /// Tuples and calls so far.
    built: usize,
}

/// Values on the stack at most, and tuples and calls in all: no value of a data set is nested deeper.
const MOST_STACK: usize = 4096;
const MOST_BUILT: usize = 64;

impl<'b> Machine<'b> {
    fn take(&mut self, count: usize) -> Option<&'b [u8]> {
        let found = self.bytes.get(self.at..self.at.checked_add(count)?)?;
        self.at += count;
        Some(found)
    }

    /// An unsigned number of so many bytes, little end first.
    fn number(&mut self, count: usize) -> Option<u64> {
        Some(self.take(count)?.iter().rev().fold(0, |sum, &byte| sum << 8 | u64::from(byte)))
    }

    fn line(&mut self) -> Option<String> {
        let rest = &self.bytes[self.at..];
        let end = rest.iter().position(|&byte| byte == b'\n')?;
        self.at += end + 1;
        Some(String::from_utf8_lossy(&rest[..end]).into_owned())
    }

    /// Pushes bytes whose length stands in so many bytes before them.
    fn sized(&mut self, count: usize) -> Option<()> {
        let size = usize::try_from(self.number(count)?).ok()?;
        let bytes = self.take(size)?.to_vec();
        self.push(Value::Bytes(bytes))
    }

    /// Text as bytes; characters to U+00FF are one byte, as Latin-1 has it.
    fn text(&mut self, count: usize) -> Option<()> {
        let size = usize::try_from(self.number(count)?).ok()?;
        let text = std::str::from_utf8(self.take(size)?).ok()?;
        let latin = text.chars().map(|c| u8::try_from(u32::from(c)).ok()).collect::<Option<Vec<u8>>>();
        self.push(Value::Bytes(latin.unwrap_or_else(|| text.as_bytes().to_vec())))
    }

    fn push(&mut self, value: Value) -> Option<()> {
        let deeper = matches!(&value, Value::Call { .. }) || matches!(&value, Value::List(list) if !list.is_empty());
        self.built += usize::from(deeper);
        self.stack.push(value);
        (self.stack.len() <= MOST_STACK && self.built <= MOST_BUILT).then_some(())
    }

    /// All above the last mark.
    fn marked(&mut self) -> Option<Vec<Value>> {
        let mark = self.stack.iter().rposition(|value| *value == Value::Mark)?;
        let found = self.stack.split_off(mark + 1);
        self.stack.pop();
        Some(found)
    }

    fn append(&mut self, items: Vec<Value>) -> Option<()> {
        let Some(Value::List(list)) = self.stack.last_mut() else { return None };
        list.extend(items);
        Some(())
    }

    fn set(&mut self, items: Vec<Value>) -> Option<()> {
        let Some(Value::Dict(entries)) = self.stack.last_mut() else { return None };
        let mut items = items.into_iter();
        while let Some(key) = items.next() {
            entries.push((key, items.next()?));
        }
        Some(())
    }

    fn last(&mut self, count: usize) -> Option<Vec<Value>> {
        Some(self.stack.split_off(self.stack.len().checked_sub(count)?))
    }

    fn remember(&mut self, index: u32) -> Option<()> {
        // Arrays are referred to once: only what is small is worth a copy.
        let value = self.stack.last()?;
        if matches!(value, Value::Bytes(b) if b.len() < 256) || matches!(value, Value::Global(_)) {
            let value = value.clone();
            self.memo.push((index, value));
        }
        Some(())
    }

    fn recall(&mut self, index: u32) -> Option<()> {
        let value = self.memo.iter().rev().find(|(known, _)| *known == index)?.1.clone();
        self.push(value)
    }

    /// One opcode; false at the end, `None` where it is not understood.
    fn step(&mut self) -> Option<bool> {
        match self.take(1)?[0] {
            b'.' => return Some(false),
            0x80 => drop(self.take(1)?),
            0x95 => drop(self.take(8)?),
            b'(' => self.push(Value::Mark)?,
            b'N' => self.push(Value::None)?,
            0x88 | 0x89 => {
                let value = self.bytes[self.at - 1] == 0x88;
                self.push(Value::Bool(value))?;
            }
            b'K' => {
                let value = self.number(1)?;
                self.push(Value::Integer(value as i64))?;
            }
            b'M' => {
                let value = self.number(2)?;
                self.push(Value::Integer(value as i64))?;
            }
            b'J' => {
                let value = self.number(4)?;
                self.push(Value::Integer(i64::from(value as u32 as i32)))?;
            }
            0x8a => {
                let size = self.number(1)? as usize;
                let bits = self.number(size).filter(|_| size <= 8)?;
                let shift = 64 - 8 * size as u32;
                let value = if size == 0 { 0 } else { (bits << shift) as i64 >> shift };
                self.push(Value::Integer(value))?;
            }
            b'U' | b'C' => self.sized(1)?,
            b'T' | b'B' => self.sized(4)?,
            0x8e => self.sized(8)?,
            0x8c => self.text(1)?,
            b'X' => self.text(4)?,
            b']' | b')' => self.push(Value::List(Vec::new()))?,
            b'}' => self.push(Value::Dict(Vec::new()))?,
            b'a' => {
                let items = self.last(1)?;
                self.append(items)?;
            }
            b'e' => {
                let items = self.marked()?;
                self.append(items)?;
            }
            b's' => {
                let items = self.last(2)?;
                self.set(items)?;
            }
            b'u' => {
                let items = self.marked()?;
                self.set(items)?;
            }
            b't' => {
                let items = self.marked()?;
                self.push(Value::List(items))?;
            }
            size @ 0x85..=0x87 => {
                let items = self.last(usize::from(size - 0x84))?;
                self.push(Value::List(items))?;
            }
            b'c' => {
                let name = format!("{} {}", self.line()?, self.line()?);
                self.push(Value::Global(name))?;
            }
            0x93 => {
                let names = self.last(2)?;
                let [Value::Bytes(module), Value::Bytes(name)] = &names[..] else { return None };
                let name = format!("{} {}", String::from_utf8_lossy(module), String::from_utf8_lossy(name));
                self.push(Value::Global(name))?;
            }
            b'R' => {
                let Value::List(arguments) = self.stack.pop()? else { return None };
                let of = self.stack.pop()?;
                match (&of, &arguments[..]) {
                    // Protocol 2 of Python 3 writes bytes as text, to be encoded again.
                    (Value::Global(name), [Value::Bytes(bytes), ..]) if name == "_codecs encode" => {
                        let bytes = bytes.clone();
                        self.built = self.built.saturating_sub(1);
                        self.push(Value::Bytes(bytes))?;
                    }
                    _ => self.push(Value::Call { of: Box::new(of), arguments, state: None })?,
                }
            }
            b'b' => {
                let set = Box::new(self.stack.pop()?);
                let Some(Value::Call { state, .. }) = self.stack.last_mut() else { return None };
                *state = Some(set);
            }
            b'q' => {
                let index = self.number(1)? as u32;
                self.remember(index)?;
            }
            b'r' => {
                let index = self.number(4)? as u32;
                self.remember(index)?;
            }
            0x94 => {
                // Numbered in the order of remembering, small or not.
                let index = self.memoized();
                self.remember(index)?;
            }
            b'h' => {
                let index = self.number(1)? as u32;
                self.recall(index)?;
            }
            b'j' => {
                let index = self.number(4)? as u32;
                self.recall(index)?;
            }
            _ => return None,
        }
        Some(true)
    }

    fn memoized(&mut self) -> u32 {
        self.counted += 1;
        self.counted - 1
    }
}
