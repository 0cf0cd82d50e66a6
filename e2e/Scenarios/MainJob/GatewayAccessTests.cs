using System.Net.WebSockets;
using System.Security.Cryptography;
using System.Text;
using System.Text.RegularExpressions;
using Federation.Ethereum.Keystore;
using Federation.Ethereum.Signing;
using Federation.Scenarios.Docs;
using Federation.Scenarios.Harness;

namespace Federation.Scenarios.MainJob;

/// <summary>A tenant with a wallet and kubectl, and no other credential, works in its lease by the gateway, and nowhere else.</summary>
[Collection(MainJobCollection.Name)]
public sealed partial class GatewayAccessTests(MainJobFixture fixture)
{
    private static readonly string Workload = Workloads.Service("localhost/federation/web:1", more: """
        , "command":["/bin/sh","-c","trap 'exit 0' TERM; httpd -f -p 8080 -h /www & while true; do echo tick; sleep 1; done"],
        "volumes":[{"name":"scratch","size":"16Mi","mountPath":"/scratch","medium":"Memory"}],
        "ports":[{"name":"http","port":8080}], "readiness":{"port":8080,"httpPath":"/","periodSeconds":1}
        """);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Fact]
    [Follows("README.md", "A tenant's access")]
    public async Task Tenant_WorksInItsLease_ByItsWalletAlone()
    {
        var other = await fixture.SurvivorAsync();
        var lease = await fixture.OpenAsync("access", Workload);
        var kubectl = await GatewayKubectl.SignInAsync(fixture, lease, Cancellation);
        var pod = (await kubectl.RunAsync("get", "pods", "-o", "jsonpath={.items[0].metadata.name}")).Trim();

        // By the page, in a home that has nothing else.
        using var nobody = LocalSigner.Generate();
        using var home = new TenantHome(fixture, nobody);
        await home.Reader(("SERVER", kubectl.Server.ToString()), ("TOKEN", kubectl.Token), ("NAMESPACE", lease.Namespace), ("SSL_CERT_FILE", fixture.Site.CertificateFile)).FollowAsync(Pages.At("README.md"), "A tenant's access");

        // Looks.
        Assert.Contains("Running", await kubectl.RunAsync("get", "pods"), StringComparison.Ordinal);
        Assert.Contains("localhost/federation/web:1", await kubectl.RunAsync("describe", "pod", pod), StringComparison.Ordinal);
        Assert.Contains(lease.Namespace, await kubectl.RunAsync("get", "clease", "-o", "name"), StringComparison.Ordinal);
        await kubectl.WhileAsync(["logs", "-f", pod], said => said.Split("tick").Length > 3);
        await kubectl.WhileAsync(["get", "pods", "-w", "-o", "name"], said => said.Contains(pod, StringComparison.Ordinal));

        // Enters: by SPDY, as this API server speaks it, and by a WebSocket as a client has it that has nothing else.
        Assert.Equal("hello\n", await kubectl.RunAsync("exec", pod, "--", "/bin/echo", "hello"));
        Assert.Equal("hello", await WebSocketExecAsync(kubectl, lease.Namespace, pod, Cancellation));
        await CopyAsync(kubectl, pod);
        await kubectl.WhileAsync(["port-forward", pod, ":8080"], said => Forwarding().IsMatch(said), async said =>
        {
            using var http = new HttpClient { Timeout = TimeSpan.FromSeconds(10) };
            Assert.Contains("It runs.", await http.GetStringAsync(new Uri($"http://127.0.0.1:{Forwarding().Match(said).Groups[1].Value}/"), Cancellation), StringComparison.Ordinal);
        });

        // Writes.
        await kubectl.RunAsync("create", "configmap", "settings", "--from-literal=a=b");
        await kubectl.RunAsync("delete", "configmap", "settings");

        // And nowhere else: the other lease is the same tenant's, so it is its own; what is the datacenter's is not.
        Assert.Contains("Running", await kubectl.RunAsync("get", "pods", "-n", other.Namespace), StringComparison.Ordinal);
        string[][] attempts =
        [
            ["get", "pods", "-n", "kube-system"], ["get", "secret", "federation-gateway", "-n", "federation-system"], ["get", "pods", "-A"], ["get", "nodes"],
            ["get", "datacenters"], ["get", "pods", "-n", "lease-0000000000000000"], ["get", "pods", "--as", "system:admin"], ["run", "own", "--image=localhost/federation/web:1"],
            ["exec", "-n", "federation-probe", "probe", "--", "/bin/sh"], ["delete", "clease", lease.Namespace],
        ];
        foreach (var attempt in attempts)
        {
            await Forbidden.AssertAsync(kubectl.TryAsync, attempt);
        }

        Assert.Matches($"{fixture.Chain.Tenant.Signer.Address.ToString().ToLowerInvariant()} POST /cluster/api/v1/namespaces/{lease.Namespace}/pods/{pod}/exec 101", fixture.OperatorLog);
        Assert.DoesNotContain(kubectl.Token, fixture.OperatorLog, StringComparison.Ordinal);
        await lease.CloseAsync();
        await AssertKeyIsNowhereInTheLogAsync();
    }

    // What the operator signs with, and what opens that, it tells nobody, whatever it signed until here.
    private async Task AssertKeyIsNowhereInTheLogAsync()
    {
        var password = (await File.ReadAllTextAsync(Path.Combine(fixture.Site.KeyFolder, "password"), Cancellation)).Trim();
        using var signer = KeystoreFile.Decrypt(await File.ReadAllTextAsync(Path.Combine(fixture.Site.KeyFolder, "keystore.json"), Cancellation), password);
        var (key, log) = (Convert.ToHexString(signer.CopyKey()), fixture.OperatorLog);
        Assert.Equal((64, 32), (key.Length, password.Length));
        Assert.Contains("Leading, term", log, StringComparison.Ordinal);
        // Not by xunit's own words: they would repeat it. Any case, with 0x or without.
        Assert.False(log.Contains(key, StringComparison.OrdinalIgnoreCase), "The operator's log holds its key.");
        Assert.False(log.Contains(password, StringComparison.OrdinalIgnoreCase), "The operator's log holds the password of its keystore.");
    }

    private static async Task CopyAsync(GatewayKubectl kubectl, string pod)
    {
        var folder = Directory.CreateTempSubdirectory("access-").FullName;
        var (sent, back) = (Path.Combine(folder, "sent"), Path.Combine(folder, "back"));
        await File.WriteAllBytesAsync(sent, RandomNumberGenerator.GetBytes(1 << 20), Cancellation);
        await kubectl.RunAsync("cp", sent, $"{pod}:/scratch/file");
        await kubectl.RunAsync("cp", $"{pod}:/scratch/file", back);
        Assert.Equal(await File.ReadAllBytesAsync(sent, Cancellation), await File.ReadAllBytesAsync(back, Cancellation));
        Directory.Delete(folder, recursive: true);
    }

    // Frames begin with the number of their stream: 1 is standard output, 3 how it ended.
    private async Task<string> WebSocketExecAsync(GatewayKubectl kubectl, string space, string pod, CancellationToken cancellation)
    {
        using var socket = new ClientWebSocket();
        socket.Options.AddSubProtocol("v4.channel.k8s.io");
        socket.Options.SetRequestHeader("Authorization", $"Bearer {kubectl.Token}");
        using var http = new HttpMessageInvoker(new SocketsHttpHandler { SslOptions = fixture.Site.Trust });
        var address = new UriBuilder($"{kubectl.Server.AbsoluteUri}/api/v1/namespaces/{space}/pods/{pod}/exec?command=/bin/echo&command=hello&stdout=true&stderr=true") { Scheme = "wss" };
        await socket.ConnectAsync(address.Uri, http, cancellation);
        var (output, buffer) = (new StringBuilder(), new byte[4096]);
        while (true)
        {
            var frame = await socket.ReceiveAsync(buffer, cancellation);
            if (frame.MessageType == WebSocketMessageType.Close) break;
            if (frame.Count > 1 && buffer[0] == 1) output.Append(Encoding.UTF8.GetString(buffer, 1, frame.Count - 1));
            if (frame.Count > 1 && buffer[0] == 3) Assert.Contains("Success", Encoding.UTF8.GetString(buffer, 1, frame.Count - 1), StringComparison.Ordinal);
        }

        return output.ToString().Trim();
    }

    [GeneratedRegex(@"Forwarding from 127\.0\.0\.1:(\d+)")]
    private static partial Regex Forwarding();
}
