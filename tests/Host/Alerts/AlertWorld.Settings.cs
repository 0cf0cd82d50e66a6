using Federation.Chain.Tests.Support;
using Federation.Ethereum.Keystore;
using Anvil = Federation.Chain.Tests.Support.Anvil;

namespace Federation.Host.Tests.Alerts;

// What its programs are told.
internal sealed partial class AlertWorld
{
    /// <summary>Jobs of what tells of pods, nodes and devices.</summary>
    public static string ExportersOf(PlayedTargets played) => $$"""
        - job_name: kubelet
          scrape_interval: 500ms
          scrape_timeout: 500ms
          metrics_path: /metrics/cadvisor
          static_configs: [{targets: ["{{played.Authority}}"]}]
        - job_name: kube-state-metrics
          honor_labels: true
          metrics_path: /kube-state
          static_configs: [{targets: ["{{played.Authority}}"]}]
        - job_name: nvidia-dcgm-exporter
          metrics_path: /dcgm
          static_configs: [{targets: ["{{played.Authority}}"], labels: {namespace: gpu-operator, pod: nvidia-dcgm-exporter-x7v2q, container: nvidia-dcgm-exporter} }]
        """;

    private string Jobs() => $$"""
        {{ExportersOf(Played)}}
        - job_name: tenants
          scrape_interval: 200ms
          scrape_timeout: 200ms
          metrics_path: /tenant
          static_configs: [{targets: ["{{Played.Authority}}"]}]
        - job_name: federation-operator
          static_configs: [{targets: ["127.0.0.1:{{ports[1]}}", "127.0.0.1:{{ports[3]}}"], labels: {namespace: {{Space}}, container: operator} }]
        - job_name: never-said
          metrics_path: /dropped
          static_configs: [{targets: ["{{Played.Authority}}"], labels: {namespace: {{Space}}, container: operator} }]
        """;

    private Dictionary<string, string> Settings()
    {
        var (keystore, password, contracts) = (Path.Combine(folder.FullName, "key.json"), Path.Combine(folder.FullName, "password"), Market.Contracts);
        File.WriteAllText(password, Password);
        Set("{}");
        File.WriteAllText(keystore, KeystoreFile.Encrypt(Anvil.Signer(2), Password, 2, 8, 1));
        return new()
        {
            ["Federation:Datacenter"] = "alpha", ["Federation:SettingsFile"] = SettingsFile, ["Federation:Kubeconfig"] = server.KubeConfigPath, ["Federation:InstallCrds"] = "true", ["Federation:Namespace"] = Space,
            ["Federation:Listen"] = $"https://127.0.0.1:{ports[0]};http://127.0.0.1:{ports[1]}", ["Federation:OwnPort"] = $"{ports[1]}",
            ["Federation:Tls:Certificate"] = Pair.Certificate, ["Federation:Tls:Key"] = Pair.Key,
            ["Federation:Webhook:Enabled"] = "true", ["Federation:Webhook:Address"] = "127.0.0.1", ["Federation:Webhook:Port"] = $"{ports[2]}", ["Federation:Webhook:Url"] = $"https://127.0.0.1:{Webhook.Port}",
            ["Federation:Prometheus:Url"] = $"http://{Played.Authority}/store",
            ["Federation:Evidence:Folder"] = EvidenceFolder, ["Federation:Evidence:MinFreeMiB"] = "1", ["Federation:Evidence:Patience"] = "00:00:06",
            ["Federation:Chain:RpcUrl"] = $"{Node.Url}", ["Federation:Chain:ChainId"] = $"{Market.ChainId}", ["Federation:Chain:Confirmations"] = "1", ["Federation:Chain:FinalizedDepth"] = "30",
            ["Federation:Chain:KeystoreFile"] = keystore, ["Federation:Chain:KeystorePasswordFile"] = password, ["Federation:Chain:Provider"] = $"{Market.Provider.Writer.Address}",
            ["Federation:Chain:LeaseManager"] = $"{contracts.LeaseManager}", ["Federation:Chain:Market"] = $"{contracts.Market}", ["Federation:Chain:Parameters"] = $"{contracts.Parameters}",
            ["Federation:Chain:Apps"] = $"{contracts.Apps}", ["Federation:Chain:Vault"] = $"{contracts.Vault}", ["Federation:Chain:Registry"] = $"{contracts.Registry}", ["Federation:Chain:Results"] = $"{contracts.Results}",
            // A transaction whose block is late is offered more for twice a second; half an hour of the rules is half a minute here.
            ["Federation:Chain:Sending:PollInterval"] = "00:00:00.1", ["Federation:Chain:Sending:BumpAfter"] = "00:00:00.5", ["Federation:Chain:Sending:GiveUpAfter"] = "00:00:15",
            ["Federation:Times:Poll"] = "00:00:00.2", ["Federation:Times:Epoch"] = "00:00:02", ["Federation:Times:SettleEvery"] = "00:00:04", ["Federation:Settling:Patience"] = "00:00:00",
            ["Federation:Times:ScrapeDelay"] = "00:00:01", ["Federation:Times:MaxGap"] = "00:00:03", ["Federation:Times:Lateness"] = "00:00:02", ["Federation:Quotes:PerMinute"] = "6000",
        };
    }

    private string Datacenter() => $$"""
        apiVersion: compute.federation/v1alpha1
        kind: Datacenter
        metadata: {name: alpha}
        spec:
          provider: "{{Market.Provider.Writer.Address}}"
          region: eu-central
          endpoint: https://localhost:{{ports[0]}}
          prices: {token: "{{Market.Token}}", cpu: "1000", memory: "1000", storage: "0", egress: "0", noticeSeconds: 60, activationSeconds: 600, maxDurationSeconds: 86400}
          isolation: {unenforcedNetworkPolicy: Allow}
        """;
}
