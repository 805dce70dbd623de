//! Policies, dynamic groups, groups, compartments and domains of one root and all modules below it.

use std::collections::BTreeSet;
use std::sync::Arc;

use super::attachment;
use super::candidates::is_bullet;
use super::expr::eval;
use super::guard::Guard;
use super::instances::{Copy, attribute, call_all, copies};
use super::machine::{Instance, Machine, Scope};
use super::template::known_or_hole;
use super::value::{InstanceKey, Item, ResourceHandle, Value};
use crate::source::parts::Parts;
use crate::source::terraform::module::Resource;
use crate::source::terraform::syntax::{Block, ExprKind};
use crate::source::{
    Declared, DeclaredKind, MatchingRuleSource, PolicySource, Regions, Role, Root, StatementSource,
    Unresolved,
};
use crate::text::{HoleKind, MappedText, Place, Span};

/// Everything that one root declares, and where the texts that it uses begin.
pub fn find(machine: &Machine, directory: &str, maybe: bool) -> (Parts, BTreeSet<Place>) {
    let root = Root::Directory(directory.into());
    let (found, used) = (Parts::default(), BTreeSet::new());
    let mut finder = Finder { machine, root, found, used, made: BTreeSet::new(), absent: Vec::new() };
    let Some(module) = machine.modules.known.get(directory) else { return (finder.found, finder.used) };
    machine.root(module, maybe);
    let mut number = 0;
    while number < machine.instance_count() {
        finder.instance(number);
        number += 1;
    }
    finder.absent();
    (finder.found, finder.used)
}

struct Finder<'m, 'a> {
    machine: &'m Machine<'a>,
    root: Root,
    found: Parts,
    used: BTreeSet<Place>,
    /// The blocks that certainly make an instance.
    made: BTreeSet<Place>,
    /// What is open in blocks that nothing makes an instance of, with the place of the block.
    absent: Vec<(Place, Unresolved)>,
}

/// One instance of a resource.
struct Subject<'r> {
    resource: &'r Resource,
    handle: ResourceHandle,
    address: Arc<str>,
    guard: Guard,
    maybe: bool,
    /// Whether nothing makes an instance of it: it stands for what its block would give.
    absent: bool,
}

impl Finder<'_, '_> {
    fn instance(&mut self, number: usize) {
        let Ok(instance) = self.machine.instance(number) else { return };
        for (place, reason) in call_all(self.machine, number) {
            let address = instance.prefix.trim_end_matches('.').into();
            self.found.unresolved.push(Unresolved { address, place, reason });
        }
        for (at, resource) in instance.module.resources.iter().enumerate() {
            if !resource.data && is_of_interest(resource.kind()) {
                self.resource(&instance, number, at, resource);
            }
        }
    }

    fn resource(&mut self, instance: &Instance, number: usize, at: usize, resource: &Resource) {
        let body = &resource.block.body;
        let place = resource.block.place;
        let mut absent = false;
        let found = match copies(self.machine, body, &Scope::new(number)) {
            Ok(copies) if copies.copies.is_empty() => {
                absent = true;
                vec![hypothetical(body.attribute("count").is_some(), place)]
            }
            Ok(copies) => copies.copies,
            Err(fail) => {
                let key = InstanceKey::Each(
                    Value::unknown(fail.reason.clone(), HoleKind::Any, place),
                    Value::unknown(fail.reason, HoleKind::Any, place),
                );
                vec![Copy { key, guard: Guard::always(), spread: true }]
            }
        };
        for copy in found {
            let Some(guard) = instance.guard.and(&copy.guard) else { continue };
            let address = format!("{}{}{}", instance.prefix, resource.address(), copy.key.suffix());
            let maybe = absent || copy.spread || instance.maybe || !guard.is_always();
            if !maybe {
                self.made.insert(place);
            }
            let handle = ResourceHandle { instance: number, resource: at, key: copy.key };
            self.subject(&Subject { resource, handle, address: address.into(), guard, maybe, absent });
        }
    }

    fn subject(&mut self, subject: &Subject) {
        match subject.resource.kind() {
            "oci_identity_policy" => self.policy(subject),
            "oci_identity_dynamic_group" | "oci_identity_domains_dynamic_resource_group" => {
                self.matching_rule(subject);
                self.declare(subject, DeclaredKind::DynamicGroup);
            }
            "oci_identity_group" | "oci_identity_domains_group" => self.declare(subject, DeclaredKind::Group),
            "oci_identity_compartment" => self.declare(subject, DeclaredKind::Compartment),
            _ => self.declare(subject, DeclaredKind::Domain),
        }
    }

    fn value(&self, subject: &Subject, name: &str) -> Option<(Value, Place)> {
        let place = subject.resource.block.body.attribute(name)?.value.place;
        Some((attribute(self.machine, &subject.handle, name, place), place))
    }

    fn name(&self, subject: &Subject) -> Option<MappedText> {
        let (value, place) = self.value(subject, "name").or_else(|| self.value(subject, "display_name"))?;
        Some(known_or_hole(self.machine, &value, place))
    }

    fn policy(&mut self, subject: &Subject) {
        let policy = self.found.policies.len();
        self.found.policies.push(PolicySource {
            address: subject.address.clone(),
            name: self.name(subject),
            attachment: self
                .value(subject, "compartment_id")
                .map(|(v, _)| attachment(&v))
                .unwrap_or_default(),
            place: subject.resource.block.place,
            maybe: subject.maybe,
            root: self.root.clone(),
            regions: self.regions(subject),
        });
        let Some((value, place)) = self.value(subject, "statements") else {
            self.unresolved(subject, subject.resource.block.place, "the policy has no `statements`".into());
            return;
        };
        let before = self.told();
        self.statements(subject, policy, &value, place);
        if before == self.told() {
            self.unresolved(subject, place, "its list of statements is empty here".into());
        }
    }

    /// Where the provider of a resource goes, beside the provider that is called home. A module that is called has
    /// its providers from its caller.
    fn regions(&self, subject: &Subject) -> Option<Regions> {
        let instance = self.machine.instance(subject.handle.instance).ok()?;
        let providers = instance.call.is_none().then_some(&instance.module.providers)?;
        let scope = Scope::new(subject.handle.instance);
        let text = |block: &Block, name: &str| {
            let value = eval(self.machine, &block.body.attribute(name)?.value, &scope).ok()?;
            match value {
                Value::Text(text) if text.is_known() => Some(Arc::<str>::from(text.as_str())),
                _ => None,
            }
        };
        let home = |block: &&Arc<Block>| text(block, "alias").is_some_and(|alias| alias.starts_with("home"));
        let mut homes = providers.iter().filter(home);
        let (Some(home), None) = (homes.next(), homes.next()) else { return None };
        let own = match subject.resource.block.body.attribute("provider").map(|own| &own.value.kind) {
            None | Some(ExprKind::Name(_)) => {
                providers.iter().find(|block| block.body.attribute("alias").is_none())?
            }
            Some(ExprKind::Attr(_, alias)) => {
                providers.iter().find(|block| text(block, "alias").as_deref() == Some(alias))?
            }
            Some(_) => return None,
        };
        Some(Regions {
            own: text(own, "region")?,
            home: text(home, "region")?,
            alias: text(home, "alias")?,
            place: home.place,
        })
    }

    fn statements(&mut self, subject: &Subject, policy: usize, value: &Value, place: Place) {
        let mut index = Some(0);
        for element in elements(value) {
            let Some(guard) = subject.guard.and(&element.guard) else { continue };
            let maybe = subject.maybe || element.spread || !guard.is_always();
            let sure = element.is_sure();
            for (own, value) in element.value.variants() {
                let Some(guard) = guard.and(&own) else { continue };
                match value {
                    Value::Text(text) if text.as_str().trim().is_empty() => {}
                    Value::Text(text) => {
                        let text = (*text).clone();
                        let place = own_place(&text).unwrap_or(place);
                        self.used.extend(line_starts(&text));
                        self.found.statements.push(StatementSource {
                            text,
                            policy: Some(policy),
                            index,
                            place,
                            maybe: maybe || !guard.is_always(),
                            role: Role::Policy,
                        });
                    }
                    Value::Null => {}
                    value => self.left_open(subject, &value, place),
                }
            }
            index = index.filter(|_| sure).map(|index| index + 1);
        }
    }

    fn matching_rule(&mut self, subject: &Subject) {
        let Some((value, place)) = self.value(subject, "matching_rule") else { return };
        let name = self.name(subject);
        for (own, value) in value.variants() {
            let Some(guard) = subject.guard.and(&own) else { continue };
            match value {
                Value::Text(text) if text.as_str().trim().is_empty() => {
                    self.unresolved(subject, place, "its matching rule is empty here".into());
                }
                Value::Text(text) => {
                    let text = (*text).clone();
                    self.used.extend(line_starts(&text));
                    self.found.matching_rules.push(MatchingRuleSource {
                        place: own_place(&text).unwrap_or(place),
                        text,
                        address: Some(subject.address.clone()),
                        name: name.clone(),
                        maybe: subject.maybe || !guard.is_always(),
                        role: Role::Policy,
                        root: self.root.clone(),
                    });
                }
                Value::Null => {}
                value => self.left_open(subject, &value, place),
            }
        }
    }

    /// A part that stays unknown is told once, with the reason.
    fn left_open(&mut self, subject: &Subject, value: &Value, place: Place) {
        let (reason, place) = match value.first_unknown() {
            Some(unknown) => (unknown.reason.clone(), unknown.place),
            None => (format!("a {} is no statement", value.type_name()).into(), place),
        };
        self.unresolved(subject, place, reason);
    }

    fn unresolved(&mut self, subject: &Subject, place: Place, reason: Arc<str>) {
        let address = subject.address.clone();
        if subject.absent {
            let reason = format!("nothing makes an instance of it, and {reason}").into();
            self.absent.push((subject.resource.block.place, Unresolved { address, place, reason }));
            return;
        }
        let entry = Unresolved { address, place, reason };
        if !self.found.unresolved.contains(&entry) {
            self.found.unresolved.push(entry);
        }
    }

    /// How much is told so far.
    fn told(&self) -> usize {
        self.found.statements.len() + self.found.unresolved.len() + self.absent.len()
    }

    /// Tells what is open in a block without instances, unless another call of its module makes some.
    fn absent(&mut self) {
        for (block, entry) in std::mem::take(&mut self.absent) {
            if !self.made.contains(&block) && !self.found.unresolved.contains(&entry) {
                self.found.unresolved.push(entry);
            }
        }
    }

    fn declare(&mut self, subject: &Subject, kind: DeclaredKind) {
        let domain = self.value(subject, "idcs_endpoint").and_then(|(value, _)| match value {
            Value::Unknown(unknown) => unknown.address.clone(),
            _ => None,
        });
        self.found.declared.push(Declared {
            kind,
            address: subject.address.clone(),
            name: self.name(subject),
            domain,
            parent: self.value(subject, "compartment_id").map(|(v, _)| attachment(&v)).unwrap_or_default(),
            place: subject.resource.block.place,
            root: self.root.clone(),
        });
    }
}

/// The one instance that a block would have if anything made one.
fn hypothetical(counted: bool, place: Place) -> Copy {
    let key = if counted {
        InstanceKey::Count(Value::Number(0.0))
    } else {
        let unknown = || Value::unknown("`for_each` is empty", HoleKind::Any, place);
        InstanceKey::Each(unknown(), unknown())
    };
    Copy { key, guard: Guard::always(), spread: true }
}

/// Whether the evaluator gives resources of this type on.
pub fn is_of_interest(kind: &str) -> bool {
    matches!(
        kind,
        "oci_identity_policy"
            | "oci_identity_dynamic_group"
            | "oci_identity_domains_dynamic_resource_group"
            | "oci_identity_group"
            | "oci_identity_domains_group"
            | "oci_identity_compartment"
            | "oci_identity_domain"
    )
}

/// The elements of a `statements` value, lists inside lists flattened.
fn elements(value: &Value) -> Vec<Item> {
    let mut found = Vec::new();
    let mut rest = vec![Item::sure(value.clone())];
    while let Some(item) = rest.pop() {
        match item.opened() {
            Some(inner) => rest.extend(inner.into_iter().rev()),
            None => found.push(item),
        }
    }
    found
}

/// Where a text's own literal stands: what is brought in from elsewhere counts with the place that brings it.
pub fn own_place(text: &MappedText) -> Option<Place> {
    let home = own_start(text)?.file;
    let mut whole: Option<Span> = None;
    for segment in text.segments() {
        let place = segment.via.unwrap_or(segment.source);
        if place.file == home {
            whole = Some(whole.map_or(place.span, |so_far| so_far.to(place.span)));
        }
    }
    whole.map(|span| Place { file: home, span })
}

/// Where the lines of a text's own literal begin to say something.
fn line_starts(text: &MappedText) -> Vec<Place> {
    let mut starts = Vec::new();
    let mut at = 0;
    for line in text.as_str().split_inclusive('\n') {
        let margin = line.len() - line.trim_start_matches(is_bullet).len();
        starts.extend(own_start(&text.slice(Span::new(at + margin, at + line.len()))));
        at += line.len();
    }
    starts
}

/// Where a text's own literal begins.
pub fn own_start(text: &MappedText) -> Option<Place> {
    let own = text.segments().iter().find(|segment| segment.via.is_none());
    let place = match own {
        Some(segment) => segment.source,
        None => text.segments().first()?.via?,
    };
    Some(Place { file: place.file, span: Span::at(place.span.start()) })
}
