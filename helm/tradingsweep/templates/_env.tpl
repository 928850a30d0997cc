{{- /* One variable from a Secret that is there already. */ -}}
{{- define "tradingsweep.fromSecret" -}}
- name: {{ .variable }}
  valueFrom:
    secretKeyRef: {name: {{ .from.name | quote }}, key: {{ .from.key | quote }}}
{{- end -}}

{{- define "tradingsweep.ownDsn" -}}
postgresql://{{ .user }}:$({{ .password }})@{{ include "tradingsweep.fullname" .root }}-postgres:5432/tradingsweep
{{- end -}}

{{- /* The owner's way into the ledger. */ -}}
{{- define "tradingsweep.dsn" -}}
{{- if include "tradingsweep.ownPostgres" . -}}
{{ include "tradingsweep.fromSecret" (dict "variable" "POSTGRES_PASSWORD" "from" .Values.secrets.postgresPassword) }}
- name: TRADINGSWEEP_DSN
  value: {{ include "tradingsweep.ownDsn" (dict "root" . "user" "tradingsweep" "password" "POSTGRES_PASSWORD") }}
{{- else -}}
{{ include "tradingsweep.fromSecret" (dict "variable" "TRADINGSWEEP_DSN" "from" .Values.secrets.dsn) }}
{{- end -}}
{{- end -}}

{{- /* The receiver's way into the ledger: a login that can put callbacks into the inbox. */ -}}
{{- define "tradingsweep.receiverDsn" -}}
{{- if include "tradingsweep.ownPostgres" .root -}}
{{ include "tradingsweep.fromSecret" (dict "variable" "RECEIVER_PASSWORD" "from" .root.Values.secrets.receiverPassword) }}
- name: {{ .variable }}
  value: {{ include "tradingsweep.ownDsn" (dict "root" .root "user" "tradingsweep_callbacks" "password" "RECEIVER_PASSWORD") }}
{{- else -}}
{{ include "tradingsweep.fromSecret" (dict "variable" .variable "from" .root.Values.secrets.receiverDsn) }}
{{- end -}}
{{- end -}}

{{- /* Where traces go: OpenTelemetry's own variable. */ -}}
{{- define "tradingsweep.tracing" -}}
{{- with .Values.tracing.endpoint }}
- name: OTEL_EXPORTER_OTLP_ENDPOINT
  value: {{ . | quote }}
{{- end }}
{{- end -}}

{{- /* Settings as variables: maxStreams: 4 -> TRADINGSWEEP_MAX_STREAMS=4. */ -}}
{{- define "tradingsweep.settings" -}}
{{- $prefix := .prefix -}}
{{- range $name, $value := .settings }}
- name: {{ printf "%s%s" $prefix (snakecase $name | upper) }}
  value: {{ if kindIs "slice" $value }}{{ join "," $value | quote }}{{ else if kindIs "float64" $value }}{{ $value | toJson | quote }}{{ else }}{{ $value | quote }}{{ end }}
{{- end }}
{{- end -}}
