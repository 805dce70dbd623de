// The official TypeScript SDK: a user API key and a session token on the inference plane.
import fs from "node:fs";
import path from "node:path";
import { createRequire } from "node:module";

const packages = process.env.OCIAM_CLIENTS_NODE ?? path.dirname(new URL(import.meta.url).pathname);
const load = createRequire(path.join(packages, "/"));
let common, inference;
try {
  common = load("oci-common");
  inference = load("oci-generativeaiinference");
} catch {
  console.log("not installed: oci-common, oci-generativeaiinference");
  process.exit(77);
}

const state = process.argv[2];
const read = (name) => fs.readFileSync(path.join(state, name), "utf8");
const endpoints = JSON.parse(read("endpoints.json"));
const tenancy = JSON.parse(read("tenancy.json"));
const home = tenancy["home-region"];
const compartmentId = tenancy.ocid;

function check(what, holds, seen = "") {
  if (!holds) {
    console.error(`${what}: ${JSON.stringify(seen)}`);
    process.exit(1);
  }
  console.log(`ok: ${what}`);
}

function client(profile, Provider) {
  const provider = new Provider(path.join(state, "config"), profile);
  const made = new inference.GenerativeAiInferenceClient(
    { authenticationDetailsProvider: provider },
    { retryConfiguration: common.NoRetryConfigurationDetails },
  );
  made.endpoint = endpoints.inference[home];
  return made;
}

const request = (compartment) => ({
  chatDetails: {
    compartmentId: compartment,
    servingMode: { servingType: "ON_DEMAND", modelId: "meta.llama-3.3-70b-instruct" },
    chatRequest: {
      apiFormat: "GENERIC",
      messages: [{ role: "USER", content: [{ type: "TEXT", text: "Say which model you are." }] }],
      maxTokens: 20,
    },
  },
});

for (const [profile, Provider] of [
  ["DEFAULT", common.ConfigFileAuthenticationDetailsProvider],
  ["SESSION", common.SessionAuthDetailProvider],
]) {
  const answer = await client(profile, Provider).chat(request(compartmentId));
  const text = answer.chatResult.chatResponse.choices[0].message.content[0].text;
  check(`chat by ${profile}`, text.length > 0, answer);
  check("the request has an id", answer.opcRequestId?.length > 0, answer.opcRequestId);
}

try {
  const stranger = "ocid1.compartment.oc1..aaaaaaaanowhere";
  const answer = await client("DEFAULT", common.ConfigFileAuthenticationDetailsProvider).chat(request(stranger));
  check("another tenancy's compartment is refused", false, answer);
} catch (error) {
  check("another tenancy's compartment is refused", error.statusCode === 404, error);
}
