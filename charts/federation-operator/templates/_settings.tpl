{{/* The operator's options, as the environment that it reads: a map of name to value. */}}
{{- define "federation.settings" -}}
{{- $v := .Values -}}
{{- $scheme := ternary "https" "http" (ne (include "federation.tlsSecret" .) "") -}}
{{- $any := ternary "[::]" "0.0.0.0" $v.ipv6 -}}
{{- $s := dict
  "Datacenter" $v.datacenter.name
  "Namespace" .Release.Namespace
  "Listen" (printf "%s://%s:8443;http://%s:8080" $scheme $any $any)
  "OwnPort" "8080"
  "Chain:ChainId" ($v.chain.id | int64)
  "Chain:Provider" $v.chain.provider
  "Chain:Confirmations" $v.chain.confirmations
  "Prometheus:Url" $v.prometheus.url
  "Webhook:Enabled" $v.webhook.enabled
  "Access:Enabled" $v.gateway.access.enabled
-}}
{{- if eq $scheme "https" -}}
{{- $_ := set $s "Tls:Certificate" "/etc/federation/tls/tls.crt" -}}
{{- $_ := set $s "Tls:Key" "/etc/federation/tls/tls.key" -}}
{{- else -}}
{{- $_ := set $s "Tls:Terminated" true -}}
{{- end -}}
{{- with $v.chain.rpcUrl }}{{ $_ := set $s "Chain:RpcUrl" . }}{{ end -}}
{{- with $v.chain.webSocketUrl }}{{ $_ := set $s "Chain:WebSocketUrl" . }}{{ end -}}
{{- with $v.chain.finalizedDepth }}{{ $_ := set $s "Chain:FinalizedDepth" . }}{{ end -}}
{{- range $name, $address := $v.chain.contracts }}{{ $_ := set $s (printf "Chain:%s" (title $name)) $address }}{{ end -}}
{{- range $name, $hash := $v.chain.codeHashes }}{{ $_ := set $s (printf "Chain:%sCodeHash" (title $name)) $hash }}{{ end -}}
{{- if $v.key.existingSecret -}}
{{- $_ := set $s "Chain:KeystoreFile" "/etc/federation/key/keystore.json" -}}
{{- $_ := set $s "Chain:KeystorePasswordFile" "/etc/federation/key/password" -}}
{{- else -}}
{{- $_ := set $s "Chain:RemoteSignerUrl" $v.key.remoteSigner.url -}}
{{- $_ := set $s "Chain:RemoteSignerAddress" $v.key.remoteSigner.address -}}
{{- end -}}
{{- if $v.prometheus.anyJob }}{{ $_ := set $s "Prometheus:AnyJob" true }}{{ else -}}
{{- range $label, $value := $v.prometheus.matchers }}{{ $_ := set $s (printf "Prometheus:Matchers:%s" $label) $value }}{{ end -}}
{{- end -}}
{{- range $name, $value := $v.prometheus.headers }}{{ $_ := set $s (printf "Prometheus:Headers:%s" $name) $value }}{{ end -}}
{{- if $v.prometheus.bearerTokenFrom }}{{ $_ := set $s "Prometheus:BearerTokenFile" "/etc/federation/prometheus-token/token" }}{{ end -}}
{{- if $v.prometheus.tls.secret -}}
{{- $_ := set $s "Prometheus:CaFile" "/etc/federation/prometheus/ca.crt" -}}
{{- if $v.prometheus.tls.clientCertificate -}}
{{- $_ := set $s "Prometheus:ClientCertificateFile" "/etc/federation/prometheus/tls.crt" -}}
{{- $_ := set $s "Prometheus:ClientKeyFile" "/etc/federation/prometheus/tls.key" -}}
{{- end -}}
{{- end -}}
{{- if $v.webhook.enabled -}}
{{- if $v.ipv6 }}{{ $_ := set $s "Webhook:Address" "::" }}{{ end -}}
{{- $_ := set $s "Webhook:ServiceName" "federation-webhook" -}}
{{- $_ := set $s "Webhook:OperatorUser" (printf "system:serviceaccount:%s:%s" .Release.Namespace (include "federation.name" .)) -}}
{{- $_ := set $s "Webhook:CertificateLifetime" $v.webhook.certificateLifetime -}}
{{- end -}}
{{- if $v.evidence.enabled }}{{ $_ := set $s "Evidence:Folder" "/var/lib/federation/evidence" }}{{ end -}}
{{- with $v.isolation.probeImage -}}
{{- $_ := set $s "Isolation:ProbeImage" . -}}
{{- $_ := set $s "Isolation:ProbeNamespace" $v.isolation.probeNamespace -}}
{{- end -}}
{{- with $v.exportImage }}{{ $_ := set $s "Export:Image" . }}{{ end -}}
{{- range $list, $values := dict "Chain:FallbackRpcUrls" $v.chain.fallbackRpcUrls "DeniedCidrs" $v.isolation.deniedCidrs "TrustedProxies" $v.gateway.trustedProxies "Resolvers" $v.resolvers -}}
{{- range $i, $value := $values }}{{ $_ := set $s (printf "%s:%d" $list $i) $value }}{{ end -}}
{{- end -}}
{{- range $name, $value := $v.settings }}{{ $_ := set $s $name $value }}{{ end -}}
{{- range $name, $value := $s }}
- name: {{ printf "Federation__%s" (replace ":" "__" $name) }}
  value: {{ $value | toString | quote }}
{{- end }}
{{- end }}
