{{/* What is wrong with values that are looked into one by one; each answers with a JSON list of sentences. */}}

{{/* Settings that the operator would refuse, or that this chart sets by another value. */}}
{{- define "federation.settingFaults" -}}
{{- $isTenant := eq .Values.mode "tenant" -}}
{{- $file := ternary "files/tenant-options.yaml" "files/options.yaml" $isTenant -}}
{{- $options := .Files.Get $file | fromYaml -}}
{{- $forms := dict
  "text" "^"
  "bool" "^([Tt]rue|[Ff]alse)$"
  "integer" "^[0-9]+$"
  "unsigned" "^[0-9]+$"
  "number" "^[0-9]+([.][0-9]+)?$"
  "time" "^([0-9]+[.])?([01]?[0-9]|2[0-3]):[0-5]?[0-9](:[0-5]?[0-9]([.][0-9]{1,7})?)?$"
  "address" "^[a-z]+://[^/@[:space:]]+(/[^[:space:]]*)?$"
-}}
{{- $what := dict "bool" "true or false" "integer" "a whole number, not negative" "unsigned" "a whole number, not negative" "number" "a number, not negative" "time" "a time as hours:minutes:seconds, such as 01:30:00, with days before it as 7.00:00:00" "address" "an address without credentials" -}}
{{- $own := "^(?i)(Datacenter|Namespace|Kubeconfig|InstallCrds|SettingsFile|Listen|OwnPort|(DeniedCidrs|Resolvers|TrustedProxies)(:.*)?|Tls:.*|Webhook:.*|Log:.*|Tracing:.*|Evidence:(Folder|Reserve)|Isolation:Probe(Image|Namespace)|Export:Image|Chain:(Keystore.*|RemoteSigner.*|RpcUrl|FallbackRpcUrls.*|WebSocketUrl|ChainId|Provider|DeploymentFile|Confirmations|FinalizedDepth|.*CodeHash|Vault|Parameters|Registry|Apps|LeaseManager|Market|Results)|Prometheus:(Authorization|BearerTokenFile|Url|CaFile|Client.*File|AnyJob|Matchers.*|Headers.*))$" -}}
{{- if $isTenant }}{{ $own = "^(?i)(Namespace|Kubeconfig|InstallCrds|SettingsFile|Listen|Watch|Token|Log:.*|Tracing:.*|Gateways:.*|Access:.*|Chain:(Keystore.*|RemoteSigner.*|RpcUrl|FallbackRpcUrls.*|WebSocketUrl|ChainId|Provider|DeploymentFile|Confirmations|FinalizedDepth|.*CodeHash|Vault|Parameters|Registry|Apps|LeaseManager|Market|Results))$" }}{{ end -}}
{{- $faults := list -}}
{{- range $name, $value := .Values.settings -}}
{{- if and $.Values.spool.enabled (regexMatch "^(?i)Spool:(Urls|BearerTokenFile|CaFile)" $name) }}{{ $faults = append $faults (printf "settings: %s names spools, and spool.enabled makes this chart's: take one of both." $name) }}
{{- else if regexMatch $own $name }}{{ $faults = append $faults (printf "settings: %s has a value of its own in this chart, or is a secret's: it cannot be set here." $name) }}
{{- else -}}
{{- $kind := get $options $name | default (regexReplaceAll ":[^:]+$" $name "" | get $options | regexFind "^.*([[][]]|[{][}])$" | trimSuffix "[]" | trimSuffix "{}") -}}
{{- if not (hasKey $forms $kind) }}{{ $faults = append $faults (printf "settings: %s is no option of the operator, or a list of them: %s of this chart has all." $name $file) }}
{{- else if not (regexMatch (get $forms $kind) (include "federation.text" $value)) }}{{ $faults = append $faults (printf "settings: %s '%s' must be %s." $name (include "federation.text" $value) (get $what $kind)) }}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end }}

{{/* Networks whose address has bits beyond the prefix: the operator takes none of them, nor does a load balancer. */}}
{{- define "federation.networkFaults" -}}
{{- $faults := list -}}
{{- range $by, $networks := dict "isolation.deniedCidrs" .Values.isolation.deniedCidrs "gateway.trustedProxies" .Values.gateway.trustedProxies "gateway.service.loadBalancerSourceRanges" .Values.gateway.service.loadBalancerSourceRanges -}}
{{- range $network := $networks -}}
{{- if not (contains ":" $network) -}}
{{- $parts := splitList "/" $network -}}
{{- $number := 0 }}{{ range splitList "." (first $parts) }}{{ $number = add (mul $number 256) (atoi .) }}{{ end -}}
{{- $size := 1 }}{{ range until (sub 32 (last $parts | atoi) | int) }}{{ $size = mul $size 2 }}{{ end -}}
{{- if ne (mod $number $size) 0 }}{{ $faults = append $faults (printf "%s: %s is no network: write its first address, which has nothing behind the prefix." $by $network) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end }}

{{/* What only a cluster that answers can say; helm template sees none, and does not ask. */}}
{{- define "federation.liveFaults" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- if lookup "v1" "Namespace" "" "kube-system" -}}
{{- if eq $v.mode "tenant" }}{{ range include "federation.liveTenantFaults" . | fromJsonArray }}{{ $faults = append $faults . }}{{ end }}
{{- else if lookup "apps/v1" "Deployment" .Release.Namespace "federation-tenant" }}{{ $faults = append $faults (printf "mode is provider, and namespace %s has a tenant's operator: both keep a journal in their namespace. Take another one for this release." .Release.Namespace) }}{{ end -}}
{{- if $v.crds.enabled }}{{ with include "federation.requestsLeftBy" . }}{{ $faults = append $faults (printf "crds.enabled: the definition of ComputeRequests is left over from %s, whose operator is gone, and nobody would upgrade it. Let this release have it: kubectl annotate crd computerequests.compute.federation --overwrite meta.helm.sh/release-name=%s meta.helm.sh/release-namespace=%s" . $.Release.Name $.Release.Namespace) }}{{ end }}{{ end -}}
{{- $needed := list (dict "name" $v.key.existingSecret "keys" (list "keystore.json" "password") "by" "key.existingSecret") (dict "name" $v.gateway.tls.existingSecret "keys" (list "tls.crt" "tls.key") "by" "gateway.tls.existingSecret") -}}
{{- range include "federation.secretSettings" . | fromYaml }}{{ $needed = append $needed (dict "name" .name "keys" (list .key) "by" .by) }}{{ end -}}
{{- with $v.tenant.kubeconfigs }}{{ $needed = append $needed (dict "name" . "keys" list "by" "tenant.kubeconfigs") }}{{ end -}}
{{- with $v.prometheus.bearerTokenFrom }}{{ $needed = append $needed (dict "name" .name "keys" (list .key) "by" "prometheus.bearerTokenFrom") }}{{ end -}}
{{- with $v.prometheus.tls.secret }}{{ $needed = append $needed (dict "name" . "keys" (ternary (list "ca.crt" "tls.crt" "tls.key") (list "ca.crt") $v.prometheus.tls.clientCertificate) "by" "prometheus.tls.secret") }}{{ end -}}
{{- if $v.spool.enabled -}}
{{- with $v.spool.tokenFrom }}{{ $needed = append $needed (dict "name" .name "keys" (list .key) "by" "spool.tokenFrom") }}{{ end -}}
{{- $needed = append $needed (dict "name" $v.spool.tls.secret "keys" (list "ca.crt" "tls.crt" "tls.key") "by" "spool.tls.secret") -}}
{{- end -}}
{{- range $one := $needed -}}
{{- if $one.name -}}
{{- $secret := lookup "v1" "Secret" $.Release.Namespace $one.name -}}
{{- if not $secret }}{{ $faults = append $faults (printf "%s: there is no Secret %s in namespace %s: make it first." $one.by $one.name $.Release.Namespace) }}{{ else -}}
{{- range $one.keys }}{{ if not (hasKey ($secret.data | default dict) .) }}{{ $faults = append $faults (printf "%s: Secret %s in namespace %s has no key %s." $one.by $one.name $.Release.Namespace .) }}{{ end }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- range include "federation.storageFaults" . | fromJsonArray }}{{ $faults = append $faults . }}{{ end -}}
{{- if and $v.evidence.enabled $v.evidence.existingClaim -}}
{{- $claim := lookup "v1" "PersistentVolumeClaim" .Release.Namespace $v.evidence.existingClaim -}}
{{- if not $claim }}{{ $faults = append $faults (printf "evidence.existingClaim: there is no PersistentVolumeClaim %s in namespace %s: make it first, or leave it empty." $v.evidence.existingClaim .Release.Namespace) }}
{{- else if not (has $v.evidence.accessMode $claim.spec.accessModes) }}{{ $faults = append $faults (printf "evidence.existingClaim: PersistentVolumeClaim %s has %s, and evidence.accessMode is %s: write what it has." $v.evidence.existingClaim (join ", " $claim.spec.accessModes) $v.evidence.accessMode) }}{{ end -}}
{{- end -}}
{{- with $v.priorityClass.name -}}
{{- $class := lookup "scheduling.k8s.io/v1" "PriorityClass" "" . -}}
{{- $else := ternary "set priorityClass.create" "leave priorityClass out" (eq $v.mode "provider") -}}
{{- if and (not $v.priorityClass.create) (not $class) }}{{ $faults = append $faults (printf "priorityClass.name: there is no PriorityClass %s, and no pod could be made: make it first, or %s." . $else) }}{{ end -}}
{{- if and (eq $v.mode "provider") $v.priorityClass.create $class }}{{ if ne (int64 $class.value) (int64 $v.priorityClass.value) }}{{ $faults = append $faults (printf "priorityClass.value: PriorityClass %s has %d, which cannot be changed: keep it, or take another priorityClass.name." . (int64 $class.value)) }}{{ end }}{{ end -}}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end }}

{{/* Two of both kinds in one namespace would share a journal of what was sent, and with it the numbers of transactions. */}}
{{- define "federation.liveTenantFaults" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- $served := list -}}
{{- if lookup "apps/v1" "Deployment" .Release.Namespace "federation-operator" }}{{ $faults = append $faults (printf "mode is tenant, and namespace %s has a datacenter's operator: both keep a journal in their namespace. Take another one for this release." .Release.Namespace) }}{{ end -}}
{{- if and (ne $v.tenant.watch "*") (not (lookup "v1" "Namespace" "" $v.tenant.watch)) }}{{ $faults = append $faults (printf "tenant.watch: there is no namespace %s: make it first, or name the one whose ComputeRequests are to be served." $v.tenant.watch) }}{{ end -}}
{{- $rbac := "rbac.authorization.k8s.io/v1" -}}
{{- if eq $v.tenant.watch "*" -}}
{{- range (lookup $rbac "Role" "" "").items | default list -}}
{{- if eq .metadata.name "federation-requests" -}}
{{- $space := .metadata.namespace }}{{ with include "federation.otherOwner" (dict "object" . "root" $) }}{{ $served = append $served (printf "%s: %s" $space .) }}{{ end -}}
{{- end -}}
{{- end -}}
{{- if $served }}{{ $faults = append $faults (printf "tenant.watch is *, and other wallets serve some namespaces already (%s): both would buy for these. Uninstall the others, or name one namespace that nobody serves." (join ", " $served)) }}{{ end -}}
{{- else -}}
{{- with include "federation.otherOwner" (dict "object" (lookup $rbac "ClusterRole" "" "federation-requests") "root" $) }}{{ $faults = append $faults (printf "tenant.watch is %s, and another wallet serves all namespaces already (%s): both would buy for this one. Uninstall the other, or let it name the namespace that it serves." $v.tenant.watch .) }}{{ end -}}
{{- end -}}
{{- with $v.tenant.authorities -}}
{{- $map := lookup "v1" "ConfigMap" $.Release.Namespace . -}}
{{- if not $map }}{{ $faults = append $faults (printf "tenant.authorities: there is no ConfigMap %s in namespace %s: make it first." . $.Release.Namespace) }}
{{- else if not (hasKey ($map.data | default dict) "ca.crt") }}{{ $faults = append $faults (printf "tenant.authorities: ConfigMap %s in namespace %s has no key ca.crt." . $.Release.Namespace) }}{{ end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end }}

{{/*
The chart's claim that nothing would fill: no pod starts then, and helm --wait says only that its time is over. A claim that is there is left alone, and so is one
for which a volume waits; what a claim of that name has left behind is given to no other. Of drivers that are known to attach a disk to one node, none fills a claim of several nodes; of others nobody can know.
*/}}
{{- define "federation.storageFaults" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- $name := include "federation.evidenceClaim" . -}}
{{- if and (eq $v.mode "provider") $v.evidence.enabled (not $v.evidence.existingClaim) (not (lookup "v1" "PersistentVolumeClaim" .Release.Namespace $name)) -}}
{{- $disks := list "kubernetes.io/aws-ebs" "ebs.csi.aws.com" "kubernetes.io/gce-pd" "pd.csi.storage.gke.io" "kubernetes.io/azure-disk" "disk.csi.azure.com" "kubernetes.io/cinder" "cinder.csi.openstack.org" "dobs.csi.digitalocean.com" "csi.hetzner.cloud" "linodebs.csi.linode.com" "csi.scaleway.com" "csi.exoscale.com" "openebs.io/local" "topolvm.io" -}}
{{- $wanted := $v.evidence.storageClass -}}
{{- $all := list -}}
{{- $class := dict -}}
{{- range (lookup "storage.k8s.io/v1" "StorageClass" "" "").items | default list -}}
{{- $all = append $all .metadata.name -}}
{{- $annotations := .metadata.annotations | default dict -}}
{{- $isDefault := or (eq (get $annotations "storageclass.kubernetes.io/is-default-class") "true") (eq (get $annotations "storageclass.beta.kubernetes.io/is-default-class") "true") -}}
{{- if ternary (eq .metadata.name $wanted) $isDefault (ne $wanted "") }}{{ $class = . }}{{ end -}}
{{- end -}}
{{- $waits := false -}}
{{- range (lookup "v1" "PersistentVolume" "" "").items | default list -}}
{{- if not (has (.status | default dict | dig "phase" "") (list "Released" "Failed")) -}}
{{- $claim := .spec.claimRef | default dict -}}
{{- if and (eq (get $claim "name") $name) (eq (get $claim "namespace") $.Release.Namespace) }}{{ $waits = true }}{{ end -}}
{{- if and (not $claim) (eq (.spec.storageClassName | default "") ($class.metadata | default dict | dig "name" $wanted)) (has $v.evidence.accessMode .spec.accessModes) }}{{ $waits = true }}{{ end -}}
{{- end -}}
{{- end -}}
{{- $there := ternary (printf "this cluster has %s" (join ", " $all)) "this cluster has none" (ne (len $all) 0) -}}
{{- $else := "Or name a claim of yours in evidence.existingClaim, or set evidence.enabled: false, and no disputed receipt can be proved." -}}
{{- if $waits -}}
{{- else if and $wanted (not $class) }}{{ $faults = append $faults (printf "evidence.storageClass: there is no StorageClass %s (%s): its claim would stay Pending, and no pod would start. Name one that is there. %s" $wanted $there $else) }}
{{- else if not $class }}{{ $faults = append $faults (printf "evidence.storageClass is empty, and no StorageClass is the cluster's default (%s): the claim would stay Pending, and no pod would start. Name one. %s" $there $else) }}
{{- else if eq $class.provisioner "kubernetes.io/no-provisioner" }}{{ $faults = append $faults (printf "evidence.storageClass: StorageClass %s makes no volumes, and none waits for the claim %s: make a PersistentVolume of that class with %s, or name another class. %s" $class.metadata.name $name $v.evidence.accessMode $else) }}
{{- else if and (eq $v.evidence.accessMode "ReadWriteMany") (has $class.provisioner $disks) }}{{ $faults = append $faults (printf "evidence.storageClass: StorageClass %s (%s) attaches disks to one node, and evidence.accessMode is ReadWriteMany: the claim would stay Pending, and no pod would start. Name a class of a shared file system, such as NFS, CephFS, EFS, Filestore or Azure Files, or set replicas: 1 and evidence.accessMode: ReadWriteOnce. %s" $class.metadata.name $class.provisioner $else) }}
{{- end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end }}

{{/* Credentials that stand among the values, and those that are said twice. */}}
{{- define "federation.credentialFaults" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- range $by, $url := dict "chain.rpcUrl" $v.chain.rpcUrl "chain.webSocketUrl" $v.chain.webSocketUrl "chain.fallbackRpcUrls" (join " " $v.chain.fallbackRpcUrls) "key.remoteSigner.url" $v.key.remoteSigner.url -}}
{{- if contains "@" $url }}{{ $faults = append $faults (printf "%s has a user or a password in it: values are no place for secrets. Make a Secret with the whole address, and name it in %sFrom." $by $by) }}{{ end -}}
{{- end -}}
{{- if contains "@" $v.prometheus.url }}{{ $faults = append $faults "prometheus.url has a user or a password in it: values are no place for secrets. Make a Secret with 'Basic ' and both in base64, and name it in prometheus.authorizationFrom." }}{{ end -}}
{{- if eq (empty $v.chain.rpcUrl) (empty $v.chain.rpcUrlFrom) }}{{ $faults = append $faults "chain.rpcUrl or chain.rpcUrlFrom must be set, and only one: the address of a node, or the Secret that holds it." }}{{ end -}}
{{- if and $v.chain.webSocketUrl $v.chain.webSocketUrlFrom }}{{ $faults = append $faults "chain.webSocketUrl and chain.webSocketUrlFrom are both set: the address of a node, or the Secret that holds it." }}{{ end -}}
{{- $signer := $v.key.remoteSigner -}}
{{- if and $signer.url $signer.urlFrom }}{{ $faults = append $faults "key.remoteSigner.url and key.remoteSigner.urlFrom are both set: the address of the signer, or the Secret that holds it." }}{{ end -}}
{{- $signs := or $signer.url $signer.urlFrom -}}
{{- if eq (empty $v.key.existingSecret) (empty $signs) }}{{ $faults = append $faults "key.existingSecret or key.remoteSigner.url must be set, and only one: the Secret with keystore.json and password, or the signer that has the key (key.remoteSigner.urlFrom, where its address is a secret)." }}{{ end -}}
{{- if ne (empty $signs) (empty $signer.address) }}{{ $faults = append $faults "key.remoteSigner needs both url and address: where it is, and for which account it signs." }}{{ end -}}
{{- if and $v.prometheus.bearerTokenFrom $v.prometheus.authorizationFrom }}{{ $faults = append $faults "prometheus.bearerTokenFrom and prometheus.authorizationFrom are both set: a store takes one of them." }}{{ end -}}
{{- $names := list -}}
{{- range $header, $_ := $v.prometheus.headers -}}
{{- $names = append $names (lower $header) -}}
{{- if eq (lower $header) "authorization" }}{{ $faults = append $faults (printf "prometheus.headers.%s: a credential is never a value: make a Secret and name it in prometheus.bearerTokenFrom or prometheus.authorizationFrom." $header) }}
{{- else if regexMatch "^(proxy-authorization|cookie|.*(api-?key|token|secret|password).*)$" (lower $header) }}{{ $faults = append $faults (printf "prometheus.headers.%s: a credential is never a value: make a Secret and name it in prometheus.headersFrom.%s." $header $header) }}{{ end -}}
{{- end -}}
{{- range $header, $_ := $v.prometheus.headersFrom -}}
{{- if eq (lower $header) "authorization" }}{{ $faults = append $faults (printf "prometheus.headersFrom.%s has a value of its own: prometheus.bearerTokenFrom or prometheus.authorizationFrom." $header) }}{{ end -}}
{{- if has (lower $header) $names }}{{ $faults = append $faults (printf "prometheus.headersFrom.%s is in prometheus.headers, too: say it once." $header) }}{{ end -}}
{{- $names = append $names (lower $header) -}}
{{- end -}}
{{- toJson $faults -}}
{{- end }}
