{{/* Sign-in, where it is on. */}}

{{/* Where the issuer's public keys are */}}
{{- define "samspill.jwksUrl" -}}
{{- $signIn := .Values.signIn }}
{{- if $signIn.jwksUrl }}{{ $signIn.jwksUrl }}
{{- else if $signIn.issuer }}{{ trimSuffix "/" $signIn.issuer }}/jwks
{{- else }}
{{- range include "samspill.services" . | fromJsonArray }}
{{- if eq .context "identity" }}http://{{ include "samspill.name" (dict "root" $ "name" .name) }}/api/identity/oidc/jwks{{ end }}
{{- end }}
{{- end }}
{{- end }}

{{/* Settings of a service that are no secrets, as data of its ConfigMap: dict root service */}}
{{- define "samspill.signInSettings" -}}
{{- $signIn := .root.Values.signIn }}
{{- $issuer := include "samspill.issuer" .root }}
{{- if $issuer }}
SAMSPILL_SIGN_IN_ISSUER: {{ $issuer | quote }}
SAMSPILL_SIGN_IN_JWKS_URL: {{ include "samspill.jwksUrl" .root | quote }}
SAMSPILL_HTTP_PROXIES: {{ $signIn.proxies | int | quote }}
{{- end }}
{{- with $signIn.publicOrigin }}
SAMSPILL_PUBLIC_ORIGIN: {{ . | quote }}
{{- end }}
{{- if and $signIn.mail.secret (eq .service.context "identity") }}
SAMSPILL_MAIL_FROM: {{ $signIn.mail.from | quote }}
{{- end }}
{{- end }}

{{/* Settings that are secrets: dict root service */}}
{{- define "samspill.signInEnv" -}}
{{- if include "samspill.servicesTrustSignIn" .root }}
{{ include "samspill.signInCaEnv" .root }}
{{- end }}
{{- with .root.Values.signIn }}
{{- if .breakGlass.secret }}
- name: SAMSPILL_BREAK_GLASS
  valueFrom: { secretKeyRef: { name: {{ .breakGlass.secret }}, key: {{ .breakGlass.key }} } }
{{- end }}
{{- if and .mail.secret (eq $.service.context "identity") }}
- name: SAMSPILL_SMTP_URL
  valueFrom: { secretKeyRef: { name: {{ .mail.secret }}, key: {{ .mail.key }} } }
{{- end }}
{{- end }}
{{- end }}

{{/* Whether services themselves go to where the authorities of signIn.caSecret are needed: only this release's own keys are in the cluster */}}
{{- define "samspill.servicesTrustSignIn" -}}
{{- with .Values.signIn }}
{{- if and .caSecret (or .issuer .jwksUrl) }}yes{{ end }}
{{- end }}
{{- end }}

{{/* Node reads it once, when it starts */}}
{{- define "samspill.signInCaEnv" -}}
- { name: NODE_EXTRA_CA_CERTS, value: /etc/samspill/sign-in-ca/{{ .Values.signIn.caKey }} }
{{- end }}

{{- define "samspill.signInCaMount" -}}
- { name: sign-in-ca, mountPath: /etc/samspill/sign-in-ca, readOnly: true }
{{- end }}

{{- define "samspill.signInCaVolume" -}}
- name: sign-in-ca
  secret: { secretName: {{ .Values.signIn.caSecret }}, defaultMode: 0440 }
{{- end }}

{{/* The port that a URL leads to */}}
{{- define "samspill.portOf" -}}
{{- $url := urlParse . }}
{{- regexFind "[0-9]+$" (regexFind ":[0-9]+$" $url.host) | default (ternary "443" "80" (eq $url.scheme "https")) }}
{{- end }}
