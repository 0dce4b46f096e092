{{- define "lastcall.labels" -}}
app.kubernetes.io/name: lastcall
app.kubernetes.io/instance: {{ .Release.Name }}
app.kubernetes.io/version: {{ .Chart.AppVersion | quote }}
app.kubernetes.io/managed-by: {{ .Release.Service }}
{{- end }}

{{- define "lastcall.pod" -}}
{{- $root := .root -}}
securityContext:
  runAsNonRoot: true
  runAsUser: 65532
  fsGroup: 65532
  seccompProfile: {type: RuntimeDefault}
automountServiceAccountToken: false
containers:
  - name: lastcall
    image: "{{ $root.Values.image.repository }}:{{ $root.Values.image.tag | default $root.Chart.AppVersion }}"
    imagePullPolicy: {{ $root.Values.image.pullPolicy }}
    args: {{ .args | toJson }}
    securityContext:
      allowPrivilegeEscalation: false
      readOnlyRootFilesystem: true
      capabilities: {drop: [ALL]}
    envFrom:
      - secretRef: {name: {{ $root.Values.secretName | quote }}}
    env:
      - {name: LASTCALL_CONFIG, value: /etc/lastcall/lastcall.yaml}
      {{- range $name, $value := $root.Values.env }}
      - {name: {{ $name | quote }}, value: {{ $value | quote }}}
      {{- end }}
    {{- if .probes }}
    ports:
      - {name: http, containerPort: 8080}
    livenessProbe:
      httpGet: {path: /healthz, port: http}
      periodSeconds: 10
    readinessProbe:
      httpGet: {path: /readyz, port: http}
      periodSeconds: 10
    {{- end }}
    {{- with .resources }}
    resources: {{- toYaml . | nindent 6 }}
    {{- end }}
    volumeMounts:
      - {name: config, mountPath: /etc/lastcall, readOnly: true}
      - {name: tmp, mountPath: /tmp}
volumes:
  - name: config
    configMap: {name: {{ $root.Release.Name }}-lastcall}
  - name: tmp
    emptyDir: {}
{{- end }}
