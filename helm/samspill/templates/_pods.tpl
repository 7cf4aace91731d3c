{{/* What all pods and containers have in common. */}}

{{/* Pod Security «restricted»; no token of the cluster's API, which nothing here asks. */}}
{{- define "samspill.podDefaults" -}}
serviceAccountName: {{ include "samspill.name" (dict "root" .root "name" .part) }}
automountServiceAccountToken: false
# A Service named samspill-… would otherwise give every pod variables that are refused as unknown settings.
enableServiceLinks: false
securityContext:
  runAsNonRoot: true
  runAsUser: 1000
  runAsGroup: 1000
  fsGroup: 1000
  seccompProfile: { type: RuntimeDefault }
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- end }}

{{- define "samspill.containerDefaults" -}}
image: {{ include "samspill.image" . }}
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
# What ended a container is then shown by kubectl describe.
terminationMessagePolicy: FallbackToLogsOnError
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities: { drop: [ALL] }
{{- end }}

{{/* Settings of a service that are secrets, or differ between services: dict root service */}}
{{- define "samspill.env" -}}
{{- $values := .service.values }}
- name: SAMSPILL_DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ $values.database.secret }}, key: {{ $values.database.key }} } }
{{- with $values.database.readerSecret }}
- name: SAMSPILL_READER_DATABASE_URL
  valueFrom: { secretKeyRef: { name: {{ . }}, key: {{ $values.database.key }} } }
{{- end }}
{{- with .root.Values.kafka.sasl }}
{{- if eq .mechanism "oauthbearer" }}
- name: SAMSPILL_KAFKA_OAUTH_CLIENT_ID
  valueFrom: { secretKeyRef: { name: {{ $values.kafka.secret }}, key: client-id } }
- name: SAMSPILL_KAFKA_OAUTH_CLIENT_SECRET
  valueFrom: { secretKeyRef: { name: {{ $values.kafka.secret }}, key: client-secret } }
{{- else if .mechanism }}
- name: SAMSPILL_KAFKA_SASL_USERNAME
  {{- if $values.kafka.username }}
  value: {{ $values.kafka.username | quote }}
  {{- else }}
  valueFrom: { secretKeyRef: { name: {{ $values.kafka.secret }}, key: username } }
  {{- end }}
- name: SAMSPILL_KAFKA_SASL_PASSWORD
  valueFrom: { secretKeyRef: { name: {{ $values.kafka.secret }}, key: password } }
{{- end }}
{{- end }}
{{- with .root.Values.masterKeys }}
{{- if .secret }}
- name: SAMSPILL_MASTER_KEYS
  valueFrom: { secretKeyRef: { name: {{ .secret }}, key: {{ .key }} } }
{{- end }}
{{- if .asWritten }}
- { name: SAMSPILL_PERSONAL_DATA, value: as-written }
{{- end }}
{{- end }}
{{- include "samspill.signInEnv" . }}
{{- range $setting, $from := $values.secretSettings }}
- name: {{ $setting }}
  valueFrom: { secretKeyRef: { name: {{ $from.secret }}, key: {{ $from.key }} } }
{{- end }}
{{- end }}

{{- define "samspill.envFrom" -}}
- configMapRef: { name: {{ include "samspill.name" (dict "root" .root "name" .service.name) }} }
{{- end }}

{{/* Certificates, scratch space, and /tmp: dict root service */}}
{{- define "samspill.volumeMounts" -}}
{{- $values := .service.values }}
- { name: tmp, mountPath: /tmp }
{{- if and .root.Values.kafka.tls.enabled .root.Values.kafka.tls.caSecret }}
- { name: kafka-ca, mountPath: /etc/samspill/kafka-ca, readOnly: true }
{{- end }}
{{- if and .root.Values.kafka.tls.enabled $values.kafka.certSecret }}
- { name: kafka-cert, mountPath: /etc/samspill/kafka-cert, readOnly: true }
{{- end }}
{{- if .root.Values.database.caSecret }}
- { name: database-ca, mountPath: /etc/samspill/database-ca, readOnly: true }
{{- end }}
{{- if $values.database.certSecret }}
- { name: database-cert, mountPath: /etc/samspill/database-cert, readOnly: true }
{{- end }}
{{- if include "samspill.servicesTrustSignIn" .root }}
{{ include "samspill.signInCaMount" .root }}
{{- end }}
{{- end }}

{{- define "samspill.volumes" -}}
{{- $values := .service.values }}
- name: tmp
  emptyDir: { sizeLimit: 64Mi }
{{- if and .root.Values.kafka.tls.enabled .root.Values.kafka.tls.caSecret }}
- name: kafka-ca
  secret: { secretName: {{ .root.Values.kafka.tls.caSecret }}, defaultMode: 0440 }
{{- end }}
{{- if and .root.Values.kafka.tls.enabled $values.kafka.certSecret }}
- name: kafka-cert
  secret: { secretName: {{ $values.kafka.certSecret }}, defaultMode: 0440 }
{{- end }}
{{- if .root.Values.database.caSecret }}
- name: database-ca
  secret: { secretName: {{ .root.Values.database.caSecret }}, defaultMode: 0440 }
{{- end }}
{{- if $values.database.certSecret }}
- name: database-cert
  secret: { secretName: {{ $values.database.certSecret }}, defaultMode: 0440 }
{{- end }}
{{- if include "samspill.servicesTrustSignIn" .root }}
{{ include "samspill.signInCaVolume" .root }}
{{- end }}
{{- end }}

{{/* Settings of a service that are no secrets, as the data of its ConfigMap: dict root service */}}
{{- define "samspill.settings" -}}
{{- toYaml (mergeOverwrite (include "samspill.ownSettings" . | fromYaml) .service.values.settings) }}
{{- end }}

{{- define "samspill.ownSettings" -}}
{{- $values := .service.values }}
{{- $kafka := .root.Values.kafka }}
{{- $database := .root.Values.database }}
SAMSPILL_HTTP_HOST: 0.0.0.0
SAMSPILL_HTTP_PORT: '8080'
SAMSPILL_LOG: kafka
SAMSPILL_KAFKA_BROKERS: {{ join "," $kafka.brokers | quote }}
SAMSPILL_KAFKA_SSL: {{ $kafka.tls.enabled | quote }}
{{- if and $kafka.tls.enabled $kafka.tls.caSecret }}
SAMSPILL_KAFKA_CA_FILE: /etc/samspill/kafka-ca/{{ $kafka.tls.caKey }}
{{- end }}
{{- if and $kafka.tls.enabled $values.kafka.certSecret }}
SAMSPILL_KAFKA_CERT_FILE: /etc/samspill/kafka-cert/{{ $values.kafka.certKey }}
SAMSPILL_KAFKA_KEY_FILE: /etc/samspill/kafka-cert/{{ $values.kafka.keyKey }}
{{- end }}
{{- with $kafka.sasl.mechanism }}
SAMSPILL_KAFKA_SASL_MECHANISM: {{ . }}
{{- end }}
{{- if eq $kafka.sasl.mechanism "oauthbearer" }}
SAMSPILL_KAFKA_OAUTH_TOKEN_URL: {{ $kafka.sasl.oauth.tokenUrl | quote }}
{{- with $kafka.sasl.oauth.scope }}
SAMSPILL_KAFKA_OAUTH_SCOPE: {{ . | quote }}
{{- end }}
{{- end }}
{{- with $kafka.topics.replicas }}
SAMSPILL_TOPIC_REPLICAS: {{ . | quote }}
{{- end }}
{{- with $kafka.topics.minInSync }}
SAMSPILL_TOPIC_MIN_IN_SYNC: {{ . | quote }}
{{- end }}
SAMSPILL_DATABASE_TLS: {{ $database.tls }}
{{- if $database.caSecret }}
SAMSPILL_DATABASE_CA_FILE: /etc/samspill/database-ca/{{ $database.caKey }}
{{- end }}
{{- if $values.database.certSecret }}
SAMSPILL_DATABASE_CERT_FILE: /etc/samspill/database-cert/tls.crt
SAMSPILL_DATABASE_KEY_FILE: /etc/samspill/database-cert/tls.key
{{- end }}
SAMSPILL_DATABASE_POOL_SIZE: {{ $values.database.poolSize | quote }}
SAMSPILL_SPILL_FOLDER: /var/spill
SAMSPILL_LOG_LEVEL: {{ $values.logLevel }}
{{- include "samspill.telemetrySettings" . }}
{{- include "samspill.signInSettings" . }}
SAMSPILL_SHUTDOWN_DELAY_MS: {{ $values.shutdown.delayMs | int | quote }}
SAMSPILL_SHUTDOWN_TIMEOUT_MS: {{ $values.shutdown.timeoutMs | int | quote }}
{{- end }}

{{/* Where the services are: contacts=http://…,identity=http://… */}}
{{- define "samspill.urls" -}}
{{- $urls := list }}
{{- range include "samspill.services" . | fromJsonArray }}
  {{- $urls = append $urls (printf "%s=http://%s" .context (include "samspill.name" (dict "root" $ "name" .name))) }}
{{- end }}
{{- join "," $urls }}
{{- end }}

{{/* The same for operators, who are needed most when no pod is ready */}}
{{- define "samspill.operatorUrls" -}}
{{- $urls := list }}
{{- range include "samspill.services" . | fromJsonArray }}
  {{- $urls = append $urls (printf "%s=http://%s" .context (include "samspill.name" (dict "root" $ "name" (printf "%s-any" .name)))) }}
{{- end }}
{{- join "," $urls }}
{{- end }}
