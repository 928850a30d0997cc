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

{{- define "tradingsweep.tcp" -}}
- ports:
  {{- range . }}
  - {port: {{ . }}, protocol: TCP}
  {{- end }}
{{- end }}
