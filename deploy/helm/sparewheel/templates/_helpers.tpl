{{- define "sparewheel.name" -}}
{{- .Release.Name | trunc 50 | trimSuffix "-" -}}
{{- end }}

{{- define "sparewheel.labels" -}}
app.kubernetes.io/name: sparewheel
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
helm.sh/chart: {{ .Chart.Name }}-{{ .Chart.Version }}
{{- end }}

{{/* Labels that a part's pods are found by; call with (dict "root" . "part" "api"). */}}
{{- define "sparewheel.selector" -}}
app.kubernetes.io/name: sparewheel
app.kubernetes.io/instance: {{ .root.Release.Name }}
app.kubernetes.io/component: {{ .part }}
{{- end }}

{{/* Nothing may be configured to leave where nothing may leave. */}}
{{- define "sparewheel.check" -}}
{{- if eq .Values.sensitivity "high" }}
{{- range $name, $endpoint := .Values.endpoints }}
{{- if $endpoint.url }}
{{- fail (printf "sensitivity is high, so no endpoint may be set: empty endpoints.%s.url" $name) }}
{{- end }}
{{- end }}
{{- if .Values.networkPolicy.extraEgress }}
{{- fail "sensitivity is high, so networkPolicy.extraEgress must be empty" }}
{{- end }}
{{- if not .Values.networkPolicy.enabled }}
{{- fail "sensitivity is high, so networkPolicy.enabled must stay true: it is what closes the egress" }}
{{- end }}
{{- end }}
{{- if and .Values.ui.enabled (eq .Values.ui.signIn "oidc") (not .Values.ui.oidcSecret) }}
{{- fail "ui.signIn is oidc, so ui.oidcSecret must name the Secret with secrets.toml (docs/page.md)" }}
{{- end }}
{{- if and (gt (int .Values.api.autoscaling.minReplicas) (int .Values.api.autoscaling.maxReplicas)) .Values.api.autoscaling.enabled }}
{{- fail "api.autoscaling.minReplicas is over maxReplicas" }}
{{- end }}
{{- end }}

{{/* The same pod for both parts, but for image, command, probes and ports. */}}
{{- define "sparewheel.pod" -}}
{{- $values := index .root.Values .part -}}
automountServiceAccountToken: false
{{- with .root.Values.serviceAccountName }}
serviceAccountName: {{ . }}
{{- end }}
{{- with .root.Values.priorityClassName }}
priorityClassName: {{ . }}
{{- end }}
{{- with $values.runtimeClassName }}
runtimeClassName: {{ . }}
{{- end }}
enableServiceLinks: false
terminationGracePeriodSeconds: {{ add .root.Values.preStopSeconds .root.Values.noticeSeconds $values.drainSeconds 10 }}
{{- with .root.Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
securityContext:
  runAsNonRoot: true
  runAsUser: 10001
  runAsGroup: 10001
  fsGroup: 10001
  fsGroupChangePolicy: OnRootMismatch
  seccompProfile:
    type: RuntimeDefault
{{- with $values.nodeSelector | default .root.Values.nodeSelector }}
nodeSelector: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.tolerations | default .root.Values.tolerations }}
tolerations: {{ toYaml . | nindent 2 }}
{{- end }}
{{- with $values.affinity | default .root.Values.affinity }}
affinity: {{ toYaml . | nindent 2 }}
{{- end }}
topologySpreadConstraints:
  - maxSkew: 1
    topologyKey: kubernetes.io/hostname
    whenUnsatisfiable: ScheduleAnyway
    labelSelector:
      matchLabels: {{ include "sparewheel.selector" . | nindent 8 }}
volumes:
  - name: data
    {{- if and .root.Values.postgres.urlSecret (not .root.Values.index.existingClaim) }}
    emptyDir: # source files as they are read, and copies for when the database is away: nothing that must stay
      sizeLimit: {{ .root.Values.index.size }}
    {{- else }}
    persistentVolumeClaim:
      claimName: {{ .root.Values.index.existingClaim | default (printf "%s-index" (include "sparewheel.name" .root)) }}
    {{- end }}
  - name: settings
    configMap:
      name: {{ include "sparewheel.name" .root }}
  - name: secrets
    secret:
      secretName: {{ .root.Values.existingSecret }}
      defaultMode: 0440
  - name: tmp
    emptyDir:
      sizeLimit: 4Gi
  {{- with .root.Values.extraCaConfigMap }}
  - name: ca
    configMap:
      name: {{ . }}
  {{- end }}
  {{- if and (eq .part "ui") (eq .root.Values.ui.signIn "oidc") }}
  - name: oidc
    secret:
      secretName: {{ .root.Values.ui.oidcSecret }}
      defaultMode: 0440
  {{- end }}
  {{- with .root.Values.extraVolumes }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end }}

{{- define "sparewheel.container" -}}
{{- $values := index .root.Values .part -}}
{{- $digest := index .root.Values.image (printf "%sDigest" .part) }}
image: "{{ index .root.Values.image .part }}{{ if $digest }}@{{ $digest }}{{ else }}:{{ .root.Values.image.tag | default .root.Chart.AppVersion }}{{ end }}"
imagePullPolicy: {{ .root.Values.image.pullPolicy }}
securityContext:
  allowPrivilegeEscalation: false
  readOnlyRootFilesystem: true
  capabilities:
    drop: [ALL]
resources: {{ toYaml $values.resources | nindent 2 }}
lifecycle:
  preStop:
    sleep:
      seconds: {{ .root.Values.preStopSeconds }}
volumeMounts:
  - name: data
    mountPath: /data
  - name: settings
    mountPath: /etc/sparewheel
    readOnly: true
  - name: secrets
    mountPath: /run/secrets/sparewheel
    readOnly: true
  - name: tmp
    mountPath: /tmp
  {{- if .root.Values.extraCaConfigMap }}
  - name: ca
    mountPath: /etc/sparewheel-ca
    readOnly: true
  {{- end }}
  {{- if and (eq .part "ui") (eq .root.Values.ui.signIn "oidc") }}
  - name: oidc # where Streamlit looks beside the folder it is started in
    mountPath: /data/.streamlit/secrets.toml
    subPath: secrets.toml
    readOnly: true
  {{- end }}
  {{- with .root.Values.extraVolumeMounts }}{{ toYaml . | nindent 2 }}{{ end }}
{{- end }}

{{- define "sparewheel.environment" -}}
- name: SPAREWHEEL_CONFIG
  value: /etc/sparewheel/sparewheel.toml
- name: SPAREWHEEL_DATA_FOLDER
  value: /data
{{- if .root.Values.postgres.urlSecret }}
- name: SPAREWHEEL_STORE
  valueFrom:
    secretKeyRef:
      name: {{ .root.Values.postgres.urlSecret }}
      key: {{ .root.Values.postgres.urlKey }}
{{- else }}
- name: SPAREWHEEL_API__USERS_FILE
  value: /run/secrets/sparewheel/users.toml
{{- end }}
{{- if .root.Values.extraCaConfigMap }}
- name: SSL_CERT_FILE
  value: /etc/sparewheel-ca/ca.crt
{{- end }}
{{- range $name := list "primary" "secondary" "tertiary" }}
{{- $endpoint := index $.root.Values.endpoints $name }}
{{- if $endpoint.url }}
- name: {{ upper $name }}_ENDPOINT
  value: {{ $endpoint.url | quote }}
- name: {{ upper $name }}_ENDPOINT_KEY_FILE
  value: /run/secrets/sparewheel/{{ $name }}-key
{{- if $endpoint.model }}
- name: {{ upper $name }}_ENDPOINT_MODEL
  value: {{ $endpoint.model | quote }}
{{- end }}
{{- end }}
{{- end }}
{{- with .root.Values.extraEnv }}
{{ toYaml . }}
{{- end }}
{{- with (index .root.Values .part).extraEnv }}
{{ toYaml . }}
{{- end }}
{{- end }}

{{/* The port of an endpoint: the one given, else that of its url, else that of its scheme. */}}
{{- define "sparewheel.endpointPort" -}}
{{- $url := urlParse .url -}}
{{- $written := regexFind ":[0-9]+$" $url.host | trimPrefix ":" -}}
{{- .port | default $written | default (ternary "80" "443" (eq $url.scheme "http")) -}}
{{- end }}
