{{/* Settings of a service about traces and metrics, as data of its ConfigMap: dict root */}}
{{- define "samspill.telemetrySettings" -}}
{{- $telemetry := .root.Values.telemetry }}
{{- with $telemetry.otlpUrl }}
SAMSPILL_TELEMETRY_OTLP_URL: {{ . | quote }}
SAMSPILL_TELEMETRY_TRACE_PERCENT: {{ $telemetry.tracePercent | int | quote }}
{{- end }}
{{- if $telemetry.metrics.enabled }}
SAMSPILL_TELEMETRY_METRICS_HOST: 0.0.0.0
SAMSPILL_TELEMETRY_METRICS_PORT: {{ $telemetry.metrics.port | int | quote }}
{{- end }}
{{- end }}
