using System.Net;
using System.Net.Http.Headers;
using System.Net.Sockets;
using System.Text;
using Federation.Harness;
using Federation.Harness.Machine;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>Debian's docker-registry on the machine's address, known to one datacenter and its node by a name of its own.</summary>
internal sealed class LocalRegistry
{
    internal const string User = "puller";
    internal const string Password = "opensesame";

    // bcrypt of the password.
    private const string PasswordHash = "$2b$04$uAPWA2E5TsPpqoxYu4XoDuz2pWCfo9XQs9C13gL022WICeTbHLdHG";

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

    /// <param name="isPrivate">Only who has <see cref="User"/> and <see cref="Password"/> may pull and push.</param>
    internal static async Task<LocalRegistry> StartAsync(LocalFederation federation, Datacenter datacenter, string name, bool isPrivate = false)
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
            {(isPrivate ? $"auth: {{htpasswd: {{realm: private, path: {folder}/users}}}}" : "")}
            """);
        await File.WriteAllTextAsync(Path.Combine(folder, "users"), $"{User}:{PasswordHash}\n");
        Parts.Launch(federation, name, "/usr/bin/docker-registry", ["serve", config]);
        await registry.TellNodeAsync();
        using var http = new HttpClient();
        await Eventually.HoldsAsync($"registry {name}", async () =>
            (await http.GetAsync(new Uri($"http://{registry.address}/v2/"))).StatusCode is HttpStatusCode.OK or HttpStatusCode.Unauthorized ? null : "it answers otherwise");
        return registry;
    }

    /// <summary>What the Datacenter's spec says of it.</summary>
    internal string Entry => $$"""{"name":"{{Name}}","endpoint":"http://{{address}}"}""";

    /// <summary>Pushes an image that the node has, under a name and tag here.</summary>
    internal async Task PushAsync(string image, string reference)
    {
        await CtrAsync("images", "tag", "--force", image, $"{address}/{reference}");
        await CtrAsync("images", "push", "--plain-http", "--user", $"{User}:{Password}", $"{address}/{reference}");
        await CtrAsync("images", "remove", $"{address}/{reference}");
    }

    /// <summary>What a tag means here.</summary>
    internal async Task<string> DigestAsync(string repository, string tag)
    {
        using var http = new HttpClient();
        using var request = new HttpRequestMessage(HttpMethod.Head, new Uri($"http://{address}/v2/{repository}/manifests/{tag}"));
        request.Headers.Authorization = new AuthenticationHeaderValue("Basic", Convert.ToBase64String(Encoding.ASCII.GetBytes($"{User}:{Password}")));
        foreach (var type in new[] { "application/vnd.oci.image.index.v1+json", "application/vnd.oci.image.manifest.v1+json", "application/vnd.docker.distribution.manifest.v2+json" })
            request.Headers.Accept.Add(new MediaTypeWithQualityHeaderValue(type));
        using var answer = await http.SendAsync(request, TestContext.Current.CancellationToken);
        return answer.EnsureSuccessStatusCode().Headers.GetValues("Docker-Content-Digest").Single();
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
