{{/* All that is wrong with the values, at once: what, where, and what to do. What one value alone gets wrong is in values.schema.json. */}}
{{- define "federation.validate" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- range include (ternary "federation.providerFaults" "federation.tenantFaults" (eq $v.mode "provider")) . | fromJsonArray }}{{ $faults = append $faults . }}{{ end -}}
{{- range include "federation.modeFaults" . | fromJsonArray }}{{ $faults = append $faults . }}{{ end -}}
{{- if not $v.image.repository }}{{ $faults = append $faults "image.repository is missing: name the repository that you pushed the operator's image to, such as registry.example/federation/operator." }}{{ end -}}
{{- if not ($v.chain.id | int64) }}{{ $faults = append $faults "chain.id is missing: the chain's EIP-155 id, which guards against the wrong chain." }}{{ end -}}
{{- range include "federation.credentialFaults" . | fromJsonArray }}{{ $faults = append $faults . }}{{ end -}}
{{- range list "vault" "parameters" "registry" "apps" "leaseManager" "market" "results" -}}
{{- if not (get $v.chain.contracts .) }}{{ $faults = append $faults (printf "chain.contracts.%s is missing: the contract's address, as the deployment file has it." .) }}{{ end -}}
{{- end -}}
{{- if and $v.chain.finalizedDepth (lt ($v.chain.finalizedDepth | int64) ($v.chain.confirmations | int64)) }}{{ $faults = append $faults "chain.finalizedDepth is below chain.confirmations: a block is final no sooner than it is confirmed." }}{{ end -}}
{{- if and $v.metrics.serviceMonitor.enabled $v.metrics.podMonitor.enabled }}{{ $faults = append $faults "metrics.serviceMonitor and metrics.podMonitor are both on: every pod would be scraped twice." }}{{ end -}}
{{- if and (or $v.metrics.serviceMonitor.enabled $v.metrics.podMonitor.enabled $v.metrics.rules.enabled) (not (.Capabilities.APIVersions.Has "monitoring.coreos.com/v1")) }}{{ $faults = append $faults (printf "metrics.serviceMonitor, podMonitor and rules need the Prometheus Operator, and this cluster does not serve monitoring.coreos.com/v1: install it, or switch them off and scrape port 8080 of the Service %s-metrics." (include "federation.name" $)) }}{{ end -}}
{{- range $by, $name := dict "key.existingSecret" $v.key.existingSecret "gateway.tls.existingSecret" $v.gateway.tls.existingSecret "prometheus.tls.secret" $v.prometheus.tls.secret "spool.tls.secret" $v.spool.tls.secret -}}
{{- if has $name (list "federation-webhook" "federation-gateway") }}{{ $faults = append $faults (printf "%s is %s, which is a Secret that the operator makes itself: take another name." $by $name) }}{{ end -}}
{{- end -}}
{{- $alerts := list }}{{ range .Files.Get (include "federation.alertsFile" .) | fromYamlArray }}{{ $alerts = append $alerts .alert }}{{ end -}}
{{- range $v.metrics.rules.disabled }}{{ if not (has . $alerts) }}{{ $faults = append $faults (printf "metrics.rules.disabled: there is no alert %s in mode %s." . $v.mode) }}{{ end }}{{ end -}}
{{- range include "federation.settingFaults" . | fromJsonArray }}{{ $faults = append $faults . }}{{ end -}}
{{- range include "federation.networkFaults" . | fromJsonArray }}{{ $faults = append $faults . }}{{ end -}}
{{- range include "federation.liveFaults" . | fromJsonArray }}{{ $faults = append $faults . }}{{ end -}}
{{- range $by, $labels := dict "podLabels" $v.podLabels "metrics.serviceMonitor.labels" $v.metrics.serviceMonitor.labels "metrics.podMonitor.labels" $v.metrics.podMonitor.labels "metrics.rules.labels" $v.metrics.rules.labels "metrics.dashboards.labels" $v.metrics.dashboards.labels -}}
{{- range $label, $_ := $labels }}{{ if hasKey (include "federation.labels" $ | fromYaml) $label }}{{ $faults = append $faults (printf "%s: %s is a label of this chart's, by which its objects find each other: take another." $by $label) }}{{ end }}{{ end -}}
{{- end -}}
{{- range $v.env }}{{ if regexMatch "^(federation|tenant)__" (lower .name) }}{{ $faults = append $faults (printf "env: %s is an option of the operator: write it in settings." .name) }}{{ end }}{{ end -}}
{{- if $faults }}{{ fail (printf "\n\nThe operator cannot be installed with these values:\n- %s\n" (join "\n- " $faults)) }}{{ end -}}
{{- end }}

{{/* What a datacenter's operator cannot be without, or cannot have together. */}}
{{- define "federation.providerFaults" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- if not $v.datacenter.name }}{{ $faults = append $faults "datacenter.name is missing: the name of the Datacenter object that this operator serves." }}{{ end -}}
{{- if not $v.chain.provider }}{{ $faults = append $faults "chain.provider is missing: the on-chain address of this datacenter." }}{{ end -}}
{{- if not $v.prometheus.url }}{{ $faults = append $faults "prometheus.url is missing: the store that usage is read from. Without one nothing can be metered, and nothing is paid." }}{{ end -}}
{{- if and (not $v.prometheus.matchers) (not $v.prometheus.anyJob) }}{{ $faults = append $faults "prometheus.matchers is empty: name a label that only the kubelets' series carry, such as job: kubelet, or set prometheus.anyJob where nothing of tenants is scraped." }}{{ end -}}
{{- if and $v.prometheus.tls.clientCertificate (not $v.prometheus.tls.secret) }}{{ $faults = append $faults "prometheus.tls.clientCertificate needs prometheus.tls.secret: the Secret with ca.crt, tls.crt and tls.key." }}{{ end -}}
{{- if and $v.prometheus.tls.secret (hasPrefix "http:" $v.prometheus.url) }}{{ $faults = append $faults "prometheus.tls.secret is for an https address, and prometheus.url is http." }}{{ end -}}
{{- if and $v.spool.enabled (not $v.spool.tokenFrom) }}{{ $faults = append $faults "spool.tokenFrom is missing: the Secret with the spools' bearer token, {name, key}. They answer nobody without it." }}{{ end -}}
{{- if and $v.spool.enabled (not $v.spool.tls.secret) }}{{ $faults = append $faults "spool.tls.secret is missing: the Secret with tls.crt, tls.key and ca.crt. The token shows every tenant's usage, and would pass tenants' pods in the clear." }}{{ end -}}
{{- $root := get $v.settings "Prometheus:CgroupRoot" | default $v.spool.cgroupRoot -}}
{{- if and $v.spool.enabled (ne $v.spool.cgroupRoot $root) }}{{ $faults = append $faults (printf "spool.cgroupRoot is '%s', and settings has Prometheus:CgroupRoot %s: the same kubelets' pods are below both." $v.spool.cgroupRoot $root) }}{{ end -}}
{{- $tls := 0 -}}
{{- range list $v.gateway.tls.existingSecret $v.gateway.tls.certManager.issuerRef $v.gateway.tls.terminated }}{{ if . }}{{ $tls = add1 $tls }}{{ end }}{{ end -}}
{{- if ne ($tls | int) 1 }}{{ $faults = append $faults "gateway.tls needs one of existingSecret, certManager.issuerRef and terminated: tenants reach the gateway by HTTPS, and somebody has to end it." }}{{ end -}}
{{- if and $v.gateway.tls.certManager.issuerRef (not $v.gateway.tls.certManager.dnsNames) }}{{ $faults = append $faults "gateway.tls.certManager.dnsNames is empty: the host of the Datacenter's spec.endpoint." }}{{ end -}}
{{- if and $v.gateway.tls.certManager.issuerRef (not (.Capabilities.APIVersions.Has "cert-manager.io/v1")) }}{{ $faults = append $faults "gateway.tls.certManager is set, and this cluster does not serve cert-manager.io/v1: install cert-manager first, or name a Secret in gateway.tls.existingSecret." }}{{ end -}}
{{- if and (include "federation.oneNodeVolume" .) (gt ($v.replicas | int) 1) }}{{ $faults = append $faults (printf "evidence.accessMode is %s, which replicas on several nodes cannot share, and replicas is %d: take a StorageClass with ReadWriteMany, or replicas: 1, or evidence.enabled: false." $v.evidence.accessMode ($v.replicas | int)) }}{{ end -}}
{{- if and $v.gateway.service.loadBalancerSourceRanges (ne $v.gateway.service.type "LoadBalancer") }}{{ $faults = append $faults (printf "gateway.service.loadBalancerSourceRanges are let in by a load balancer alone, and gateway.service.type is %s: nothing would be kept out." $v.gateway.service.type) }}{{ end -}}
{{- if and (eq $v.evidence.accessMode "ReadWriteOncePod") (semverCompare "<1.27-0" .Capabilities.KubeVersion.Version) }}{{ $faults = append $faults "evidence.accessMode is ReadWriteOncePod, which Kubernetes knows from 1.27 on: take ReadWriteOnce." }}{{ end -}}
{{- if and $v.isolation.probeImage (or (eq $v.isolation.probeNamespace .Release.Namespace) (regexMatch "^(default|kube-.*|lease-.*)$" $v.isolation.probeNamespace)) }}{{ $faults = append $faults (printf "isolation.probeNamespace is %s: it has to be a namespace of the probe's pods alone, which the chart makes and removes." $v.isolation.probeNamespace) }}{{ end -}}
{{- toJson $faults -}}
{{- end }}

{{/* The same of a tenant's. */}}
{{- define "federation.tenantFaults" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- if not $v.tenant.watch }}{{ $faults = append $faults "tenant.watch is missing: the namespace whose ComputeRequests are served, or * for all. Whoever may make one there spends the wallet." }}{{ end -}}
{{- if not $v.tenant.token }}{{ $faults = append $faults "tenant.token is missing: the ERC-20 contract that is paid with, token in the deployment file." }}{{ end -}}
{{- if and $v.priorityClass.create (ne $v.priorityClass.name "federation-operator") }}{{ $faults = append $faults (printf "priorityClass.name is %s, and mode tenant makes no PriorityClass: set priorityClass.create: false, and it is taken where it is there." $v.priorityClass.name) }}{{ end -}}
{{- toJson $faults -}}
{{- end }}

{{/* Values of the other mode: they would do nothing, and whoever set them believes that they do. */}}
{{- define "federation.modeFaults" -}}
{{- $v := .Values -}}
{{- $faults := list -}}
{{- $modes := .Files.Get "files/modes.yaml" | fromYaml -}}
{{- $other := ternary "tenant" "provider" (eq $v.mode "provider") -}}
{{- range $path, $default := get $modes $other -}}
{{- $value := $v }}{{ range splitList "." $path }}{{ $value = get ($value | default dict) . }}{{ end -}}
{{- /* Of a release of before an option was, --reuse-values knows nothing of it. */ -}}
{{- if and (or $value $default) (ne (toJson $value) (toJson $default)) }}{{ $faults = append $faults (printf "%s counts in mode %s alone, and mode is %s: leave it out, or set mode: %s." $path $other $v.mode $other) }}{{ end -}}
{{- end -}}
{{- toJson $faults -}}
{{- end }}
