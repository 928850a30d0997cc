{{- define "tradingsweep.sweepRules" -}}
- apiGroups: [trading.zixly.io]
  resources: [tradingsweeps]
  verbs: [get, list, watch{{ if .Values.operator.mayDelete }}, delete{{ end }}]
- apiGroups: [trading.zixly.io]
  resources: [tradingsweeps/status]
  verbs: [patch]
- apiGroups: [events.k8s.io]
  resources: [events]
  verbs: [create]
{{- end -}}

{{- define "tradingsweep.operatorSubject" -}}
subjects:
  - {kind: ServiceAccount, name: {{ include "tradingsweep.fullname" . }}-operator, namespace: {{ .Release.Namespace }}}
{{- end -}}
