{{/* Names, labels, and what is known of a service. */}}

{{- define "samspill.fullname" -}}
{{- if contains "samspill" .Release.Name }}{{ .Release.Name | trunc 40 | trimSuffix "-" }}{{ else }}{{ printf "%s-samspill" .Release.Name | trunc 40 | trimSuffix "-" }}{{ end }}
{{- end }}

{{/* Of a part of the release: dict root name */}}
{{- define "samspill.name" -}}
{{- printf "%s-%s" (include "samspill.fullname" .root) .name | trunc 63 | trimSuffix "-" }}
{{- end }}

{{/* dict root part [kind] */}}
{{- define "samspill.selector" -}}
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/name: {{ .part }}
{{- with .kind }}
samspill.io/kind: {{ . }}
{{- end }}
{{- end }}

{{- define "samspill.labels" -}}
{{ include "samspill.selector" . }}
app.kubernetes.io/part-of: samspill
app.kubernetes.io/version: {{ .root.Values.image.tag | default .root.Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .root.Release.Service }}
helm.sh/chart: {{ printf "%s-%s" .root.Chart.Name .root.Chart.Version }}
{{- with .root.Values.commonLabels }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* metadata of an object: dict root part [kind] name [annotations] */}}
{{- define "samspill.metadata" -}}
name: {{ .name }}
namespace: {{ .namespace | default .root.Release.Namespace }}
labels:
  {{- include "samspill.labels" . | nindent 2 }}
  {{- with .labels }}
  {{- toYaml . | nindent 2 }}
  {{- end }}
{{- with merge (dict) (.annotations | default dict) .root.Values.commonAnnotations }}
annotations:
  {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* The issuer of access tokens; nothing where sign-in is off */}}
{{- define "samspill.issuer" -}}
{{- with .Values.signIn }}
{{- if .issuer }}{{ .issuer }}{{ else if .publicOrigin }}{{ .publicOrigin }}/api/identity/oidc{{ end }}
{{- end }}
{{- end }}

{{- define "samspill.image" -}}
{{ printf "%s/%s:%s" .root.Values.image.prefix .part (.root.Values.image.tag | default .root.Chart.AppVersion) }}
{{- end }}

{{/*
Services that this release runs, as JSON: a list of {name, context, topics, values}, values being the service's own over
serviceDefaults. Everything wrong with them is said at once.
*/}}
{{- define "samspill.services" -}}
{{- $catalogue := .Files.Get "files/catalogue.json" | fromJson }}
{{- $list := list }}
{{- $faults := list }}
{{- $hasIdentity := false }}
{{- range $name, $own := .Values.services }}
  {{- $values := mergeOverwrite (deepCopy $.Values.serviceDefaults) ($own | default dict) }}
  {{- $known := index $catalogue.services $name }}
  {{- if $values.enabled }}
    {{- if not $known }}
      {{- $faults = append $faults (printf "services.%s: there is no such service; there are %s" $name (keys $catalogue.services | sortAlpha | join ", ")) }}
    {{- else }}
      {{- if not $values.database.secret }}
        {{- $faults = append $faults (printf "services.%s.database.secret: the secret with its connection string is needed" $name) }}
      {{- end }}
      {{- if and (ne $values.autoscaling.kind "none") (gt (int $values.autoscaling.max) (int $catalogue.partitions)) }}
        {{- $faults = append $faults (printf "services.%s.autoscaling.max: %d pods, but topics have %d partitions; more pods could not project anything" $name (int $values.autoscaling.max) (int $catalogue.partitions)) }}
      {{- end }}
      {{- if and (ne $values.autoscaling.kind "none") (gt (int $values.autoscaling.min) (int $values.autoscaling.max)) }}
        {{- $faults = append $faults (printf "services.%s.autoscaling.min: is above max" $name) }}
      {{- end }}
      {{- if and $.Values.kafka.sasl.mechanism (not $values.kafka.secret) }}
        {{- $faults = append $faults (printf "services.%s.kafka.secret: needed, since kafka.sasl.mechanism is %s" $name $.Values.kafka.sasl.mechanism) }}
      {{- end }}
      {{- $hasIdentity = or $hasIdentity (eq $known.context "identity") }}
      {{- $list = append $list (dict "name" $name "context" $known.context "topics" $known "values" $values) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- $signIn := .Values.signIn }}
{{- $issuer := include "samspill.issuer" . }}
{{- if and (not $issuer) (eq .Values.withoutSignIn "refused") }}
  {{- $faults = append $faults "signIn.publicOrigin: needed, since without sign-in whoever reaches a service can read and change everything. Where that is meant, and you have made sure who does, set withoutSignIn; see values.yaml" }}
{{- end }}
{{- if and $issuer (ne .Values.withoutSignIn "refused") }}
  {{- $faults = append $faults (printf "withoutSignIn: is %s, although signIn is set; leave it out" .Values.withoutSignIn) }}
{{- end }}
{{- if and (or .Values.ingress.enabled .Values.gateway.enabled) (not $issuer) (ne .Values.withoutSignIn "exposed") }}
  {{- $faults = append $faults "ingress, gateway: need signIn; or withoutSignIn=exposed, and something of yours in front that signs people in" }}
{{- end }}
{{- if and $issuer (not $signIn.issuer) (not $hasIdentity) }}
  {{- $faults = append $faults "signIn.issuer: needed, since this release does not run identity-registration, which would be the issuer" }}
{{- end }}
{{- if not $issuer }}
  {{- range $name, $isSet := dict "signIn.jwksUrl" $signIn.jwksUrl "signIn.caSecret" $signIn.caSecret "signIn.breakGlass.secret" $signIn.breakGlass.secret "signIn.mail.secret" $signIn.mail.secret }}
    {{- if $isSet }}
      {{- $faults = append $faults (printf "%s: is set, although neither signIn.publicOrigin nor signIn.issuer is" $name) }}
    {{- end }}
  {{- end }}
{{- end }}
{{- if and $issuer (or .Values.ingress.enabled .Values.gateway.enabled) (eq (int $signIn.proxies) 0) }}
  {{- $faults = append $faults "signIn.proxies: how many proxies stand in front is needed with an ingress or a gateway; else all people have its address, and one who guesses passwords keeps everybody out" }}
{{- end }}
{{- if and $signIn.mail.secret (not $signIn.mail.from) }}
  {{- $faults = append $faults "signIn.mail.from: the sender is needed with signIn.mail.secret" }}
{{- end }}
{{- if and (not .Values.masterKeys.secret) (not .Values.masterKeys.asWritten) }}
  {{- $faults = append $faults "masterKeys.secret: personal data is sealed with keys from a secret of yours, and nobody can be forgotten of whom anything was written without; see values.yaml" }}
{{- end }}
{{- if and .Values.masterKeys.secret .Values.masterKeys.asWritten }}
  {{- $faults = append $faults "masterKeys.asWritten: personal data is sealed where masterKeys.secret is set" }}
{{- end }}
{{- if not .Values.kafka.brokers }}
  {{- $faults = append $faults "kafka.brokers: at least one is needed" }}
{{- end }}
{{- if and (eq .Values.kafka.sasl.mechanism "oauthbearer") (not .Values.kafka.sasl.oauth.tokenUrl) }}
  {{- $faults = append $faults "kafka.sasl.oauth.tokenUrl: needed with oauthbearer" }}
{{- end }}
{{- if and (or (eq .Values.kafka.topics.create "strimzi") .Values.kafka.strimzi.users) (not .Values.kafka.strimzi.cluster) }}
  {{- $faults = append $faults "kafka.strimzi.cluster: needed for KafkaTopics and KafkaUsers" }}
{{- end }}
{{- if $faults }}
  {{- fail (printf "\n\nThese values cannot be used:\n  - %s\n" (join "\n  - " $faults)) }}
{{- end }}
{{- $list | toJson }}
{{- end }}
