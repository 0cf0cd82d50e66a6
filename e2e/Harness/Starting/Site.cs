using Federation.Harness.Machine;

namespace Federation.Harness.Starting;

/// <summary>The place of one datacenter: its folder, addresses and names, and how its parts are started there.</summary>
internal sealed record Site(string StateFolder, Network Network, int Number, DatacenterSpec Spec, Programs Programs, TimeSpan ScrapeInterval)
{
    internal string Name => Spec.Name;

    internal string Folder => Path.Combine(StateFolder, Name);

    internal string LogFolder => Path.Combine(Folder, "log");

    internal string Address => Network.AddressOf(Number);

    internal string Namespace => Network.NameOf(Name);

    internal string PodCidr => $"10.244.{Number}.0/24";

    internal string NodeName => $"{Name}-node";

    internal string ContainerdSocket => Path.Combine(Folder, "containerd.sock");

    internal string AuditLogPath => Path.Combine(LogFolder, "audit.log");

    internal Credentials Credentials => new(Path.Combine(Folder, "keys"));

    internal string PathOf(string file) => Path.Combine(Folder, file);

    /// <summary>Kubeconfig of one of Kubernetes' own parts.</summary>
    internal string KubeconfigOf(string part) => PathOf($"keys/{part}.kubeconfig");

    internal string UserKubeconfig(string user) => PathOf($"users/{user}.kubeconfig");

    internal string Component(string part) => $"{Name}/{part}";

    internal string LogOf(string part) => Path.Combine(LogFolder, $"{part}.log");

    internal OwnedProcess Start(string part, string program, params IReadOnlyList<string> arguments) =>
        new Launcher(StateFolder).Start(new Launch(
            Component(part), Programs.Of(program), arguments, LogOf(part), Namespace, new Dictionary<string, string>()));

    internal Datacenter Describe(IEnumerable<TokenUser> users) => new()
    {
        Name = Name,
        KubeconfigPath = PathOf("kubeconfig"),
        PrometheusUrl = $"http://{Address}:9090",
        Spec = Spec,
        Local = new LocalParts
        {
            Folder = Folder, LogFolder = LogFolder, Address = Address, NetworkNamespace = Namespace, Link = Namespace,
            PodCidr = PodCidr, NodeName = NodeName, CgroupRoot = Namespace, ContainerdSocket = ContainerdSocket,
            AuditLogPath = AuditLogPath, UserKubeconfigs = users.ToDictionary(user => user.Name, user => UserKubeconfig(user.Name)),
        },
    };
}
