{{- define "tradingsweep.policyHead" -}}
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: {{ include "tradingsweep.fullname" .root }}-{{ .component }}
  namespace: {{ .root.Release.Namespace }}
  labels:
    {{- include "tradingsweep.labels" . | nindent 4 }}
{{- end -}}

{{- define "tradingsweep.pods" -}}
podSelector:
  matchLabels:
    {{- include "tradingsweep.selector" . | nindent 4 }}
{{- end -}}

{{- define "tradingsweep.dns" -}}
- ports: [{port: 53, protocol: UDP}, {port: 53, protocol: TCP}]
{{- end -}}

{{- /* The port of a URL: its own, or its scheme's. */ -}}
{{- define "tradingsweep.portOf" -}}
{{- $url := urlParse . -}}
{{- $url.host | regexFind ":[0-9]+$" | trimPrefix ":" | default (ternary "443" "80" (eq $url.scheme "https")) -}}
{{- end -}}

{{- define "tradingsweep.tradingApiEgress" -}}
{{- $own := list (include "tradingsweep.portOf" (include "tradingsweep.tradingApiUrl" .)) -}}
{{ include "tradingsweep.tcp" (.Values.networkPolicy.tradingApiPorts | default $own) }}
{{- end -}}

{{- define "tradingsweep.smtpEgress" -}}
{{- if .Values.secrets.smtpUrl.name -}}
{{ include "tradingsweep.tcp" .Values.networkPolicy.smtpPorts }}
{{- end -}}
{{- end -}}

{{- define "tradingsweep.tracingEgress" -}}
{{- if .Values.tracing.endpoint -}}
{{ include "tradingsweep.tcp" (list (include "tradingsweep.portOf" .Values.tracing.endpoint)) }}
{{- end -}}
{{- end -}}

{{- define "tradingsweep.tcp" -}}
- ports:
  {{- range . }}
  - {port: {{ . }}, protocol: TCP}
  {{- end }}
{{- end }}
