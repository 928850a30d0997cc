{{- define "tradingsweep.name" -}}
{{- default .Chart.Name .Values.nameOverride | trunc 40 | trimSuffix "-" -}}
{{- end -}}

{{- define "tradingsweep.fullname" -}}
{{- if .Values.fullnameOverride -}}
{{- .Values.fullnameOverride | trunc 40 | trimSuffix "-" -}}
{{- else if contains (include "tradingsweep.name" .) .Release.Name -}}
{{- .Release.Name | trunc 40 | trimSuffix "-" -}}
{{- else -}}
{{- printf "%s-%s" .Release.Name (include "tradingsweep.name" .) | trunc 40 | trimSuffix "-" -}}
{{- end -}}
{{- end -}}

{{- /* What never changes about a component's pods: a selector cannot be edited. */ -}}
{{- define "tradingsweep.selector" -}}
app.kubernetes.io/name: {{ include "tradingsweep.name" .root }}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end -}}

{{- define "tradingsweep.labels" -}}
{{ include "tradingsweep.selector" . }}
app.kubernetes.io/version: {{ .root.Chart.AppVersion | quote }}
app.kubernetes.io/part-of: tradingsweep
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version | replace "+" "_" }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end -}}

{{- define "tradingsweep.image" -}}
{{- $image := .image -}}
{{- if $image.digest -}}
{{ $image.repository }}@{{ $image.digest }}
{{- else -}}
{{ $image.repository }}:{{ $image.tag | default .root.Chart.AppVersion }}
{{- end -}}
{{- end -}}

{{- /* "true" where the chart's own small Postgres runs: a DSN Secret turns it off. */ -}}
{{- define "tradingsweep.ownPostgres" -}}
{{- if and .Values.postgres.enabled (not .Values.secrets.dsn.name) -}}true{{- end -}}
{{- end -}}

{{- /* A hook runs before everything else: before the chart's own Postgres it has nothing to do. */ -}}
{{- define "tradingsweep.migrationMode" -}}
{{- if ne .Values.migration.mode "auto" -}}
{{- .Values.migration.mode -}}
{{- else if include "tradingsweep.ownPostgres" . -}}
plain
{{- else -}}
hook
{{- end -}}
{{- end -}}

{{- define "tradingsweep.callbackBase" -}}
{{- $own := printf "http://%s-receiver.%s.svc:%v" (include "tradingsweep.fullname" .) .Release.Namespace .Values.receiver.service.port -}}
{{- .Values.receiver.callbackBase | default $own -}}
{{- end -}}

{{- define "tradingsweep.tradingApiUrl" -}}
{{- if .Values.tradingApi.url -}}
{{- .Values.tradingApi.url -}}
{{- else -}}
{{- printf "http://%s-tradingapi.%s.svc:8000" (include "tradingsweep.fullname" .) .Release.Namespace -}}
{{- end -}}
{{- end -}}
