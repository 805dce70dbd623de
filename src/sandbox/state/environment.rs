//! What points clients at the sandbox: `endpoints.json` and `env.sh`.

use std::io;

use serde_json::{Map, Value};

use super::folder::Folder;
use crate::sandbox::world::World;

/// Where the sandbox listens. All are URLs without a path.
#[derive(Clone, Debug, Default)]
pub struct Addresses {
    /// The main door: the home region with everything.
    pub main: String,
    /// Plane, region and address, in the order in which they are listed.
    pub planes: Vec<(&'static str, String, String)>,
    /// The metadata service.
    pub imds: String,
    /// The token service of the cluster, over TLS.
    pub proxymux: String,
    /// The identity domain.
    pub identity_domain: String,
}

impl Addresses {
    /// The address of a plane in a region.
    pub fn of(&self, plane: &str, region: &str) -> Option<&str> {
        let found = self.planes.iter().find(|(name, place, _)| *name == plane && place == region);
        found.map(|(_, _, url)| url.as_str())
    }

    /// The base of the metadata service as clients expect it.
    fn metadata(&self) -> String {
        format!("{}/opc/v2", self.imds)
    }

    fn document(&self, home: &str) -> Value {
        let mut planes = Map::new();
        for (plane, region, url) in self.planes.iter().filter(|(plane, ..)| *plane != "auth") {
            let regions = planes.entry(*plane).or_insert_with(|| Value::Object(Map::new()));
            if let Some(regions) = regions.as_object_mut() {
                regions.insert(region.clone(), url.as_str().into());
            }
        }
        planes.insert("imds".into(), self.metadata().into());
        planes.insert("auth".into(), self.of("auth", home).unwrap_or(&self.main).into());
        planes.insert("proxymux".into(), self.proxymux.as_str().into());
        planes.insert("identity-domain".into(), self.identity_domain.as_str().into());
        Value::Object(planes)
    }
}

/// Writes both files.
pub fn write_environment(folder: &Folder, world: &World, addresses: &Addresses) -> io::Result<()> {
    let home = world.home();
    folder.write("endpoints.json", &format!("{:#}\n", addresses.document(home)))?;
    let path = |name: &str| folder.path(name).display().to_string();
    let auth = addresses.of("auth", home).unwrap_or(&addresses.main);
    let openai = addresses.of("inference-openai", home).unwrap_or(&addresses.main);
    let mut script = String::from(
        "# Points the official clients at the sandbox. Source it: . env.sh\n\
         # Every variable is one that some client reads: the SDKs, the OCI command line, the openai library, ociam.\n",
    );
    let mut set = |name: &str, value: &str| script.push_str(&format!("export {name}={}\n", quoted(value)));
    set("OCI_CONFIG_FILE", &path("config"));
    set("OCI_CLI_CONFIG_FILE", &path("config"));
    set("OCI_CLI_FEDERATION_ENDPOINT", &format!("{auth}/v1/x509"));
    set("OCI_CLI_DELEGATION_TOKEN_FILE", &path("delegation_token"));
    set("SUPPRESS_LABEL_WARNING", "True");
    set("OCI_METADATA_BASE_URL", &addresses.metadata());
    set("OCI_SDK_AUTH_CLIENT_REGION_URL", auth);
    set("OCI_RESOURCE_PRINCIPAL_VERSION", "2.2");
    set("OCI_RESOURCE_PRINCIPAL_RPST", &path("rpst"));
    set("OCI_RESOURCE_PRINCIPAL_PRIVATE_PEM", &path("rp_key.pem"));
    set("OCI_RESOURCE_PRINCIPAL_REGION", home);
    set("KUBERNETES_SERVICE_HOST", "127.0.0.1");
    set("OCI_KUBERNETES_SERVICE_ACCOUNT_CERT_PATH", &path("k8s_ca.crt"));
    set("OCI_KUBERNETES_SERVICE_ACCOUNT_TOKEN_PATH", &path("k8s_token"));
    set("OPENAI_BASE_URL", &format!("{openai}/openai/v1"));
    set("OCIAM_ENDPOINTS", &path("endpoints.json"));
    let key = quoted(&path("genai_api_key"));
    for name in ["OCI_GENAI_API_KEY", "OPENAI_API_KEY"] {
        script.push_str(&format!("export {name}=\"$(cat {key})\"\n"));
    }
    for name in ["NO_PROXY", "no_proxy"] {
        script.push_str(&format!("export {name}=127.0.0.1,localhost\"${{{name}:+,${name}}}\"\n"));
    }
    script.push_str(&command_line(&addresses.main));
    folder.write("env.sh", &script)
}

/// The OCI command line as a function of the shell: its commands take the address of a service from a variable, and
/// `raw-request`, which is given a URL, takes none at all.
fn command_line(main: &str) -> String {
    let main = quoted(main);
    format!(
        "oci() {{\n  case \" $* \" in\n    *' raw-request '* | *' --endpoint'*) command oci \"$@\" ;;\n    \
         *) OCI_CLI_ENDPOINT={main} command oci \"$@\" ;;\n  esac\n}}\n"
    )
}

/// A word of a shell.
fn quoted(value: &str) -> String {
    format!("'{}'", value.replace('\'', r"'\''"))
}
