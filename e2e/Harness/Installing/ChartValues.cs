using Federation.Harness.Demo;

namespace Federation.Harness.Installing;

/// <summary>Values of the chart, as YAML: what an administrator says of a datacenter, and what is so on this machine alone.</summary>
internal static class ChartValues
{
    /// <summary>Of each datacenter's node, where tenants reach the gateway.</summary>
    public const int NodePort = 30443;

    /// <summary>What the quickstart has an administrator write, with the Secrets that <see cref="OperatorRelease"/> makes.</summary>
    /// <param name="image">The chart's <c>image</c>.</param>
    public static string Of(LocalFederation federation, DemoChain chain, DemoDatacenter site, string image) => $$"""
        image: {{image}}
        datacenter: {name: {{site.Name}} }
        chain:
          id: {{federation.ChainId}}
          rpcUrl: {{federation.AnvilUrl}}
          provider: "{{chain.Providers[site.Name].Signer.Address}}"
          contracts: {{Contracts(chain)}}
        key: {existingSecret: operator-key}
        prometheus: {url: "{{site.Site.PrometheusUrl}}"}
        gateway: {tls: {existingSecret: gateway-tls} }
        """;

    /// <summary>
    /// What goes beside them on this machine: a chain of one node, another name of the kubelets' job, nodes that are small and share
    /// two cores, a port of the node instead of a load balancer, and seconds where a live datacenter has minutes and hours.
    /// </summary>
    /// <param name="epoch">Length of a metering window.</param>
    /// <param name="settleEvery">The least time between two settlements.</param>
    /// <param name="probeImage">With it the operator tries out whether the network keeps leases apart; empty: it does not.</param>
    public static string OfThisMachine(LocalFederation federation, TimeSpan epoch, TimeSpan settleEvery, string probeImage) => $$"""
        chain: {webSocketUrl: "{{new UriBuilder(federation.AnvilUrl) { Scheme = "ws" }.Uri.AbsoluteUri}}", confirmations: 1}
        prometheus: {matchers: {job: cadvisor} }
        gateway: {service: {type: ClusterIP} }
        isolation: {deniedCidrs: [198.18.0.0/15], probeImage: "{{probeImage}}"}
        resources: {requests: {cpu: 50m, memory: 128Mi} }
        settings:
          Times:Epoch: "{{epoch}}"
          Times:SettleEvery: "{{settleEvery}}"
          Times:Retention: "00:00:05"
          Times:ScrapeDelay: "00:00:03"
          Times:MaxGap: "00:00:10"
          Chain:Sending:PollInterval: "00:00:00.2"
          Chain:Sending:MaxFeePerGas: 400000000000
        extraObjects:
        - apiVersion: v1
          kind: Service
          metadata: {name: gateway-of-the-node, namespace: {{OperatorRelease.Space}} }
          spec:
            type: NodePort
            selector: {app.kubernetes.io/name: federation-operator}
            ports: [{name: gateway, port: 443, targetPort: gateway, protocol: TCP, nodePort: {{NodePort}} }]
        """;

    /// <summary>The chart's <c>chain.contracts</c>.</summary>
    public static string Contracts(DemoChain chain) =>
        $$"""{vault: "{{chain.Contracts.Vault}}", parameters: "{{chain.Contracts.Parameters}}", registry: "{{chain.Contracts.Registry}}", apps: "{{chain.Contracts.Apps}}", leaseManager: "{{chain.Contracts.LeaseManager}}", market: "{{chain.Contracts.Market}}", results: "{{chain.Contracts.Results}}"}""";
}
