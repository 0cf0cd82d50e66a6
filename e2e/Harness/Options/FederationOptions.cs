using System.Text.RegularExpressions;

namespace Federation.Harness;

/// <summary>Somebody who may speak to every datacenter's API server, with a bearer token that is made at start.</summary>
/// <param name="Name">User name as the API server sees it, e.g. a wallet address.</param>
/// <param name="Groups">Groups, e.g. <c>system:masters</c>; none gives no right until a RoleBinding does.</param>
public sealed record TokenUser(string Name, params IReadOnlyList<string> Groups);

/// <summary>What to start, and where to keep it.</summary>
public sealed partial record FederationOptions
{
    /// <summary>Folder of everything that the federation writes: kubeconfigs, logs, data, federation.json.</summary>
    public string StateFolder { get; init; } = DefaultStateFolder;

    public IReadOnlyList<DatacenterSpec> Datacenters { get; init; } = DatacenterSpec.Standard(3);

    /// <summary>Further users of every API server. It reads its token file at start only, so they are named here.</summary>
    public IReadOnlyList<TokenUser> Users { get; init; } = [];

    /// <summary>Kubeconfigs of clusters that exist already; when given, no datacenter is started and root is not needed.</summary>
    public IReadOnlyList<string> Kubeconfigs { get; init; } = List("FEDERATION_KUBECONFIGS", ':');

    /// <summary>Prometheus of each existing cluster, in the order of <see cref="Kubeconfigs"/>; may be empty.</summary>
    public IReadOnlyList<string> PrometheusUrls { get; init; } = List("FEDERATION_PROMETHEUS_URLS", ',');

    public TimeSpan BlockTime { get; init; } = TimeSpan.FromSeconds(1);

    /// <summary>How often Anvil writes its state to disk: what a kill -9 of it can lose at most; a stop loses nothing.</summary>
    public TimeSpan ChainDumpInterval { get; init; } = TimeSpan.FromSeconds(10);

    /// <summary>
    /// How often Prometheus asks the kubelets. cAdvisor, which jitters each of its own looks to between one and two of its
    /// intervals, looks twice as often: two samples are at most two of these apart, and so much of a pod's last CPU time is not seen.
    /// </summary>
    public TimeSpan ScrapeInterval { get; init; } = TimeSpan.FromSeconds(1);

    public int ChainId { get; init; } = 31337;

    /// <summary>Anvil's port on the federation's own address; a free one is chosen when null.</summary>
    public int? ChainPort { get; init; }

    public static string DefaultStateFolder => Path.Combine(
        Environment.GetEnvironmentVariable("XDG_STATE_HOME") is { Length: > 0 } home
            ? home
            : Path.Combine(Environment.GetFolderPath(Environment.SpecialFolder.UserProfile), ".local", "state"),
        "federation");

    internal void Validate()
    {
        if (Datacenters.Count < 1 || Datacenters.Count > DatacenterSpec.MaximumCount)
            throw new HarnessException($"{Datacenters.Count} datacenters cannot be started: the number must be from 1 to {DatacenterSpec.MaximumCount}");
        // The name becomes part of an interface's name, which the kernel limits to 15 characters.
        if (Datacenters.FirstOrDefault(spec => !NamePattern().IsMatch(spec.Name)) is { } wrong)
            throw new HarnessException($"'{wrong.Name}' is no name for a datacenter: it must be 1 to 8 lower-case letters or digits");
        if (Datacenters.DistinctBy(spec => spec.Name).Count() != Datacenters.Count)
            throw new HarnessException("two datacenters have the same name");
        if (BlockTime < TimeSpan.FromMilliseconds(100))
            throw new HarnessException($"a block time of {BlockTime.TotalSeconds} s is too short: at least 0.1 s");
        if (ScrapeInterval < TimeSpan.FromMilliseconds(100))
            throw new HarnessException($"a scrape interval of {ScrapeInterval.TotalSeconds} s is too short: at least 0.1 s");
        if (ChainPort is < 1 or > 65535)
            throw new HarnessException($"{ChainPort} is no port: it must be from 1 to 65535");
        // Unix sockets have at most 107 characters; the longest that containerd makes is <state>/<name>/containerd.sock.ttrpc.
        if (Path.GetFullPath(StateFolder).Length > 70)
            throw new HarnessException($"the state folder's path has more than 70 characters, too long for containerd's sockets: {StateFolder}");
    }

    private static string[] List(string variable, char separator) =>
        (Environment.GetEnvironmentVariable(variable) ?? "").Split(separator, StringSplitOptions.RemoveEmptyEntries);

    [GeneratedRegex("^[a-z0-9]{1,8}$")]
    private static partial Regex NamePattern();
}
