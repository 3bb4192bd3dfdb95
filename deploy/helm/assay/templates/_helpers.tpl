{{- define "assay.labels" -}}
app.kubernetes.io/name: assay
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
{{- end }}

{{- define "assay.selector" -}}
app.kubernetes.io/name: assay
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .component }}
{{- end }}

{{- define "assay.image" -}}
{{ .Values.image.repository }}:{{ .Values.image.tag }}
{{- end }}

{{- define "assay.credentials" -}}
{{- if .Values.nats.secret }}
{{- if eq .Values.nats.credentials "token" }}
- name: ASSAY_NATS_TOKEN
  valueFrom:
    secretKeyRef: {name: {{ .Values.nats.secret | quote }}, key: token}
{{- else }}
- name: ASSAY_NATS_USER
  valueFrom:
    secretKeyRef: {name: {{ .Values.nats.secret | quote }}, key: user}
- name: ASSAY_NATS_PASSWORD
  valueFrom:
    secretKeyRef: {name: {{ .Values.nats.secret | quote }}, key: password}
{{- end }}
{{- end }}
{{- end }}
