//! What kind of environment the program runs in, as far as variables and files tell: which principal is at home there.

use std::path::Path;

use crate::probe::Surroundings;

/// An environment of OCI with a principal of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Environment {
    /// The auth method that is made for it.
    pub method: &'static str,
    /// What it is, in words that follow "this is".
    pub what: &'static str,
    /// What shows it.
    pub shown_by: &'static str,
}

/// Where Linux shows the maker's tag of the machine.
const ASSET_TAG: &str = "/sys/class/dmi/id/chassis_asset_tag";
/// The folder that Kubernetes mounts into pods.
pub(super) const MOUNTED: &str = "/var/run/secrets/kubernetes.io/serviceaccount";

/// Whether the machine says that it is an instance of OCI.
pub(super) fn is_instance(around: &dyn Surroundings) -> bool {
    around.read_text(Path::new(ASSET_TAG)).is_ok_and(|tag| tag.trim() == "OracleCloud.com")
}

/// The environment, the one that says most first. A pod of OKE runs on an instance and may have the version of the
/// resource principal set, which the SDKs want there too.
pub fn environment(around: &dyn Surroundings) -> Option<Environment> {
    let set = |name: &str| around.variable(name).is_some();
    let found = |method, what, shown_by| Some(Environment { method, what, shown_by });
    if set("KUBERNETES_SERVICE_HOST") {
        return found("oke-workload", "a pod of OKE", "KUBERNETES_SERVICE_HOST");
    }
    if set("OCI_CLI_CLOUD_SHELL") {
        return found("delegation-token", "the Cloud Shell", "OCI_CLI_CLOUD_SHELL");
    }
    if set("OCI_DELEGATION_TOKEN_FILE") {
        return found("delegation-token", "a shell that acts for a user", "OCI_DELEGATION_TOKEN_FILE");
    }
    if set("OCI_RESOURCE_PRINCIPAL_VERSION") {
        return found(
            "resource-principal",
            "a resource such as a function, container instance or job",
            "OCI_RESOURCE_PRINCIPAL_VERSION",
        );
    }
    is_instance(around).then_some(Environment {
        method: "instance-principal",
        what: "a compute instance",
        shown_by: "the machine's asset tag",
    })
}

impl Environment {
    /// Why another method's signer is the wrong one here; none for the method that is made for it, and for those that
    /// need no environment.
    pub fn against(self, method: &str) -> Option<String> {
        const BOUND: [&str; 4] =
            ["instance-principal", "resource-principal", "oke-workload", "delegation-token"];
        (BOUND.contains(&method) && method != self.method).then(|| {
            format!(
                "this is {} (`{}`), whose signer is {}, and {method} was asked for",
                self.what, self.shown_by, self.method
            )
        })
    }
}

/// The auth method behind a value of `OCI_CLI_AUTH`.
pub(super) fn cli_auth(value: &str) -> Option<&'static str> {
    Some(match value {
        "api_key" => "user-api-key",
        "security_token" => "session-token",
        "instance_principal" => "instance-principal",
        "instance_obo_user" => "delegation-token",
        "resource_principal" => "resource-principal",
        "oke_workload_identity" => "oke-workload",
        _ => return None,
    })
}

/// The values of `OCI_CLI_AUTH`.
pub(super) const CLI_AUTH: [&str; 7] = [
    "api_key",
    "instance_principal",
    "security_token",
    "instance_obo_user",
    "resource_principal",
    "oke_workload_identity",
    "pkcs11",
];

#[cfg(test)]
mod tests {
    use super::*;

    const POD: Environment =
        Environment { method: "oke-workload", what: "a pod of OKE", shown_by: "KUBERNETES_SERVICE_HOST" };

    #[test]
    fn a_signer_is_wrong_only_where_another_environment_is_its_home() {
        assert!(POD.against("resource-principal").is_some_and(|why| why.contains("oke-workload")));
        assert!(POD.against("instance-principal").is_some());
        assert_eq!(POD.against("oke-workload"), None);
        assert_eq!(POD.against("user-api-key"), None);
        assert_eq!(POD.against("genai-api-key"), None);
    }

    #[test]
    fn every_method_of_the_command_line_but_pkcs11_is_one_of_the_catalogue() {
        for value in CLI_AUTH {
            let method = cli_auth(value);
            assert_eq!(method.is_none(), value == "pkcs11", "{value}");
            assert!(method.is_none_or(|method| crate::catalog::auth_method(method).is_some()), "{value}");
        }
    }
}
