//! The writer behind `--dump`: what was read, as a List that kubectl and `-f` understand.
//!
//! It is written while the cluster is read, object by object. Left out are managedFields but for when a workload was
//! written last, the annotation with which kubectl keeps the last manifest, and everything of Secrets and ConfigMaps but
//! their names, types and the names of their keys. The rest is masked where it may be secret (see [`Masks`]), unless it
//! is wanted as it is, and of pods that are not asked for there is only what they take of their nodes. What remains
//! readable the person is told.

use super::mask::Masks;
use super::reading::Reading;
use crate::snapshot::{Kind, occupant};
use anyhow::{Context, Result, bail};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::value::{RawValue, to_raw_value};
use serde_json::{Map, Value, json};
use std::collections::BTreeMap;
use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

/// kubectl keeps the whole manifest here, values of Secrets included.
pub(super) const LAST_APPLIED: &str = "kubectl.kubernetes.io/last-applied-configuration";

/// A dump that was written to its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Dumped {
    /// How much it gives away.
    pub extent: Extent,
    /// Where; absent for standard output.
    pub path: Option<PathBuf>,
    /// The objects in it.
    pub objects: u64,
    /// Its size.
    pub bytes: u64,
}

/// How much of what was read a dump gives away.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// What may be secret is masked.
    Masked,
    /// All but the values of Secrets and ConfigMaps.
    Unmasked,
}

/// Writes a dump. Until it is [finished](DumpWriter::finish) nothing stands under the dump's name.
pub struct DumpWriter {
    /// Absent where all is wanted as it is.
    masks: Option<Masks>,
    path: PathBuf,
    /// The name it has until it is whole; `None` when it is written in place, to a pipe or a device.
    temporary: Option<PathBuf>,
    sink: BufWriter<Sink>,
    items: u64,
    bytes: u64,
}

/// Where the bytes go.
#[derive(Debug)]
enum Sink {
    File(fs::File),
    Stdout,
}

impl Write for Sink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Sink::File(file) => file.write(bytes),
            Sink::Stdout => match io::stdout().write(bytes) {
                // a reader that has seen enough is no error
                Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(bytes.len()),
                written => written,
            },
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Sink::File(file) => file.flush(),
            Sink::Stdout => match io::stdout().flush() {
                Err(error) if error.kind() != io::ErrorKind::BrokenPipe => Err(error),
                _ => Ok(()),
            },
        }
    }
}

impl DumpWriter {
    /// Begins a dump that only its owner may read; `-` is standard output.
    ///
    /// # Errors
    /// When the file cannot be created.
    pub fn create(path: &Path, extent: Extent) -> Result<DumpWriter> {
        if path == Path::new(STDOUT) {
            return DumpWriter::begin(path.to_owned(), extent, None, Sink::Stdout);
        }
        let refused = || unwritable(path);
        // through a link, what it leads to is replaced; a pipe or a device is written as it is
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let in_place = target.exists() && !target.is_file();
        let (temporary, file) = if in_place {
            let file = fs::OpenOptions::new().write(true).open(&target);
            (None, file.with_context(refused)?)
        } else {
            let temporary = beside(&target).with_context(refused)?;
            let file = private(&temporary).with_context(refused)?;
            (Some(temporary), file)
        };
        DumpWriter::begin(target, extent, temporary, Sink::File(file))
    }

    fn begin(
        path: PathBuf,
        extent: Extent,
        temporary: Option<PathBuf>,
        sink: Sink,
    ) -> Result<DumpWriter> {
        let masks = (extent == Extent::Masked).then(Masks::new);
        let mut writer = DumpWriter {
            masks: masks.transpose()?,
            path,
            temporary,
            sink: BufWriter::new(sink),
            items: 0,
            bytes: 0,
        };
        writer.write(br#"{"apiVersion":"v1","kind":"List","metadata":{},"items":["#)?;
        Ok(writer)
    }

    /// Writes one object, given as the API server gave it.
    ///
    /// # Errors
    /// When it is not the JSON of an object, or cannot be written.
    pub fn object(&mut self, kind: Kind, json: &[u8]) -> Result<()> {
        // the decoder's own words could hold a value of the object
        let Ok(item) = cleaned(kind, json, self.masks.as_mut()) else {
            let path = self.path.display();
            bail!("a {kind} cannot be written to {path}: it is not valid json");
        };
        self.item(&item)
    }

    /// Writes of a pod that nobody asks for what it takes of its node.
    ///
    /// # Errors
    /// As of [`DumpWriter::object`].
    pub fn occupant(&mut self, json: &[u8]) -> Result<()> {
        let pod = occupant(json).unwrap_or_else(|_| json.to_vec());
        self.object(Kind::Pod, &pod)
    }

    /// Writes that an object is there of which only the name and a Secret's type were read.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn name(
        &mut self,
        kind: Kind,
        namespace: Option<&str>,
        name: &str,
        r#type: Option<&str>,
    ) -> Result<()> {
        let mut object = serde_json::json!({
            "apiVersion": kind.api_version(),
            "keys": null,
            "kind": kind.as_str(),
            "metadata": {"name": name, "namespace": namespace},
        });
        if let (Some(r#type), Some(fields)) = (r#type, object.as_object_mut()) {
            fields.insert("type".to_owned(), r#type.into());
        }
        self.item(object.to_string().as_bytes())
    }

    /// Says what was read and gives the dump its name.
    ///
    /// # Errors
    /// When not all of it could be written.
    pub fn finish(mut self, reading: &Reading) -> Result<Dumped> {
        let objects = self.items;
        let reading = reading.to_json().with_context(|| unwritable(&self.path))?;
        self.item(&reading)?;
        self.write(b"\n]}\n")?;
        self.rename().with_context(|| unwritable(&self.path))?;
        let is_file = matches!(self.sink.get_ref(), Sink::File(_));
        Ok(Dumped {
            extent: if self.masks.is_some() {
                Extent::Masked
            } else {
                Extent::Unmasked
            },
            path: is_file.then(|| self.path.clone()),
            objects,
            bytes: self.bytes,
        })
    }

    fn item(&mut self, json: &[u8]) -> Result<()> {
        let comma: &[u8] = if self.items == 0 { b"\n" } else { b",\n" };
        self.items += 1;
        self.write(comma)?;
        self.write(json)
    }

    fn write(&mut self, bytes: &[u8]) -> Result<()> {
        self.bytes += bytes.len() as u64;
        let written = self.sink.write_all(bytes);
        written.with_context(|| unwritable(&self.path))
    }

    /// Gives the dump its name, once all of it is on the disk.
    fn rename(&mut self) -> io::Result<()> {
        self.sink.flush()?;
        if let (Some(temporary), Sink::File(file)) = (&self.temporary, self.sink.get_ref()) {
            // a full disk may only show here
            file.sync_all()?;
            fs::rename(temporary, &self.path)?;
            self.temporary = None;
        }
        Ok(())
    }
}

impl Drop for DumpWriter {
    fn drop(&mut self) {
        if let Some(temporary) = &self.temporary {
            // half a dump looks like a whole one of a smaller cluster
            let _ = fs::remove_file(temporary);
        }
    }
}

fn unwritable(path: &Path) -> String {
    format!("{} cannot be written", path.display())
}

/// A name in the same folder, so that renaming is one step.
fn beside(path: &Path) -> io::Result<PathBuf> {
    let name = path.file_name().ok_or(io::ErrorKind::InvalidFilename)?;
    let mut hidden = std::ffi::OsString::from(".");
    hidden.push(name);
    hidden.push(format!(".{}", std::process::id()));
    Ok(path.with_file_name(hidden))
}

fn private(path: &Path) -> io::Result<fs::File> {
    let mut options = fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// The name that stands for standard output.
const STDOUT: &str = "-";

type Fields = BTreeMap<String, Box<RawValue>>;

/// The object without what no diagnosis reads and nobody may see.
fn cleaned(
    kind: Kind,
    json: &[u8],
    masks: Option<&mut Masks>,
) -> Result<Vec<u8>, serde_json::Error> {
    let mut fields: Fields = serde_json::from_slice(json)?;
    let mut metadata: Map<String, Value> = match fields.get("metadata") {
        Some(metadata) => serde_json::from_str(metadata.get())?,
        None => Map::new(),
    };
    if matches!(kind, Kind::Secret | Kind::ConfigMap) {
        fields = named_only(kind, json)?;
        metadata.retain(|key, _| matches!(key.as_str(), "name" | "namespace"));
    }
    if kind != Kind::ControllerRevision {
        // of nothing else that is read it is a part: whoever answers with Secrets in place of Pods gets no further
        fields.retain(|key, _| !["data", "stringData", "binaryData"].contains(&key.as_str()));
    }
    let writes = metadata.remove("managedFields");
    if let Some(last) = writes.filter(|_| kind.is_workload()).and_then(newest) {
        let last = json!([{"time": last}]);
        metadata.insert("managedFields".to_owned(), last);
    }
    if let Some(annotations) = metadata
        .get_mut("annotations")
        .and_then(Value::as_object_mut)
    {
        annotations.remove(LAST_APPLIED);
    }
    fields.insert("metadata".to_owned(), to_raw_value(&metadata)?);
    // items of the API server's lists carry neither; events may be of either of their groups
    if !fields.contains_key("kind") || !fields.contains_key("apiVersion") {
        fields.insert("apiVersion".to_owned(), to_raw_value(&kind.api_version())?);
        fields.insert("kind".to_owned(), to_raw_value(kind.as_str())?);
    }
    compact(&fields, masks)
}

/// When the last of these writes was. They are all written alike, in seconds of UTC.
fn newest(writes: Value) -> Option<String> {
    let writes = writes.as_array()?.iter();
    let times = writes.filter_map(|write| write["time"].as_str());
    times.max().map(str::to_owned)
}

/// One line, whatever the original's indentation: an object costs no more than it says.
fn compact(fields: &Fields, masks: Option<&mut Masks>) -> Result<Vec<u8>, serde_json::Error> {
    let json = serde_json::to_vec(fields)?;
    let mut object = serde_json::from_slice::<Value>(&json)?;
    if let Some(masks) = masks {
        masks.object(&mut object);
    }
    serde_json::to_vec(&object)
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Values {
    kind: Option<String>,
    data: Option<BTreeMap<String, IgnoredAny>>,
    binary_data: Option<BTreeMap<String, IgnoredAny>>,
    string_data: Option<BTreeMap<String, IgnoredAny>>,
    keys: Option<Vec<String>>,
    r#type: Option<String>,
}

/// The names of the keys in place of the values; `null` where only the metadata was read, as
/// [`Keyed`](crate::snapshot::Keyed) tells them apart.
fn named_only(kind: Kind, json: &[u8]) -> Result<Fields, serde_json::Error> {
    let values: Values = serde_json::from_slice(json)?;
    let whole = values.kind.as_deref() == Some(kind.as_str());
    let maps = [values.data, values.binary_data, values.string_data];
    let known = whole || values.keys.is_some() || maps.iter().any(Option::is_some);
    let mut keys: Vec<String> = maps
        .into_iter()
        .flatten()
        .flat_map(BTreeMap::into_keys)
        .chain(values.keys.into_iter().flatten())
        .collect();
    keys.sort();
    keys.dedup();
    let mut fields = Fields::new();
    fields.insert("keys".to_owned(), to_raw_value(&known.then_some(keys))?);
    if let Some(r#type) = values.r#type {
        fields.insert("type".to_owned(), to_raw_value(&r#type)?);
    }
    Ok(fields)
}
