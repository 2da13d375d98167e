#!/usr/bin/perl
# A large cluster as records, the same each time but for its time, which is now.
#   fill.pl NODES PODS PENDING BROKEN ETCD-PORT     writes it straight into etcd, as JSON, which the API server reads as well
#   fill.pl NODES PODS PENDING BROKEN               prints it as a list, which `-f -` reads
# Pods look as controllers and kubelets leave them: about 8 KB of JSON, a third of it managedFields. PENDING and BROKEN are among
# PODS. Of the pending, waiting/few-0 asks for the 20 nodes of a pool; the broken have 20 troubles, 100 pods a workload.
use strict;
use warnings;
use IO::Socket::INET;
use MIME::Base64 'encode_base64';
use POSIX 'strftime';

my ($nodes, $pods, $pending, $broken, $port) = @ARGV;
die "fill.pl NODES PODS PENDING BROKEN [ETCD-PORT]\n" unless defined $broken;
my $running = $pods - $pending - $broken;
my $each = int(($running + $broken) / $nodes) + 1;
sub ago { strftime('%Y-%m-%dT%H:%M:%SZ', gmtime(time - shift)) }
my ($now, $minute, $hour, $day) = map { ago($_) } 5, 60, 3600, 86400;

# --- where it goes -------------------------------------------------------------------------------------------------------------
my (@batch, $printed);

sub flush_batch {
    return unless @batch;
    my $body = '{"success":[' . join(',', @batch) . ']}';
    @batch = ();
    my $etcd = IO::Socket::INET->new(PeerAddr => '127.0.0.1', PeerPort => $port) or die "etcd: $!";
    print $etcd "POST /v3/kv/txn HTTP/1.0\r\nHost: localhost\r\nContent-Length: " . length($body) . "\r\n\r\n", $body;
    my $status = <$etcd>;
    die 'etcd: ' . $status . join('', <$etcd>) unless $status =~ / 200 /;
}

sub put {
    my ($key, $json) = @_;
    if (!$port) {
        print $printed++ ? ",\n" : '{"apiVersion":"v1","kind":"List","items":[' . "\n", $json;
        return;
    }
    my ($name, $value) = (encode_base64("/registry/$key", ''), encode_base64($json, ''));
    push @batch, qq({"requestPut":{"key":"$name","value":"$value"}});
    flush_batch() if @batch == 100;
}

# --- objects -------------------------------------------------------------------------------------------------------------------
sub quoted { my $text = shift; $text =~ s/(["\\])/\\$1/g; qq("$text") }

srand 1;
sub digits { join '', map { sprintf '%04x', rand 65536 } 1 .. shift() / 4 }
sub uid { join '-', digits(8), digits(4), digits(4), digits(4), digits(12) }

sub managed {
    my $fields = join ',', map { qq("f:field$_":{".":{},"f:name":{},"f:value":{}}) } 1 .. shift;
    qq({"manager":"kube-controller-manager","operation":"Update","apiVersion":"v1","time":"$hour","fieldsType":"FieldsV1","fieldsV1":{"f:metadata":{$fields}}});
}
my $managed = '"managedFields":[' . managed(30) . ',' . managed(20) . ']';

sub node {
    my $n = shift;
    my $name = sprintf 'node-%05d', $n;
    my $pool = $n < 20 ? 'few' : 'pool-' . $n % 7;
    my $zone = 'zone-' . $n % 5;
    my $is_lost = $broken && $n % 50 == 49;
    my $taints = $is_lost ? join(',', map { qq({"key":"node.kubernetes.io/unreachable","effect":"$_","timeAdded":"$hour"}) } 'NoSchedule', 'NoExecute')
        : $n % 10 == 9 ? '{"key":"team","value":"search","effect":"NoSchedule"}' : '';
    my $ready = $is_lost ? qq("status":"Unknown","reason":"NodeStatusUnknown","message":"Kubelet stopped posting node status.","lastHeartbeatTime":"$hour","lastTransitionTime":"$hour")
        : qq("status":"True","reason":"KubeletReady","message":"kubelet is posting ready status","lastHeartbeatTime":"$now","lastTransitionTime":"$day");
    my $images = join ',', map { qq({"names":["registry.example/team/app-$_\@sha256:00000000000000000000000000000000000000000000000000000000000$_","registry.example/team/app-$_:1"],"sizeBytes":10485760}) } 10000 .. 10030;
    my $milli = 14000 + int(14000 / $each);
    my $size = qq({"cpu":"${milli}m","memory":"64Gi","ephemeral-storage":"100Gi","pods":"110"});
    put("minions/$name", qq({"apiVersion":"v1","kind":"Node","metadata":{"name":"$name","uid":"@{[uid()]}","creationTimestamp":"$day","labels":{"kubernetes.io/hostname":"$name","kubernetes.io/os":"linux","kubernetes.io/arch":"amd64","topology.kubernetes.io/zone":"$zone","pool":"$pool"},$managed},"spec":{"podCIDR":"10.0.0.0/24","taints":[$taints]},"status":{"capacity":$size,"allocatable":$size,"conditions":[{"type":"MemoryPressure","status":"False","lastHeartbeatTime":"$now","lastTransitionTime":"$day"},{"type":"Ready",$ready}],"addresses":[{"type":"InternalIP","address":"10.1.0.1"},{"type":"Hostname","address":"$name"}],"nodeInfo":{"machineID":"","systemUUID":"","bootID":"","kernelVersion":"6.1.0","osImage":"Linux","containerRuntimeVersion":"containerd://2.1.0","kubeletVersion":"v1.37.2","kubeProxyVersion":"","operatingSystem":"linux","architecture":"amd64"},"images":[$images]}}));
}

my $env = join ',', map { qq({"name":"SETTING_$_","value":"a-value-of-setting-$_-of-this-pod"}) } 1 .. 20;
my $probe = '"livenessProbe":{"httpGet":{"path":"/healthz","port":8080,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3},"readinessProbe":{"httpGet":{"path":"/ready","port":8080,"scheme":"HTTP"},"timeoutSeconds":1,"periodSeconds":10,"successThreshold":1,"failureThreshold":3}';

my $digest = digits(64);

# pod NAMESPACE WORKLOAD NUMBER: what differs in the hash
sub pod {
    my ($namespace, $app, $number, %is) = @_;
    my $image = $is{image} // "registry.example/team/$app:1";
    my $hash = '5d9c7b8f4';
    my $name = $is{name} // sprintf '%s-%s-%05x', $app, $hash, $number;
    my $uid = uid();
    my $owner = $is{alone} ? '' : qq("ownerReferences":[{"apiVersion":"apps/v1","kind":"ReplicaSet","name":"$app-$hash","uid":"rs-$app","controller":true,"blockOwnerDeletion":true}],);
    my $node = $is{node} ? qq("nodeName":"$is{node}",) : '';
    my $cpu = $is{cpu} // int(14000 / $each) . 'm';
    my ($phase, $ready) = ($is{phase} // 'Running', $is{ready} // 'True');
    my $conditions = $is{conditions} // join ',', map { my $is = /eady$/ ? $ready : 'True'; my $why = $is eq 'True' ? '' : ',"reason":"ContainersNotReady","message":"containers with unready status: [app]"'; qq({"type":"$_","status":"$is","lastProbeTime":null,"lastTransitionTime":"$hour"$why}) } qw(PodReadyToStartContainers Initialized Ready ContainersReady PodScheduled);
    my ($id, $ip) = (digits(64), join '.', 10, map { int rand 256 } 1 .. 3);
    my $state = $is{state} // qq("ready":true,"started":true,"restartCount":0,"state":{"running":{"startedAt":"$hour"}});
    my $statuses = $is{node} ? qq(,"hostIP":"10.1.0.1","podIP":"$ip","podIPs":[{"ip":"$ip"}],"startTime":"$hour","containerStatuses":[{"name":"app","image":"$image","imageID":"$image\@sha256:$digest","containerID":"containerd://$id",$state}]) : '';
    my $extra = $is{spec} // '';
    put("pods/$namespace/$name", qq({"apiVersion":"v1","kind":"Pod","metadata":{"name":"$name","generateName":"$app-$hash-","namespace":"$namespace","uid":"$uid","creationTimestamp":"$hour","labels":{"app":"$app","pod-template-hash":"$hash","tier":"backend"},$owner$managed},"spec":{$node"volumes":[{"name":"token","projected":{"sources":[{"serviceAccountToken":{"expirationSeconds":3607,"path":"token"}},{"configMap":{"name":"kube-root-ca.crt","items":[{"key":"ca.crt","path":"ca.crt"}]}}],"defaultMode":420}}],"containers":[{"name":"app","image":"$image","ports":[{"containerPort":8080,"protocol":"TCP"}],"env":[$env],"resources":{"requests":{"cpu":"$cpu","memory":"256Mi"}},"volumeMounts":[{"name":"token","readOnly":true,"mountPath":"/var/run/secrets/kubernetes.io/serviceaccount"}],$probe,"terminationMessagePath":"/dev/termination-log","terminationMessagePolicy":"File","imagePullPolicy":"IfNotPresent"}],"restartPolicy":"Always","terminationGracePeriodSeconds":30,"dnsPolicy":"ClusterFirst","serviceAccountName":"default","serviceAccount":"default","securityContext":{},"schedulerName":"default-scheduler","tolerations":[{"key":"node.kubernetes.io/not-ready","operator":"Exists","effect":"NoExecute","tolerationSeconds":300},{"key":"node.kubernetes.io/unreachable","operator":"Exists","effect":"NoExecute","tolerationSeconds":300}],"priority":0,"enableServiceLinks":true,"preemptionPolicy":"PreemptLowerPriority"$extra},"status":{"phase":"$phase","conditions":[$conditions],"qosClass":"Burstable"$statuses}}));
    my $at = 0;
    for my $event (@{$is{events} // []}) {
        my ($type, $reason, $message, $component) = @$event;
        my $text = quoted($message);
        put("events/$namespace/$name." . $at, qq({"apiVersion":"v1","kind":"Event","metadata":{"name":"$name.$at","namespace":"$namespace","uid":"@{[uid()]}","creationTimestamp":"$hour"},"involvedObject":{"kind":"Pod","namespace":"$namespace","name":"$name","uid":"$uid","apiVersion":"v1"},"reason":"$reason","message":$text,"source":{"component":"$component"},"firstTimestamp":"$hour","lastTimestamp":"$minute","count":12,"type":"$type","reportingComponent":"$component","reportingInstance":""}));
        $at++;
    }
}

sub workload {
    my ($namespace, $app, $replicas, $ready) = @_;
    my $labels = qq({"app":"$app","pod-template-hash":"5d9c7b8f4","tier":"backend"});
    my $template = qq({"metadata":{"labels":$labels},"spec":{"containers":[{"name":"app","image":"registry.example/team/$app:1"}]}});
    put("deployments/$namespace/$app", qq({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"$app","namespace":"$namespace","uid":"d-$app","generation":1,"creationTimestamp":"$day","annotations":{"deployment.kubernetes.io/revision":"1"},$managed},"spec":{"replicas":$replicas,"selector":{"matchLabels":{"app":"$app"}},"template":$template,"strategy":{"type":"RollingUpdate"}},"status":{"observedGeneration":1,"replicas":$replicas,"readyReplicas":$ready,"updatedReplicas":$replicas}}));
    put("replicasets/$namespace/$app-5d9c7b8f4", qq({"apiVersion":"apps/v1","kind":"ReplicaSet","metadata":{"name":"$app-5d9c7b8f4","namespace":"$namespace","uid":"rs-$app","generation":1,"creationTimestamp":"$day","labels":$labels,"annotations":{"deployment.kubernetes.io/revision":"1"},"ownerReferences":[{"apiVersion":"apps/v1","kind":"Deployment","name":"$app","uid":"d-$app","controller":true}],$managed},"spec":{"replicas":$replicas,"selector":{"matchLabels":{"app":"$app","pod-template-hash":"5d9c7b8f4"}},"template":$template},"status":{"observedGeneration":1,"replicas":$replicas,"readyReplicas":$ready}}));
    put("services/specs/$namespace/$app", qq({"apiVersion":"v1","kind":"Service","metadata":{"name":"$app","namespace":"$namespace","uid":"s-$app","creationTimestamp":"$day",$managed},"spec":{"type":"ClusterIP","clusterIP":"None","clusterIPs":["None"],"selector":{"app":"$app"},"ports":[{"port":80,"targetPort":8080,"protocol":"TCP"}]}}));
}

# --- what is wrong with the broken -----------------------------------------------------------------------------------------------
sub pull {
    my ($reason, $why) = @_;
    sub {
        my ($app, $number, $host) = @_;
        my $image = "$host/team/$app:1";
        my $text = sprintf "failed to pull and unpack image \"%s\": failed to resolve reference \"%s\": $why", $image, $image, $host;
        (image => $image, phase => 'Pending', ready => 'False',
            state => '"ready":false,"started":false,"restartCount":0,"state":{"waiting":{"reason":"ImagePullBackOff","message":' . quoted("Back-off pulling image \"$image\": ErrImagePull: $text") . '}}',
            events => [['Warning', 'Failed', "Failed to pull image \"$image\": $text", 'kubelet'], ['Warning', 'Failed', 'Error: ErrImagePull', 'kubelet'], ['Normal', 'BackOff', "Back-off pulling image \"$image\"", 'kubelet']]);
    };
}

sub crash {
    my ($code, $reason, $said, @events) = @_;
    sub {
        my ($app, $number, $host, $name) = @_;
        my $message = $said ? ',"message":' . quoted($said) : '';
        (ready => 'False', state => qq("ready":false,"started":false,"restartCount":11,"state":{"waiting":{"reason":"CrashLoopBackOff","message":"back-off 5m0s restarting failed container=app"}},"lastState":{"terminated":{"exitCode":$code,"reason":"$reason","startedAt":"$minute","finishedAt":"$minute"$message}}),
            events => [@events, ['Warning', 'BackOff', "Back-off restarting failed container app in pod $name", 'kubelet']]);
    };
}

sub create {
    my ($reason, $said) = @_;
    sub {
        (phase => 'Pending', ready => 'False', state => '"ready":false,"started":false,"restartCount":0,"state":{"waiting":{"reason":"' . $reason . '","message":' . quoted($said) . '}}',
            events => [['Warning', 'Failed', "Error: $said", 'kubelet']]);
    };
}

my @troubles = (
    pull('dns', 'failed to do request: Head "https://%s/v2/": dial tcp: lookup registry on 10.0.0.2:53: no such host'),
    pull('refused', 'failed to do request: Head "https://%s/v2/": dial tcp 10.0.9.4:443: connect: connection refused'),
    pull('tls', 'failed to do request: Head "https://%s/v2/": tls: failed to verify certificate: x509: certificate signed by unknown authority'),
    pull('auth', 'failed to authorize: failed to fetch anonymous token: unexpected status from GET request to https://%s/token: 401 Unauthorized'),
    pull('rate', 'unexpected status from HEAD request to https://%s/v2/: 429 Too Many Requests'),
    pull('missing', '%s: not found'),
    pull('server', 'unexpected status from HEAD request to https://%s/v2/: 503 Service Unavailable'),
    create('CreateContainerConfigError', 'configmap "settings" not found'),
    create('CreateContainerConfigError', 'secret "login" not found'),
    create('CreateContainerConfigError', "couldn't find key URL in ConfigMap broken-9/settings"),
    create('CreateContainerConfigError', 'container has runAsNonRoot and image will run as root'),
    create('RunContainerError', 'failed to create containerd task: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "serve": executable file not found in $PATH'),
    crash(137, 'OOMKilled', ''),
    crash(1, 'Error', 'fatal: cannot connect to postgres.data:5432: connection refused'),
    crash(0, 'Completed', ''),
    crash(139, 'Error', ''),
    crash(137, 'Error', '', ['Warning', 'Unhealthy', 'Liveness probe failed: HTTP probe failed with statuscode: 500', 'kubelet'], ['Normal', 'Killing', 'Container app failed liveness probe, will be restarted', 'kubelet']),
    sub { (ready => 'False', state => qq("ready":false,"started":true,"restartCount":0,"state":{"running":{"startedAt":"$hour"}}), events => [['Warning', 'Unhealthy', 'Readiness probe failed: HTTP probe failed with statuscode: 503', 'kubelet']]) },
    sub { my $number = $_[1]; (node => sprintf('node-%05d', $number * 50 % $nodes + 49), ready => 'False', conditions => join ',', map { my $is = $_ eq 'Ready' ? 'False' : 'True'; qq({"type":"$_","status":"$is","lastTransitionTime":"$hour"}) } qw(Initialized Ready ContainersReady PodScheduled)) },
    sub { (phase => 'Pending', ready => 'False', state => '"ready":false,"started":false,"restartCount":0,"state":{"waiting":{"reason":"ContainerCreating"}}', events => [['Warning', 'FailedCreatePodSandBox', 'Failed to create pod sandbox: rpc error: code = Unknown desc = failed to setup network for sandbox "4f2ac1d0": plugin type="bridge" name="podnet" failed (add): failed to allocate for range 0: no IP addresses available in range set: 10.1.0.2-10.1.0.254', 'kubelet']]) },
);

# --- what a pending one asks for -------------------------------------------------------------------------------------------------
my $host = '"topologyKey":"kubernetes.io/hostname","labelSelector":{"matchLabels":{"app":"%s"}}';
my @asks = (
    ['few', ',"nodeSelector":{"pool":"few"}'],
    ['much', ''],
    ['spread', ',"topologySpreadConstraints":[{"maxSkew":1,"topologyKey":"topology.kubernetes.io/zone","whenUnsatisfiable":"DoNotSchedule","labelSelector":{"matchLabels":{"app":"spread"}}}]'],
    ['apart', sprintf ',"affinity":{"podAntiAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{%s}]}}', sprintf $host, 'apart'],
    ['beside', ',"affinity":{"podAffinity":{"requiredDuringSchedulingIgnoredDuringExecution":[{"topologyKey":"topology.kubernetes.io/zone","labelSelector":{"matchLabels":{"app":"app-3"}}}]}}'],
);

my @namespaces = ((map { "team-$_" } 0 .. 39), $pending ? 'waiting' : (), $broken ? map { "broken-$_" } 0 .. 19 : ());
put("namespaces/$_", qq({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"$_","uid":"@{[uid()]}","creationTimestamp":"$day","labels":{"kubernetes.io/metadata.name":"$_"}},"spec":{"finalizers":["kubernetes"]},"status":{"phase":"Active"}})) for 'default', @namespaces;
node($_) for 0 .. $nodes - 1;
my $at = 0;
for my $number (0 .. $running - 1) {
    my $app = int($number / 50);
    workload('team-' . $app % 40, "app-$app", 50, 50) if $number % 50 == 0;
    pod('team-' . $app % 40, "app-$app", $number, node => sprintf('node-%05d', $at++ % $nodes));
}
for my $number (0 .. $pending - 1) {
    my ($app, $spec) = @{$asks[$number % @asks]};
    workload('waiting', $app, $pending, 0) if $number < @asks;
    my $message = "0/$nodes nodes are available: $nodes Insufficient cpu.";
    pod('waiting', $app, $number, name => $app . '-' . int($number / @asks), cpu => 8, phase => 'Pending', spec => $spec,
        conditions => qq({"type":"PodScheduled","status":"False","reason":"Unschedulable","message":"$message","lastProbeTime":null,"lastTransitionTime":"$hour"}),
        events => [['Warning', 'FailedScheduling', $message, 'default-scheduler']]);
}
for my $number (0 .. $broken - 1) {
    my $workload = int($number / 100);
    my ($trouble, $app) = ($workload % @troubles, "broken-$workload");
    workload("broken-$trouble", $app, 100, 0) if $number % 100 == 0;
    my $name = sprintf '%s-5d9c7b8f4-%05x', $app, $number;
    pod("broken-$trouble", $app, $number, node => sprintf('node-%05d', $at++ % $nodes), $troubles[$trouble]->($app, $number, "registry-$trouble.example", $name));
}
if ($port) { flush_batch() } else { print "\n]}\n" }
