# Makes a dump of what kubectl read: without noise, without values, and in YAML that people can read.

# trimmed: an object without what no diagnosis reads
def trimmed:
  del(.metadata.managedFields, .metadata.resourceVersion, .involvedObject.resourceVersion, .metadata.annotations["kubectl.kubernetes.io/last-applied-configuration"])
  | if .kind == "ConfigMap" then (.data // {} | map_values("")) as $keys | del(.binaryData) | .data = $keys else . end
  | if .kind == "Node" then del(.status.images, .status.nodeInfo.machineID, .status.nodeInfo.systemUUID, .status.nodeInfo.bootID,
      .status.nodeInfo.kubeProxyVersion, .status.volumesInUse, .status.volumesAttached, .status.features, .status.runtimeHandlers, .status.declaredFeatures) else . end
  | if .kind == "Pod" then
      # the token that every pod mounts
      (.spec.volumes // [] | map(select(.name | startswith("kube-api-access-")) | .name)) as $tokens
      | del(.spec.volumes[]? | select(.name as $name | any($tokens[]; . == $name)))
      | del((.spec.containers[]?, .spec.initContainers[]?).volumeMounts[]? | select(.name as $name | any($tokens[]; . == $name)))
      | del((.status.containerStatuses[]?, .status.initContainerStatuses[]?) | .volumeMounts, .resources, .user) | del(.status.resources)
    else . end
  | if .kind == "Event" then del(.metadata.uid, .reportingInstance) else . end
  # what its pods are made of stands in the pods, and of revisions in what keeps them
  | if .kind | IN("Deployment", "StatefulSet", "DaemonSet", "Job") then del(.spec.template) else . end
  | if .kind == "ReplicaSet" and (.status.replicas // 0) == 0 then del(.spec.template) else . end
  # marks of the machine and of the test cluster
  | if .status.nodeInfo then .status.nodeInfo.kernelVersion = "6.1.0-37-amd64" else . end
  | reduce ("annotations", "labels") as $marks (.;
      if .metadata[$marks] then .metadata[$marks] |= with_entries(select(.key | test("^(test\\.kubectl-diagnose|kwok\\.x-k8s\\.io)/|volumes.kubernetes.io/controller-managed-attach-detach|^node.alpha") | not)) else . end)
  | walk(if type == "object" then with_entries(select(.value != null and .value != [] and (.value != {} or .key == "emptyDir"))) else . end);

# essential: what is kept of an object, so that people can read it
def essential:
  if .kind == "Node" then
    del(.status.capacity, .status.addresses, .status.daemonEndpoints, .status.allocatable["hugepages-1Gi", "hugepages-2Mi"])
    | .status.nodeInfo |= (. // {} | {containerRuntimeVersion, kubeletVersion, architecture})
    | .status.conditions |= map(select(.type == "Ready" or .status != "False") | del(.lastHeartbeatTime))
    | del(.metadata.labels["beta.kubernetes.io/arch", "beta.kubernetes.io/os"])
  elif .kind == "Event" then del(.action, .involvedObject.apiVersion) | .metadata |= {name, namespace}
  elif .kind == "Pod" then
    del(.spec.preemptionPolicy, .spec.priority, .spec.enableServiceLinks, .spec.dnsPolicy, .spec.serviceAccount, .status.qosClass, .status.hostIPs, .status.podIPs)
    | del(.spec.containers[]?.terminationMessagePath, .status.containerStatuses[]?.containerID, .status.conditions[]?.observedGeneration, .status.observedGeneration)
  elif .kind == "Deployment" or .kind == "ReplicaSet" then del(.status.conditions)
  else . end;

def plain: test("^[A-Za-z_/.][A-Za-z0-9_./-]*( [A-Za-z0-9_./-]+)*$") and (test("^(true|false|yes|no|on|off|null|y|n)$"; "i") or test("^[.]?(inf|nan)$"; "i") | not);
def scalar: if type == "string" then (if plain then . else tojson end) else tojson end;
def flow:
  if type == "object" then "{" + (to_entries | map("\(.key | scalar): \(.value | flow)") | join(", ")) + "}"
  elif type == "array" then "[" + (map(flow) | join(", ")) + "]"
  else scalar end;
# a collection that fits into a line is written in one
def yaml($indent):
  (if $indent == 0 then "" else " " * $indent end) as $pad
  | if type == "object" then
      to_entries | map(
        (.value | flow) as $line
        | if (.value | type | . == "object" or . == "array" | not) or ($line | length) <= 110 then "\($pad)\(.key | scalar): \($line)"
          elif .value | type == "array" then "\($pad)\(.key | scalar):\n\(.value | yaml($indent))"
          else "\($pad)\(.key | scalar):\n\(.value | yaml($indent + 2))" end)
      | join("\n")
    elif type == "array" then
      map((flow) as $line | if ($line | length) <= 130 then "\($pad)- \($line)" else "\($pad)- " + (yaml($indent + 2) | ltrimstr($pad + "  ")) end) | join("\n")
    else $pad + scalar end;

# in: what kubectl read, a List; $reads: what was asked for; $asOf: when; $case: for a case of the tests
{apiVersion: "v1", kind: "List", items: (
  [{apiVersion: "kubectl-diagnose/v1", kind: "Reading", asOf: $asOf, reads: $reads}]
  + ([.items[] | select(.kind != "Event" or .involvedObject.kind != "Node") | select(.metadata.namespace == null or (.metadata.namespace | test("^kube-|^default$") | not))
      | select(.kind != "CSINode" or (.spec.drivers // []) != [])
      | select((.kind == "ConfigMap" and .metadata.name == "kube-root-ca.crt") | not) | trimmed
      | if $case then select(.kind != "ServiceAccount" and (.kind != "Event" or .involvedObject.kind == "Pod" or .involvedObject.kind == "PersistentVolumeClaim" or .reason == "FailedCreate")) else . end | essential]))}
| yaml(0)
