{{/* The prefix of every name; 40 leaves room for the component's own within 63. */}}
{{- define "framemill.name" -}}
{{ .Release.Name | trunc 40 | trimSuffix "-" }}
{{- end }}

{{/* What a component's pods are known by; takes (list . "api"). Must never change: a Deployment's
selector cannot. */}}
{{- define "framemill.selector" -}}
app.kubernetes.io/name: framemill
app.kubernetes.io/instance: {{ (index . 0).Release.Name }}
app.kubernetes.io/component: {{ index . 1 }}
{{- end }}

{{/* Labels of a component's objects; takes (list . "api"). */}}
{{- define "framemill.labels" -}}
{{ include "framemill.selector" . }}
app.kubernetes.io/version: {{ (index . 0).Chart.AppVersion | quote }}
app.kubernetes.io/part-of: framemill
app.kubernetes.io/managed-by: {{ (index . 0).Release.Service }}
{{- end }}

{{/* The image of a component; takes (list . "api"). */}}
{{- define "framemill.image" -}}
{{- $root := index . 0 -}}
{{- $image := index $root.Values.image (index . 1) -}}
{{- $ask := "image.registry: where were the images pushed?" -}}
{{- $registry := required $ask $root.Values.image.registry -}}
{{- $tag := $root.Values.image.tag | default $root.Chart.AppVersion -}}
{{ $registry }}/{{ $image.repository }}:{{ $tag }}{{ with $image.digest }}@{{ . }}{{ end }}
{{- end }}

{{/* Settings of the API, control, the workers and the migrations, as JSON. What the operator set wins. */}}
{{- define "framemill.settings" -}}
{{- $aws := .Values.aws -}}
{{- $queue := required "aws.queueUrl: the address of the SQS queue" $aws.queueUrl -}}
{{- $own := dict
  "FRAMEMILL_MODE" "production"
  "AWS_REGION" (required "aws.region: such as eu-west-1" $aws.region)
  "S3_BUCKET" (required "aws.bucket: the name of the bucket" $aws.bucket)
  "SQS_QUEUE" (last (splitList "/" $queue))
  "SQS_DEAD_LETTER_QUEUE" $aws.deadLetterQueue
-}}
{{- with $aws.endpointUrl }}{{ $_ := set $own "AWS_ENDPOINT_URL" . }}{{ end -}}
{{ merge (deepCopy .Values.settings) $own | toJson }}
{{- end }}

{{/* Where the API's pods answer to probes and to who watches them; no Ingress names it. */}}
{{- define "framemill.servicePort" -}}
8001
{{- end }}

{{/* Where control tells its figures: to KEDA and to who watches it; no Ingress names it. */}}
{{- define "framemill.controlPort" -}}
8002
{{- end }}

{{- define "framemill.controlSettings" -}}
{{- $own := dict
  "SERVICE_HOST" "0.0.0.0"
  "CONTROL_PORT" (include "framemill.controlPort" .)
-}}
{{- $all := include "framemill.settings" . | fromJson -}}
{{ merge (deepCopy .Values.control.settings) $own $all | toJson }}
{{- end }}

{{- define "framemill.apiSettings" -}}
{{- $own := dict
  "COOKIE_SECURE" "true"
  "REGISTRATION" .Values.registration
  "SERVICE_HOST" "0.0.0.0"
  "SERVICE_PORT" (include "framemill.servicePort" .)
-}}
{{- with .Values.api.trustedProxies }}{{ $_ := set $own "TRUSTED_PROXIES" (join "," .) }}{{ end -}}
{{- with .Values.api.allowedOrigins }}{{ $_ := set $own "ALLOWED_ORIGINS" (join "," .) }}{{ end -}}
{{- $all := include "framemill.settings" . | fromJson -}}
{{ merge (deepCopy .Values.api.settings) $own $all | toJson }}
{{- end }}

{{- define "framemill.workerSettings" -}}
{{- $own := dict
  "WORKER_CONCURRENCY" (.Values.worker.concurrency | int | toString)
  "DRAIN_S" (.Values.worker.drainSeconds | int | toString)
  "SANDBOX" .Values.worker.sandbox
-}}
{{- $all := include "framemill.settings" . | fromJson -}}
{{ merge (deepCopy .Values.worker.settings) $own $all | toJson }}
{{- end }}

{{/* Where browsers find the object store, a comma list. */}}
{{- define "framemill.storeOrigins" -}}
{{- if .Values.page.storeOrigins -}}
{{ join "," .Values.page.storeOrigins }}
{{- else if .Values.aws.endpointUrl -}}
{{ fail "page.storeOrigins: where do browsers find the store of aws.endpointUrl?" }}
{{- else -}}
https://{{ .Values.aws.bucket }}.s3.{{ .Values.aws.region }}.amazonaws.com
{{- end -}}
{{- end }}

{{/* A pod's own protection: Pod Security Standard "restricted". Takes the user's id. */}}
{{- define "framemill.podSecurity" -}}
runAsNonRoot: true
runAsUser: {{ . }}
runAsGroup: {{ . }}
fsGroup: {{ . }}
fsGroupChangePolicy: OnRootMismatch
seccompProfile: { type: RuntimeDefault }
{{- end }}

{{/* A container's. What FFmpeg's sandbox needs beyond it is offered to every process. */}}
{{- define "framemill.containerSecurity" -}}
allowPrivilegeEscalation: false
readOnlyRootFilesystem: true
capabilities: { drop: [ALL] }
{{- end }}

{{/* What all pods have in common; takes (list . values), the values of a component. */}}
{{- define "framemill.podCommon" -}}
automountServiceAccountToken: false
# Otherwise each Service of the namespace becomes variables in every container: NAME_PORT.
enableServiceLinks: false
{{- with (index . 0).Values.image.pullSecrets }}
imagePullSecrets:
  {{- range . }}
  - name: {{ . }}
  {{- end }}
{{- end }}
{{- with (index . 1).nodeSelector }}
nodeSelector: {{- toYaml . | nindent 2 }}
{{- end }}
{{- with (index . 1).tolerations }}
tolerations: {{- toYaml . | nindent 2 }}
{{- end }}
{{- end }}

{{/* Over zones and nodes as evenly as there is room. */}}
{{- define "framemill.spread" -}}
{{- range list "topology.kubernetes.io/zone" "kubernetes.io/hostname" }}
- maxSkew: 1
  topologyKey: {{ . }}
  whenUnsatisfiable: ScheduleAnyway
  labelSelector:
    matchLabels: {{- include "framemill.selector" $ | nindent 6 }}
{{- end }}
{{- end }}

{{/* Variables that name the files of a secret; takes (list secret folder). */}}
{{- define "framemill.files" -}}
{{- $folder := index . 1 -}}
{{- range (index . 0).keys }}
- name: {{ . }}_FILE
  value: /var/lib/framemill/{{ $folder }}/{{ . }}
{{- end }}
{{- end }}

{{/* A secret's volume, only its keys, only for the group; takes (list secret volume's-name). */}}
{{- define "framemill.secretVolume" -}}
- name: {{ index . 1 }}
  secret:
    secretName: {{ (index . 0).name }}
    defaultMode: 0440
    items:
      {{- range (index . 0).keys }}
      - { key: {{ . }}, path: {{ . }} }
      {{- end }}
{{- end }}
