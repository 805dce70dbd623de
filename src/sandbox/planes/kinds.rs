//! The kinds of resources that the management planes keep, each with what is its own: the type in its OCID, what it
//! belongs to, its limit. All else they do in the same way.

/// A kind of resource.
#[derive(Debug)]
pub struct Kind {
    /// Its collection in paths, below the base path; an item of another has that one's before it.
    pub collection: &'static str,
    /// The type in its OCID; empty when it is called by a name.
    pub ocid: &'static str,
    /// Whether changes of it are work requests.
    pub works: bool,
    /// The field that names what it belongs to, and that one's collection.
    pub of: Option<(&'static str, &'static str)>,
    /// The limit that counts it, and whether for each of what it belongs to.
    pub limit: Option<(&'static str, bool)>,
    /// Whether an update answers with nothing.
    pub silent: bool,
}

const PLAIN: Kind = Kind { collection: "", ocid: "", works: true, of: None, limit: None, silent: false };

/// All kinds.
pub const KINDS: &[Kind] = &[
    Kind { collection: "models", ocid: "generativeaimodel", ..PLAIN },
    Kind {
        collection: "apikeys",
        ocid: "generativeaiapikey",
        works: false,
        limit: Some(("api-key-count", false)),
        ..PLAIN
    },
    Kind { collection: "generativeAiProjects", ocid: "generativeaiproject", ..PLAIN },
    Kind {
        collection: "endpoints",
        ocid: "generativeaiendpoint",
        of: Some(("dedicatedAiClusterId", "dedicatedAiClusters")),
        limit: Some(("endpoint-per-dedicated-unit-count", true)),
        ..PLAIN
    },
    Kind { collection: "dedicatedAiClusters", ocid: "generativeaidedicatedaicluster", ..PLAIN },
    Kind {
        collection: "generativeAiPrivateEndpoints",
        ocid: "generativeaiprivateendpoint",
        limit: Some(("private-endpoint-count", false)),
        ..PLAIN
    },
    Kind { collection: "hostedApplications", ocid: "generativeaihostedapplication", silent: true, ..PLAIN },
    Kind {
        collection: "hostedApplicationsIam",
        ocid: "generativeaihostedapplicationiam",
        silent: true,
        ..PLAIN
    },
    Kind { collection: "hostedApplicationStorages", ocid: "generativeaihostedapplicationstorage", ..PLAIN },
    Kind { collection: "hostedDeployments", ocid: "generativeaihosteddeployment", ..PLAIN },
    Kind { collection: "importedModels", ocid: "generativeaiimportedmodel", ..PLAIN },
    Kind { collection: "routingProfiles", ocid: "generativeairoutingprofile", ..PLAIN },
    Kind { collection: "semanticStores", ocid: "generativeaisemanticstore", ..PLAIN },
    Kind { collection: "vectorStoreConnectors", ocid: "generativeaivectorconnector", ..PLAIN },
    Kind {
        collection: "vectorStoreConnectorFileSyncs",
        ocid: "generativeaivectorconnectorfilesync",
        works: false,
        of: Some(("vectorStoreConnectorId", "vectorStoreConnectors")),
        ..PLAIN
    },
    Kind { collection: "generativeAiProjects/sandboxWarmPools", works: false, ..PLAIN },
    Kind {
        collection: "agents",
        ocid: "genaiagent",
        limit: Some(("agent-count", false)),
        silent: true,
        ..PLAIN
    },
    Kind {
        collection: "agentEndpoints",
        ocid: "genaiagentendpoint",
        of: Some(("agentId", "agents")),
        limit: Some(("agent-endpoint-per-agent-count", true)),
        silent: true,
        ..PLAIN
    },
    Kind {
        collection: "knowledgeBases",
        ocid: "genaiagentknowledgebase",
        limit: Some(("knowledge-base-count", false)),
        silent: true,
        ..PLAIN
    },
    Kind {
        collection: "dataSources",
        ocid: "genaiagentdatasource",
        of: Some(("knowledgeBaseId", "knowledgeBases")),
        silent: true,
        ..PLAIN
    },
    Kind {
        collection: "dataIngestionJobs",
        ocid: "genaiagentdataingestionjob",
        of: Some(("dataSourceId", "dataSources")),
        ..PLAIN
    },
    Kind {
        collection: "tools",
        ocid: "genaiagenttool",
        of: Some(("agentId", "agents")),
        silent: true,
        ..PLAIN
    },
    Kind {
        collection: "provisionedCapacities",
        ocid: "genaiagentprovisionedcapacity",
        silent: true,
        ..PLAIN
    },
];

/// The kind of a collection.
pub fn kind(collection: &str) -> Option<&'static Kind> {
    KINDS.iter().find(|kind| kind.collection == collection)
}

/// Where a path of a management plane points.
#[derive(Debug, PartialEq, Eq)]
pub struct Spot {
    /// The collection, items of another with that one's before them.
    pub collection: String,
    /// The parameter that holds the id of what the collection is a part of.
    pub parent: Option<&'static str>,
    /// The parameter that holds the id of the item.
    pub item: Option<&'static str>,
    /// The action on the item.
    pub action: Option<&'static str>,
}

impl Spot {
    /// Reads a path of the catalogue: words are collections, braces their items, `actions` comes before an action.
    pub fn of(path: &'static str) -> Self {
        let mut spot = Spot { collection: String::new(), parent: None, item: None, action: None };
        let mut pieces = path.split('/').skip(2);
        while let Some(piece) = pieces.next() {
            if piece == "actions" {
                spot.action = pieces.next();
                break;
            }
            match piece.strip_prefix('{').and_then(|piece| piece.strip_suffix('}')) {
                Some(name) => spot.item = Some(name),
                None => {
                    spot.parent = spot.item.take().or(spot.parent);
                    if !spot.collection.is_empty() {
                        spot.collection.push('/');
                    }
                    spot.collection.push_str(piece);
                }
            }
        }
        spot
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_point_at_collections_items_and_actions() {
        let spot = Spot::of("/20231130/generativeAiProjects/{projectId}/sandboxWarmPools/{name}");
        assert_eq!(spot.collection, "generativeAiProjects/sandboxWarmPools");
        assert_eq!((spot.parent, spot.item), (Some("projectId"), Some("name")));
        let spot = Spot::of("/20231130/apikeys/{apiKeyId}/actions/renew");
        assert_eq!((spot.item, spot.action), (Some("apiKeyId"), Some("renew")));
    }
}
