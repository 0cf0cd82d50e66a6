using System.Text.Json.Nodes;
using Federation.Harness.Images;
using Federation.Harness.Machine;
using Federation.Harness.Naming;

namespace Federation.Harness.Starting;

/// <summary>
/// The name service of one datacenter, where clusters have it: pods labelled <c>k8s-app=kube-dns</c> behind the Service of that name.
/// What is no Service's name is asked at the machine's address, where nobody answers unless a story starts a server there.
/// </summary>
internal sealed class NameService(Site site, Readiness readiness)
{
    private const string Space = "/api/v1/namespaces/kube-system";

    /// <summary>The Service's address, which the kubelet writes into pods.</summary>
    internal const string Address = "10.96.0.10";

    private string Folder => site.PathOf("names");

    /// <param name="node">Done when pods can be.</param>
    internal async Task StartAsync(ApiServer api, Task node, CancellationToken ct)
    {
        Directory.CreateDirectory(Folder);
        var process = new Launcher(site.StateFolder).Start(new Launch(
            site.Component(LocalParts.Names), "dotnet",
            [typeof(NameService).Assembly.Location, "names", "--kubeconfig", site.PathOf("kubeconfig"), "--folder", Folder],
            site.LogOf(LocalParts.Names), site.Namespace,
            new Dictionary<string, string> { ["DOTNET_gcServer"] = "0", ["DOTNET_TieredPGO"] = "0" }));
        await node;
        // Pods can be made when the account is there by which they are.
        await readiness.UntilAsync($"{site.Name}: account of kube-system", TimeSpan.FromSeconds(150), async token =>
        {
            await api.GetAsync($"{Space}/serviceaccounts/default", token);
            return null;
        }, ct);
        await api.PostAsync($"{Space}/services", Service(), ct);
        await api.PostAsync("/apis/apps/v1/namespaces/kube-system/deployments", Deployment(), ct);
        await readiness.UntilAsync($"{site.Name}: names", TimeSpan.FromSeconds(150), async token =>
        {
            var seen = await api.GetAsync("/apis/apps/v1/namespaces/kube-system/deployments/kube-dns", token);
            return (int?)seen!["status"]?["readyReplicas"] > 0 ? null : "its pod is not ready";
        }, ct, process, site.LogOf(LocalParts.Names));
    }

    private static JsonNode Service() => JsonNode.Parse($$"""
        {"apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns"},
         "spec": {"clusterIP": "{{Address}}", "type": "NodePort", "selector": {"k8s-app": "kube-dns"},
                  "ports": [{"name": "dns", "protocol": "UDP", "port": 53, "nodePort": {{LocalParts.NamesPort}} }, {"name": "dns-tcp", "protocol": "TCP", "port": 53, "nodePort": {{LocalParts.NamesPort}} }]} }
        """)!;

    // It asks for nothing: what tenants can lease is what it was without it.
    private JsonNode Deployment() => JsonNode.Parse($$"""
        {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "kube-dns"},
         "spec": {"selector": {"matchLabels": {"k8s-app": "kube-dns"} },
           "template": {"metadata": {"labels": {"k8s-app": "kube-dns"} }, "spec": {
             "automountServiceAccountToken": false, "enableServiceLinks": false, "dnsPolicy": "Default", "terminationGracePeriodSeconds": 1,
             "containers": [{"name": "names", "image": "{{NamesImage.Reference}}", "imagePullPolicy": "IfNotPresent",
               "args": ["--keep-in-foreground", "--user=root", "--group=root", "--pid-file", "--log-facility=-", "--no-hosts", "--no-resolv", "--no-negcache", "--domain-needed",
                        "--hostsdir=/names", "--local=/{{NameTable.Domain}}/", "--server={{site.Network.HostAddress}}#{{LocalParts.OuterNamesPort}}"],
               "readinessProbe": {"tcpSocket": {"port": 53}, "periodSeconds": 1},
               "volumeMounts": [{"name": "names", "mountPath": "/names", "readOnly": true}]}],
             "volumes": [{"name": "names", "hostPath": {"path": "{{Folder}}", "type": "Directory"} }]} } } }
        """)!;
}
