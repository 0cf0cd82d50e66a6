{{/* Names are fixed: roles, webhook and election are the cluster's, so one operator serves it; a tenant's serves a namespace. */}}
{{- define "federation.name" -}}{{ ternary "federation-operator" "federation-tenant" (eq .Values.mode "provider") }}{{- end }}

{{/*
As whom its pods ask the API server. A tenant's is none of the accounts of leases' namespaces: a datacenter's operator may act as federation-tenant of every
namespace, and with that name could act as the wallet's.
*/}}
{{- define "federation.account" -}}{{ ternary "federation-operator" "federation-buyer" (eq .Values.mode "provider") }}{{- end }}

{{/* Each mode has alerts of its own: what the one kind of operator shows the other has not. */}}
{{- define "federation.alertsFile" -}}{{ ternary "files/alerts.yaml" "files/tenant-alerts.yaml" (eq .Values.mode "provider") }}{{- end }}

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

{{/* Whose an object is that is there: empty where there is none, or where it is this release's. */}}
{{- define "federation.otherOwner" -}}
{{- $metadata := (.object | default dict).metadata | default dict -}}
{{- $annotations := dig "annotations" dict $metadata -}}
{{- $release := get $annotations "meta.helm.sh/release-name" -}}
{{- $space := get $annotations "meta.helm.sh/release-namespace" -}}
{{- if and $metadata (or (ne $release .root.Release.Name) (ne $space .root.Release.Namespace)) -}}
{{- if $release }}release {{ $release }} in namespace {{ $space }}{{ else }}made without helm{{ end -}}
{{- end -}}
{{- end }}

{{/*
Another release that brought the definition of ComputeRequests, and whether its operator is there, as JSON. The definition outlives its release with the annotations
that it had: only one that is there upgrades it, too.
*/}}
{{- define "federation.requestsOwner" -}}
{{- $definition := lookup "apiextensions.k8s.io/v1" "CustomResourceDefinition" "" "computerequests.compute.federation" -}}
{{- $annotations := ($definition | default dict).metadata | default dict | dig "annotations" dict -}}
{{- $release := get $annotations "meta.helm.sh/release-name" -}}
{{- $isThere := false -}}
{{- $owner := "" -}}
{{- if $release -}}
{{- $owner = include "federation.otherOwner" (dict "object" $definition "root" .) -}}
{{- if $owner -}}
{{- range list "federation-operator" "federation-tenant" -}}
{{- $operator := (lookup "apps/v1" "Deployment" (get $annotations "meta.helm.sh/release-namespace") . | default dict).metadata | default dict | dig "annotations" dict -}}
{{- if eq (get $operator "meta.helm.sh/release-name") $release }}{{ $isThere = true }}{{ end -}}
{{- end -}}
{{- end -}}
{{- end -}}
{{- dict "owner" $owner "isThere" $isThere | toJson -}}
{{- end }}

{{/* The release that upgrades the definition of ComputeRequests, where it is another one. */}}
{{- define "federation.requestsElsewhere" -}}
{{- $found := include "federation.requestsOwner" . | fromJson }}{{ if $found.isThere }}{{ $found.owner }}{{ end -}}
{{- end }}

{{/* The release that has left it behind. */}}
{{- define "federation.requestsLeftBy" -}}
{{- $found := include "federation.requestsOwner" . | fromJson }}{{ if not $found.isThere }}{{ $found.owner }}{{ end -}}
{{- end }}

{{/* A tenant's operator goes before nothing by itself: it has a class where one is named that is there. */}}
{{- define "federation.priorityClass" -}}
{{- if or (eq .Values.mode "provider") (not .Values.priorityClass.create) }}{{ .Values.priorityClass.name }}{{ end -}}
{{- end }}

{{/* A value as text: helm reads numbers of files as floating point, and would print a million as 1e+06. */}}
{{- define "federation.text" -}}
{{- if and (kindIs "float64" .) (eq (floor .) .) -}}{{ printf "%.0f" . }}{{- else -}}{{ toString . }}{{- end -}}
{{- end }}
