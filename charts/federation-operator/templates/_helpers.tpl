{{/* Names are fixed: roles, webhook and election are the cluster's, so one operator serves it. */}}
{{- define "federation.name" -}}federation-operator{{- end }}

{{- define "federation.selector" -}}
app.kubernetes.io/name: federation-operator
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "federation.labels" -}}
{{ include "federation.selector" . }}
app.kubernetes.io/version: {{ .Values.image.tag | default .Chart.AppVersion | trunc 63 | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version | replace "+" "_" }}
{{- end }}

{{/* The spools are none of the operator's pods: no Service, budget or policy of the operator's may take them for such. */}}
{{- define "federation.spoolSelector" -}}
app.kubernetes.io/name: federation-spool
app.kubernetes.io/instance: {{ .Release.Name }}
{{- end }}

{{- define "federation.spoolLabels" -}}
{{- merge (include "federation.spoolSelector" . | fromYaml) (include "federation.labels" . | fromYaml) | toYaml -}}
{{- end }}

{{- define "federation.image" -}}
{{- if .Values.image.digest -}}
{{ .Values.image.repository }}@{{ .Values.image.digest }}
{{- else -}}
{{ .Values.image.repository }}:{{ .Values.image.tag | default .Chart.AppVersion }}
{{- end -}}
{{- end }}

{{/* The Secret with the gateway's certificate; empty where a proxy ends TLS. */}}
{{- define "federation.tlsSecret" -}}
{{- if .Values.gateway.tls.certManager.issuerRef -}}federation-gateway-tls{{- else -}}{{ .Values.gateway.tls.existingSecret }}{{- end -}}
{{- end }}

{{- define "federation.evidenceClaim" -}}
{{ .Values.evidence.existingClaim | default "federation-evidence" }}
{{- end }}

{{/* One node's volume: the pod before has to go before the next one can have it. */}}
{{- define "federation.oneNodeVolume" -}}
{{- if and .Values.evidence.enabled (ne .Values.evidence.accessMode "ReadWriteMany") -}}true{{- end -}}
{{- end }}

{{/* A value as text: helm reads numbers of files as floating point, and would print a million as 1e+06. */}}
{{- define "federation.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ printf "%.0f" . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end }}
