//! kubectl's grammar of selectors: words, marks, and what is wrong with a text.
//!
//! Source: apimachinery `pkg/labels/selector.go` (v0.37), `Lexer` and `Parser`. The words `in` and `notin`
//! are operators only behind a key.

use std::collections::BTreeSet;
use std::fmt;

use super::{Condition, Requirement};
use crate::kubernetes::qualified_name::{is_label_value, is_qualified_name};

/// Why a text is not a selector.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
#[error("selector {text:?} {problem} at column {column}", column = at + 1)]
pub struct SelectorError {
    /// The whole text.
    pub text: String,
    /// Where it goes wrong, in bytes.
    pub at: usize,
    /// What is wrong there.
    pub problem: SelectorProblem,
}

/// What can be wrong with a selector.
#[derive(Clone, Debug, Eq, PartialEq, thiserror::Error)]
pub enum SelectorProblem {
    /// Something else should stand here.
    #[error("has {found} instead of {expected}")]
    Unexpected {
        /// What stands there.
        found: String,
        /// What may stand there.
        expected: &'static str,
    },
    /// This is no label key.
    #[error("has the invalid label key {0:?}")]
    Key(String),
    /// This is no label value.
    #[error("has the invalid label value {0:?}")]
    Value(String),
    /// `>` and `<` compare whole numbers.
    #[error("compares with {0:?}, which is not a whole number,")]
    Number(String),
}

#[derive(Clone, Copy, Debug, Eq, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Mark(&'static str),
    End,
}

/// What an error shows the reader.
impl fmt::Display for Token<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Word(word) => write!(f, "{word:?}"),
            Self::Mark(mark) => write!(f, "{mark:?}"),
            Self::End => f.write_str("nothing more"),
        }
    }
}

/// Longer marks first.
const MARKS: [&str; 9] = ["==", "!=", "=", "!", ">", "<", "(", ")", ","];

/// The requirements in the order in which they are written.
pub(super) fn requirements(text: &str) -> Result<Vec<Requirement>, SelectorError> {
    let mut parser = Parser { text, position: 0 };
    let mut requirements = Vec::new();
    if parser.peek() == Token::End {
        return Ok(requirements);
    }
    loop {
        requirements.push(parser.requirement()?);
        match parser.take() {
            (_, Token::End) => return Ok(requirements),
            (_, Token::Mark(",")) => {}
            (at, token) => return Err(parser.unexpected(at, token, "`,` or the end")),
        }
    }
}

struct Parser<'a> {
    text: &'a str,
    position: usize,
}

impl<'a> Parser<'a> {
    fn rest(&self) -> &'a str {
        self.text.get(self.position..).unwrap_or_default()
    }

    /// The next token with its place; moves past it.
    fn take(&mut self) -> (usize, Token<'a>) {
        let rest = self.rest().trim_start_matches([' ', '\t', '\r', '\n']);
        let at = self.text.len() - rest.len();
        let special = |c: char| " \t\r\n=!(),><".contains(c);
        let word = rest.split(special).next().unwrap_or_default();
        let mark = MARKS.into_iter().find(|mark| rest.starts_with(mark));
        let (token, length) = match mark {
            Some(mark) => (Token::Mark(mark), mark.len()),
            None if word.is_empty() => (Token::End, 0),
            None => (Token::Word(word), word.len()),
        };
        self.position = at + length;
        (at, token)
    }

    fn peek(&mut self) -> Token<'a> {
        let position = self.position;
        let (_, token) = self.take();
        self.position = position;
        token
    }

    fn unexpected(&self, at: usize, found: Token<'_>, expected: &'static str) -> SelectorError {
        self.error(
            at,
            SelectorProblem::Unexpected {
                found: found.to_string(),
                expected,
            },
        )
    }

    fn error(&self, at: usize, problem: SelectorProblem) -> SelectorError {
        SelectorError {
            text: self.text.to_owned(),
            at,
            problem,
        }
    }

    fn requirement(&mut self) -> Result<Requirement, SelectorError> {
        let absent = self.peek() == Token::Mark("!");
        if absent {
            self.take();
        }
        let key = match self.take() {
            (at, Token::Word(key)) if !is_qualified_name(key) => {
                return Err(self.error(at, SelectorProblem::Key(key.to_owned())));
            }
            (_, Token::Word(key)) => key.to_owned(),
            (at, token) => return Err(self.unexpected(at, token, "a label key")),
        };
        let condition = match self.peek() {
            _ if absent => Condition::DoesNotExist,
            Token::End | Token::Mark(",") => Condition::Exists,
            _ => self.condition()?,
        };
        Ok(Requirement { key, condition })
    }

    fn condition(&mut self) -> Result<Condition, SelectorError> {
        Ok(match self.take() {
            (_, Token::Mark("=" | "==")) => Condition::Equals(self.value()?.to_owned()),
            (_, Token::Mark("!=")) => Condition::NotEquals(self.value()?.to_owned()),
            (_, Token::Mark(">")) => Condition::Above(self.number()?),
            (_, Token::Mark("<")) => Condition::Below(self.number()?),
            (_, Token::Word("in")) => Condition::In(self.values()?),
            (_, Token::Word("notin")) => Condition::NotIn(self.values()?),
            (at, token) => {
                return Err(self.unexpected(at, token, "`=`, `!=`, `in`, `notin`, `>` or `<`"));
            }
        })
    }

    /// The one value behind a mark; nothing at all is the empty value.
    fn value(&mut self) -> Result<&'a str, SelectorError> {
        match self.peek() {
            Token::End | Token::Mark(",") => Ok(""),
            _ => self.written_value("a label value"),
        }
    }

    fn written_value(&mut self, expected: &'static str) -> Result<&'a str, SelectorError> {
        match self.take() {
            (_, Token::Word(value)) if is_label_value(value) => Ok(value),
            (at, Token::Word(value)) => {
                Err(self.error(at, SelectorProblem::Value(value.to_owned())))
            }
            (at, token) => Err(self.unexpected(at, token, expected)),
        }
    }

    fn number(&mut self) -> Result<i64, SelectorError> {
        let value = self.value()?;
        let at = self.position - value.len();
        value
            .parse()
            .map_err(|_| self.error(at, SelectorProblem::Number(value.to_owned())))
    }

    /// `(a,b)`; an empty place between the marks is the empty value.
    fn values(&mut self) -> Result<BTreeSet<String>, SelectorError> {
        match self.take() {
            (_, Token::Mark("(")) => {}
            (at, token) => return Err(self.unexpected(at, token, "`(`")),
        }
        let mut values = BTreeSet::new();
        loop {
            let value = match self.peek() {
                Token::Mark("," | ")") => "",
                _ => self.written_value("a label value or `)`")?,
            };
            values.insert(value.to_owned());
            match self.take() {
                (_, Token::Mark(",")) => {}
                (_, Token::Mark(")")) => return Ok(values),
                (at, token) => return Err(self.unexpected(at, token, "`,` or `)`")),
            }
        }
    }
}
