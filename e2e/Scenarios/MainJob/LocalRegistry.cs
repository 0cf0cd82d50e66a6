using System.Net;
using System.Net.Sockets;
using Federation.Harness;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>Debian's docker-registry on the machine's address, known to one datacenter and its node by a name of its own.</summary>
internal sealed class LocalRegistry
{
    private readonly LocalFederation federation;
    private readonly Datacenter datacenter;
    private readonly string address;

    private LocalRegistry(LocalFederation federation, Datacenter datacenter, string name, int port)
    {
        (this.federation, this.datacenter, Name) = (federation, datacenter, name);
        address = $"{federation.HostAddress}:{port}";
    }

    /// <summary>As image references name it.</summary>
    internal string Name { get; }

    internal static async Task<LocalRegistry> StartAsync(LocalFederation federation, Datacenter datacenter, string name)
    {
        var registry = new LocalRegistry(federation, datacenter, name, FreePort());
        var folder = Directory.CreateDirectory(Path.Combine(federation.StateFolder, name)).FullName;
        var config = Path.Combine(folder, "config.yml");
        await File.WriteAllTextAsync(config, $"""
            version: 0.1
            log:
              level: warn
            storage:
              filesystem:
                rootdirectory: {folder}/data
            http:
              addr: {registry.address}
            """);
        Parts.Launch(federation, name, "/usr/bin/docker-registry", ["serve", config]);
        await registry.TellNodeAsync();
        using var http = new HttpClient();
        await Eventually.HoldsAsync($"registry {name}", async () => (await http.GetAsync(new Uri($"http://{registry.address}/v2/"))).IsSuccessStatusCode ? null : "it answers otherwise");
        return registry;
    }

    /// <summary>What the Datacenter's spec says of it.</summary>
    internal string Entry => $$"""{"name":"{{Name}}","endpoint":"http://{{address}}"}""";

    /// <summary>Pushes an image that the node has, under a name and tag here.</summary>
    internal async Task PushAsync(string image, string reference)
    {
        await CtrAsync("images", "tag", "--force", image, $"{address}/{reference}");
        await CtrAsync("images", "push", "--plain-http", $"{address}/{reference}");
        await CtrAsync("images", "remove", $"{address}/{reference}");
    }

    private Task<string> CtrAsync(params string[] arguments) =>
        Command.RunAsync("/usr/bin/ctr", ["--address", datacenter.ContainerdSocket, "--namespace", "k8s.io", .. arguments], TestContext.Current.CancellationToken);

    // containerd reads it at every pull.
    private async Task TellNodeAsync()
    {
        var folder = Directory.CreateDirectory(Path.Combine(datacenter.Parts.Folder, "registries", Name)).FullName;
        await File.WriteAllTextAsync(Path.Combine(folder, "hosts.toml"), $"""
            server = "http://{address}"
            [host."http://{address}"]
              capabilities = ["pull", "resolve"]
            """);
    }

    private static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }
}
