{{/* The operator's options, as the environment that it reads: a map of name to value. */}}
{{- define "federation.settings" -}}
{{- include (ternary "federation.providerSettings" "federation.tenantSettings" (eq .Values.mode "provider")) . -}}
{{- end }}

{{- define "federation.providerSettings" -}}
{{- $v := .Values -}}
{{- $scheme := ternary "https" "http" (ne (include "federation.tlsSecret" .) "") -}}
{{- $any := ternary "[::]" "0.0.0.0" $v.ipv6 -}}
{{- $s := dict
  "Datacenter" $v.datacenter.name
  "Namespace" .Release.Namespace
  "Listen" (printf "%s://%s:8443;http://%s:8080" $scheme $any $any)
  "OwnPort" "8080"
  "Chain:Provider" $v.chain.provider
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
{{- if $v.spool.enabled -}}
{{- $_ := set $s "Spool:Urls:0" (printf "https://federation-spool.%s.svc:9105" .Release.Namespace) -}}
{{- $_ := set $s "Spool:BearerTokenFile" "/etc/federation/spool-token/token" -}}
{{- $_ := set $s "Spool:CaFile" "/etc/federation/spool/ca.crt" -}}
{{- end -}}
{{- if $v.webhook.enabled -}}
{{- if $v.ipv6 }}{{ $_ := set $s "Webhook:Address" "::" }}{{ end -}}
{{- $_ := set $s "Webhook:ServiceName" "federation-webhook" -}}
{{- $_ := set $s "Webhook:OperatorUser" (printf "system:serviceaccount:%s:%s" .Release.Namespace (include "federation.name" .)) -}}
{{- $_ := set $s "Webhook:CertificateLifetime" $v.webhook.certificateLifetime -}}
{{- end -}}
{{- with $v.isolation.probeImage -}}
{{- $_ := set $s "Isolation:ProbeImage" . -}}
{{- $_ := set $s "Isolation:ProbeNamespace" $v.isolation.probeNamespace -}}
{{- end -}}
{{- with $v.exportImage }}{{ $_ := set $s "Export:Image" . }}{{ end -}}
{{- range $list, $values := dict "DeniedCidrs" $v.isolation.deniedCidrs "TrustedProxies" $v.gateway.trustedProxies "Resolvers" $v.resolvers -}}
{{- range $i, $value := $values }}{{ $_ := set $s (printf "%s:%d" $list $i) $value }}{{ end -}}
{{- end -}}
{{- include "federation.environment" (dict "root" . "section" "Federation" "settings" $s) -}}
{{- end }}

{{- define "federation.tenantSettings" -}}
{{- $v := .Values.tenant -}}
{{- $s := dict
  "Namespace" .Release.Namespace
  "Watch" $v.watch
  "Token" $v.token
  "Listen" (printf "http://%s:8080" (ternary "[::]" "0.0.0.0" .Values.ipv6))
-}}
{{- if $v.allowHttp }}{{ $_ := set $s "Gateways:AllowHttp" true }}{{ end -}}
{{- if $v.authorities }}{{ $_ := set $s "Gateways:AuthorityFile" "/etc/federation/authorities/ca.crt" }}{{ end -}}
{{- if $v.kubeconfigs }}{{ $_ := set $s "Access:KubeconfigFolder" "/etc/federation/kubeconfigs" }}{{ end -}}
{{- include "federation.environment" (dict "root" . "section" "Tenant" "settings" $s) -}}
{{- end }}

{{/* Chain, key, log and traces are said alike in both modes. */}}
{{- define "federation.environment" -}}
{{- $v := .root.Values -}}
{{- $s := .settings -}}
{{- $section := .section -}}
{{- $_ := set $s "Chain:ChainId" ($v.chain.id | int64) -}}
{{- $_ := set $s "Chain:Confirmations" $v.chain.confirmations -}}
{{- with $v.chain.rpcUrl }}{{ $_ := set $s "Chain:RpcUrl" . }}{{ end -}}
{{- with $v.chain.webSocketUrl }}{{ $_ := set $s "Chain:WebSocketUrl" . }}{{ end -}}
{{- with $v.chain.finalizedDepth }}{{ $_ := set $s "Chain:FinalizedDepth" . }}{{ end -}}
{{- range $name, $address := $v.chain.contracts }}{{ $_ := set $s (printf "Chain:%s" (title $name)) $address }}{{ end -}}
{{- range $name, $hash := $v.chain.codeHashes }}{{ $_ := set $s (printf "Chain:%sCodeHash" (title $name)) $hash }}{{ end -}}
{{- range $i, $url := $v.chain.fallbackRpcUrls }}{{ $_ := set $s (printf "Chain:FallbackRpcUrls:%d" $i) $url }}{{ end -}}
{{- if $v.key.existingSecret -}}
{{- $_ := set $s "Chain:KeystoreFile" "/etc/federation/key/keystore.json" -}}
{{- $_ := set $s "Chain:KeystorePasswordFile" "/etc/federation/key/password" -}}
{{- else -}}
{{- with $v.key.remoteSigner.url }}{{ $_ := set $s "Chain:RemoteSignerUrl" . }}{{ end -}}
{{- $_ := set $s "Chain:RemoteSignerAddress" $v.key.remoteSigner.address -}}
{{- end -}}
{{- $_ := set $s "Log:Format" $v.log.format -}}
{{- $_ := set $s "SettingsFile" "/etc/federation/settings/settings.json" -}}
{{- with $v.tracing -}}
{{- if .endpoint -}}
{{- $_ := set $s "Tracing:Endpoint" .endpoint -}}
{{- $_ := set $s "Tracing:Protocol" .protocol -}}
{{- $_ := set $s "Tracing:Ratio" .ratio -}}
{{- end -}}
{{- end -}}
{{- $reloadable := get (.root.Files.Get "files/reloadable.yaml" | fromYaml) $section -}}
{{- range $name, $value := $v.settings }}{{ if not (has $name $reloadable) }}{{ $_ := set $s $name $value }}{{ end }}{{ end -}}
{{- range $name, $value := $s }}
- name: {{ printf "%s__%s" $section (replace ":" "__" $name) }}
  value: {{ include "federation.text" $value | quote }}
{{- end }}
{{- range $name, $from := include "federation.secretSettings" .root | fromYaml }}
- name: {{ printf "%s__%s" $section (replace ":" "__" $name) }}
  valueFrom:
    secretKeyRef: {name: {{ $from.name }}, key: {{ $from.key }}}
{{- end }}
{{- with $v.env }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* Options whose value is a key of a Secret: a map of option to {name, key, by}, where `by` is who says so among the values. */}}
{{- define "federation.secretSettings" -}}
{{- $v := .Values -}}
{{- $all := dict -}}
{{- range $by, $option := dict "chain.rpcUrlFrom" "Chain:RpcUrl" "chain.webSocketUrlFrom" "Chain:WebSocketUrl" "key.remoteSigner.urlFrom" "Chain:RemoteSignerUrl" "prometheus.authorizationFrom" "Prometheus:Authorization" -}}
{{- $from := $v }}{{ range splitList "." $by }}{{ $from = get ($from | default dict) . }}{{ end -}}
{{- with $from }}{{ $_ := set $all $option (dict "name" .name "key" .key "by" $by) }}{{ end -}}
{{- end -}}
{{- range $i, $from := $v.chain.fallbackRpcUrlsFrom -}}
{{- $_ := set $all (printf "Chain:FallbackRpcUrls:%d" (add (len $v.chain.fallbackRpcUrls) $i)) (dict "name" $from.name "key" $from.key "by" (printf "chain.fallbackRpcUrlsFrom[%d]" $i)) -}}
{{- end -}}
{{- range $header, $from := $v.prometheus.headersFrom -}}
{{- $_ := set $all (printf "Prometheus:Headers:%s" $header) (dict "name" $from.name "key" $from.key "by" (printf "prometheus.headersFrom.%s" $header)) -}}
{{- end -}}
{{- toYaml $all -}}
{{- end }}

{{/*
Those that the operator takes while it runs, as the file that it reads them from. They are no part of its pods: an upgrade that changes nothing else
starts none anew, and there is no checksum of this in the pods' annotations.
*/}}
{{- define "federation.reloadable" -}}
{{- $section := ternary "Federation" "Tenant" (eq .Values.mode "provider") -}}
{{- $reloadable := get (.Files.Get "files/reloadable.yaml" | fromYaml) $section -}}
{{- $s := dict "Log:Level" .Values.log.level -}}
{{- range $name, $value := .Values.settings }}{{ if has $name $reloadable }}{{ $_ := set $s $name (include "federation.text" $value) }}{{ end }}{{ end -}}
{{- dict $section $s | toPrettyJson -}}
{{- end }}

{{/* The Secrets that those options name, and where they lie in the pod. */}}
{{- define "federation.mounts" -}}
- {name: settings, mountPath: /etc/federation/settings, readOnly: true}
{{- if .Values.key.existingSecret }}
- {name: key, mountPath: /etc/federation/key, readOnly: true}
{{- end }}
{{- if .Values.tenant.authorities }}
- {name: authorities, mountPath: /etc/federation/authorities, readOnly: true}
{{- end }}
{{- if .Values.tenant.kubeconfigs }}
- {name: kubeconfigs, mountPath: /etc/federation/kubeconfigs, readOnly: true}
{{- end }}
{{- if include "federation.tlsSecret" . }}
- {name: tls, mountPath: /etc/federation/tls, readOnly: true}
{{- end }}
{{- if .Values.prometheus.bearerTokenFrom }}
- {name: prometheus-token, mountPath: /etc/federation/prometheus-token, readOnly: true}
{{- end }}
{{- if .Values.prometheus.tls.secret }}
- {name: prometheus, mountPath: /etc/federation/prometheus, readOnly: true}
{{- end }}
{{- if .Values.spool.enabled }}
- {name: spool-token, mountPath: /etc/federation/spool-token, readOnly: true}
- {name: spool, mountPath: /etc/federation/spool, readOnly: true}
{{- end }}
{{- end }}

{{- define "federation.volumes" -}}
- name: settings
  configMap: {name: {{ include "federation.name" . }}-settings}
{{- with .Values.key.existingSecret }}
- name: key
  secret:
    secretName: {{ . }}
    defaultMode: 288 # 0440, as JSON has it
    items:
    - {key: keystore.json, path: keystore.json}
    - {key: password, path: password}
{{- end }}
{{- with .Values.tenant.authorities }}
- name: authorities
  configMap: {name: {{ . }}}
{{- end }}
{{- with .Values.tenant.kubeconfigs }}
- name: kubeconfigs
  secret: {secretName: {{ . }}, defaultMode: 288}
{{- end }}
{{- with include "federation.tlsSecret" . }}
- name: tls
  secret: {secretName: {{ . }}, defaultMode: 288}
{{- end }}
{{- with .Values.prometheus.bearerTokenFrom }}
- name: prometheus-token
  secret:
    secretName: {{ .name }}
    defaultMode: 288 # 0440, as JSON has it
    items:
    - {key: {{ .key }}, path: token}
{{- end }}
{{- with .Values.prometheus.tls.secret }}
- name: prometheus
  secret: {secretName: {{ . }}, defaultMode: 288}
{{- end }}
{{- with .Values.spool }}
{{- if .enabled }}
- name: spool-token
  secret:
    secretName: {{ .tokenFrom.name }}
    defaultMode: 288 # 0440, as JSON has it
    items:
    - {key: {{ .tokenFrom.key }}, path: token}
- name: spool
  secret:
    secretName: {{ .tls.secret }}
    defaultMode: 288 # 0440, as JSON has it
    items:
    - {key: ca.crt, path: ca.crt}
{{- end }}
{{- end }}
{{- end }}

{{/* A list of variables or of volumes, for who starts without what they name, too, and says that it is missing. */}}
{{- define "federation.lenient" -}}
{{- range $one := . -}}
{{- range list "secret" "configMap" }}{{ with get $one . }}{{ $_ := set . "optional" true }}{{ end }}{{ end -}}
{{- $from := $one.valueFrom | default dict -}}
{{- range list "secretKeyRef" "configMapKeyRef" }}{{ with get $from . }}{{ $_ := set . "optional" true }}{{ end }}{{ end }}
- {{ toJson $one }}
{{- end -}}
{{- end }}

{{/* Those things by name: variable or folder, and what it comes from. By them it says what is missing. */}}
{{- define "federation.needs" -}}
{{- $needs := list -}}
{{- range include "federation.settings" . | fromYamlArray -}}
{{- $one := . }}{{ with (.valueFrom | default dict).secretKeyRef }}{{ if not .optional }}{{ $needs = append $needs (printf "%s=key %s of Secret %s" $one.name .key .name) }}{{ end }}{{ end -}}
{{- with (.valueFrom | default dict).configMapKeyRef }}{{ if not .optional }}{{ $needs = append $needs (printf "%s=key %s of ConfigMap %s" $one.name .key .name) }}{{ end }}{{ end -}}
{{- end -}}
{{- $folders := dict }}{{ range include "federation.mounts" . | fromYamlArray }}{{ $_ := set $folders .name .mountPath }}{{ end -}}
{{- range include "federation.volumes" . | fromYamlArray -}}
{{- $from := ternary (printf "Secret %v" (.secret | default dict).secretName) (printf "ConfigMap %v" (.configMap | default dict).name) (hasKey . "secret") -}}
{{- $needs = append $needs (printf "%s=%s" (get $folders .name) $from) -}}
{{- end -}}
{{- join ";" $needs -}}
{{- end }}

{{/* What the doctor's pods have alike. */}}
{{- define "federation.doctorPod" -}}
restartPolicy: Never
activeDeadlineSeconds: 120
serviceAccountName: {{ include "federation.account" . }}
{{- with .Values.image.pullSecrets }}
imagePullSecrets: {{- range . }}
- name: {{ . }}
{{- end }}
{{- end }}
securityContext: {{- include "federation.podSecurity" . | nindent 2 }}
{{- with .Values.nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with .Values.tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{- define "federation.doctorContainer" -}}
image: {{ include "federation.image" . | quote }}
imagePullPolicy: {{ .Values.image.pullPolicy }}
terminationMessagePolicy: FallbackToLogsOnError
securityContext: {{- include "federation.containerSecurity" . | nindent 2 }}
resources: {{- toYaml .Values.resources | nindent 2 }}
{{- end }}

{{/* Whatever runs of the image runs like this. */}}
{{- define "federation.podSecurity" -}}
runAsNonRoot: true
runAsUser: 65532
runAsGroup: 65532
fsGroup: 65532
fsGroupChangePolicy: OnRootMismatch
seccompProfile: {type: RuntimeDefault}
{{- end }}

{{- define "federation.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: {drop: [ALL]}
{{- end }}
