{{/* Names are fixed: roles, webhook and election are the cluster's, so one operator serves it; a tenant's serves a namespace. */}}
{{- define "federation.name" -}}{{ ternary "federation-operator" "federation-tenant" (eq .Values.mode "provider") }}{{- end }}

{{- define "federation.selector" -}}
app.kubernetes.io/name: {{ include "federation.name" . }}
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

{{/* The release that brought the definition of ComputeRequests, where it is another one: it upgrades it, too. */}}
{{- define "federation.requestsElsewhere" -}}
{{- $annotations := (lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" "computerequests.compute.federation" | default dict).metadata | default dict | dig "annotations" dict -}}
{{- $release := get $annotations "meta.helm.sh/release-name" -}}
{{- $space := get $annotations "meta.helm.sh/release-namespace" -}}
{{- if and $release (or (ne $release .Release.Name) (ne $space .Release.Namespace)) }}{{ $release }} in namespace {{ $space }}{{ end -}}
{{- end }}

{{/* A tenant's operator goes before nothing by itself: it has a class where one is named that is there. */}}
{{- define "federation.priorityClass" -}}
{{- if or (eq .Values.mode "provider") (not .Values.priorityClass.create) }}{{ .Values.priorityClass.name }}{{ end -}}
{{- end }}

{{/* A value as text: helm reads numbers of files as floating point, and would print a million as 1e+06. */}}
{{- define "federation.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ printf "%.0f" . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end }}
