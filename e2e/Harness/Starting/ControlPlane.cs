using Federation.Harness.Machine;

namespace Federation.Harness.Starting;

/// <summary>etcd, API server, controller manager and scheduler of one datacenter.</summary>
internal sealed class ControlPlane(Site site, Readiness readiness)
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(120);

    private const string AuditPolicy = """
        apiVersion: audit.k8s.io/v1
        kind: Policy
        omitStages: [RequestReceived]
        rules:
        - {level: None, userGroups: ["system:nodes", "system:serviceaccounts:kube-system"]}
        - {level: None, users: ["system:apiserver", "system:kube-scheduler", "system:kube-controller-manager", "system:kube-proxy"]}
        - {level: Metadata, verbs: [create, update, patch, delete, deletecollection]}
        - {level: None}

        """;

    private static readonly TokenUser[] OwnUsers =
    [
        new("admin", "system:masters"),
        new("system:kube-controller-manager"),
        new("system:kube-scheduler"),
        new("system:kube-proxy"),
        new("prometheus"),
    ];

    /// <summary>Writes keys, tokens and kubeconfigs; returns the administrator's token.</summary>
    internal string PrepareCredentials(IEnumerable<TokenUser> users, DateTimeOffset now)
    {
        var extra = users.ToList();
        var keys = site.Credentials;
        keys.Create(site.Name, site.Address, now);
        var tokens = keys.WriteTokens([.. OwnUsers, new TokenUser($"system:node:{site.NodeName}", "system:nodes"), .. extra]);
        Write(site.PathOf("kubeconfig"), "admin");
        foreach (var part in new[] { "kube-controller-manager", "kube-scheduler", "kube-proxy" }) Write(site.KubeconfigOf(part), $"system:{part}");
        Write(site.KubeconfigOf("kubelet"), $"system:node:{site.NodeName}");
        foreach (var user in extra) Write(site.UserKubeconfig(user.Name), user.Name);
        File.WriteAllText(keys.PathOf("prometheus.token"), tokens["prometheus"]);
        return tokens["admin"];

        void Write(string path, string user) =>
            Kubeconfig.Write(path, site.Name, site.Address, keys.AuthorityPath, user, tokens[user]);
    }

    internal async Task StartEtcdAsync(CancellationToken ct)
    {
        // No fsync: a federation's data need not survive the machine, and three etcds on one disk would wait for each other.
        var process = site.Start("etcd", "etcd", "--data-dir", site.PathOf("etcd"), "--unsafe-no-fsync", "--logger", "zap", "--log-level", "warn",
            "--listen-client-urls", "http://127.0.0.1:2379", "--advertise-client-urls", "http://127.0.0.1:2379",
            "--listen-peer-urls", "http://127.0.0.1:2380", "--auto-compaction-retention", "1h");
        // It listens on the namespace's loopback, where this process cannot look: the API server's readiness tells.
        await readiness.UntilAsync($"{site.Name}: etcd", Limit, _ => Task.FromResult(
            Directory.Exists(site.PathOf("etcd/member")) ? null : "no data folder yet"), ct, process, site.LogOf("etcd"));
    }

    internal async Task StartApiServerAsync(ApiServer api, CancellationToken ct)
    {
        var keys = site.Credentials;
        var policy = site.PathOf("audit-policy.yaml");
        await File.WriteAllTextAsync(policy, AuditPolicy, ct);
        var process = site.Start("kube-apiserver", "kube-apiserver",
            "--etcd-servers=http://127.0.0.1:2379", "--bind-address=0.0.0.0", "--secure-port=6443", $"--advertise-address={site.Address}",
            $"--tls-cert-file={keys.PathOf("apiserver.crt")}", $"--tls-private-key-file={keys.PathOf("apiserver.key")}",
            $"--client-ca-file={keys.AuthorityPath}", $"--token-auth-file={keys.TokensPath}",
            $"--kubelet-client-certificate={keys.PathOf("kubelet-client.crt")}", $"--kubelet-client-key={keys.PathOf("kubelet-client.key")}",
            // Servers behind it, of an APIService, are asked on behalf of whoever asks here.
            $"--proxy-client-cert-file={keys.PathOf("front-proxy.crt")}", $"--proxy-client-key-file={keys.PathOf("front-proxy.key")}",
            $"--requestheader-client-ca-file={keys.FrontAuthorityPath}", $"--requestheader-allowed-names={Credentials.FrontProxy}",
            "--requestheader-username-headers=X-Remote-User", "--requestheader-group-headers=X-Remote-Group", "--requestheader-extra-headers-prefix=X-Remote-Extra-",
            $"--service-account-key-file={keys.PathOf("sa.pub")}", $"--service-account-signing-key-file={keys.PathOf("sa.key")}",
            "--service-account-issuer=https://kubernetes.default.svc", "--api-audiences=https://kubernetes.default.svc",
            "--authorization-mode=Node,RBAC", "--enable-admission-plugins=NodeRestriction", "--allow-privileged=true",
            "--service-cluster-ip-range=10.96.0.0/16", "--kubelet-preferred-address-types=InternalIP",
            $"--audit-policy-file={policy}", $"--audit-log-path={site.AuditLogPath}", "--audit-log-maxsize=200", "--audit-log-maxbackup=1");
        await readiness.UntilAsync($"{site.Name}: API server", Limit, api.ReadyAsync, ct, process, site.LogOf("kube-apiserver"));
    }

    /// <summary>Starts the two that need nothing but the API server. They are ready when what they do is seen: the node's pods.</summary>
    internal void StartControllers()
    {
        var keys = site.Credentials;
        var manager = site.KubeconfigOf("kube-controller-manager");
        site.Start("kube-controller-manager", "kube-controller-manager",
            $"--kubeconfig={manager}", $"--authentication-kubeconfig={manager}", $"--authorization-kubeconfig={manager}",
            "--port=0", "--leader-elect=false", "--use-service-account-credentials", "--kube-api-qps=100", "--kube-api-burst=200",
            $"--service-account-private-key-file={keys.PathOf("sa.key")}", $"--root-ca-file={keys.AuthorityPath}",
            $"--cert-dir={site.PathOf("manager-certs")}");
        var scheduler = site.KubeconfigOf("kube-scheduler");
        site.Start("kube-scheduler", "kube-scheduler",
            $"--kubeconfig={scheduler}", $"--authentication-kubeconfig={scheduler}", $"--authorization-kubeconfig={scheduler}",
            "--port=0", "--leader-elect=false", $"--cert-dir={site.PathOf("scheduler-certs")}");
    }
}
