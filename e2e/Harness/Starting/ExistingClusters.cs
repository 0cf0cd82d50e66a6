using Federation.Harness.Machine;

namespace Federation.Harness.Starting;

/// <summary>Clusters that somebody else runs, taken as datacenters by their kubeconfigs.</summary>
internal static class ExistingClusters
{
    internal static async Task<IReadOnlyList<Datacenter>> DescribeAsync(FederationOptions options, Programs programs, CancellationToken ct)
    {
        if (options.Kubeconfigs.Count > DatacenterSpec.MaximumCount)
            throw new HarnessException($"FEDERATION_KUBECONFIGS names {options.Kubeconfigs.Count} clusters: at most {DatacenterSpec.MaximumCount}");
        if (options.PrometheusUrls.Count > 0 && options.PrometheusUrls.Count != options.Kubeconfigs.Count)
            throw new HarnessException("FEDERATION_PROMETHEUS_URLS must name one address for each of FEDERATION_KUBECONFIGS, or none");
        var names = DatacenterSpec.Standard(options.Kubeconfigs.Count).Select(spec => spec.Name).ToList();
        return await Task.WhenAll(options.Kubeconfigs.Select(async (path, number) =>
        {
            if (!File.Exists(path)) throw new HarnessException($"FEDERATION_KUBECONFIGS names {path}, which is no file");
            var ready = await Command.TryAsync(programs.Tool("kubectl"), ["--kubeconfig", path, "--request-timeout=20s", "get", "--raw", "/readyz"], ct);
            if (ready.ExitCode != 0) throw new HarnessException($"the cluster of {path} is not ready: {ready.Error.Trim()}");
            return new Datacenter
            {
                Name = names[number], KubeconfigPath = Path.GetFullPath(path), PrometheusUrl = options.PrometheusUrls.ElementAtOrDefault(number),
            };
        }));
    }
}
