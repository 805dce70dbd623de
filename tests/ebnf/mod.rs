//! A small reader of EBNF files and a generator of sentences from them.

use std::collections::BTreeMap;

/// A seeded source of numbers, the same on every machine.
pub struct Random(u64);

impl Random {
    pub fn new(seed: u64) -> Self {
        Self(seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) ^ 0x2545_f491_4f6c_dd1d)
    }

    pub fn below(&mut self, limit: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        usize::try_from((self.0 >> 11) % u64::try_from(limit.max(1)).unwrap()).unwrap()
    }

    pub fn pick<T: Copy>(&mut self, items: &[T]) -> T {
        items[self.below(items.len())]
    }
}

enum Node {
    Terminal(String),
    /// A token that the file describes in words.
    Special,
    Rule(String),
    Sequence(Vec<Node>),
    Choice(Vec<Node>),
    Optional(Box<Node>),
    Repeated(Box<Node>),
}

pub struct Grammar {
    rules: BTreeMap<String, Node>,
}

/// How a sentence is written down.
struct Spelling {
    wild: Option<Random>,
}

impl Grammar {
    pub fn read(text: &str) -> Self {
        let mut reader = Reader { rest: text };
        let mut rules = BTreeMap::new();
        loop {
            reader.skip();
            if reader.rest.is_empty() {
                return Self { rules };
            }
            let name = reader.identifier();
            reader.expect("=");
            let node = reader.choice();
            reader.expect(";");
            assert!(rules.insert(name.clone(), node).is_none(), "{name} is defined twice");
        }
    }

    /// Rules that are named and not defined.
    pub fn undefined(&self) -> Vec<String> {
        let mut names = Vec::new();
        self.rules.values().for_each(|node| node.names(&mut names));
        names.retain(|name| !self.rules.contains_key(name));
        names
    }

    /// Rules that no sentence from `start` uses.
    pub fn unreached(&self, start: &str) -> Vec<String> {
        let mut reached = vec![start.to_owned()];
        let mut at = 0;
        while at < reached.len() {
            let mut names = Vec::new();
            self.rules[&reached[at]].names(&mut names);
            names.retain(|name| !reached.contains(name));
            names.dedup();
            for name in names {
                if !reached.contains(&name) {
                    reached.push(name);
                }
            }
            at += 1;
        }
        self.rules.keys().filter(|name| !reached.contains(name)).cloned().collect()
    }

    /// A sentence with one space between its words.
    pub fn sentence(&self, start: &str, random: &mut Random) -> String {
        self.spell(start, random, Spelling { wild: None })
    }

    /// A sentence whose white space and case of keywords are arbitrary. The same numbers give the same
    /// words as in [`Grammar::sentence`].
    pub fn wild_sentence(&self, start: &str, random: &mut Random) -> String {
        let wild = Random::new(random.0);
        self.spell(start, random, Spelling { wild: Some(wild) })
    }

    fn spell(&self, start: &str, random: &mut Random, mut spelling: Spelling) -> String {
        let mut out = String::new();
        self.derive(start, &self.rules[start], 0, random, &mut spelling, &mut out);
        out
    }

    fn derive(
        &self,
        rule: &str,
        node: &Node,
        depth: usize,
        random: &mut Random,
        spelling: &mut Spelling,
        out: &mut String,
    ) {
        match node {
            Node::Terminal(word) => spelling.write(word, out),
            Node::Special => spelling.write_token(&token(rule, random), out),
            Node::Rule(name) => self.derive(name, &self.rules[name], depth + 1, random, spelling, out),
            Node::Sequence(parts) => {
                parts.iter().for_each(|part| self.derive(rule, part, depth, random, spelling, out));
            }
            Node::Choice(parts) => {
                // Deep down, the last alternative ends the recursion.
                let at = if depth > 12 { parts.len() - 1 } else { random.below(parts.len()) };
                self.derive(rule, &parts[at], depth, random, spelling, out);
            }
            Node::Optional(part) => {
                if random.below(2) == 0 {
                    self.derive(rule, part, depth, random, spelling, out);
                }
            }
            Node::Repeated(part) => {
                for _ in 0..random.below(3) {
                    self.derive(rule, part, depth, random, spelling, out);
                }
            }
        }
    }
}

impl Node {
    fn names(&self, found: &mut Vec<String>) {
        match self {
            Node::Terminal(_) | Node::Special => {}
            Node::Rule(name) => found.push(name.clone()),
            Node::Sequence(parts) | Node::Choice(parts) => parts.iter().for_each(|part| part.names(found)),
            Node::Optional(part) | Node::Repeated(part) => part.names(found),
        }
    }
}

impl Spelling {
    fn write(&mut self, word: &str, out: &mut String) {
        // Resource-types and functions stay in the tree as written.
        let named = word == "all-resources" || word.starts_with("sets-") || word.contains('.');
        let keyword = word.starts_with(|c: char| c.is_ascii_alphabetic()) && !named;
        let word = match &mut self.wild {
            Some(random) if keyword => {
                let mut cased = String::new();
                for c in word.chars() {
                    let upper = random.below(2) == 0;
                    cased.push(if upper { c.to_ascii_uppercase() } else { c });
                }
                cased
            }
            _ => word.to_owned(),
        };
        self.write_token(&word, out);
    }

    fn write_token(&mut self, word: &str, out: &mut String) {
        let glued = |c: char| c == ':';
        if out.is_empty()
            || word.starts_with(glued) && out.ends_with(|c: char| c != '\'')
            || out.ends_with(glued)
        {
            out.push_str(word);
            return;
        }
        let sign = |c: char| "{}(),=!/'".contains(c);
        let free = out.ends_with(sign) || word.starts_with(sign);
        // Two signs may make another one when nothing is between them.
        let merges = out.ends_with(['!', '/', '=', '\''])
            || (word.starts_with(['=', '/', '!', '\'']) && out.ends_with(['!', '=', '/']));
        match &mut self.wild {
            Some(random) => {
                let spaces = ["", " ", "  ", "\n", "\t ", "\r\n  "];
                let from = usize::from(!free || merges || word.starts_with('\''));
                out.push_str(spaces[from + random.below(spaces.len() - from)]);
            }
            None => {
                let tight = out.ends_with('/') && !out.ends_with(" /") || word == "/" || out.ends_with('!');
                if !tight {
                    out.push(' ');
                }
            }
        }
        out.push_str(word);
    }
}

/// A token of a rule that the grammar describes in words.
fn token(rule: &str, random: &mut Random) -> String {
    let choices: &[&str] = match rule {
        "word" => &[
            "Devs",
            "grp-lz.admin",
            "net_admins",
            "buckets",
            "Straße",
            "-tf-group",
            "_x",
            "generative-ai-family",
            "A1",
            "objectstorage-eu-frankfurt-1",
        ],
        "quoted-name" => &["'Default'", "'My Group'", "'Ünï côde'", "'a-b_c.d'"],
        "quoted" => &["'phx'", "'prod/*'", "'*'", "'ocid1.key.oc1.iad.x'", "'a, b = c'", "'[ocid]'", "'(x)'"],
        "pattern" => &["/hr*/", "/*hr/", "/*hr*/", "/*/", "/a b*/"],
        "permission" => &["OBJECT_READ", "GENERATIVE_AI_CHAT", "idcs_user_viewer", "SECRETS-READ"],
        "ocid" => &["ocid1.tenancy.oc1..aaaa", "ocid1.group.oc1.exampleuniqueID", "ocid1.compartment.oc1..x"],
        "variable" => &[
            "request.region",
            "target.user.id",
            "request.principal.group.tag.Ns.Key",
            "target.tag-namespace.name",
            "request.networkSource.name",
        ],
        "tag" => &["tag.department.operations.value", "tag.acme-project.acme_pool.value"],
        other => panic!("no samples for {other}"),
    };
    random.pick(choices).to_owned()
}

struct Reader<'t> {
    rest: &'t str,
}

impl Reader<'_> {
    fn skip(&mut self) {
        loop {
            self.rest = self.rest.trim_start();
            let Some(comment) = self.rest.strip_prefix("(*") else { return };
            let end = comment.find("*)").expect("a comment is never closed");
            self.rest = &comment[end + 2..];
        }
    }

    fn at(&mut self, sign: &str) -> bool {
        self.skip();
        self.rest.starts_with(sign)
    }

    fn eat(&mut self, sign: &str) -> bool {
        let found = self.at(sign);
        if found {
            self.rest = &self.rest[sign.len()..];
        }
        found
    }

    fn expect(&mut self, sign: &str) {
        assert!(self.eat(sign), "expected {sign} at {:.40}", self.rest);
    }

    fn identifier(&mut self) -> String {
        self.skip();
        let end = self.rest.find(|c: char| !c.is_ascii_alphanumeric() && c != '-').unwrap_or(self.rest.len());
        assert!(end > 0, "expected a name at {:.40}", self.rest);
        let name = self.rest[..end].to_owned();
        self.rest = &self.rest[end..];
        name
    }

    fn choice(&mut self) -> Node {
        let mut parts = vec![self.sequence()];
        while self.eat("|") {
            parts.push(self.sequence());
        }
        if parts.len() == 1 { parts.remove(0) } else { Node::Choice(parts) }
    }

    fn sequence(&mut self) -> Node {
        let mut parts = vec![self.part()];
        while self.eat(",") {
            parts.push(self.part());
        }
        if parts.len() == 1 { parts.remove(0) } else { Node::Sequence(parts) }
    }

    fn part(&mut self) -> Node {
        if self.eat("[") {
            let node = self.choice();
            self.expect("]");
            return Node::Optional(Box::new(node));
        }
        if self.eat("{") {
            let node = self.choice();
            self.expect("}");
            return Node::Repeated(Box::new(node));
        }
        if self.eat("(") {
            let node = self.choice();
            self.expect(")");
            return node;
        }
        if self.eat("?") {
            self.until("?");
            return Node::Special;
        }
        if self.eat("\"") {
            return Node::Terminal(self.until("\""));
        }
        Node::Rule(self.identifier())
    }

    fn until(&mut self, sign: &str) -> String {
        let end = self.rest.find(sign).expect("a terminal is never closed");
        let inside = self.rest[..end].to_owned();
        self.rest = &self.rest[end + sign.len()..];
        inside
    }
}
